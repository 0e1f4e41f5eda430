//! Hours in which nobody is disturbed.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::channel::Channel;
use super::stage::instant_on;

/// A span of the day, from its first minute up to, not including, its last; over midnight when `to` is earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First instant inside.
    pub from: NaiveTime,
    /// First instant after it.
    pub to: NaiveTime,
}

impl Span {
    /// Whether a time of day lies inside. A span whose ends are equal is empty.
    #[must_use]
    pub fn holds(&self, time: NaiveTime) -> bool {
        if self.from <= self.to { self.from <= time && time < self.to } else { time >= self.from || time < self.to }
    }
}

/// When messages wait for the morning, and calls for the end of the midday rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// No message at all.
    pub all: Span,
    /// No call.
    pub voice: Span,
}

impl Default for QuietHours {
    /// Nothing from 20:00 to 09:00, no call from 12:00 to 14:00.
    fn default() -> Self {
        let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
        Self { all: Span { from: hour(20), to: hour(9) }, voice: Span { from: hour(12), to: hour(14) } }
    }
}

impl QuietHours {
    /// Whether a channel may speak at this time of day.
    #[must_use]
    pub fn allows(&self, channel: Channel, time: NaiveTime) -> bool {
        !(self.all.holds(time) || channel == Channel::Voice && self.voice.holds(time))
    }

    /// The first instant from `at` on at which a channel may speak.
    #[must_use]
    pub fn next_allowed(&self, channel: Channel, at: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
        let mut at = at;
        // Leaving one span may enter the other; after three steps both have been left.
        for _ in 0..3 {
            let local = at.with_timezone(&zone);
            let time = local.time();
            let span = if self.all.holds(time) {
                self.all
            } else if channel == Channel::Voice && self.voice.holds(time) {
                self.voice
            } else {
                return at;
            };
            let today = local.date_naive();
            let day = if span.to > time { today } else { today.succ_opt().unwrap_or(today) };
            at = instant_on(day, span.to, zone).max(at + TimeDelta::milliseconds(1));
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Shanghai;

    use super::*;

    fn at(time: &str) -> DateTime<Utc> {
        format!("2026-11-23T{time}:00+08:00").parse::<DateTime<chrono::FixedOffset>>().unwrap().to_utc()
    }

    fn next(channel: Channel, time: &str) -> String {
        let next = QuietHours::default().next_allowed(channel, at(time), Shanghai);
        next.with_timezone(&Shanghai).format("%d %H:%M").to_string()
    }

    #[test]
    fn a_message_of_the_evening_waits_for_the_morning() {
        assert_eq!(next(Channel::Sms, "19:59"), "23 19:59");
        assert_eq!(next(Channel::Sms, "20:00"), "24 09:00");
        assert_eq!(next(Channel::Sms, "03:00"), "23 09:00");
        assert_eq!(next(Channel::Sms, "09:00"), "23 09:00");
    }

    #[test]
    fn a_call_waits_for_the_end_of_the_midday_rest_and_a_text_does_not() {
        assert_eq!(next(Channel::Voice, "12:30"), "23 14:00");
        assert_eq!(next(Channel::Sms, "12:30"), "23 12:30");
    }

    #[test]
    fn spans_that_touch_are_left_together() {
        let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        let quiet =
            QuietHours { all: Span { from: hour(20), to: hour(9) }, voice: Span { from: hour(9), to: hour(10) } };
        let next = quiet.next_allowed(Channel::Voice, at("23:00"), Shanghai).with_timezone(&Shanghai);
        assert_eq!(next.format("%d %H:%M").to_string(), "24 10:00");
    }
}
