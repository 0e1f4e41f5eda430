//! Parametric QR codes of service accounts, and who scans them.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::event::Event;
use super::http::WxError;
use crate::crypto;
use crate::error::SimError;
use crate::http::text;
use crate::people::PersonId;
use crate::server::Sim;
use crate::world::World;

const SCENE_CHARS_MAX: usize = 64;
const SCENE_ID_PERMANENT_MAX: u64 = 100_000;
const LIFE_S_MAX: i64 = 2_592_000;
/// Life of a temporary code that names none.
const LIFE_S: i64 = 60;
/// Permanent codes of one account.
const PERMANENT_MAX: u32 = 100_000;
/// What the text inside a code begins with.
const URL_PREFIX: &str = "http://weixin.qq.com/q/";

struct Code {
    appid: String,
    scene: String,
    /// Nothing for permanent codes.
    until_ms: Option<i64>,
}

/// Codes by ticket; the address inside a code ends in the same text.
#[derive(Default)]
pub(crate) struct QrCodes {
    by_ticket: HashMap<String, Code>,
    ticket_of_url: HashMap<String, String>,
    /// Permanent codes per account.
    permanent: HashMap<String, u32>,
}

impl World {
    /// `POST /cgi-bin/qrcode/create`.
    pub(crate) fn create_qr(&mut self, appid: &str, body: &Value) -> Result<Value, WxError> {
        let permanent = match text(body, "/action_name") {
            "QR_SCENE" | "QR_STR_SCENE" => false,
            "QR_LIMIT_SCENE" | "QR_LIMIT_STR_SCENE" => true,
            _ => return Err(WxError::new(40052, "invalid action name")),
        };
        let scene = scene(body, permanent)?;
        let life_s = body.get("expire_seconds").and_then(Value::as_i64).unwrap_or(LIFE_S);
        if !permanent && !(1..=LIFE_S_MAX).contains(&life_s) {
            return Err(WxError::new(40097, "invalid args"));
        }
        if permanent {
            let made = self.qr_codes.permanent.entry(appid.to_owned()).or_default();
            if *made >= PERMANENT_MAX {
                return Err(WxError::new(45029, "qrcode count out of limit"));
            }
            *made = made.saturating_add(1);
        }
        let ticket = format!("gQ{}==", crypto::random_text(86));
        let url = format!("{URL_PREFIX}{}", crypto::random_text(22));
        let until_ms = (!permanent).then(|| self.clock.now_ms().saturating_add(life_s.saturating_mul(1000)));
        self.qr_codes.by_ticket.insert(ticket.clone(), Code { appid: appid.to_owned(), scene, until_ms });
        self.qr_codes.ticket_of_url.insert(url.clone(), ticket.clone());
        let mut answer = json!({ "ticket": ticket, "url": url });
        if let Some(fields) = answer.as_object_mut().filter(|_| !permanent) {
            fields.insert("expire_seconds".to_owned(), json!(life_s));
        }
        Ok(answer)
    }

    /// Whether a ticket shows a picture.
    pub(crate) fn shows_qr(&self, ticket: &str) -> bool {
        let now_ms = self.clock.now_ms();
        let code = self.qr_codes.by_ticket.get(ticket);
        code.is_some_and(|code| code.until_ms.is_none_or(|until_ms| now_ms < until_ms))
    }

    /// A person scans a code (by its ticket or the address in it): a follower sends SCAN, others begin to follow.
    pub(crate) fn scan(&mut self, person: PersonId, code: &str) -> Result<(), SimError> {
        let ticket = self.qr_codes.ticket_of_url.get(code).map_or(code, String::as_str).to_owned();
        if !self.shows_qr(&ticket) {
            return Err(SimError::UnknownCode);
        }
        let found = self.qr_codes.by_ticket.get(&ticket).ok_or(SimError::UnknownCode)?;
        let (appid, scene) = (found.appid.clone(), found.scene.clone());
        self.scan_scene(person, &appid, &scene, &ticket)
    }

    /// The same of a code whose parameter and ticket are known.
    pub(crate) fn scan_scene(&mut self, id: PersonId, appid: &str, scene: &str, ticket: &str) -> Result<(), SimError> {
        let person = self.people.get(id).ok_or(SimError::UnknownPerson)?;
        if !person.follows.contains(appid) {
            return self.begin_to_follow(id, appid, Some((scene, ticket)));
        }
        let openid = person.openids.get(appid).cloned().unwrap_or_default();
        // The parameter bare: only a new follower's has `qrscene_` before it.
        let event = Event::new("SCAN", &openid).with("EventKey", scene).with("Ticket", ticket);
        self.push_event_now(appid, event);
        Ok(())
    }
}

fn scene(body: &Value, permanent: bool) -> Result<String, WxError> {
    let invalid = || WxError::new(40053, "invalid action info, please check document");
    let scene = body.pointer("/action_info/scene").ok_or_else(invalid)?;
    if text(body, "/action_name").contains("STR") {
        let word = text(scene, "/scene_str");
        let fits = (1..=SCENE_CHARS_MAX).contains(&word.chars().count());
        return if fits { Ok(word.to_owned()) } else { Err(invalid()) };
    }
    let number = scene.get("scene_id").and_then(Value::as_u64).filter(|number| *number > 0).ok_or_else(invalid)?;
    let most = if permanent { SCENE_ID_PERMANENT_MAX } else { u64::from(u32::MAX) };
    if number > most { Err(invalid()) } else { Ok(number.to_string()) }
}

impl Sim {
    /// The person scans a QR code, given its ticket or the address inside: `subscribe` with `qrscene_…` for somebody
    /// new, `SCAN` for a follower.
    pub fn scan(&self, person: PersonId, ticket_or_url: &str) -> Result<(), SimError> {
        self.world().scan(person, ticket_or_url)
    }
}
