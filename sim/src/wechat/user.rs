//! Followers of service accounts and their unionids.

use serde_json::{Value, json};

use super::event::Event;
use super::http::WxError;
use crate::error::SimError;
use crate::http::text;
use crate::people::PersonId;
use crate::server::Sim;
use crate::world::World;

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
            let scene = person.followed_by_scene.get(appid);
            let found_by = if scene.is_some() { "ADD_SCENE_QR_CODE" } else { "ADD_SCENE_SEARCH" };
            fields.insert("subscribe_scene".to_owned(), json!(found_by));
            fields.insert("qr_scene".to_owned(), json!(0));
            fields.insert("qr_scene_str".to_owned(), json!(scene.map_or("", String::as_str)));
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

    /// Follow or unfollow; the platform pushes the event. With a scene, as if a QR code were scanned.
    pub(crate) fn set_follow(&mut self, id: PersonId, appid: &str, follows: bool, scene: &str) -> Result<(), SimError> {
        if !follows {
            return self.end_following(id, appid);
        }
        if scene.is_empty() {
            return self.begin_to_follow(id, appid, None);
        }
        self.app_mut(appid)?;
        self.scan_scene(id, appid, scene, &crate::crypto::random_text(32))
    }

    /// `by`: parameter and ticket of the QR code that was scanned.
    pub(crate) fn begin_to_follow(
        &mut self,
        id: PersonId,
        appid: &str,
        by: Option<(&str, &str)>,
    ) -> Result<(), SimError> {
        let now_s = self.clock.now_s();
        let app = self.apps.get_mut(appid).ok_or_else(|| SimError::UnknownApp(appid.to_owned()))?;
        let person = self.people.get_mut(id).ok_or(SimError::UnknownPerson)?;
        let openid = person.openids.get(appid).cloned().unwrap_or_default();
        app.followers.join(&openid);
        person.follows.insert(appid.to_owned());
        person.followed_at_s.insert(appid.to_owned(), now_s);
        let event = Event::new("subscribe", &openid);
        let event = match by {
            Some((scene, ticket)) => {
                person.followed_by_scene.insert(appid.to_owned(), scene.to_owned());
                event.with("EventKey", &format!("qrscene_{scene}")).with("Ticket", ticket)
            }
            None => {
                person.followed_by_scene.remove(appid);
                event.with("EventKey", "")
            }
        };
        self.push_event_now(appid, event);
        Ok(())
    }

    fn end_following(&mut self, id: PersonId, appid: &str) -> Result<(), SimError> {
        let app = self.apps.get_mut(appid).ok_or_else(|| SimError::UnknownApp(appid.to_owned()))?;
        let person = self.people.get_mut(id).ok_or(SimError::UnknownPerson)?;
        let openid = person.openids.get(appid).cloned().unwrap_or_default();
        app.followers.leave(&openid);
        person.follows.remove(appid);
        self.push_event_now(appid, Event::new("unsubscribe", &openid).with("EventKey", ""));
        Ok(())
    }

    pub(crate) fn set_block(&mut self, id: PersonId, appid: &str, blocks: bool) -> Result<(), SimError> {
        let person = self.people.get_mut(id).ok_or(SimError::UnknownPerson)?;
        if blocks {
            person.blocks.insert(appid.to_owned());
        } else {
            person.blocks.remove(appid);
        }
        Ok(())
    }
}

impl Sim {
    /// The person follows a service account; `subscribe` is pushed.
    pub fn follow(&self, person: PersonId, appid: &str) -> Result<(), SimError> {
        self.world().set_follow(person, appid, true, "")
    }

    /// The same by scanning a QR code with a scene: `EventKey` is `qrscene_{scene}`; a follower sends SCAN.
    pub fn follow_by_qr(&self, person: PersonId, appid: &str, scene: &str) -> Result<(), SimError> {
        self.world().set_follow(person, appid, true, scene)
    }

    /// The person unfollows; `unsubscribe` is pushed.
    pub fn unfollow(&self, person: PersonId, appid: &str) -> Result<(), SimError> {
        self.world().set_follow(person, appid, false, "")
    }

    /// The person mutes an account (or lets it through again) without unfollowing.
    pub fn block(&self, person: PersonId, appid: &str, blocks: bool) -> Result<(), SimError> {
        self.world().set_block(person, appid, blocks)
    }
}
