//! Subscribe messages: one tap on `accept` is one message.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::event::{Event, EventItem};
use super::field;
use super::http::WxError;
use super::template::{Accepted, SUCCESS, SYSTEM_FAILED};
use crate::book::Channel;
use crate::error::SimError;
use crate::http::text;
use crate::mischief::{Endpoint, Trick};
use crate::people::PersonId;
use crate::server::{Shared, Sim};
use crate::world::World;

/// ErrorCode of a failure of the platform itself.
const SYSTEM_ERROR: &str = "-1";
/// Most templates one pop-up shows.
const POPUP_MAX: usize = 5;

/// Credits per (openid, template). The platform tells nobody how many are left.
#[derive(Default)]
pub(crate) struct Credits {
    left: HashMap<(String, String), u32>,
}

impl Credits {
    fn of(&mut self, openid: &str, template_id: &str) -> &mut u32 {
        self.left.entry((openid.to_owned(), template_id.to_owned())).or_default()
    }
}

/// One person is sent one subscribe message at a time; the turn ends with the answer, or when nobody waits for it.
pub(crate) struct Turn {
    shared: Arc<Shared>,
    openid: String,
}

impl Turn {
    pub(crate) fn take(shared: &Arc<Shared>, openid: &str) -> Result<Self, WxError> {
        if !shared.world().busy_openids.insert(openid.to_owned()) {
            return Err(WxError::new(43108, "concurrent sends to the same user"));
        }
        Ok(Self { shared: Arc::clone(shared), openid: openid.to_owned() })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.shared.world().busy_openids.remove(&self.openid);
    }
}

impl World {
    /// `POST /cgi-bin/message/subscribe/send` and `…/bizsend`. Neither knows a key against repeats.
    pub(crate) fn send_subscribe(&mut self, appid: &str, body: &Value, channel: Channel) -> Result<Value, WxError> {
        let (openid, template_id) = (text(body, "/touser"), text(body, "/template_id"));
        let endpoint = if channel == Channel::Subscribe { Endpoint::Subscribe } else { Endpoint::BizSubscribe };
        let person = self.addressee(appid, openid)?;
        let (title, lines) = self.fill_template(appid, body)?;
        if field::has_breaks(body.pointer("/data").unwrap_or(&Value::Null)) {
            return Err(WxError::new(47003, "argument invalid! data has line breaks"));
        }
        self.check_subscribe_target(appid, body, channel)?;
        if self.is_blocked(appid, template_id) {
            return Err(WxError::new(43107, "subscribe message capability is banned"));
        }
        let left = self.credits.of(openid, template_id);
        let Some(rest) = left.checked_sub(1) else {
            return Err(WxError::new(43101, "user refuse to accept the msg"));
        };
        self.count_message(appid, endpoint)?;
        *self.credits.of(openid, template_id) = rest;
        let failure = self.subscribe_failure(endpoint, &[openid, template_id, appid]);
        let now_ms = self.clock.now_ms();
        let wait_ms = if failure.is_some() { self.config.template_receipt_ms } else { 0 };
        let settled_at_ms = now_ms.saturating_add(wait_ms);
        let fate = match &failure {
            Some((code, _)) if code == SYSTEM_ERROR => SYSTEM_FAILED.to_owned(),
            Some((code, _)) => code.clone(),
            None => SUCCESS.to_owned(),
        };
        let msgid = self.accept_message(Accepted { channel, appid, person, body, title, lines, fate, settled_at_ms });
        if let Some((code, words)) = failure {
            // Only asynchronous failures are pushed.
            let item = EventItem::new(&[
                ("TemplateId", template_id),
                ("MsgID", &msgid.to_string()),
                ("ErrorCode", &code),
                ("ErrorStatus", words),
            ]);
            let event = Event::new("subscribe_msg_sent_event", openid).with_list("SubscribeMsgSentEvent", vec![item]);
            self.push_event(appid, event, settled_at_ms);
        }
        Ok(json!({ "errcode": 0, "errmsg": "ok", "msgid": msgid }))
    }

    /// ErrorCode and ErrorStatus of a message that is accepted and fails later.
    fn subscribe_failure(&mut self, endpoint: Endpoint, keys: &[&str]) -> Option<(String, &'static str)> {
        let fits = |trick: &Trick| matches!(trick, Trick::SystemFailed | Trick::ReceiptFails { .. });
        match self.mischief.take(endpoint, keys, fits)? {
            Trick::ReceiptFails { code } => Some((code, "failed")),
            _ => Some((SYSTEM_ERROR.to_owned(), "system error")),
        }
    }

    /// Where a tap leads: a published page, of this mini program or of the one a service account names.
    fn check_subscribe_target(&self, appid: &str, body: &Value, channel: Channel) -> Result<(), WxError> {
        let state = text(body, "/miniprogram_state");
        let (mini, page) = if channel == Channel::Subscribe {
            if !["", "formal", "trial", "developer"].contains(&state) {
                return Err(WxError::new(40097, "invalid args"));
            }
            (appid, text(body, "/page"))
        } else {
            self.check_target(body)?;
            (text(body, "/miniprogram/appid"), text(body, "/miniprogram/pagepath"))
        };
        if page.is_empty() || self.has_page(mini, page) {
            return Ok(());
        }
        Err(WxError::new(41030, "invalid page"))
    }

    fn change_credit(
        &mut self,
        person: PersonId,
        appid: &str,
        template_id: &str,
        accept: Option<u32>,
    ) -> Result<(), SimError> {
        let Some(openid) = self.people.openid(person, appid).map(str::to_owned) else {
            return Err(SimError::UnknownApp(appid.to_owned()));
        };
        let left = self.credits.of(&openid, template_id);
        *left = accept.map_or(0, |credits| left.saturating_add(credits));
        Ok(())
    }

    /// The pop-up's outcome for each template it showed. One `accept` is one credit.
    pub(crate) fn answer_popup(
        &mut self,
        person: PersonId,
        appid: &str,
        answers: &[(&str, bool)],
    ) -> Result<(), SimError> {
        let mut items = Vec::with_capacity(answers.len());
        for (template_id, accept) in answers.iter().take(POPUP_MAX) {
            self.change_credit(person, appid, template_id, Some(u32::from(*accept)))?;
            let status = if *accept { "accept" } else { "reject" };
            let fields = [("TemplateId", *template_id), ("SubscribeStatusString", status), ("PopupScene", "0")];
            items.push(EventItem::new(&fields));
        }
        let openid = self.people.openid(person, appid).unwrap_or_default().to_owned();
        let event = Event::new("subscribe_msg_popup_event", &openid).with_list("SubscribeMsgPopupEvent", items);
        self.push_event_now(appid, event);
        Ok(())
    }

    pub(crate) fn grant_subscribe(
        &mut self,
        person: PersonId,
        appid: &str,
        template_id: &str,
        credits: u32,
    ) -> Result<(), SimError> {
        self.change_credit(person, appid, template_id, Some(credits))
    }

    /// Turned off in the settings: only refusals are pushed.
    pub(crate) fn refuse_subscribe(
        &mut self,
        person: PersonId,
        appid: &str,
        template_id: &str,
    ) -> Result<(), SimError> {
        self.change_credit(person, appid, template_id, None)?;
        let item = EventItem::new(&[("TemplateId", template_id), ("SubscribeStatusString", "reject")]);
        let openid = self.people.openid(person, appid).unwrap_or_default().to_owned();
        let event = Event::new("subscribe_msg_change_event", &openid).with_list("SubscribeMsgChangeEvent", vec![item]);
        self.push_event_now(appid, event);
        Ok(())
    }

    pub(crate) fn subscribe_credits(&mut self, person: PersonId, appid: &str, template_id: &str) -> u32 {
        let openid = self.people.openid(person, appid).unwrap_or_default().to_owned();
        *self.credits.of(&openid, template_id)
    }
}

impl Sim {
    /// The person taps `accept` (+1 credit) or `reject` in the pop-up; the platform pushes the pop-up event.
    pub fn answer_popup(&self, person: PersonId, appid: &str, template_id: &str, accept: bool) -> Result<(), SimError> {
        self.world().answer_popup(person, appid, &[(template_id, accept)])
    }

    /// The same for a pop-up with several templates (5 at most): one event tells of all.
    pub fn answer_popups(&self, person: PersonId, appid: &str, answers: &[(&str, bool)]) -> Result<(), SimError> {
        self.world().answer_popup(person, appid, answers)
    }

    /// Adds so many credits without telling anybody: the ledger of the system under test does not know.
    pub fn grant_subscribe(
        &self,
        person: PersonId,
        appid: &str,
        template_id: &str,
        credits: u32,
    ) -> Result<(), SimError> {
        self.world().grant_subscribe(person, appid, template_id, credits)
    }

    /// The person turns the template off in the settings: no credits are left, the change event is pushed.
    pub fn refuse_subscribe(&self, person: PersonId, appid: &str, template_id: &str) -> Result<(), SimError> {
        self.world().refuse_subscribe(person, appid, template_id)
    }

    /// How many messages the platform would still accept.
    pub fn subscribe_credits(&self, person: PersonId, appid: &str, template_id: &str) -> u32 {
        self.world().subscribe_credits(person, appid, template_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Sim, SimConfig};

    #[actix_web::test]
    async fn two_messages_to_one_person_take_turns() {
        let sim = Sim::start(SimConfig::default()).await.unwrap();
        let first = Turn::take(&sim.shared, "o1").ok();
        assert!(first.is_some() && Turn::take(&sim.shared, "o2").is_ok());
        assert_eq!(Turn::take(&sim.shared, "o1").err().map(|refusal| refusal.code), Some(43_108));
        drop(first);
        assert!(Turn::take(&sim.shared, "o1").is_ok());
    }
}
