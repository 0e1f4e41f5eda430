//! Days: which of them people work on, when they begin in a time zone, and the numbers they are stored as.
//!
//! Rows keep days as whole days since 1970-01-01 and instants as milliseconds since the same midnight in UTC; only
//! this module converts them.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, LocalResult, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// The longest stretch of local time a zone ever left out: Samoa lost the whole 30th of December 2011.
const GAP_MINUTES_MAX: i64 = 24 * 60;
/// Clocks are put forward by multiples of this.
const GAP_STEP_MINUTES: i64 = 15;

/// Why a day or an instant could not be converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// No such day in the calendar (about 262,000 years either way).
    #[error("日期超出范围：{0}")]
    Day(i64),
    /// No such instant in the calendar.
    #[error("时间超出范围：{0}")]
    Instant(i64),
    /// The zone has no such local time, nor any in the day after it.
    #[error("该时区没有这个时间")]
    NoSuchLocalTime,
}

/// Days that are not what their weekday says, as the State Council publishes them for each year. A year nobody
/// has entered is Monday to Friday.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HolidayTable {
    /// Days off.
    pub holidays: BTreeSet<NaiveDate>,
    /// Weekend days worked in exchange (调休).
    pub makeup_workdays: BTreeSet<NaiveDate>,
}

impl HolidayTable {
    /// Builds the table from days in any order.
    pub fn new(
        holidays: impl IntoIterator<Item = NaiveDate>,
        makeup_workdays: impl IntoIterator<Item = NaiveDate>,
    ) -> Self {
        Self { holidays: holidays.into_iter().collect(), makeup_workdays: makeup_workdays.into_iter().collect() }
    }

    /// Whether people work on that day: a day worked in exchange first, then a holiday, then the weekday.
    #[must_use]
    pub fn is_working_day(&self, day: NaiveDate) -> bool {
        if self.makeup_workdays.contains(&day) {
            return true;
        }
        !self.holidays.contains(&day) && !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
    }
}

/// The day an instant falls on in that zone.
#[must_use]
pub fn day_of(instant: DateTime<Utc>, zone: Tz) -> NaiveDate {
    instant.with_timezone(&zone).date_naive()
}

/// The instant a clock in that zone shows that day and time: the earlier one where clocks are put back, the first
/// one after the gap where they are put forward.
///
/// # Errors
/// [`CalendarError::NoSuchLocalTime`] at the ends of the calendar.
pub fn instant_of(day: NaiveDate, time_of_day: NaiveTime, zone: Tz) -> Result<DateTime<Utc>, CalendarError> {
    let mut local = day.and_time(time_of_day);
    for _ in 0..=GAP_MINUTES_MAX / GAP_STEP_MINUTES {
        match zone.from_local_datetime(&local) {
            LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => return Ok(instant.to_utc()),
            LocalResult::None => {
                let later = local.checked_add_signed(TimeDelta::minutes(GAP_STEP_MINUTES));
                local = later.ok_or(CalendarError::NoSuchLocalTime)?;
            }
        }
    }
    Err(CalendarError::NoSuchLocalTime)
}

/// Days since 1970-01-01, negative before.
#[must_use]
pub fn day_number(day: NaiveDate) -> i64 {
    i64::from(day.to_epoch_days())
}

/// The day of that number.
///
/// # Errors
/// [`CalendarError::Day`] when the calendar has none.
pub fn day_of_number(number: i64) -> Result<NaiveDate, CalendarError> {
    i32::try_from(number).ok().and_then(NaiveDate::from_epoch_days).ok_or(CalendarError::Day(number))
}

/// Milliseconds since 1970-01-01 00:00 UTC, negative before; parts of a millisecond are dropped downwards.
#[must_use]
pub fn epoch_ms(instant: DateTime<Utc>) -> i64 {
    instant.timestamp_millis()
}

/// The instant of that number.
///
/// # Errors
/// [`CalendarError::Instant`] when the calendar has none.
pub fn instant_of_ms(ms: i64) -> Result<DateTime<Utc>, CalendarError> {
    DateTime::from_timestamp_millis(ms).ok_or(CalendarError::Instant(ms))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{America::New_York, Asia::Shanghai, Pacific::Apia};
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_worked_sunday_is_a_working_day_and_a_free_monday_is_not() {
        // National Day 2025: 1 to 8 October off, 28 September and 11 October worked.
        let holidays = (1..=8).map(|n| NaiveDate::from_ymd_opt(2025, 10, n).unwrap());
        let table = HolidayTable::new(holidays, [day("2025-09-28"), day("2025-10-11")]);
        assert!(table.is_working_day(day("2025-09-28")), "a Sunday, worked");
        assert!(!table.is_working_day(day("2025-10-06")), "a Monday, off");
        assert!(!table.is_working_day(day("2025-10-12")), "a plain Sunday");
        assert!(table.is_working_day(day("2025-10-09")), "a plain Thursday");
    }

    #[test]
    fn a_day_in_both_lists_is_worked() {
        let table = HolidayTable::new([day("2026-02-14")], [day("2026-02-14")]);
        assert!(table.is_working_day(day("2026-02-14")));
    }

    #[test]
    fn the_day_in_shanghai_begins_eight_hours_before_utc() {
        assert_eq!(day_of(utc("2026-11-30T15:59:59Z"), Shanghai), day("2026-11-30"));
        assert_eq!(day_of(utc("2026-11-30T16:00:00Z"), Shanghai), day("2026-12-01"));
        let ten = NaiveTime::from_hms_opt(10, 0, 0).unwrap();
        assert_eq!(instant_of(day("2026-12-01"), ten, Shanghai).unwrap(), utc("2026-12-01T02:00:00Z"));
    }

    #[test]
    fn a_local_time_that_is_skipped_or_repeated_still_has_one_instant() {
        let at = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
        assert_eq!(instant_of(day("2026-03-08"), at(2, 30), New_York).unwrap(), utc("2026-03-08T07:00:00Z"));
        assert_eq!(instant_of(day("2026-11-01"), at(1, 30), New_York).unwrap(), utc("2026-11-01T05:30:00Z"));
        assert_eq!(instant_of(day("2011-12-30"), at(0, 0), Apia).unwrap(), utc("2011-12-30T10:00:00Z"));
    }

    #[test]
    fn numbers_beyond_the_calendar_are_refused() {
        assert_eq!(day_number(day("1970-01-01")), 0);
        assert_eq!(day_number(day("1969-12-31")), -1);
        assert_eq!(day_of_number(20_787).unwrap(), day("2026-11-30"));
        assert_eq!(day_of_number(i64::MAX), Err(CalendarError::Day(i64::MAX)));
        assert_eq!(day_of_number(200_000_000), Err(CalendarError::Day(200_000_000)));
        assert_eq!(instant_of_ms(i64::MIN), Err(CalendarError::Instant(i64::MIN)));
        assert!(instant_of(NaiveDate::MAX, NaiveTime::MIN, Shanghai).is_ok());
    }

    proptest! {
        #[test]
        fn days_and_instants_survive_being_stored(number in -1_000_000_i64..10_000_000, ms in -100_000_000_000_000_i64..100_000_000_000_000) {
            prop_assert_eq!(day_number(day_of_number(number).unwrap()), number);
            prop_assert_eq!(epoch_ms(instant_of_ms(ms).unwrap()), ms);
        }

        #[test]
        fn an_instant_lies_on_the_day_it_was_made_for(number in 0_i64..40_000, minute in 0_u32..1440) {
            let date = day_of_number(number).unwrap();
            let time = NaiveTime::from_hms_opt(minute / 60, minute % 60, 0).unwrap();
            prop_assert_eq!(day_of(instant_of(date, time, Shanghai).unwrap(), Shanghai), date);
        }
    }
}
