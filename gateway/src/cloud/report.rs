//! What the status callbacks of both clouds have in common. Neither is signed: an unguessable path and the address
//! list of the cloud are all the proof there is, so a report may never do more than move a message's state.

use chrono::{DateTime, FixedOffset, NaiveDateTime};
use serde_json::Value;

/// Clouds send up to 100 or so at once.
const ITEMS_MAX: usize = 1_000;
/// Far above that many items.
const BODY_BYTES_MAX: usize = 1 << 20;
/// Both clouds write Beijing time without saying so.
const BEIJING_OFFSET_S: i32 = 8 * 3600;

/// What Tencent Cloud wants to hear, with status 200.
pub const TENCENT_ACK: &str = r#"{"result":0,"errmsg":"OK"}"#;
/// What Alibaba Cloud wants to hear, with status 200; else it tries again after 1, 5 and 10 minutes.
pub const ALIYUN_ACK: &str = r#"{"code":0,"msg":"接收成功"}"#;

/// The body is not a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("回执格式不符")]
pub struct ReportError;

/// The items of a callback: an array, or one object.
pub(crate) fn items(body: &[u8]) -> Result<Vec<Value>, ReportError> {
    if body.len() > BODY_BYTES_MAX {
        return Err(ReportError);
    }
    match serde_json::from_slice(body) {
        Ok(Value::Array(items)) if items.len() <= ITEMS_MAX => Ok(items),
        Ok(object @ Value::Object(_)) => Ok(vec![object]),
        _ => Err(ReportError),
    }
}

/// A field as text; numbers come as numbers or as text. Empty counts as missing.
pub(crate) fn text(item: &Value, key: &str) -> Option<String> {
    match item.get(key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// `2026-11-23 10:00:00`, Beijing time.
pub(crate) fn beijing_time(text: &str) -> Option<DateTime<FixedOffset>> {
    let naive = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok()?;
    naive.and_local_timezone(FixedOffset::east_opt(BEIJING_OFFSET_S)?).single()
}

/// A number as Alibaba Cloud writes it: mainland numbers bare, others with their country code.
pub(crate) fn e164_from_bare(number: &str) -> String {
    if number.starts_with('+') {
        number.to_owned()
    } else if number.len() == 11 && number.starts_with('1') {
        format!("+86{number}")
    } else {
        format!("+{number}")
    }
}

/// The reverse: mainland numbers bare, others without the plus.
pub(crate) fn bare_from_e164(phone_e164: &str) -> &str {
    phone_e164.strip_prefix("+86").or_else(|| phone_e164.strip_prefix('+')).unwrap_or(phone_e164)
}
