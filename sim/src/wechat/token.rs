//! access_token: two independent issuers per app.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::http::WxError;
use crate::crypto;
use crate::http::text;
use crate::server::Sim;
use crate::world::World;

/// Life of a token.
const LIFE_MS: i64 = 7200 * 1000;
/// How long an old token stays valid beside a new one.
const OVERLAP_MS: i64 = 300 * 1000;
/// The stable issuer hands out the same token until so near its end.
const RENEW_MS: i64 = 300 * 1000;
/// A second forced refresh within this time gets the token of the first.
const FORCE_GAP_MS: i64 = 30 * 1000;

#[derive(Default)]
pub(crate) struct Tokens {
    /// token → app and end of life.
    known: HashMap<String, Grant>,
    stable: HashMap<String, Issued>,
    plain: HashMap<String, Issued>,
    issued: u64,
}

struct Grant {
    appid: String,
    /// End of its own life: afterwards 42001.
    dies_ms: i64,
    /// When a newer one takes its place: afterwards 40001.
    until_ms: i64,
}

#[derive(Clone)]
struct Issued {
    token: String,
    at_ms: i64,
    forced_at_ms: Option<i64>,
}

impl Tokens {
    fn issue(&mut self, appid: &str, now_ms: i64, forced: bool) -> Issued {
        self.issued = self.issued.saturating_add(1);
        let token = format!("{}_{}{}", self.issued, crypto::random_text(64), crypto::random_text(64));
        let dies_ms = now_ms.saturating_add(LIFE_MS);
        self.known.insert(token.clone(), Grant { appid: appid.to_owned(), dies_ms, until_ms: dies_ms });
        Issued { token, at_ms: now_ms, forced_at_ms: forced.then_some(now_ms) }
    }

    fn retire(&mut self, issued: Option<Issued>, until_ms: i64) {
        if let Some(grant) = issued.and_then(|old| self.known.get_mut(&old.token)) {
            grant.until_ms = grant.until_ms.min(until_ms);
        }
    }

    fn plain(&mut self, appid: &str, now_ms: i64) -> Issued {
        let fresh = self.issue(appid, now_ms, false);
        let old = self.plain.insert(appid.to_owned(), fresh.clone());
        self.retire(old, now_ms.saturating_add(OVERLAP_MS));
        fresh
    }

    fn stable(&mut self, appid: &str, now_ms: i64, force: bool) -> Issued {
        let current = self.stable.get(appid).cloned();
        let Some(current) = current else {
            let fresh = self.issue(appid, now_ms, force);
            self.stable.insert(appid.to_owned(), fresh.clone());
            return fresh;
        };
        let just_forced = current.forced_at_ms.is_some_and(|at_ms| now_ms.saturating_sub(at_ms) < FORCE_GAP_MS);
        let killed = !self.known.contains_key(&current.token);
        let near_end = now_ms.saturating_sub(current.at_ms) >= LIFE_MS - RENEW_MS;
        if !(killed || near_end || force && !just_forced) {
            return current;
        }
        let fresh = self.issue(appid, now_ms, force);
        self.stable.insert(appid.to_owned(), fresh.clone());
        let old_until_ms = if force { now_ms } else { now_ms.saturating_add(OVERLAP_MS) };
        self.retire(Some(current), old_until_ms);
        fresh
    }

    pub(crate) fn kill(&mut self, appid: &str) {
        self.known.retain(|_, grant| grant.appid != appid);
    }

    /// The app a token speaks for.
    pub(crate) fn check(&self, token: &str, now_ms: i64) -> Result<&str, WxError> {
        match self.known.get(token) {
            Some(grant) if now_ms < grant.until_ms => Ok(&grant.appid),
            Some(grant) if now_ms >= grant.dies_ms => Err(WxError::new(42001, "access_token expired")),
            None if token.is_empty() => Err(WxError::new(41001, "access_token missing")),
            _ => Err(WxError::new(40001, "invalid credential, access_token is invalid or not latest")),
        }
    }
}

impl World {
    /// Checks appid and secret of a call that has no token yet.
    pub(crate) fn check_secret(&self, appid: &str, secret: &str) -> Result<(), WxError> {
        let app = self.apps.get(appid).ok_or_else(|| WxError::new(40013, "invalid appid"))?;
        if secret.is_empty() {
            return Err(WxError::new(41004, "appsecret missing"));
        }
        if app.config.secret != secret {
            return Err(WxError::new(40125, "invalid appsecret"));
        }
        Ok(())
    }

    /// `GET /cgi-bin/token`.
    pub(crate) fn plain_token(&mut self, grant_type: &str, appid: &str, secret: &str) -> Result<Value, WxError> {
        if grant_type != "client_credential" {
            return Err(WxError::new(40002, "invalid grant_type"));
        }
        self.check_secret(appid, secret)?;
        let now_ms = self.clock.now_ms();
        Ok(token_answer(&self.tokens.plain(appid, now_ms), now_ms))
    }

    /// `POST /cgi-bin/stable_token`.
    pub(crate) fn stable_token(&mut self, body: &Value) -> Result<Value, WxError> {
        if text(body, "/grant_type") != "client_credential" {
            return Err(WxError::new(40002, "invalid grant_type"));
        }
        let appid = text(body, "/appid");
        self.check_secret(appid, text(body, "/secret"))?;
        let force = body.pointer("/force_refresh").and_then(Value::as_bool).unwrap_or(false);
        let now_ms = self.clock.now_ms();
        Ok(token_answer(&self.tokens.stable(appid, now_ms, force), now_ms))
    }
}

fn token_answer(issued: &Issued, now_ms: i64) -> Value {
    let left_ms = issued.at_ms.saturating_add(LIFE_MS).saturating_sub(now_ms);
    json!({ "access_token": issued.token, "expires_in": left_ms / 1000 })
}

impl Sim {
    /// Makes all tokens of an app invalid (40001), as another holder of its secret could.
    pub fn kill_tokens(&self, appid: &str) {
        self.world().tokens.kill(appid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_764_000_000_000;

    #[test]
    fn the_stable_issuer_repeats_itself_until_forced() {
        let mut tokens = Tokens::default();
        let first = tokens.stable("wx", NOW, false).token;
        assert_eq!(tokens.stable("wx", NOW + 60_000, false).token, first);
        let forced = tokens.stable("wx", NOW + 60_000, true).token;
        assert_ne!(forced, first);
        assert_eq!(tokens.check(&first, NOW + 60_000).unwrap_err().code, 40001);
        assert_eq!(tokens.check(&forced, NOW + 60_000).unwrap(), "wx");
        assert_eq!(tokens.stable("wx", NOW + 70_000, true).token, forced);
        assert_eq!(tokens.check("nonsense", NOW).unwrap_err().code, 40001);
    }

    #[test]
    fn a_new_plain_token_leaves_the_old_one_five_minutes() {
        let mut tokens = Tokens::default();
        let stable = tokens.stable("wx", NOW, false).token;
        let first = tokens.plain("wx", NOW).token;
        let second = tokens.plain("wx", NOW + 1000).token;
        assert!(tokens.check(&first, NOW + 1000 + OVERLAP_MS - 1).is_ok());
        assert_eq!(tokens.check(&first, NOW + 1000 + OVERLAP_MS).unwrap_err().code, 40001);
        assert!(tokens.check(&second, NOW + 1000 + OVERLAP_MS).is_ok());
        assert!(tokens.check(&stable, NOW + 1000 + OVERLAP_MS).is_ok(), "issuers do not cancel each other");
        assert_eq!(tokens.check(&stable, NOW + LIFE_MS).unwrap_err().code, 42001);
    }
}
