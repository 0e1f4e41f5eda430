//! What became of calls.

use std::fmt;

use serde_json::Value;

use crate::cloud::report::{ReportError, e164_from_bare, items, text};

/// What became of one call.
#[derive(Clone, PartialEq, Eq)]
pub struct VoiceReport {
    /// The cloud's number of the call.
    pub call_id: String,
    /// Our session, where the cloud returns it.
    pub session: Option<String>,
    /// `+86…`; a key press may come without it.
    pub phone_e164: Option<String>,
    /// Somebody picked up; `None` when this report does not say (a key press tells by itself).
    pub is_answered: Option<bool>,
    /// Seconds of talk, where told.
    pub duration_s: Option<i64>,
    /// The key that was pressed.
    pub key: Option<String>,
    /// The cloud's status.
    pub code: String,
}

impl fmt::Debug for VoiceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VoiceReport")
            .field("call_id", &self.call_id)
            .field("is_answered", &self.is_answered)
            .field("duration_s", &self.duration_s)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

/// Reads a callback of Tencent Cloud, call result or key press; answer [`crate::cloud::report::TENCENT_ACK`].
///
/// # Errors
/// [`ReportError`].
pub fn parse_tencent_voice_report(body: &[u8]) -> Result<Vec<VoiceReport>, ReportError> {
    items(body)?.iter().map(|item| tencent(item).ok_or(ReportError)).collect()
}

/// Reads a callback of Alibaba Cloud; answer [`crate::cloud::report::ALIYUN_ACK`].
///
/// # Errors
/// [`ReportError`].
pub fn parse_aliyun_voice_report(body: &[u8]) -> Result<Vec<VoiceReport>, ReportError> {
    items(body)?.iter().map(|item| aliyun(item).ok_or(ReportError)).collect()
}

/// Both kinds wrap their fields in one named object.
fn tencent(item: &Value) -> Option<VoiceReport> {
    if let Some(pressed) = item.get("voicekey_callback") {
        let key = text(pressed, "keypress")?;
        return Some(VoiceReport { is_answered: Some(true), key: Some(key), ..tencent_call(pressed)? });
    }
    let call = item.get("voiceprompt_callback")?;
    let result = text(call, "result")?;
    // Seconds of the two times; without them only the result tells.
    let second = |key: &str| text(call, key).and_then(|time| time.parse::<i64>().ok());
    let duration_s = match (second("start_calltime"), second("end_calltime")) {
        (Some(start), Some(end)) if start > 0 => Some(end.saturating_sub(start).max(0)),
        _ => None,
    };
    Some(VoiceReport { is_answered: Some(result == "0"), duration_s, code: result, ..tencent_call(call)? })
}

fn tencent_call(call: &Value) -> Option<VoiceReport> {
    let nation = text(call, "nationcode").unwrap_or_else(|| "86".to_owned());
    Some(VoiceReport {
        call_id: text(call, "callid")?,
        session: None,
        phone_e164: text(call, "mobile").map(|mobile| format!("+{}{mobile}", nation.trim_start_matches('+'))),
        is_answered: None,
        duration_s: None,
        key: None,
        code: String::new(),
    })
}

fn aliyun(item: &Value) -> Option<VoiceReport> {
    let duration_s = text(item, "duration").and_then(|seconds| seconds.parse::<i64>().ok());
    let is_answered = duration_s.is_some_and(|seconds| seconds > 0) || text(item, "b_start_time").is_some();
    Some(VoiceReport {
        call_id: text(item, "call_id")?,
        session: text(item, "out_id"),
        phone_e164: text(item, "callee").map(|number| e164_from_bare(&number)),
        is_answered: Some(is_answered),
        duration_s,
        key: text(item, "dtmf"),
        code: text(item, "status_code")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answered_call_and_a_missed_one_are_told_apart() {
        let body = r#"[{"status_code":"200000","status_msg":"用户接听","callee":"13900000001","call_id":"c1","out_id":"s1",
            "b_start_time":"2026-11-23 10:00:08","duration":"10","dtmf":"1"},
            {"status_code":"200002","status_msg":"用户占线","callee":"13900000002","call_id":"c2","duration":"0"}]"#;
        let reports = parse_aliyun_voice_report(body.as_bytes()).unwrap();
        assert_eq!((reports[0].is_answered, reports[0].key.as_deref()), (Some(true), Some("1")));
        assert_eq!((reports[1].is_answered, reports[1].duration_s), (Some(false), Some(0)));
        assert!(!format!("{reports:?}").contains("13900000001"));
    }

    #[test]
    fn tencent_tells_results_and_keys_in_two_callbacks() {
        let result = r#"{"voiceprompt_callback":{"result":"0","accept_time":"1470197211","call_from":"","callid":"c1",
            "mobile":"13800000001","nationcode":"86","fee":"1","start_calltime":"1470197196","end_calltime":"1470197221"}}"#;
        let reports = parse_tencent_voice_report(result.as_bytes()).unwrap();
        assert_eq!((reports[0].is_answered, reports[0].duration_s), (Some(true), Some(25)));
        let missed = result.replace(r#""result":"0""#, r#""result":"1""#);
        assert_eq!(parse_tencent_voice_report(missed.as_bytes()).unwrap()[0].is_answered, Some(false));
        let key = r#"{"voicekey_callback":{"callid":"c1","mobile":"13800000001","nationcode":"86","keypress":"2"}}"#;
        assert_eq!(parse_tencent_voice_report(key.as_bytes()).unwrap()[0].key.as_deref(), Some("2"));
        assert_eq!(parse_tencent_voice_report(b"[{}]"), Err(ReportError));
    }
}
