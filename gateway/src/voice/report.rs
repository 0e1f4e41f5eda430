//! What became of calls.

use std::fmt;

use serde_json::Value;

use crate::cloud::report::{ReportError, e164_from_bare, items, text};

/// `status_code` of a message that tells a key and nothing else.
const ALIYUN_KEY_PRESS: &str = "300000";

/// Why nobody was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Missed {
    /// It rang.
    NoAnswer,
    /// In another call.
    Busy,
    /// Switched off, out of service, out of reach, or the call was declined.
    Unreachable,
    /// No such number: mark it.
    BadNumber,
    /// The line's own trouble, or a code in no table.
    Failed,
}

/// What became of one call. Tencent Cloud tells it in up to three reports: result, key, and reason of a failure.
#[derive(Clone, PartialEq, Eq)]
pub struct VoiceReport {
    /// The cloud's number of the call.
    pub call_id: String,
    /// What the call carried of our session, where the cloud returns it; see [`super::aliyun::out_id`].
    pub session: Option<String>,
    /// `+86…`; a key press may come without it.
    pub phone_e164: Option<String>,
    /// Somebody picked up; `None` when this report does not say.
    pub is_answered: Option<bool>,
    /// Seconds of talk, where told.
    pub duration_s: Option<i64>,
    /// The key that was pressed.
    pub key: Option<String>,
    /// Why nobody was reached; `None` when somebody was.
    pub missed: Option<Missed>,
    /// The cloud's status; of a failure at Tencent Cloud `failure_` and its number; empty for a key.
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

/// Each kind wraps its fields in one named object. Times are unix seconds: dialled at `start_calltime`, picked up at
/// `accept_time`, over at `end_calltime`.
fn tencent(item: &Value) -> Option<VoiceReport> {
    if let Some(pressed) = item.get("voicekey_callback") {
        let key = text(pressed, "keypress")?;
        return Some(VoiceReport { is_answered: Some(true), key: Some(key), ..tencent_call(pressed)? });
    }
    if let Some(failed) = item.get("voice_failure_callback") {
        let code = text(failed, "failure_code")?;
        let missed = Some(tencent_failure(&code));
        let code = format!("failure_{code}");
        return Some(VoiceReport { is_answered: Some(false), missed, code, ..tencent_call(failed)? });
    }
    let call = item.get("voiceprompt_callback")?;
    let result = text(call, "result")?;
    let is_answered = result == "0";
    let second = |key: &str| text(call, key).and_then(|time| time.parse::<i64>().ok());
    let duration_s = match (second("accept_time"), second("end_calltime")) {
        (Some(accepted), Some(end)) if is_answered && accepted > 0 => Some(end.saturating_sub(accepted).max(0)),
        _ => None,
    };
    let missed = match result.as_str() {
        "0" => None,
        "1" => Some(Missed::NoAnswer),
        _ => Some(Missed::Failed),
    };
    Some(VoiceReport { is_answered: Some(is_answered), duration_s, missed, code: result, ..tencent_call(call)? })
}

/// The published table of `failure_code`.
fn tencent_failure(code: &str) -> Missed {
    match code {
        "2" | "10" => Missed::Busy,
        "5" | "20" => Missed::NoAnswer,
        "8" | "15" | "17" => Missed::BadNumber,
        "1" | "3" | "4" | "6" | "7" | "13" | "16" | "19" => Missed::Unreachable,
        _ => Missed::Failed,
    }
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
        missed: None,
        code: String::new(),
    })
}

fn aliyun(item: &Value) -> Option<VoiceReport> {
    let code = text(item, "status_code")?;
    let duration_s = text(item, "duration").and_then(|seconds| seconds.parse::<i64>().ok());
    let picked_up = ["b_start_time", "start_time"].iter().any(|key| text(item, key).is_some());
    // A key can only be pressed by somebody who picked up.
    let is_answered = duration_s.is_some_and(|seconds| seconds > 0) || picked_up || code == ALIYUN_KEY_PRESS;
    Some(VoiceReport {
        call_id: text(item, "call_id")?,
        session: text(item, "out_id"),
        phone_e164: text(item, "callee").map(|number| e164_from_bare(&number)),
        is_answered: Some(is_answered),
        duration_s,
        key: text(item, "dtmf"),
        missed: (!is_answered).then(|| aliyun_missed(&code)),
        code,
    })
}

/// The published table of call states; those of a call between two people among them.
fn aliyun_missed(code: &str) -> Missed {
    match code {
        "200002" | "200112" => Missed::Busy,
        "200003" | "200113" => Missed::NoAnswer,
        "200004" | "200116" | "482" => Missed::BadNumber,
        "200005" | "200007" | "200010" | "200011" | "200111" | "200120" => Missed::Unreachable,
        _ => Missed::Failed,
    }
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
        assert_eq!((reports[0].missed, reports[1].missed), (None, Some(Missed::Busy)));
        assert!(!format!("{reports:?}").contains("13900000001"));
    }

    #[test]
    fn tencent_tells_results_and_keys_in_two_callbacks() {
        let result = r#"{"voiceprompt_callback":{"result":"0","accept_time":"1470197211","call_from":"","callid":"c1",
            "mobile":"13800000001","nationcode":"86","fee":"1","start_calltime":"1470197196","end_calltime":"1470197221"}}"#;
        let reports = parse_tencent_voice_report(result.as_bytes()).unwrap();
        // Dialled at …196, picked up at …211: ringing is not talk.
        assert_eq!((reports[0].is_answered, reports[0].duration_s), (Some(true), Some(10)));
        for (result_code, why) in [("1", Missed::NoAnswer), ("2", Missed::Failed)] {
            let missed = result.replace(r#""result":"0""#, &format!(r#""result":"{result_code}""#));
            let missed = parse_tencent_voice_report(missed.as_bytes()).unwrap().remove(0);
            assert_eq!((missed.is_answered, missed.duration_s, missed.missed), (Some(false), None, Some(why)));
        }
        let key = r#"{"voicekey_callback":{"callid":"c1","mobile":"13800000001","nationcode":"86","keypress":"2"}}"#;
        assert_eq!(parse_tencent_voice_report(key.as_bytes()).unwrap()[0].key.as_deref(), Some("2"));
        assert_eq!(parse_tencent_voice_report(b"[{}]"), Err(ReportError));
    }

    #[test]
    fn tencent_tells_the_reason_of_a_failure_in_a_third() {
        for (code, why) in [(8, Missed::BadNumber), (2, Missed::Busy), (5, Missed::NoAnswer), (1, Missed::Unreachable)]
        {
            let body = format!(
                r#"{{"voice_failure_callback":{{"call_from":"","callid":"c1","failure_code":{code},"failure_reason":"x",
                "mobile":"13800000001","nationcode":"86"}}}}"#
            );
            let report = parse_tencent_voice_report(body.as_bytes()).unwrap().remove(0);
            assert_eq!((report.is_answered, report.missed), (Some(false), Some(why)));
            assert_eq!((report.code, report.call_id.as_str()), (format!("failure_{code}"), "c1"));
        }
    }

    #[test]
    fn aliyun_tells_why_nobody_was_reached() {
        let missed = |code: &str| {
            let body = format!(r#"[{{"status_code":"{code}","call_id":"c1","duration":"0","b_start_time":""}}]"#);
            parse_aliyun_voice_report(body.as_bytes()).unwrap()[0].missed
        };
        assert_eq!(missed("200003"), Some(Missed::NoAnswer));
        assert_eq!(missed("200004"), Some(Missed::BadNumber));
        assert_eq!(missed("200010"), Some(Missed::Unreachable));
        assert_eq!(missed("999999"), Some(Missed::Failed));
        let key = br#"[{"status_code":"300000","call_id":"c1","dtmf":"1"}]"#;
        let key = parse_aliyun_voice_report(key).unwrap().remove(0);
        assert_eq!((key.is_answered, key.key.as_deref(), key.missed), (Some(true), Some("1"), None));
    }
}
