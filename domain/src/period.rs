//! Billing periods: a month, a quarter, a half-year or a year on the boundaries of the calendar.

use std::fmt;

use chrono::{Datelike, Months, NaiveDate};
use serde::{Deserialize, Serialize};

/// The first year a period may lie in.
pub const YEAR_MIN: i32 = 1970;
/// The last year a period may lie in.
pub const YEAR_MAX: i32 = 9998;

/// Why a period was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// Not 1, 3, 6 or 12 months.
    #[error("账期只能是 1、3、6 或 12 个月")]
    Length,
    /// The first day is not where such a period begins: a quarter begins in January, April, July or October.
    #[error("账期的起止日期不在自然月、季、半年或年的边界上")]
    Boundary,
    /// Outside [`YEAR_MIN`] to [`YEAR_MAX`].
    #[error("账期超出可用的年份")]
    OutOfRange,
}

/// Consecutive whole months on a natural boundary. Both days belong to it; as JSON
/// `{"start": "2026-10-01", "end": "2026-12-31"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Days", into = "Days")]
pub struct Period {
    start: NaiveDate,
    end: NaiveDate,
    months: u32,
}

/// The stored form.
#[derive(Serialize, Deserialize)]
struct Days {
    start: NaiveDate,
    end: NaiveDate,
}

impl Period {
    /// The period of that many months that begins with that month.
    ///
    /// # Errors
    /// [`PeriodError`].
    pub fn new(year: i32, month: u32, months: u32) -> Result<Self, PeriodError> {
        if !matches!(months, 1 | 3 | 6 | 12) {
            return Err(PeriodError::Length);
        }
        if !(YEAR_MIN..=YEAR_MAX).contains(&year) {
            return Err(PeriodError::OutOfRange);
        }
        if !(1..=12).contains(&month) || !(month - 1).is_multiple_of(months) {
            return Err(PeriodError::Boundary);
        }
        let start = NaiveDate::from_ymd_opt(year, month, 1).ok_or(PeriodError::OutOfRange)?;
        let end = start.checked_add_months(Months::new(months)).and_then(|next| next.pred_opt());
        Ok(Self { start, end: end.ok_or(PeriodError::OutOfRange)?, months })
    }

    /// The period of that many months a day lies in.
    ///
    /// # Errors
    /// [`PeriodError`].
    pub fn containing(day: NaiveDate, months: u32) -> Result<Self, PeriodError> {
        if !matches!(months, 1 | 3 | 6 | 12) {
            return Err(PeriodError::Length);
        }
        Self::new(day.year(), day.month0() / months * months + 1, months)
    }

    /// Reads a stored row: both days inclusive.
    ///
    /// # Errors
    /// [`PeriodError`] unless the days are exactly those of a period.
    pub fn from_days(start: NaiveDate, end: NaiveDate) -> Result<Self, PeriodError> {
        let months = [1, 3, 6, 12].into_iter().find_map(|months| {
            Self::new(start.year(), start.month(), months).ok().filter(|one| one.start == start && one.end == end)
        });
        months.ok_or(PeriodError::Boundary)
    }

    /// The first day.
    #[must_use]
    pub const fn start(&self) -> NaiveDate {
        self.start
    }

    /// The last day.
    #[must_use]
    pub const fn end(&self) -> NaiveDate {
        self.end
    }

    /// How many months: 1, 3, 6 or 12.
    #[must_use]
    pub const fn months(&self) -> u32 {
        self.months
    }

    /// How many days.
    #[must_use]
    pub fn days(&self) -> i64 {
        days_between(self.start, self.end)
    }

    /// Whether the day belongs to it.
    #[must_use]
    pub fn contains(&self, day: NaiveDate) -> bool {
        self.start <= day && day <= self.end
    }

    /// The period of the same length that follows.
    ///
    /// # Errors
    /// [`PeriodError::OutOfRange`] at the end of time.
    pub fn next(&self) -> Result<Self, PeriodError> {
        let start = self.end.succ_opt().ok_or(PeriodError::OutOfRange)?;
        Self::new(start.year(), start.month(), self.months)
    }

    /// The days it shares with a range whose end is inclusive, or open.
    #[must_use]
    pub fn overlap(&self, from: NaiveDate, until: Option<NaiveDate>) -> Option<(NaiveDate, NaiveDate)> {
        let first = self.start.max(from);
        let last = until.map_or(self.end, |until| self.end.min(until));
        (first <= last).then_some((first, last))
    }

    /// Its months one by one, as periods.
    pub fn each_month(&self) -> impl Iterator<Item = Self> + use<> {
        let (year, month) = (self.start.year(), self.start.month());
        // A period never leaves its year.
        (month..month + self.months).filter_map(move |month| Self::new(year, month, 1).ok())
    }
}

/// The first day of a debt that began before anybody knows: such a period is one "and before".
pub const OPEN_START: NaiveDate = match NaiveDate::from_ymd_opt(1980, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// What people call the days from `start` to `end`: as a [`Period`] where they are one; of old debts also
/// `2024年7月至2025年6月` and `2023年12月及以前`.
#[must_use]
pub fn words(start: NaiveDate, end: NaiveDate) -> String {
    if let Ok(period) = Period::from_days(start, end) {
        return period.to_string();
    }
    let month = |day: NaiveDate| format!("{}年{}月", day.year(), day.month());
    if start == OPEN_START { format!("{}及以前", month(end)) } else { format!("{}至{}", month(start), month(end)) }
}

/// Days from one day to another, both counted.
fn days_between(first: NaiveDate, last: NaiveDate) -> i64 {
    last.signed_duration_since(first).num_days() + 1
}

/// `2026年11月`, `2026年第4季度`, `2026年下半年`, `2026年`.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = (self.start.year(), self.start.month());
        match self.months {
            1 => write!(f, "{year}年{month}月"),
            3 => write!(f, "{year}年第{}季度", month.div_ceil(3)),
            6 => write!(f, "{year}年{}半年", if month == 1 { "上" } else { "下" }),
            _ => write!(f, "{year}年"),
        }
    }
}

impl TryFrom<Days> for Period {
    type Error = PeriodError;
    fn try_from(days: Days) -> Result<Self, PeriodError> {
        Self::from_days(days.start, days.end)
    }
}

impl From<Period> for Days {
    fn from(period: Period) -> Self {
        Self { start: period.start, end: period.end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn periods_are_called_what_people_call_them() {
        assert_eq!(Period::new(2026, 11, 1).unwrap().to_string(), "2026年11月");
        assert_eq!(Period::new(2026, 10, 3).unwrap().to_string(), "2026年第4季度");
        assert_eq!(Period::new(2026, 7, 6).unwrap().to_string(), "2026年下半年");
        assert_eq!(Period::new(2026, 1, 6).unwrap().to_string(), "2026年上半年");
        assert_eq!(Period::new(2026, 1, 12).unwrap().to_string(), "2026年");
    }

    #[test]
    fn old_debts_have_periods_of_any_length() {
        assert_eq!(words(day("2025-01-01"), day("2025-12-31")), "2025年");
        assert_eq!(words(day("2024-07-01"), day("2025-06-30")), "2024年7月至2025年6月");
        assert_eq!(words(OPEN_START, day("2023-12-31")), "2023年12月及以前");
    }

    #[test]
    fn a_period_begins_only_where_the_calendar_has_it_begin() {
        assert_eq!(Period::new(2026, 11, 3), Err(PeriodError::Boundary));
        assert_eq!(Period::new(2026, 4, 6), Err(PeriodError::Boundary));
        assert_eq!(Period::new(2026, 13, 1), Err(PeriodError::Boundary));
        assert_eq!(Period::new(2026, 0, 1), Err(PeriodError::Boundary));
        assert_eq!(Period::new(2026, 1, 2), Err(PeriodError::Length));
        assert_eq!(Period::new(1969, 1, 1), Err(PeriodError::OutOfRange));
        assert_eq!(Period::containing(day("2026-11-15"), 0), Err(PeriodError::Length));
        assert_eq!(Period::new(YEAR_MAX, 1, 12).unwrap().next(), Err(PeriodError::OutOfRange));
    }

    #[test]
    fn february_has_as_many_days_as_its_year_gives_it() {
        assert_eq!(Period::new(2027, 2, 1).unwrap().days(), 28);
        assert_eq!(Period::new(2028, 2, 1).unwrap().days(), 29);
        assert_eq!(Period::new(2028, 1, 12).unwrap().days(), 366);
    }

    #[test]
    fn a_period_shares_with_a_range_the_days_of_both() {
        let quarter = Period::new(2026, 10, 3).unwrap();
        assert_eq!(quarter.overlap(day("2026-11-15"), None), Some((day("2026-11-15"), day("2026-12-31"))));
        assert_eq!(
            quarter.overlap(day("2026-01-01"), Some(day("2026-10-01"))),
            Some((day("2026-10-01"), day("2026-10-01")))
        );
        assert_eq!(quarter.overlap(day("2027-01-01"), None), None);
        assert_eq!(quarter.overlap(day("2026-01-01"), Some(day("2026-09-30"))), None);
    }

    #[test]
    fn a_period_is_stored_as_two_days_and_a_bent_one_is_not_read() {
        let quarter = Period::new(2026, 10, 3).unwrap();
        let json = serde_json::to_string(&quarter).unwrap();
        assert_eq!(json, r#"{"start":"2026-10-01","end":"2026-12-31"}"#);
        assert_eq!(serde_json::from_str::<Period>(&json).unwrap(), quarter);
        assert!(serde_json::from_str::<Period>(r#"{"start":"2026-10-02","end":"2026-12-31"}"#).is_err());
        assert!(serde_json::from_str::<Period>(r#"{"start":"2026-10-01","end":"2026-11-30"}"#).is_err());
    }

    proptest! {
        #[test]
        fn periods_follow_one_another_without_gap_or_overlap(offset in 0_i32..20_000, pick in 0_usize..4) {
            let months = [1, 3, 6, 12][pick];
            let date = NaiveDate::from_epoch_days(offset).unwrap();
            let period = Period::containing(date, months).unwrap();
            prop_assert!(period.contains(date));
            prop_assert_eq!(period.months(), months);
            let next = period.next().unwrap();
            prop_assert_eq!(period.end().succ_opt().unwrap(), next.start());
            prop_assert_eq!(period.each_month().map(|month| month.days()).sum::<i64>(), period.days());
            prop_assert_eq!(period.each_month().count(), usize::try_from(months).unwrap());
            prop_assert_eq!(Period::from_days(period.start(), period.end()), Ok(period));
        }
    }
}
