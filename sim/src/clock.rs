//! The clock of the outside world: follows the system until somebody moves or freezes it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, FixedOffset};

/// Offset of China Standard Time, in which every platform here writes its times.
const CHINA_OFFSET_S: i32 = 8 * 3600;

/// A movable clock, shared by all clones. Unit: milliseconds since 1970 UTC.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<Mutex<Reading>>);

#[derive(Debug, Default)]
struct Reading {
    offset_ms: i64,
    frozen_ms: Option<i64>,
}

impl Clock {
    /// The time of the outside world, in milliseconds.
    pub fn now_ms(&self) -> i64 {
        let reading = self.reading();
        reading.frozen_ms.unwrap_or_else(|| system_ms().saturating_add(reading.offset_ms))
    }

    /// The same in whole seconds.
    pub fn now_s(&self) -> i64 {
        self.now_ms().div_euclid(1000)
    }

    /// Sets the clock; it keeps running (or standing) as before.
    pub fn set_ms(&self, now_ms: i64) {
        let mut reading = self.reading();
        if reading.frozen_ms.is_some() {
            reading.frozen_ms = Some(now_ms);
        } else {
            reading.offset_ms = now_ms.saturating_sub(system_ms());
        }
    }

    /// Moves the clock by so many milliseconds, backwards when negative.
    pub fn advance_ms(&self, by_ms: i64) {
        let mut reading = self.reading();
        match reading.frozen_ms {
            Some(at_ms) => reading.frozen_ms = Some(at_ms.saturating_add(by_ms)),
            None => reading.offset_ms = reading.offset_ms.saturating_add(by_ms),
        }
    }

    /// Stops the clock at the given time: only `set_ms` and `advance_ms` move it from then on.
    pub fn freeze_at_ms(&self, at_ms: i64) {
        self.reading().frozen_ms = Some(at_ms);
    }

    /// Lets a frozen clock run on from where it stands.
    pub fn thaw(&self) {
        let mut reading = self.reading();
        if let Some(at_ms) = reading.frozen_ms.take() {
            reading.offset_ms = at_ms.saturating_sub(system_ms());
        }
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one reader of the system clock on this side of the wire")]
fn system_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn local(at_ms: i64) -> DateTime<FixedOffset> {
    let utc = DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
    match FixedOffset::east_opt(CHINA_OFFSET_S) {
        Some(china) => utc.with_timezone(&china),
        None => utc.fixed_offset(),
    }
}

/// `2026-11-23T10:34:56+08:00`, the form of WeChat Pay.
pub(crate) fn rfc3339(at_ms: i64) -> String {
    local(at_ms).format("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// `2026-11-23 10:34:56`, the form of the SMS vendors and of bills.
pub(crate) fn plain(at_ms: i64) -> String {
    local(at_ms).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// `20261123`: the day in China.
pub(crate) fn day(at_ms: i64) -> String {
    local(at_ms).format("%Y%m%d").to_string()
}

/// `2026-11-23` in UTC, the credential day of Tencent Cloud signatures.
pub(crate) fn utc_day(at_s: i64) -> String {
    DateTime::from_timestamp(at_s, 0).unwrap_or_default().format("%Y-%m-%d").to_string()
}

/// Milliseconds of an RFC 3339 text, or nothing.
pub(crate) fn parse_rfc3339(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_moves_only_when_told() {
        let clock = Clock::default();
        clock.freeze_at_ms(1_764_000_000_000);
        clock.advance_ms(1500);
        assert_eq!(clock.clone().now_ms(), 1_764_000_001_500);
        assert_eq!(clock.now_s(), 1_764_000_001);
    }

    #[test]
    fn times_are_written_as_the_platforms_write_them() {
        assert_eq!(rfc3339(1_528_425_296_000), "2018-06-08T10:34:56+08:00");
        assert_eq!(parse_rfc3339("2018-06-08T10:34:56+08:00"), Some(1_528_425_296_000));
        assert_eq!(plain(1_528_425_296_000), "2018-06-08 10:34:56");
        assert_eq!(day(1_528_473_600_000), "20180609");
        assert_eq!(utc_day(1_551_113_065), "2019-02-25");
    }
}
