//! The service account's 订阅通知: one consent of the person is one message, whether they follow or not.

use async_trait::async_trait;
use domain::reminder::Channel;
use gateway::Now;
use gateway::wechat::BizMessage;

use super::wechat::{Addressed, Card, CardSender};
use crate::reminders::{Deliver, Message, Outcome};
use crate::tenancy::ControlDb;
use crate::wechat_apps::WechatApps;

/// Sends through each project's service account. WeChat has no key against repeats here that can be relied on: an
/// unanswered message stays unanswered.
pub struct NotifyChannel {
    cards: CardSender,
}

impl NotifyChannel {
    /// Templates from `control`, tokens from `apps`, the time from `now`.
    #[must_use]
    pub fn new(control: ControlDb, apps: WechatApps, now: Now) -> Self {
        Self { cards: CardSender::new(control, apps, now) }
    }
}

#[async_trait]
impl Deliver for NotifyChannel {
    fn channel(&self) -> Channel {
        Channel::WechatNotify
    }

    async fn deliver(&self, message: &Message) -> Outcome {
        let card = |Addressed { openid, template_id, fields }| {
            Card::Notify(BizMessage {
                to_openid: openid,
                template_id,
                page: None,
                mini_program: message.project.mini_program_app_id.clone().map(|app| (app, message.page.clone())),
                fields,
                client_msg_id: Some(message.client_msg_id.clone()),
            })
        };
        self.cards.deliver(message, card).await
    }
}
