//! What an outcome means for a notice: a decision, no rows.

use chrono::{DateTime, TimeDelta, Utc};
use domain::reminder::{Stage, instant_on};

use super::claim::Claimed;
use super::deliver::{Outcome, Refusal};
use super::resume::may_resend;
use crate::tenancy::ProjectInfo;

/// Tries at one notice before it is given up.
const ATTEMPTS_MAX: i64 = 5;
/// How long after an unanswered call the same message goes out again under the same id.
const RESEND_DELAY: TimeDelta = TimeDelta::minutes(1);

/// What an outcome means for the notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Sent { receipt_id: String, account: Option<String> },
    RetryAt { at: DateTime<Utc>, reason: &'static str, detail: String },
    ResendAt { at: DateTime<Utc>, detail: String },
    InDoubt { detail: String },
    Fail { reason: &'static str, detail: String, may_go_on: bool },
}

/// Sorts an outcome. "Not sent" after an unanswered attempt is still an unanswered attempt.
pub(super) fn verdict(
    claimed: &Claimed,
    outcome: &Outcome,
    stage: &Stage,
    info: &ProjectInfo,
    now: DateTime<Utc>,
) -> Verdict {
    let unknown = |detail: &str| {
        let at = now + RESEND_DELAY;
        if claimed.attempts < ATTEMPTS_MAX && may_resend(claimed.channel, claimed.first_sent_at, at) {
            Verdict::ResendAt { at, detail: detail.to_owned() }
        } else {
            Verdict::InDoubt { detail: detail.to_owned() }
        }
    };
    let later = |reason: &'static str, detail: &str, at: DateTime<Utc>| {
        if claimed.is_resend {
            return unknown(detail);
        }
        let detail = detail.to_owned();
        if claimed.attempts < ATTEMPTS_MAX {
            Verdict::RetryAt { at, reason, detail }
        } else {
            Verdict::Fail { reason, detail, may_go_on: false }
        }
    };
    match outcome {
        Outcome::Accepted { receipt_id, account } => {
            Verdict::Sent { receipt_id: receipt_id.clone(), account: account.clone() }
        }
        Outcome::Unknown { reason } => unknown(reason),
        Outcome::NotSent { reason } => later("not_sent", reason, now + backoff(claimed.attempts)),
        Outcome::Refused { reason: Refusal::RateLimited, code } => {
            later("rate_limited", code, now + backoff(claimed.attempts))
        }
        Outcome::Refused { reason: Refusal::DailyQuota, code } => {
            later("daily_quota", code, tomorrow(stage, info, now))
        }
        Outcome::Refused { reason, code } => {
            let may_go_on = !matches!(reason, Refusal::OurConfig | Refusal::Other);
            Verdict::Fail { reason: reason.as_str(), detail: code.clone(), may_go_on }
        }
    }
}

/// 1, 3, then 9 minutes.
fn backoff(attempts: i64) -> TimeDelta {
    TimeDelta::minutes(match attempts {
        ..=1 => 1,
        2 => 3,
        _ => 9,
    })
}

/// The vendor's day ends at midnight; people are asked at the stage's own hour.
fn tomorrow(stage: &Stage, info: &ProjectInfo, now: DateTime<Utc>) -> DateTime<Utc> {
    let today = info.today(now);
    instant_on(today.succ_opt().unwrap_or(today), stage.time_of_day, info.zone)
}
