//! What became of calls: somebody answered, pressed a key, or not.

use chrono::{DateTime, Utc};
use gateway::voice::{Missed, VoiceReport, parse_aliyun_voice_report, parse_tencent_voice_report};
use uuid::Uuid;

use crate::reminders::{self, DeliveryKind};
use crate::tenancy::ControlDb;
use crate::vendor_report::{Reporter, VendorReportError, account_at};

/// The key by which the listener says that they heard it.
const HEARD_KEY: &str = "1";

/// Records the reports of a body and answers what the vendor wants to read. One call may be told of in several, in any
/// order; each fact is recorded once.
///
/// # Errors
/// [`VendorReportError`].
pub async fn receive(
    control: &ControlDb,
    report_token: &str,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<&'static str, VendorReportError> {
    let at = account_at(control, Reporter::Voice, report_token).await?;
    let reports = if at.is_tencent { parse_tencent_voice_report(body)? } else { parse_aliyun_voice_report(body)? };
    for report in reports {
        if let Some(notice_id) = report.session.as_deref().and_then(|session| Uuid::try_parse(session).ok()) {
            reminders::find_by_session(control, at.id, &report.call_id, notice_id, now).await?;
        }
        for (key, kind) in facts(&report) {
            let dedup_key = format!("{}:{key}", report.call_id);
            reminders::record_delivery(control, &at.name(), &dedup_key, &report.call_id, kind, now).await?;
        }
    }
    Ok(at.ack())
}

/// What a report says, each with the key that tells it from the call's other facts.
fn facts(report: &VoiceReport) -> Vec<(String, DeliveryKind)> {
    let has_heard = report.key.as_deref() == Some(HEARD_KEY);
    // Who picks up and hangs up in the same second has heard nothing.
    let talked = report.is_answered == Some(true) && report.duration_s != Some(0);
    let mut facts = Vec::new();
    if talked || report.key.is_some() {
        facts.push(("answered".to_owned(), DeliveryKind::Answered));
    }
    if has_heard {
        facts.push(("key".to_owned(), DeliveryKind::KeyPressed));
    }
    if facts.is_empty() && report.is_answered.is_some() {
        let kind = match report.missed {
            Some(Missed::Busy) => DeliveryKind::Busy,
            None | Some(Missed::NoAnswer) => DeliveryKind::NoAnswer,
            Some(Missed::Unreachable | Missed::BadNumber | Missed::Failed) => DeliveryKind::Failed,
        };
        facts.push((report.code.clone(), kind));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> VoiceReport {
        VoiceReport {
            call_id: "c1".to_owned(),
            session: None,
            phone_e164: None,
            is_answered: None,
            duration_s: None,
            key: None,
            missed: None,
            code: "0".to_owned(),
        }
    }

    fn kinds(report: &VoiceReport) -> Vec<DeliveryKind> {
        facts(report).into_iter().map(|(_, kind)| kind).collect()
    }

    #[test]
    fn only_a_call_that_lasted_was_answered() {
        let answered = |duration_s| VoiceReport { is_answered: Some(true), duration_s, ..report() };
        assert_eq!(kinds(&answered(Some(7))), [DeliveryKind::Answered]);
        assert_eq!(kinds(&answered(None)), [DeliveryKind::Answered]);
        assert_eq!(kinds(&answered(Some(0))), [DeliveryKind::NoAnswer]);
    }

    #[test]
    fn the_first_key_says_that_it_was_heard_and_another_only_that_somebody_was_there() {
        let pressed = |key: &str| VoiceReport { is_answered: Some(true), key: Some(key.to_owned()), ..report() };
        assert_eq!(kinds(&pressed("1")), [DeliveryKind::Answered, DeliveryKind::KeyPressed]);
        assert_eq!(kinds(&pressed("9")), [DeliveryKind::Answered]);
    }

    #[test]
    fn a_call_that_nobody_took_says_why() {
        let missed = |missed| VoiceReport { is_answered: Some(false), missed: Some(missed), ..report() };
        assert_eq!(kinds(&missed(Missed::Busy)), [DeliveryKind::Busy]);
        assert_eq!(kinds(&missed(Missed::NoAnswer)), [DeliveryKind::NoAnswer]);
        assert_eq!(kinds(&missed(Missed::BadNumber)), [DeliveryKind::Failed]);
        assert!(kinds(&report()).is_empty());
    }
}
