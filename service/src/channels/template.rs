//! The service account's template message.

use async_trait::async_trait;
use domain::reminder::Channel;
use gateway::wechat::{MsgId, TemplateMessage, WechatError, WechatErrorKind};

use super::wording::{self, Filled};
use crate::reminders::{Deliver, Message, Outcome, Recipient, Refusal};
use crate::tenancy::ControlDb;
use crate::wechat_apps::{WechatAppError, WechatApps};

/// Sends through each project's service account.
pub struct TemplateChannel {
    control: ControlDb,
    apps: WechatApps,
}

impl TemplateChannel {
    /// Templates from `control`, tokens from `apps`.
    #[must_use]
    pub const fn new(control: ControlDb, apps: WechatApps) -> Self {
        Self { control, apps }
    }

    /// The outer error: no token, so nothing was sent. The inner one: what became of the sending.
    async fn send(
        &self,
        app_id: &str,
        message: &TemplateMessage,
    ) -> Result<Result<MsgId, WechatError>, WechatAppError> {
        let token = self.apps.token(app_id).await?;
        match self.apps.api().send_template(&token, message).await {
            // A stale token is no answer about the message: once more with a new one, under the same id.
            Err(error) if error.kind() == WechatErrorKind::TokenStale => {
                self.apps.forget(app_id, &token).await;
                let fresh = self.apps.token(app_id).await?;
                Ok(self.apps.api().send_template(&fresh, message).await)
            }
            answer => Ok(answer),
        }
    }
}

#[async_trait]
impl Deliver for TemplateChannel {
    fn channel(&self) -> Channel {
        Channel::WechatTemplate
    }

    async fn deliver(&self, message: &Message) -> Outcome {
        let Recipient::Openid { app_id, openid } = &message.recipient else {
            return Outcome::NotSent { reason: "没有服务号 openid".to_owned() };
        };
        let Filled { template_id, fields } = match wording::fill(&self.control, app_id, &message.wording).await {
            Ok(Some(filled)) => filled,
            Ok(None) => {
                return Outcome::Refused { reason: Refusal::OurConfig, code: "no_template".to_owned() };
            }
            Err(error) => return Outcome::NotSent { reason: error.to_string() },
        };
        let mini_program = message.project.mini_program_app_id.clone().map(|app| (app, message.page.clone()));
        let template = TemplateMessage {
            to_openid: openid.clone(),
            template_id,
            url: None,
            mini_program,
            fields,
            client_msg_id: message.client_msg_id.clone(),
        };
        match self.send(app_id, &template).await {
            Ok(Ok(MsgId(receipt_id))) => Outcome::Accepted { receipt_id },
            Ok(Err(error)) => outcome(error),
            Err(error) => without_token(&error),
        }
    }
}

/// Without a token nothing left this machine, whatever kept us from having one.
fn without_token(error: &WechatAppError) -> Outcome {
    match error {
        WechatAppError::Wechat(refused @ WechatError::Refused { errcode, .. })
            if matches!(refused.kind(), WechatErrorKind::OurConfig | WechatErrorKind::Banned) =>
        {
            Outcome::Refused { reason: Refusal::OurConfig, code: errcode.to_string() }
        }
        error => Outcome::NotSent { reason: error.to_string() },
    }
}

fn outcome(error: WechatError) -> Outcome {
    let kind = error.kind();
    match error {
        WechatError::Unknown(reason) => Outcome::Unknown { reason },
        WechatError::NotSent(reason) => Outcome::NotSent { reason },
        WechatError::Refused { errcode, .. } => {
            let code = errcode.to_string();
            let reason = match kind {
                WechatErrorKind::Busy => return Outcome::Unknown { reason: "微信系统繁忙 (-1)".to_owned() },
                WechatErrorKind::TokenStale | WechatErrorKind::IpNotAllowed => {
                    return Outcome::NotSent { reason: format!("微信拒绝凭证或来源地址 ({code})") };
                }
                WechatErrorKind::NotFollower => Refusal::NotFollower,
                WechatErrorKind::NoSubscription => Refusal::NoSubscription,
                WechatErrorKind::DailyQuota => Refusal::DailyQuota,
                WechatErrorKind::MinuteRate | WechatErrorKind::Concurrent => Refusal::RateLimited,
                WechatErrorKind::OurConfig | WechatErrorKind::Banned => Refusal::OurConfig,
                WechatErrorKind::BadOpenid => Refusal::BadRecipient,
                WechatErrorKind::BadCode | WechatErrorKind::Other => Refusal::Other,
            };
            Outcome::Refused { reason, code }
        }
    }
}
