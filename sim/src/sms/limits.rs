//! How often one number may be written to or called.

use std::collections::{HashMap, VecDeque};

const HOUR_MS: i64 = 3600 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Frequency limits of one vendor and channel, per number. `None` switches a limit off.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Least time between two messages of the same text, in milliseconds.
    pub same_text_gap_ms: Option<i64>,
    /// Least time between any two, in milliseconds.
    pub gap_ms: Option<i64>,
    /// Most within an hour.
    pub per_hour: Option<usize>,
    /// Most within 24 hours.
    pub per_day: Option<usize>,
}

impl Limits {
    /// Notification texts: the same text once in 30 seconds, 10 a day.
    pub const SMS: Self = Self { same_text_gap_ms: Some(30_000), gap_ms: None, per_hour: None, per_day: Some(10) };
    /// Calls: one a minute, 5 an hour, 20 a day.
    pub const VOICE: Self = Self { same_text_gap_ms: None, gap_ms: Some(60_000), per_hour: Some(5), per_day: Some(20) };
    /// None at all.
    pub const NONE: Self = Self { same_text_gap_ms: None, gap_ms: None, per_hour: None, per_day: None };
}

/// Which limit was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hit {
    SameText,
    Gap,
    Hour,
    Day,
}

/// What went to each number in the last day.
#[derive(Default)]
pub(crate) struct Traffic {
    by_phone: HashMap<String, VecDeque<(i64, String)>>,
}

impl Traffic {
    /// Counts a message unless a limit stands against it.
    pub(crate) fn pass(&mut self, phone: &str, text: &str, now_ms: i64, limits: &Limits) -> Result<(), Hit> {
        let past = self.by_phone.entry(phone.to_owned()).or_default();
        while past.front().is_some_and(|(at_ms, _)| now_ms.saturating_sub(*at_ms) >= DAY_MS) {
            past.pop_front();
        }
        let age_ms = |at_ms: &i64| now_ms.saturating_sub(*at_ms);
        let same = |gap_ms: i64| past.iter().any(|(at_ms, seen)| seen == text && age_ms(at_ms) < gap_ms);
        let any = |gap_ms: i64| past.iter().any(|(at_ms, _)| age_ms(at_ms) < gap_ms);
        if limits.same_text_gap_ms.is_some_and(same) {
            return Err(Hit::SameText);
        }
        if limits.gap_ms.is_some_and(any) {
            return Err(Hit::Gap);
        }
        let last_hour = past.iter().filter(|(at_ms, _)| age_ms(at_ms) < HOUR_MS).count();
        if limits.per_hour.is_some_and(|most| last_hour >= most) {
            return Err(Hit::Hour);
        }
        if limits.per_day.is_some_and(|most| past.len() >= most) {
            return Err(Hit::Day);
        }
        past.push_back((now_ms, text.to_owned()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_waits_and_the_day_is_counted() {
        let mut traffic = Traffic::default();
        let limits = Limits { per_day: Some(3), ..Limits::SMS };
        assert_eq!(traffic.pass("1", "a", 0, &limits), Ok(()));
        assert_eq!(traffic.pass("1", "a", 29_999, &limits), Err(Hit::SameText));
        assert_eq!(traffic.pass("1", "b", 29_999, &limits), Ok(()));
        assert_eq!(traffic.pass("1", "a", 30_000, &limits), Ok(()));
        assert_eq!(traffic.pass("1", "c", 40_000, &limits), Err(Hit::Day));
        assert_eq!(traffic.pass("2", "c", 40_000, &limits), Ok(()));
        assert_eq!(traffic.pass("1", "c", DAY_MS, &limits), Ok(()));
    }

    #[test]
    fn calls_keep_a_minute_apart_and_five_an_hour() {
        let mut traffic = Traffic::default();
        for minute in 0..5 {
            assert_eq!(traffic.pass("1", "a", minute * 60_000, &Limits::VOICE), Ok(()));
        }
        assert_eq!(traffic.pass("1", "a", 4 * 60_000 + 1, &Limits::VOICE), Err(Hit::Gap));
        assert_eq!(traffic.pass("1", "a", 6 * 60_000, &Limits::VOICE), Err(Hit::Hour));
    }
}
