//! What WeChat counts against an account, and what it held back.

use std::fmt;

use serde_json::Value;

/// WeChat answers at most this many intercepted messages at once.
pub const BLOCKED_PAGE_MAX: u8 = 100;

/// Today's allowance of one API (`/cgi-bin/openapi/quota/get`), per account. It starts anew at midnight, Beijing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiQuota {
    /// Calls allowed today.
    pub daily_limit: i64,
    /// Calls made today.
    pub used: i64,
    /// Calls left today. Others may use them up: it is a hint, 45009 is the word.
    pub remain: i64,
}

impl ApiQuota {
    pub(crate) fn read(body: &Value) -> Option<Self> {
        let number = |key: &str| body.pointer("/quota")?.get(key)?.as_i64();
        Some(Self { daily_limit: number("daily_limit")?, used: number("used")?, remain: number("remain")? })
    }
}

/// A template message WeChat intercepted (`/wxa/sec/queryblocktmplmsg`).
#[derive(Clone, PartialEq, Eq)]
pub struct BlockedMessage {
    /// Grows; the largest of a page asks for the next.
    pub id: i64,
    /// Template.
    pub template_id: String,
    /// Title of the card.
    pub title: String,
    /// Text of the card.
    pub content: String,
    /// Unix seconds.
    pub sent_at_s: i64,
    /// Of the service account.
    pub openid: String,
}

impl BlockedMessage {
    /// The published type of `msginfo` is one object, the real answer a list: both are read.
    pub(crate) fn read_all(body: &Value) -> Option<Vec<Self>> {
        match body.get("msginfo") {
            None | Some(Value::Null) => Some(Vec::new()),
            Some(Value::Array(list)) => list.iter().map(Self::read).collect(),
            Some(one) => Some(vec![Self::read(one)?]),
        }
    }

    fn read(item: &Value) -> Option<Self> {
        let text = |key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
        // Numbers come as numbers or as text.
        let whole = |key: &str| {
            let value = item.get(key)?;
            value.as_i64().or_else(|| value.as_str()?.parse().ok())
        };
        Some(Self {
            id: whole("id")?,
            template_id: text("tmpl_msg_id")?,
            title: text("title").unwrap_or_default(),
            content: text("content").unwrap_or_default(),
            sent_at_s: whole("send_timestamp")?,
            openid: text("openid")?,
        })
    }
}

impl fmt::Debug for BlockedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockedMessage")
            .field("id", &self.id)
            .field("template_id", &self.template_id)
            .finish_non_exhaustive()
    }
}
