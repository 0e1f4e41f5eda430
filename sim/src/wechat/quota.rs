//! What the platform counts against an account, and the templates it has blocked.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::http::{WxError, route};
use crate::error::SimError;
use crate::http::text;
use crate::mischief::Endpoint;
use crate::server::Sim;
use crate::world::World;

/// Days begin at midnight in China.
const CHINA_OFFSET_MS: i64 = 8 * 3600 * 1000;
const DAY_MS: i64 = 24 * 3600 * 1000;
const MINUTE_MS: i64 = 60 * 1000;
/// Daily calls of an API nobody has set a quota for.
const CALLS_DAILY: u32 = 50_000_000;
/// Intercepted messages kept for one account; further ones are not listed.
const INTERCEPTED_MAX: usize = 10_000;
/// Intercepted messages of one answer.
const INTERCEPTED_PAGE_MAX: usize = 100;

/// Today's and this minute's calls of one account.
#[derive(Default)]
pub(crate) struct Quotas {
    daily: HashMap<Endpoint, u32>,
    per_minute: Option<u32>,
    /// Used up before the published number was reached, on this day.
    spent: HashMap<Endpoint, i64>,
    day: i64,
    used: HashMap<Endpoint, u32>,
    minute: i64,
    calls: u32,
}

impl Quotas {
    fn turn(&mut self, now_ms: i64) {
        let (day, minute) = (china_day(now_ms), now_ms.div_euclid(MINUTE_MS));
        if self.day != day {
            self.day = day;
            self.used.clear();
        }
        if self.minute != minute {
            self.minute = minute;
            self.calls = 0;
        }
    }

    fn limit(&self, endpoint: Endpoint, default: u32) -> u32 {
        self.daily.get(&endpoint).copied().unwrap_or(default)
    }

    fn used(&self, endpoint: Endpoint) -> u32 {
        self.used.get(&endpoint).copied().unwrap_or(0)
    }

    fn left(&self, endpoint: Endpoint, default: u32) -> u32 {
        if self.spent.get(&endpoint) == Some(&self.day) {
            return 0;
        }
        self.limit(endpoint, default).saturating_sub(self.used(endpoint))
    }

    /// Every call counts against the minute.
    fn take_minute(&mut self, now_ms: i64) -> Result<(), WxError> {
        self.turn(now_ms);
        if self.per_minute.is_some_and(|most| self.calls >= most) {
            return Err(WxError::new(45011, "api minute-quota reach limit, must slower, retry next minute"));
        }
        self.calls = self.calls.saturating_add(1);
        Ok(())
    }

    /// Of messages only the accepted ones count against the day.
    fn take_day(&mut self, endpoint: Endpoint, default: u32, now_ms: i64) -> Result<(), WxError> {
        self.turn(now_ms);
        if self.left(endpoint, default) == 0 {
            return Err(WxError::new(45009, "reach max api daily quota limit"));
        }
        let used = self.used.entry(endpoint).or_default();
        *used = used.saturating_add(1);
        Ok(())
    }
}

fn china_day(now_ms: i64) -> i64 {
    now_ms.saturating_add(CHINA_OFFSET_MS).div_euclid(DAY_MS)
}

/// A template message the platform did not let through.
pub(crate) struct Intercepted {
    id: u64,
    template_id: String,
    title: String,
    openid: String,
    at_s: i64,
}

/// Blocked templates of one account, and what was stopped because of them.
#[derive(Default)]
pub(crate) struct Blocked {
    templates: HashSet<String>,
    intercepted: Vec<Intercepted>,
}

impl World {
    fn daily_default(&self, endpoint: Endpoint) -> u32 {
        match endpoint {
            Endpoint::Template => self.config.template_daily_quota,
            Endpoint::Subscribe | Endpoint::BizSubscribe => self.config.subscribe_daily_quota,
            _ => CALLS_DAILY,
        }
    }

    /// Counts a call; messages are counted against the day when they are accepted.
    pub(crate) fn count_call(&mut self, appid: &str, endpoint: Endpoint) -> Result<(), WxError> {
        let now_ms = self.clock.now_ms();
        let default = self.daily_default(endpoint);
        let Some(app) = self.apps.get_mut(appid) else { return Ok(()) };
        app.quotas.take_minute(now_ms)?;
        if matches!(endpoint, Endpoint::Template | Endpoint::Subscribe | Endpoint::BizSubscribe) {
            return Ok(());
        }
        app.quotas.take_day(endpoint, default, now_ms)
    }

    /// Counts a message that is about to be accepted.
    pub(crate) fn count_message(&mut self, appid: &str, endpoint: Endpoint) -> Result<(), WxError> {
        let now_ms = self.clock.now_ms();
        let default = self.daily_default(endpoint);
        let Some(app) = self.apps.get_mut(appid) else { return Ok(()) };
        app.quotas.take_day(endpoint, default, now_ms)
    }

    /// `POST /cgi-bin/openapi/quota/get`.
    pub(crate) fn api_quota(&mut self, appid: &str, body: &Value) -> Result<Value, WxError> {
        let path = text(body, "/cgi_path");
        let endpoint = ["POST", "GET"].iter().find_map(|method| route(method, path));
        let endpoint = endpoint.ok_or_else(|| WxError::new(76021, "cgi_path not found"))?;
        if matches!(endpoint, Endpoint::Login | Endpoint::Token) {
            return Err(WxError::new(76022, "could not use this cgi_path"));
        }
        let (now_ms, default) = (self.clock.now_ms(), self.daily_default(endpoint));
        let unknown = || WxError::new(40013, "invalid appid");
        let quotas = &mut self.apps.get_mut(appid).ok_or_else(unknown)?.quotas;
        quotas.turn(now_ms);
        let quota = json!({
            "daily_limit": quotas.limit(endpoint, default),
            "used": quotas.used(endpoint),
            "remain": quotas.left(endpoint, default),
        });
        Ok(json!({ "errcode": 0, "errmsg": "ok", "quota": quota }))
    }

    pub(crate) fn is_blocked(&self, appid: &str, template_id: &str) -> bool {
        self.apps.get(appid).is_some_and(|app| app.blocked.templates.contains(template_id))
    }

    /// Writes down what a blocked template would have said.
    pub(crate) fn intercept(&mut self, appid: &str, template_id: &str, openid: &str) {
        let (id, at_s) = (self.next_number(), self.clock.now_s());
        let Some(app) = self.apps.get_mut(appid) else { return };
        if app.blocked.intercepted.len() >= INTERCEPTED_MAX {
            return;
        }
        let title = app.templates.get(template_id).map(|template| template.title.clone()).unwrap_or_default();
        let (template_id, openid) = (template_id.to_owned(), openid.to_owned());
        app.blocked.intercepted.push(Intercepted { id, template_id, title, openid, at_s });
    }

    /// `POST /wxa/sec/queryblocktmplmsg`.
    pub(crate) fn blocked_messages(&self, appid: &str, body: &Value) -> Result<Value, WxError> {
        let template_id = text(body, "/tmpl_msg_id");
        let number = |name: &str| body.get(name).and_then(Value::as_u64);
        let limit = number("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(0);
        if !(1..=INTERCEPTED_PAGE_MAX).contains(&limit) {
            return Err(WxError::new(40097, "invalid args"));
        }
        let after = number("largest_id").unwrap_or(0);
        let all = self.apps.get(appid).map(|app| app.blocked.intercepted.as_slice()).unwrap_or_default();
        let found = all.iter().filter(|one| one.template_id == template_id && one.id > after).take(limit);
        let rows: Vec<Value> = found
            .map(|one| {
                json!({
                    "id": one.id,
                    "tmpl_msg_id": one.template_id,
                    "title": one.title,
                    "content": one.title,
                    "send_timestamp": one.at_s,
                    "openid": one.openid,
                })
            })
            .collect();
        Ok(json!({ "errcode": 0, "errmsg": "ok", "msginfo": rows }))
    }

    pub(crate) fn set_daily_quota(&mut self, appid: &str, at: Endpoint, most: Option<u32>) -> Result<(), SimError> {
        let quotas = &mut self.app_mut(appid)?.quotas;
        quotas.spent.remove(&at);
        match most {
            Some(most) => quotas.daily.insert(at, most),
            None => quotas.daily.remove(&at),
        };
        Ok(())
    }

    pub(crate) fn exhaust_quota(&mut self, appid: &str, at: Endpoint) -> Result<(), SimError> {
        let today = china_day(self.clock.now_ms());
        self.app_mut(appid)?.quotas.spent.insert(at, today);
        Ok(())
    }

    pub(crate) fn set_minute_quota(&mut self, appid: &str, most: Option<u32>) -> Result<(), SimError> {
        self.app_mut(appid)?.quotas.per_minute = most;
        Ok(())
    }

    pub(crate) fn set_blocked(&mut self, appid: &str, template_id: &str, blocked: bool) -> Result<(), SimError> {
        let templates = &mut self.app_mut(appid)?.blocked.templates;
        if blocked {
            templates.insert(template_id.to_owned());
        } else {
            templates.remove(template_id);
        }
        Ok(())
    }
}

impl Sim {
    /// So many calls of one API a day for one account, then 45009 until midnight in China; nothing restores the
    /// published number. Of messages only accepted ones count.
    pub fn set_daily_quota(&self, appid: &str, at: Endpoint, most: Option<u32>) -> Result<(), SimError> {
        self.world().set_daily_quota(appid, at, most)
    }

    /// The quota of today is used up early, whatever was sent: 45009 until midnight in China.
    pub fn exhaust_quota(&self, appid: &str, at: Endpoint) -> Result<(), SimError> {
        self.world().exhaust_quota(appid, at)
    }

    /// So many calls a minute of one account, all APIs together, then 45011; nothing lifts it.
    pub fn set_minute_quota(&self, appid: &str, most: Option<u32>) -> Result<(), SimError> {
        self.world().set_minute_quota(appid, most)
    }

    /// The platform blocks a template (or lets it go): 43116 for template messages, 43107 for subscribe messages.
    pub fn block_template(&self, appid: &str, template_id: &str, blocked: bool) -> Result<(), SimError> {
        self.world().set_blocked(appid, template_id, blocked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2025-11-25 00:00 in China.
    const MIDNIGHT: i64 = 1_764_000_000_000;

    #[test]
    fn a_quota_ends_at_midnight_in_china_and_can_end_early() {
        let mut quotas = Quotas::default();
        let take = |quotas: &mut Quotas, at_ms: i64| quotas.take_day(Endpoint::Template, 1, at_ms).map_err(|e| e.code);
        assert_eq!(take(&mut quotas, MIDNIGHT - 1), Ok(()));
        assert_eq!(take(&mut quotas, MIDNIGHT - 1), Err(45009));
        assert_eq!(take(&mut quotas, MIDNIGHT), Ok(()));
        quotas.daily.insert(Endpoint::Template, 5);
        quotas.spent.insert(Endpoint::Template, china_day(MIDNIGHT));
        assert_eq!(take(&mut quotas, MIDNIGHT + DAY_MS - 1), Err(45009));
        assert_eq!(take(&mut quotas, MIDNIGHT + DAY_MS), Ok(()));
    }

    #[test]
    fn a_minute_has_its_own_count() {
        let mut quotas = Quotas { per_minute: Some(2), ..Quotas::default() };
        let mut take = |at_ms: i64| quotas.take_minute(at_ms).map_err(|error| error.code);
        assert_eq!([take(0), take(59_999), take(59_999), take(60_000)], [Ok(()), Ok(()), Err(45011), Ok(())]);
    }
}
