//! Template messages of service accounts.

use std::collections::{HashMap, VecDeque};

use serde_json::{Value, json};

use super::event::Event;
use super::field;
use super::http::WxError;
use crate::book::{Channel, InboxItem, Line, MessageEntry};
use crate::http::text;
use crate::mischief::{Endpoint, Trick};
use crate::people::PersonId;
use crate::world::World;

/// How long the platform remembers a client_msg_id.
const CLIENT_MSG_ID_MS: i64 = 10 * 60 * 1000;

/// Fates of an accepted message, as TEMPLATESENDJOBFINISH spells them.
pub(super) const SUCCESS: &str = "success";
const USER_BLOCK: &str = "failed:user block";
pub(super) const SYSTEM_FAILED: &str = "failed: system failed";

/// An openid and the client_msg_id of a message to it.
type Key = (String, String);

/// client_msg_ids per openid: when and as which message.
#[derive(Default)]
pub(crate) struct Sent {
    remembered: HashMap<Key, (i64, u64)>,
    /// Oldest first, so that forgetting costs no search.
    order: VecDeque<(i64, Key)>,
}

impl Sent {
    /// The message already sent under this id, if the platform still remembers.
    pub(crate) fn recall(&self, openid: &str, client_msg_id: &str, now_ms: i64) -> Option<u64> {
        let (at_ms, msgid) = self.remembered.get(&(openid.to_owned(), client_msg_id.to_owned()))?;
        (now_ms.saturating_sub(*at_ms) < CLIENT_MSG_ID_MS).then_some(*msgid)
    }

    pub(crate) fn remember(&mut self, openid: &str, client_msg_id: &str, now_ms: i64, msgid: u64) {
        while self.order.front().is_some_and(|(at_ms, _)| now_ms.saturating_sub(*at_ms) >= CLIENT_MSG_ID_MS) {
            let Some((at_ms, key)) = self.order.pop_front() else { break };
            // The same id may have been sent again since.
            if self.remembered.get(&key).is_some_and(|(last_ms, _)| *last_ms == at_ms) {
                self.remembered.remove(&key);
            }
        }
        let key = (openid.to_owned(), client_msg_id.to_owned());
        self.order.push_back((now_ms, key.clone()));
        self.remembered.insert(key, (now_ms, msgid));
    }
}

/// A message that passed every check, about to be written down.
pub(crate) struct Accepted<'a> {
    pub(crate) channel: Channel,
    pub(crate) appid: &'a str,
    pub(crate) person: PersonId,
    pub(crate) body: &'a Value,
    pub(crate) title: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) fate: String,
    /// When the fate shows.
    pub(crate) settled_at_ms: i64,
}

impl World {
    /// `POST /cgi-bin/message/template/send`.
    pub(crate) fn send_template(&mut self, appid: &str, body: &Value) -> Result<Value, WxError> {
        let (openid, client_msg_id) = (text(body, "/touser"), text(body, "/client_msg_id"));
        let person = self.addressee(appid, openid)?;
        let now_ms = self.clock.now_ms();
        let (title, lines) = self.fill_template(appid, body)?;
        self.check_target(body)?;
        if self.is_blocked(appid, text(body, "/template_id")) {
            self.intercept(appid, text(body, "/template_id"), openid);
            return Err(WxError::new(43116, "this template is restricted by the platform"));
        }
        if !self.people.get(person).is_some_and(|found| found.follows.contains(appid)) {
            return Err(WxError::new(43004, "require subscribe"));
        }
        if !client_msg_id.is_empty()
            && let Some(msgid) = self.sent.recall(openid, client_msg_id, now_ms)
        {
            return Ok(json!({ "errcode": 0, "errmsg": "ok", "msgid": msgid }));
        }
        self.count_message(appid, Endpoint::Template)?;
        let fate = self.template_fate(appid, person, openid, text(body, "/template_id"));
        let due_ms = now_ms.saturating_add(self.config.template_receipt_ms);
        let (channel, settled_at_ms) = (Channel::Template, due_ms);
        let accepted = Accepted { channel, appid, person, body, title, lines, fate: fate.to_owned(), settled_at_ms };
        let msgid = self.accept_message(accepted);
        if !client_msg_id.is_empty() {
            self.sent.remember(openid, client_msg_id, now_ms, msgid);
        }
        let event = Event::new("TEMPLATESENDJOBFINISH", openid).with("MsgID", &msgid.to_string()).with("Status", fate);
        self.push_event(appid, event, due_ms);
        Ok(json!({ "errcode": 0, "errmsg": "ok", "msgid": msgid }))
    }

    /// The person an openid of this very app belongs to.
    pub(crate) fn addressee(&self, appid: &str, openid: &str) -> Result<PersonId, WxError> {
        match self.people.of_openid(openid) {
            Some((person, of_app)) if of_app == appid => Ok(person),
            _ => Err(WxError::new(40003, "invalid openid")),
        }
    }

    /// Title and lines of the card, when template and data agree.
    pub(crate) fn fill_template(&self, appid: &str, body: &Value) -> Result<(String, Vec<Line>), WxError> {
        let unknown = || WxError::new(40037, "invalid template_id");
        let app = self.apps.get(appid).ok_or_else(unknown)?;
        let template = app.templates.get(text(body, "/template_id")).ok_or_else(unknown)?;
        let lines = field::lines(template, body.pointer("/data").unwrap_or(&Value::Null))?;
        Ok((template.title.clone(), lines))
    }

    /// Where a tap leads: a known mini program, an http(s) address, or nowhere.
    pub(crate) fn check_target(&self, body: &Value) -> Result<(), WxError> {
        let url = text(body, "/url");
        if !url.is_empty() && !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(WxError::new(40039, "invalid url"));
        }
        let mini = text(body, "/miniprogram/appid");
        if body.pointer("/miniprogram").is_some_and(Value::is_object) && !self.apps.contains_key(mini) {
            return Err(WxError::new(40013, "invalid appid in miniprogram"));
        }
        Ok(())
    }

    fn template_fate(&mut self, appid: &str, person: PersonId, openid: &str, template_id: &str) -> &'static str {
        let keys = [openid, template_id, appid];
        if self.mischief.takes(Endpoint::Template, &keys, &Trick::SystemFailed) {
            return SYSTEM_FAILED;
        }
        let blocks = self.people.get(person).is_some_and(|found| found.blocks.contains(appid));
        if blocks || self.mischief.takes(Endpoint::Template, &keys, &Trick::UserBlock) {
            return USER_BLOCK;
        }
        SUCCESS
    }

    /// Writes an accepted message into the book and, unless it fails, into the phone.
    pub(crate) fn accept_message(&mut self, accepted: Accepted<'_>) -> u64 {
        let Accepted { channel, appid, person, body, title, lines, fate, settled_at_ms } = accepted;
        let msgid = self.next_msgid();
        let at_ms = self.clock.now_ms();
        let given = |pointer: &str| Some(text(body, pointer)).filter(|found| !found.is_empty()).map(str::to_owned);
        let page = given("/miniprogram/pagepath").or_else(|| given("/page"));
        let mini_appid = match channel {
            Channel::Subscribe => Some(appid.to_owned()),
            _ => given("/miniprogram/appid"),
        };
        if fate == SUCCESS {
            let item = InboxItem {
                id: self.next_number(),
                at_ms,
                channel,
                from: appid.to_owned(),
                title,
                lines: lines.clone(),
                text: String::new(),
                url: given("/url"),
                mini_appid: mini_appid.clone(),
                pagepath: page.clone(),
            };
            self.people.show(person, item);
        }
        let number = self.accepted_number();
        self.book.messages.push(MessageEntry {
            number,
            at_ms,
            channel,
            appid: appid.to_owned(),
            openid: text(body, "/touser").to_owned(),
            person,
            template_id: text(body, "/template_id").to_owned(),
            lines,
            url: given("/url"),
            mini_appid,
            pagepath: page,
            msgid: msgid.to_string(),
            client_msg_id: given("/client_msg_id"),
            fate,
            settled_at_ms,
        });
        msgid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_remembered_ten_minutes_from_its_last_message() {
        let mut sent = Sent::default();
        sent.remember("o", "m", 0, 1);
        assert_eq!(sent.recall("o", "m", CLIENT_MSG_ID_MS - 1), Some(1));
        assert_eq!(sent.recall("p", "m", 1), None);
        sent.remember("o", "m", CLIENT_MSG_ID_MS, 2);
        sent.remember("o", "n", CLIENT_MSG_ID_MS + 1, 3);
        assert_eq!(sent.recall("o", "m", CLIENT_MSG_ID_MS + 1), Some(2));
        sent.remember("o", "x", 3 * CLIENT_MSG_ID_MS, 4);
        assert_eq!((sent.remembered.len(), sent.order.len()), (1, 1));
    }
}
