//! Questions to WeChat about the people of an account: with the shared token, and once more with a new one when
//! WeChat calls it stale.

use async_trait::async_trait;
use gateway::wechat::{QrCode, QrRequest, UserInfo, UserList, WechatError, WechatErrorKind};
use secrecy::SecretString;

use crate::wechat_apps::{WechatAppError, WechatApps};

/// What is asked of WeChat about followers. One call is one request, with no transaction open.
#[async_trait]
pub trait Followers: Send + Sync {
    /// One page of the followers of a service account, after that openid.
    async fn page(&self, app_id: &str, after: Option<&str>) -> Result<UserList, WechatAppError>;
    /// What WeChat tells of up to [`gateway::wechat::USER_INFO_BATCH_MAX`] people.
    async fn people(&self, app_id: &str, openids: &[String]) -> Result<Vec<UserInfo>, WechatAppError>;
    /// What WeChat tells of one.
    async fn person(&self, app_id: &str, openid: &str) -> Result<UserInfo, WechatAppError>;
    /// Makes a code to scan.
    async fn code(&self, app_id: &str, request: &QrRequest) -> Result<QrCode, WechatAppError>;
}

/// A new token when the answer says that the one it was asked with is stale.
async fn renewed<T: Sync>(
    apps: &WechatApps,
    app_id: &str,
    token: &SecretString,
    answer: &Result<T, WechatError>,
) -> Result<Option<SecretString>, WechatAppError> {
    let is_stale = answer.as_ref().is_err_and(|error| error.kind() == WechatErrorKind::TokenStale);
    if !is_stale {
        return Ok(None);
    }
    apps.forget(app_id, token).await;
    apps.token(app_id).await.map(Some)
}

#[async_trait]
impl Followers for WechatApps {
    async fn page(&self, app_id: &str, after: Option<&str>) -> Result<UserList, WechatAppError> {
        let token = self.token(app_id).await?;
        let answer = self.api().user_list(&token, after).await;
        match renewed(self, app_id, &token, &answer).await? {
            Some(fresh) => Ok(self.api().user_list(&fresh, after).await?),
            None => Ok(answer?),
        }
    }

    async fn people(&self, app_id: &str, openids: &[String]) -> Result<Vec<UserInfo>, WechatAppError> {
        let token = self.token(app_id).await?;
        let answer = self.api().user_infos(&token, openids).await;
        match renewed(self, app_id, &token, &answer).await? {
            Some(fresh) => Ok(self.api().user_infos(&fresh, openids).await?),
            None => Ok(answer?),
        }
    }

    async fn person(&self, app_id: &str, openid: &str) -> Result<UserInfo, WechatAppError> {
        let token = self.token(app_id).await?;
        let answer = self.api().user_info(&token, openid).await;
        match renewed(self, app_id, &token, &answer).await? {
            Some(fresh) => Ok(self.api().user_info(&fresh, openid).await?),
            None => Ok(answer?),
        }
    }

    async fn code(&self, app_id: &str, request: &QrRequest) -> Result<QrCode, WechatAppError> {
        let token = self.token(app_id).await?;
        let answer = self.api().create_qr(&token, request).await;
        match renewed(self, app_id, &token, &answer).await? {
            Some(fresh) => Ok(self.api().create_qr(&fresh, request).await?),
            None => Ok(answer?),
        }
    }
}
