//! Subscribe messages: one tap on `accept` is one message.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::event::{Event, EventItem};
use super::http::WxError;
use super::template::Accepted;
use crate::book::Channel;
use crate::error::SimError;
use crate::http::text;
use crate::mischief::{Endpoint, Trick};
use crate::people::PersonId;
use crate::server::Sim;
use crate::world::World;

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

impl World {
    /// `POST /cgi-bin/message/subscribe/send` and `…/bizsend`.
    pub(crate) fn send_subscribe(&mut self, appid: &str, body: &Value, channel: Channel) -> Result<Value, WxError> {
        let (openid, template_id) = (text(body, "/touser"), text(body, "/template_id"));
        let person = self.addressee(appid, openid)?;
        let (title, lines) = self.fill_template(appid, body)?;
        let left = self.credits.of(openid, template_id);
        let Some(rest) = left.checked_sub(1) else {
            return Err(WxError::new(43101, "user refuse to accept the msg"));
        };
        *left = rest;
        let endpoint = if channel == Channel::Subscribe { Endpoint::Subscribe } else { Endpoint::BizSubscribe };
        let failed = self.mischief.takes(endpoint, &[openid, template_id], &Trick::SystemFailed);
        let fate = if failed { "failed: system failed" } else { "success" };
        let msgid = self.accept_message(Accepted { channel, appid, person, body, title, lines, fate });
        if failed {
            // Only asynchronous failures are pushed.
            let item = EventItem::new(&[
                ("TemplateId", template_id),
                ("MsgID", &msgid.to_string()),
                ("ErrorCode", "-1"),
                ("ErrorStatus", "system error"),
            ]);
            let event = Event::new("subscribe_msg_sent_event", openid).with_list("SubscribeMsgSentEvent", vec![item]);
            self.push_event_now(appid, event);
        }
        Ok(json!({ "errcode": 0, "errmsg": "ok", "msgid": msgid }))
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

    /// The pop-up's outcome for one template. One `accept` is one credit.
    pub(crate) fn answer_popup(
        &mut self,
        person: PersonId,
        appid: &str,
        template_id: &str,
        accept: bool,
    ) -> Result<(), SimError> {
        let credit = if accept { 1 } else { 0 };
        self.change_credit(person, appid, template_id, Some(credit))?;
        let status = if accept { "accept" } else { "reject" };
        let item =
            EventItem::new(&[("TemplateId", template_id), ("SubscribeStatusString", status), ("PopupScene", "0")]);
        let openid = self.people.openid(person, appid).unwrap_or_default().to_owned();
        let event = Event::new("subscribe_msg_popup_event", &openid).with_list("SubscribeMsgPopupEvent", vec![item]);
        self.push_event_now(appid, event);
        Ok(())
    }
}

impl Sim {
    /// The person taps `accept` (+1 credit) or `reject` in the pop-up; the platform pushes the pop-up event.
    pub fn answer_popup(&self, person: PersonId, appid: &str, template_id: &str, accept: bool) -> Result<(), SimError> {
        self.world().answer_popup(person, appid, template_id, accept)
    }

    /// Adds so many credits without telling anybody: the ledger of the system under test does not know.
    pub fn grant_subscribe(
        &self,
        person: PersonId,
        appid: &str,
        template_id: &str,
        credits: u32,
    ) -> Result<(), SimError> {
        self.world().change_credit(person, appid, template_id, Some(credits))
    }

    /// The person turns the template off in the settings: no credits are left, the change event is pushed.
    pub fn refuse_subscribe(&self, person: PersonId, appid: &str, template_id: &str) -> Result<(), SimError> {
        let mut world = self.world();
        world.change_credit(person, appid, template_id, None)?;
        let item = EventItem::new(&[("TemplateId", template_id), ("SubscribeStatusString", "reject")]);
        let openid = world.people.openid(person, appid).unwrap_or_default().to_owned();
        let event = Event::new("subscribe_msg_change_event", &openid).with_list("SubscribeMsgChangeEvent", vec![item]);
        world.push_event_now(appid, event);
        Ok(())
    }

    /// How many messages the platform would still accept.
    pub fn subscribe_credits(&self, person: PersonId, appid: &str, template_id: &str) -> u32 {
        let mut world = self.world();
        let openid = world.people.openid(person, appid).unwrap_or_default().to_owned();
        *world.credits.of(&openid, template_id)
    }
}
