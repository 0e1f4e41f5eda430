//! Delivery reports. They come more than once and in any order: de-duplicate by receipt and number.

use std::fmt;

use chrono::{DateTime, FixedOffset};
use serde_json::Value;

use crate::cloud::report::{ReportError, beijing_time, e164_from_bare, items, text};

/// What became of one message.
#[derive(Clone, PartialEq, Eq)]
pub struct SmsReport {
    /// The cloud's number of the message (`SerialNo`, `BizId`).
    pub receipt_id: String,
    /// Our session, where the cloud returns it.
    pub session: Option<String>,
    /// `+86…`
    pub phone_e164: String,
    /// On the phone. Not read: there is no such report.
    pub is_delivered: bool,
    /// `DELIVRD`, `DELIVERED`, `MK:0001`, …
    pub code: String,
    /// The cloud's words.
    pub detail: Option<String>,
    /// When the phone got it or the operator gave up.
    pub reported_at: Option<DateTime<FixedOffset>>,
}

impl fmt::Debug for SmsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmsReport")
            .field("receipt_id", &self.receipt_id)
            .field("is_delivered", &self.is_delivered)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

/// Reads a callback of Tencent Cloud; answer [`crate::cloud::report::TENCENT_ACK`].
///
/// # Errors
/// [`ReportError`] when any item lacks its number or status.
pub fn parse_tencent_sms_report(body: &[u8]) -> Result<Vec<SmsReport>, ReportError> {
    items(body)?.iter().map(|item| tencent(item).ok_or(ReportError)).collect()
}

/// Reads a callback of Alibaba Cloud; answer [`crate::cloud::report::ALIYUN_ACK`].
///
/// # Errors
/// [`ReportError`] when any item lacks its number or status.
pub fn parse_aliyun_sms_report(body: &[u8]) -> Result<Vec<SmsReport>, ReportError> {
    items(body)?.iter().map(|item| aliyun(item).ok_or(ReportError)).collect()
}

fn tencent(item: &Value) -> Option<SmsReport> {
    let status = text(item, "report_status")?;
    let nation = text(item, "nationcode").unwrap_or_else(|| "86".to_owned());
    Some(SmsReport {
        receipt_id: text(item, "sid")?,
        session: text(item, "ext"),
        phone_e164: format!("+{}{}", nation.trim_start_matches('+'), text(item, "mobile")?),
        is_delivered: status == "SUCCESS",
        code: text(item, "errmsg").unwrap_or(status),
        detail: text(item, "description"),
        reported_at: text(item, "user_receive_time").and_then(|time| beijing_time(&time)),
    })
}

fn aliyun(item: &Value) -> Option<SmsReport> {
    Some(SmsReport {
        receipt_id: text(item, "biz_id")?,
        session: text(item, "out_id"),
        phone_e164: e164_from_bare(&text(item, "phone_number")?),
        is_delivered: item.get("success").and_then(Value::as_bool)?,
        code: text(item, "err_code").unwrap_or_default(),
        detail: text(item, "err_msg"),
        reported_at: text(item, "report_time").and_then(|time| beijing_time(&time)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tencent_report_is_read() {
        let body = r#"[{"user_receive_time":"2026-10-17 08:03:04","nationcode":"86","mobile":"13800000001",
            "report_status":"SUCCESS","errmsg":"DELIVRD","description":"用户短信送达成功","sid":"8:x","ext":"s-1"},
            {"user_receive_time":"2026-10-17 08:03:05","nationcode":"86","mobile":"13800000002",
            "report_status":"FAIL","errmsg":"MK:0001","description":"空号","sid":"8:y"}]"#;
        let reports = parse_tencent_sms_report(body.as_bytes()).unwrap();
        assert_eq!(reports[0].reported_at.unwrap().to_rfc3339(), "2026-10-17T08:03:04+08:00");
        assert_eq!(reports[0].session.as_deref(), Some("s-1"));
        assert_eq!((reports[1].is_delivered, reports[1].code.as_str()), (false, "MK:0001"));
        assert_eq!(reports[1].phone_e164, "+8613800000002");
        assert!(!format!("{reports:?}").contains("13800000001"));
    }

    #[test]
    fn an_aliyun_report_is_read() {
        let body = r#"[{"phone_number":"13900000001","send_time":"2026-01-01 11:12:13","report_time":"2026-02-02 22:23:24",
            "success":true,"err_code":"DELIVERED","err_msg":"用户接收成功","sms_size":"1","biz_id":"12345","out_id":"67890"}]"#;
        let reports = parse_aliyun_sms_report(body.as_bytes()).unwrap();
        assert_eq!((reports[0].receipt_id.as_str(), reports[0].session.as_deref()), ("12345", Some("67890")));
        assert_eq!(reports[0].phone_e164, "+8613900000001");
        assert!(reports[0].is_delivered);
    }

    #[test]
    fn what_is_no_report_is_refused() {
        for body in ["", "1", "[1]", "[{}]", r#"[{"phone_number":"1","biz_id":"2","success":"yes"}]"#] {
            assert_eq!(parse_tencent_sms_report(body.as_bytes()), Err(ReportError), "{body}");
            assert_eq!(parse_aliyun_sms_report(body.as_bytes()), Err(ReportError), "{body}");
        }
    }
}
