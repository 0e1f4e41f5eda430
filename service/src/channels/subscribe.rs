//! The mini program's one-time subscribe message: one tap of the person is one message.

use async_trait::async_trait;
use domain::reminder::Channel;
use gateway::Now;
use gateway::wechat::{MiniProgramState, SubscribeMessage};

use super::wechat::{Addressed, Card, CardSender};
use crate::reminders::{Deliver, Message, Outcome};
use crate::tenancy::ControlDb;
use crate::wechat_apps::WechatApps;

/// Sends through each project's mini program. WeChat has no key against repeats here: an unanswered message stays
/// unanswered.
pub struct SubscribeChannel {
    cards: CardSender,
}

impl SubscribeChannel {
    /// Templates from `control`, tokens from `apps`, the time from `now`.
    #[must_use]
    pub fn new(control: ControlDb, apps: WechatApps, now: Now) -> Self {
        Self { cards: CardSender::new(control, apps, now) }
    }
}

#[async_trait]
impl Deliver for SubscribeChannel {
    fn channel(&self) -> Channel {
        Channel::WechatSubscribe
    }

    async fn deliver(&self, message: &Message) -> Outcome {
        let card = |Addressed { openid, template_id, fields }| {
            Card::Subscribe(SubscribeMessage {
                to_openid: openid,
                template_id,
                page: Some(message.page.clone()),
                state: MiniProgramState::Formal,
                fields,
            })
        };
        self.cards.deliver(message, card).await
    }
}
