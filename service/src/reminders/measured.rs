//! What operations see of reminders: counts and cost by channel. No names, no numbers of people.

use domain::reminder::Channel;

use super::claim::Claimed;
use super::deliver::{Outcome, Refusal};

/// A vendor's answer: `linli_notices_total{channel, outcome}` and `linli_notice_cost_fen_total{channel}`. An account
/// that says stop, or refuses for our own mistake, is an alarm: `linli_sending_alarms_total{channel, reason}`.
pub(super) fn answered(claimed: &Claimed, outcome: &Outcome) {
    let channel = claimed.channel.as_str();
    let word = match outcome {
        Outcome::Accepted { .. } => "sent",
        Outcome::Unknown { .. } => "unknown",
        Outcome::NotSent { .. } => "not_sent",
        Outcome::Refused { reason, .. } => reason.as_str(),
    };
    metrics::counter!("linli_notices_total", "channel" => channel, "outcome" => word).increment(1);
    match outcome {
        Outcome::Accepted { .. } => {
            let cost_fen = u64::try_from(claimed.cost_fen).unwrap_or(0);
            metrics::counter!("linli_notice_cost_fen_total", "channel" => channel).increment(cost_fen);
        }
        Outcome::Refused { reason: reason @ (Refusal::DailyQuota | Refusal::OurConfig), .. } => {
            let reason = reason.as_str();
            metrics::counter!("linli_sending_alarms_total", "channel" => channel, "reason" => reason).increment(1);
        }
        Outcome::Refused { .. } | Outcome::Unknown { .. } | Outcome::NotSent { .. } => {}
    }
}

/// Reminders planned: `linli_reminders_planned_total`.
pub(super) fn planned(count: u64) {
    metrics::counter!("linli_reminders_planned_total").increment(count);
}

/// What people and vendors told of messages: `linli_notice_events_total{channel, kind}` with the kinds `delivered`,
/// `not_delivered`, `opened`, `acknowledged`.
pub(super) fn told(channel: Channel, kind: &'static str) {
    metrics::counter!("linli_notice_events_total", "channel" => channel.as_str(), "kind" => kind).increment(1);
}
