//! The life of an order towards WeChat Pay.
//!
//! `created → prepay_unknown → awaiting → paid | closed | expired`. An order exists in our books before WeChat hears
//! of it; what we do not know is asked, never assumed; and once money may have moved only `paid` or a close that
//! WeChat confirmed ends it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// How many bills one order may hold.
pub const BILLS_MAX: usize = 60;
/// How long an order may be paid.
pub const LIFE_MINUTES: i64 = 120;
/// WeChat forgets a prepay number two hours after it was made; a younger one is handed out again.
pub const PREPAY_LIFE_MINUTES: i64 = 110;
/// When to ask WeChat about an order nobody told us about, counted from the last prepay; hourly after the last.
pub const QUERY_AFTER_S: [i64; 7] = [5, 30, 60, 180, 300, 600, 1_800];
/// The pace after [`QUERY_AFTER_S`] is used up.
pub const QUERY_HOURLY_S: i64 = 3_600;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Committed here; WeChat may not have heard of it.
    Created,
    /// The prepay call ended without an answer: WeChat may or may not know the order.
    PrepayUnknown,
    /// WeChat gave a prepay number; the owner may be paying.
    Awaiting,
    /// Paid, booked.
    Paid,
    /// Closed at WeChat before anything was paid, or never known there.
    Closed,
    /// Ran out of time, and WeChat confirmed that nothing was paid.
    Expired,
}

impl OrderState {
    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::PrepayUnknown => "prepay_unknown",
            Self::Awaiting => "awaiting",
            Self::Paid => "paid",
            Self::Closed => "closed",
            Self::Expired => "expired",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Created, Self::PrepayUnknown, Self::Awaiting, Self::Paid, Self::Closed, Self::Expired]
            .into_iter()
            .find(|state| state.as_str() == word)
    }

    /// Still holds its bills reserved.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Created | Self::PrepayUnknown | Self::Awaiting)
    }

    /// Whether the table of transitions allows `next`. Money that really arrived is stronger than a close: `Paid`
    /// can follow `Closed` and `Expired`, nothing can follow `Paid`.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::Paid, _) => false,
            (Self::Created | Self::PrepayUnknown, Self::PrepayUnknown | Self::Awaiting)
            | (Self::Awaiting, Self::Awaiting | Self::PrepayUnknown)
            | (_, Self::Paid) => true,
            (from, Self::Closed | Self::Expired) => from.is_live(),
            _ => false,
        }
    }
}

/// When to ask next after `asked` questions, counted from the time the order was sent to WeChat.
#[must_use]
pub fn next_query(sent_at: DateTime<Utc>, asked: usize, now: DateTime<Utc>) -> DateTime<Utc> {
    match QUERY_AFTER_S.get(asked) {
        Some(after_s) => (sent_at + TimeDelta::seconds(*after_s)).max(now + TimeDelta::seconds(1)),
        None => now + TimeDelta::seconds(QUERY_HOURLY_S),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [OrderState; 6] = [
        OrderState::Created,
        OrderState::PrepayUnknown,
        OrderState::Awaiting,
        OrderState::Paid,
        OrderState::Closed,
        OrderState::Expired,
    ];

    #[test]
    fn paid_follows_every_other_state_and_nothing_follows_paid() {
        for state in ALL {
            assert_eq!(state.may_become(OrderState::Paid), state != OrderState::Paid);
            assert!(!OrderState::Paid.may_become(state));
        }
    }

    #[test]
    fn a_closed_order_never_comes_back_to_life() {
        for next in ALL.into_iter().filter(|s| s.is_live()) {
            assert!(!OrderState::Closed.may_become(next));
            assert!(!OrderState::Expired.may_become(next));
        }
    }

    #[test]
    fn stored_words_read_back() {
        for state in ALL {
            assert_eq!(OrderState::parse(state.as_str()), Some(state));
        }
        assert_eq!(OrderState::parse("refunded"), None);
    }

    #[test]
    fn the_questions_are_asked_at_the_published_pace_and_then_hourly() {
        let sent = DateTime::from_timestamp(1_793_000_000, 0).unwrap();
        let mut now = sent;
        let mut gaps = Vec::new();
        for asked in 0..9 {
            now = next_query(sent, asked, now);
            gaps.push((now - sent).num_seconds());
        }
        assert_eq!(gaps, vec![5, 30, 60, 180, 300, 600, 1_800, 5_400, 9_000]);
    }
}
