//! URL links into a mini program, and its QR codes.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::http::WxError;
use crate::crypto;
use crate::http::text;
use crate::server::Sim;
use crate::world::World;

const QUERY_BYTES_MAX: usize = 1024;
const DAYS_MAX: i64 = 30;
const DAY_MS: i64 = 24 * 3600 * 1000;
const SCENE_CHARS_MAX: usize = 32;
/// Signs a scene may hold beside letters and digits.
const SCENE_SIGNS: &str = "!#$&'()*+,/:;=?@-._~";

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LinkTarget {
    /// Mini program.
    pub appid: String,
    /// Page, with a leading slash as given.
    pub path: String,
    /// Query of the page.
    pub query: String,
}

#[derive(Default)]
pub(crate) struct Links {
    made: HashMap<String, (LinkTarget, i64)>,
}

impl World {
    /// `POST /wxa/generate_urllink`.
    pub(crate) fn make_link(&mut self, appid: &str, body: &Value, prefix: &str) -> Result<Value, WxError> {
        let (path, query) = (text(body, "/path"), text(body, "/query"));
        if path.contains('?') {
            return Err(WxError::new(40165, "invalid weapp pagepath"));
        }
        if query.len() > QUERY_BYTES_MAX {
            return Err(WxError::new(40212, "invalid query"));
        }
        if !["", "release", "trial", "develop"].contains(&text(body, "/env_version")) {
            return Err(WxError::new(85402, "invalid env_version"));
        }
        if !path.is_empty() && !self.has_page(appid, path) {
            return Err(WxError::new(40165, "invalid weapp pagepath"));
        }
        let now_ms = self.clock.now_ms();
        let until_ms = match body.pointer("/expire_type").and_then(Value::as_i64).unwrap_or(0) {
            1 => {
                let days = body.pointer("/expire_interval").and_then(Value::as_i64).unwrap_or(0);
                now_ms.saturating_add(days.saturating_mul(DAY_MS))
            }
            0 => match body.pointer("/expire_time").and_then(Value::as_i64) {
                Some(at_s) => at_s.saturating_mul(1000),
                None => now_ms.saturating_add(DAYS_MAX * DAY_MS),
            },
            _ => return Err(WxError::new(85401, "expire_type invalid")),
        };
        if until_ms <= now_ms || until_ms > now_ms.saturating_add(DAYS_MAX * DAY_MS) {
            return Err(WxError::new(85401, "time limit between 1min and 30 days"));
        }
        let key = crypto::random_text(11);
        let target = LinkTarget { appid: appid.to_owned(), path: path.to_owned(), query: query.to_owned() };
        self.links.made.insert(key.clone(), (target, until_ms));
        Ok(json!({ "errcode": 0, "errmsg": "ok", "url_link": format!("{prefix}{key}") }))
    }

    /// Where a link (or its last segment) leads, unless it has expired.
    pub(crate) fn resolve_link(&self, link: &str) -> Option<LinkTarget> {
        let key = link.rsplit('/').next().unwrap_or_default();
        let (target, until_ms) = self.links.made.get(key)?;
        (self.clock.now_ms() < *until_ms).then(|| target.clone())
    }

    /// `POST /wxa/getwxacodeunlimit`: checks the scene; the picture itself is only a picture.
    pub(crate) fn check_scene(body: &Value) -> Result<(), WxError> {
        let scene = text(body, "/scene");
        if scene.is_empty() || scene.chars().count() > SCENE_CHARS_MAX {
            return Err(WxError::new(40169, "invalid length for scene, or the data is not json string"));
        }
        if !scene.chars().all(|letter| letter.is_ascii_alphanumeric() || SCENE_SIGNS.contains(letter)) {
            return Err(WxError::new(40129, "invalid scene"));
        }
        let page = text(body, "/page");
        if page.starts_with('/') || page.contains('?') {
            return Err(WxError::new(41030, "invalid page"));
        }
        Ok(())
    }
}

impl Sim {
    /// Where a url_link leads; nothing when unknown or expired.
    pub fn resolve_link(&self, url_link: &str) -> Option<LinkTarget> {
        self.world().resolve_link(url_link)
    }
}
