//! What the three WeChat channels share: whom they speak to, the access token, and what an answer means.

use gateway::Now;
use gateway::wechat::{BizMessage, MsgId, SubscribeMessage, TemplateMessage, WechatError, WechatErrorKind};
use secrecy::SecretString;

use super::wording::{Filled, TemplateOwner, Templates};
use crate::reminders::{Message, Outcome, Recipient, Refusal};
use crate::tenancy::ControlDb;
use crate::wechat_apps::{WechatAppError, WechatApps};

/// A message in the shape of its channel.
pub(super) enum Card {
    Template(TemplateMessage),
    Subscribe(SubscribeMessage),
    Notify(BizMessage),
}

/// Whom a card goes to, by which template, with which fields.
pub(super) struct Addressed {
    pub openid: String,
    pub template_id: String,
    pub fields: Vec<(String, String)>,
}

/// Sends cards through the projects' own apps.
pub(super) struct CardSender {
    templates: Templates,
    apps: WechatApps,
}

impl CardSender {
    /// Templates from `control`, tokens from `apps`.
    pub fn new(control: ControlDb, apps: WechatApps, now: Now) -> Self {
        Self { templates: Templates::new(control, now), apps }
    }

    /// Fills the app's template, gives it its shape by `card`, and sends it.
    pub async fn deliver(&self, message: &Message, card: impl FnOnce(Addressed) -> Card + Send) -> Outcome {
        let Recipient::Openid { app_id, openid } = &message.recipient else {
            return Outcome::NotSent { reason: "没有微信 openid".to_owned() };
        };
        let filled = self.templates.fill(TemplateOwner::Wechat, app_id, message).await;
        let Filled { template_id, fields } = match filled {
            Ok(filled) => filled,
            Err(outcome) => return outcome,
        };
        let card = card(Addressed { openid: openid.clone(), template_id, fields });
        match self.send(app_id, &card).await {
            Ok(Ok(receipt)) => {
                // No event will name a message that WeChat gave no number.
                let receipt_id = receipt
                    .map_or_else(|| format!("unnumbered:{}", message.client_msg_id), |MsgId(receipt_id)| receipt_id);
                Outcome::Accepted { receipt_id, account: None }
            }
            Ok(Err(error)) => outcome(error),
            Err(error) => without_token(&error),
        }
    }

    /// The outer error: no token, so nothing was sent. The inner one: what became of the sending.
    async fn send(&self, app_id: &str, card: &Card) -> Result<Result<Option<MsgId>, WechatError>, WechatAppError> {
        let token = self.apps.token(app_id).await?;
        match self.call(&token, card).await {
            // A stale token is no answer about the message, nothing was done: once more with a new one.
            Err(error) if error.kind() == WechatErrorKind::TokenStale => {
                self.apps.forget(app_id, &token).await;
                let fresh = self.apps.token(app_id).await?;
                Ok(self.call(&fresh, card).await)
            }
            answer => Ok(answer),
        }
    }

    async fn call(&self, token: &SecretString, card: &Card) -> Result<Option<MsgId>, WechatError> {
        let api = self.apps.api();
        match card {
            Card::Template(message) => api.send_template(token, message).await.map(Some),
            Card::Subscribe(message) => api.send_subscribe(token, message).await,
            Card::Notify(message) => api.send_biz_subscribe(token, message).await,
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
