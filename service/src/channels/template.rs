//! The service account's template message.

use async_trait::async_trait;
use domain::reminder::Channel;
use gateway::Now;
use gateway::wechat::TemplateMessage;

use super::wechat::{Addressed, Card, CardSender};
use crate::reminders::{Deliver, Message, Outcome};
use crate::tenancy::ControlDb;
use crate::wechat_apps::WechatApps;

/// Sends through each project's service account.
pub struct TemplateChannel {
    cards: CardSender,
}

impl TemplateChannel {
    /// Templates from `control`, tokens from `apps`, the time from `now`.
    #[must_use]
    pub fn new(control: ControlDb, apps: WechatApps, now: Now) -> Self {
        Self { cards: CardSender::new(control, apps, now) }
    }
}

#[async_trait]
impl Deliver for TemplateChannel {
    fn channel(&self) -> Channel {
        Channel::WechatTemplate
    }

    async fn deliver(&self, message: &Message) -> Outcome {
        let card = |Addressed { openid, template_id, fields }| {
            Card::Template(TemplateMessage {
                to_openid: openid,
                template_id,
                url: None,
                mini_program: message.project.mini_program_app_id.clone().map(|app| (app, message.page.clone())),
                fields,
                client_msg_id: message.client_msg_id.clone(),
            })
        };
        self.cards.deliver(message, card).await
    }
}
