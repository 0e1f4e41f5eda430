//! Followers of service accounts and their unionids.

use serde_json::{Value, json};

use super::event::Event;
use super::http::WxError;
use crate::error::SimError;
use crate::http::text;
use crate::people::PersonId;
use crate::server::Sim;
use crate::world::World;

/// Openids of one page of `user/get`.
const PAGE: usize = 10_000;
/// Openids of one `user/info/batchget`.
const BATCH_MAX: usize = 100;

impl World {
    /// `GET /cgi-bin/user/info`.
    pub(crate) fn user_info(&self, appid: &str, openid: &str) -> Result<Value, WxError> {
        let id = self.addressee(appid, openid)?;
        let person = self.people.get(id).ok_or_else(|| WxError::new(40003, "invalid openid"))?;
        let bound = self.apps.get(appid).is_some_and(|app| app.config.in_open_platform);
        let follows = person.follows.contains(appid);
        let mut answer = json!({ "subscribe": i32::from(follows), "openid": openid });
        let Some(fields) = answer.as_object_mut() else { return Ok(answer) };
        if bound {
            fields.insert("unionid".to_owned(), json!(person.unionid));
        }
        if follows {
            fields.insert("subscribe_time".to_owned(), json!(person.followed_at_s.get(appid)));
            fields.insert("remark".to_owned(), json!(""));
            fields.insert("groupid".to_owned(), json!(0));
            fields.insert("tagid_list".to_owned(), json!([]));
            fields.insert("subscribe_scene".to_owned(), json!("ADD_SCENE_QR_CODE"));
            fields.insert("qr_scene".to_owned(), json!(0));
            fields.insert("qr_scene_str".to_owned(), json!(""));
            fields.insert("language".to_owned(), json!("zh_CN"));
        }
        Ok(answer)
    }

    /// `POST /cgi-bin/user/info/batchget`.
    pub(crate) fn user_info_batch(&self, appid: &str, body: &Value) -> Result<Value, WxError> {
        let list = body.pointer("/user_list").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if list.is_empty() || list.len() > BATCH_MAX {
            return Err(WxError::new(40032, "invalid openid list size"));
        }
        let infos: Result<Vec<Value>, WxError> =
            list.iter().map(|entry| self.user_info(appid, text(entry, "/openid"))).collect();
        Ok(json!({ "user_info_list": infos? }))
    }

    /// `GET /cgi-bin/user/get`: followers, 10,000 a page.
    pub(crate) fn user_list(&self, appid: &str, next_openid: &str) -> Value {
        let followers: Vec<&str> = self
            .people
            .all()
            .iter()
            .filter(|person| person.follows.contains(appid))
            .filter_map(|person| person.openids.get(appid).map(String::as_str))
            .collect();
        let start = match followers.iter().position(|openid| *openid == next_openid) {
            Some(index) => index.saturating_add(1),
            None => 0,
        };
        let page: Vec<&str> = followers.iter().skip(start).take(PAGE).copied().collect();
        let mut answer = json!({
            "total": followers.len(),
            "count": page.len(),
            "next_openid": page.last().copied().unwrap_or_default(),
        });
        if let Some(fields) = answer.as_object_mut().filter(|_| !page.is_empty()) {
            fields.insert("data".to_owned(), json!({ "openid": page }));
        }
        answer
    }

    /// Follow or unfollow; the platform pushes the event.
    pub(crate) fn set_follow(&mut self, id: PersonId, appid: &str, follows: bool, scene: &str) -> Result<(), SimError> {
        if !self.apps.contains_key(appid) {
            return Err(SimError::UnknownApp(appid.to_owned()));
        }
        let now_s = self.clock.now_s();
        let person = self.people.get_mut(id).ok_or(SimError::UnknownPerson)?;
        let event = if follows {
            person.follows.insert(appid.to_owned());
            person.followed_at_s.insert(appid.to_owned(), now_s);
            "subscribe"
        } else {
            person.follows.remove(appid);
            "unsubscribe"
        };
        let openid = person.openids.get(appid).cloned().unwrap_or_default();
        let key = if scene.is_empty() { String::new() } else { format!("qrscene_{scene}") };
        let mut event = Event::new(event, &openid).with("EventKey", &key);
        if !scene.is_empty() {
            event = event.with("Ticket", &crate::crypto::random_text(32));
        }
        self.push_event_now(appid, event);
        Ok(())
    }
}

impl Sim {
    /// The person follows a service account; `subscribe` is pushed.
    pub fn follow(&self, person: PersonId, appid: &str) -> Result<(), SimError> {
        self.world().set_follow(person, appid, true, "")
    }

    /// The same by scanning a QR code with a scene: `EventKey` is `qrscene_{scene}`.
    pub fn follow_by_qr(&self, person: PersonId, appid: &str, scene: &str) -> Result<(), SimError> {
        self.world().set_follow(person, appid, true, scene)
    }

    /// The person unfollows; `unsubscribe` is pushed.
    pub fn unfollow(&self, person: PersonId, appid: &str) -> Result<(), SimError> {
        self.world().set_follow(person, appid, false, "")
    }

    /// The person mutes an account (or lets it through again) without unfollowing.
    pub fn block(&self, person: PersonId, appid: &str, blocks: bool) -> Result<(), SimError> {
        let mut world = self.world();
        let person = world.people.get_mut(person).ok_or(SimError::UnknownPerson)?;
        if blocks {
            person.blocks.insert(appid.to_owned());
        } else {
            person.blocks.remove(appid);
        }
        Ok(())
    }
}
