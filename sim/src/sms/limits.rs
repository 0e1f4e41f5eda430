//! How often one number may be written to or called.

use std::collections::{HashMap, VecDeque};

const TEN_MINUTES_MS: i64 = 600 * 1000;
const HOUR_MS: i64 = 3600 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Frequency limits of one vendor and channel, per number. `None` switches a limit off.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Least time between two messages of the same text, in milliseconds.
    pub same_text_gap_ms: Option<i64>,
    /// Least time between any two, in milliseconds.
    pub gap_ms: Option<i64>,
    /// Most within ten minutes.
    pub per_10_min: Option<usize>,
    /// Most within an hour.
    pub per_hour: Option<usize>,
    /// Most within 24 hours.
    pub per_day: Option<usize>,
}

impl Limits {
    /// Notification texts: the same text once in 30 seconds, 10 a day.
    pub const SMS: Self = Self { same_text_gap_ms: Some(30_000), per_day: Some(10), ..Self::NONE };
    /// Calls through Alibaba Cloud: one a minute, 5 an hour, 20 a day.
    pub const VOICE: Self = Self { gap_ms: Some(60_000), per_hour: Some(5), per_day: Some(20), ..Self::NONE };
    /// Calls through Tencent Cloud: one in 30 seconds, 2 in ten minutes, 5 a day.
    pub const TENCENT_VOICE: Self = Self { gap_ms: Some(30_000), per_10_min: Some(2), per_day: Some(5), ..Self::NONE };
    /// None at all.
    pub const NONE: Self =
        Self { same_text_gap_ms: None, gap_ms: None, per_10_min: None, per_hour: None, per_day: None };

    fn is_none(&self) -> bool {
        let windows = [self.per_10_min, self.per_hour, self.per_day];
        self.same_text_gap_ms.is_none() && self.gap_ms.is_none() && windows.iter().all(Option::is_none)
    }
}

/// Which limit was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hit {
    SameText,
    Gap,
    TenMinutes,
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
        if limits.is_none() {
            return Ok(());
        }
        let past = self.by_phone.entry(phone.to_owned()).or_default();
        while past.front().is_some_and(|(at_ms, _)| now_ms.saturating_sub(*at_ms) >= DAY_MS) {
            past.pop_front();
        }
        // Newest first, and no further back than the window reaches.
        let within =
            |window_ms: i64| past.iter().rev().take_while(move |(at_ms, _)| now_ms.saturating_sub(*at_ms) < window_ms);
        if limits.same_text_gap_ms.is_some_and(|gap_ms| within(gap_ms).any(|(_, seen)| seen == text)) {
            return Err(Hit::SameText);
        }
        if limits.gap_ms.is_some_and(|gap_ms| within(gap_ms).next().is_some()) {
            return Err(Hit::Gap);
        }
        let full = |window_ms: i64, most: usize| within(window_ms).take(most).count() >= most;
        if limits.per_10_min.is_some_and(|most| full(TEN_MINUTES_MS, most)) {
            return Err(Hit::TenMinutes);
        }
        if limits.per_hour.is_some_and(|most| full(HOUR_MS, most)) {
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

    #[test]
    fn the_other_vendor_lets_two_calls_through_in_ten_minutes() {
        let mut traffic = Traffic::default();
        let mut pass = |at_s: i64| traffic.pass("1", "a", at_s * 1000, &Limits::TENCENT_VOICE);
        assert_eq!([pass(0), pass(29), pass(30)], [Ok(()), Err(Hit::Gap), Ok(())]);
        assert_eq!([pass(599), pass(600)], [Err(Hit::TenMinutes), Ok(())]);
    }
}
