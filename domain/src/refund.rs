//! The life of a refund towards WeChat Pay.
//!
//! `awaiting_approval → queued → unknown | not_enough | processing → succeeded | abnormal | closed | refused`. Its number
//! is in our books before WeChat hears of it and never changes, so asking again is never a second refund. The money
//! counts as gone when WeChat says so, not before; what is asked for is held until then, so it is not given back twice.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Refunds one payment may have: WeChat Pay takes 50.
pub const REFUNDS_MAX: usize = 50;
/// Characters of a reason: WeChat Pay takes 80 bytes, three for each Chinese character.
pub const REASON_CHARS_MAX: usize = 26;
/// When to look at a refund again, counted from the last look; hourly after the last.
pub const LOOK_AFTER_S: [i64; 5] = [60, 120, 300, 600, 1_800];
/// The pace after [`LOOK_AFTER_S`] is used up.
pub const LOOK_HOURLY_S: i64 = 3_600;

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// Above the limit: a second person has to agree.
    AwaitingApproval,
    /// The second person did not agree.
    Rejected,
    /// To be sent, or sent and certainly not taken on.
    Queued,
    /// Sent without an answer: the same number is sent again.
    Unknown,
    /// The merchant's balance is too small: the same number is sent again after somebody has topped it up.
    NotEnough,
    /// WeChat Pay is giving the money back.
    Processing,
    /// The payer's card or account does not take it: somebody must send it another way.
    Abnormal,
    /// The payer has the money; booked.
    Succeeded,
    /// WeChat Pay gave it up; the money stayed here.
    Closed,
    /// WeChat Pay did not take it on; the money stayed here.
    Refused,
}

impl RefundState {
    const ALL: [Self; 10] = [
        Self::AwaitingApproval,
        Self::Rejected,
        Self::Queued,
        Self::Unknown,
        Self::NotEnough,
        Self::Processing,
        Self::Abnormal,
        Self::Succeeded,
        Self::Closed,
        Self::Refused,
    ];

    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingApproval => "awaiting_approval",
            Self::Rejected => "rejected",
            Self::Queued => "queued",
            Self::Unknown => "unknown",
            Self::NotEnough => "not_enough",
            Self::Processing => "processing",
            Self::Abnormal => "abnormal",
            Self::Succeeded => "succeeded",
            Self::Closed => "closed",
            Self::Refused => "refused",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// The states from which a refund may come to this one.
    pub fn sources(self) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |state| state.may_become(self))
    }

    /// The money has gone back or may still go: what it takes of the payment is not free for another refund.
    #[must_use]
    pub const fn holds_money(self) -> bool {
        !matches!(self, Self::Rejected | Self::Closed | Self::Refused)
    }

    /// Nothing more is to be expected of it.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Rejected | Self::Succeeded | Self::Closed | Self::Refused)
    }

    /// WeChat Pay has not been heard to have taken it on: to be sent, with the same number.
    #[must_use]
    pub const fn is_to_send(self) -> bool {
        matches!(self, Self::Queued | Self::Unknown | Self::NotEnough)
    }

    /// Whether the table of transitions allows `next`.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::AwaitingApproval, Self::Queued | Self::Rejected) => true,
            (Self::AwaitingApproval | Self::Rejected | Self::Succeeded | Self::Closed | Self::Refused, _)
            | (_, Self::AwaitingApproval | Self::Rejected | Self::Queued) => false,
            (from, Self::Unknown | Self::NotEnough | Self::Refused) => from.is_to_send(),
            (_, Self::Processing | Self::Abnormal | Self::Succeeded | Self::Closed) => true,
        }
    }
}

/// When to look next, after `looks` looks.
#[must_use]
pub fn next_look(looks: usize, now: DateTime<Utc>) -> DateTime<Utc> {
    now + TimeDelta::seconds(LOOK_AFTER_S.get(looks).copied().unwrap_or(LOOK_HOURLY_S))
}

/// Whether somebody else has to agree: `held_fen` is what all refunds of the payment take with this one, so that a
/// large refund is not made of small ones.
#[must_use]
pub const fn needs_approval(held_fen: i64, approve_above_fen: i64) -> bool {
    held_fen > approve_above_fen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_stays_over_and_only_approval_leads_out_of_waiting() {
        for state in RefundState::ALL {
            assert_eq!(RefundState::parse(state.as_str()), Some(state));
            let leads_on = RefundState::ALL.into_iter().any(|next| state.may_become(next));
            assert_eq!(leads_on, !state.is_over(), "{state:?}");
        }
        assert_eq!(RefundState::Queued.sources().collect::<Vec<_>>(), [RefundState::AwaitingApproval]);
        assert_eq!(RefundState::parse("paid"), None);
    }

    #[test]
    fn what_was_taken_on_is_never_sent_anew() {
        for state in [RefundState::Processing, RefundState::Abnormal] {
            assert!(!state.is_to_send() && state.holds_money());
            assert!(!state.may_become(RefundState::Unknown) && !state.may_become(RefundState::Refused));
            assert!(state.may_become(RefundState::Succeeded) && state.may_become(RefundState::Closed));
        }
    }

    #[test]
    fn a_large_refund_made_of_small_ones_needs_the_same_approval() {
        assert!(!needs_approval(50_000, 50_000));
        assert!(needs_approval(50_001, 50_000));
    }

    #[test]
    fn looks_become_rarer_and_then_hourly() {
        let now = DateTime::from_timestamp(1_793_000_000, 0).unwrap();
        let gaps: Vec<i64> = (0..7).map(|looks| (next_look(looks, now) - now).num_seconds()).collect();
        assert_eq!(gaps, [60, 120, 300, 600, 1_800, 3_600, 3_600]);
    }
}
