//! Which days people work on, from the arrangement the State Council publishes for each year.
//!
//! The arrangement is data: [`HolidayCalendar::published`] is what is known when the program is built, staff add the
//! next year when it appears. Whether a day of a year nobody has entered is worked on is an error, never a guess:
//! weekends alone would miss seven holidays and the weekends worked in exchange.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use crate::calendar::HolidayTable;

/// What the State Council has published: <https://www.gov.cn>, the circulars named in the file.
const PUBLISHED: &str = include_str!("../data/holidays.json");
/// The most days one year may list of either kind.
pub const YEAR_DAYS_MAX: usize = 120;
/// The most years of one calendar.
pub const YEARS_MAX: usize = 100;

/// Why a day cannot be told, or a year not be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HolidayError {
    /// Nobody has entered that year.
    #[error("没有 {0} 年的节假日安排，请先录入国务院公布的放假安排")]
    NoYear(i32),
}

/// Why a year was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HolidayYearError {
    /// A day of another year.
    #[error("{day} 不在 {year} 年")]
    OtherYear {
        /// The day.
        day: NaiveDate,
        /// The year.
        year: i32,
    },
    /// A day both off and worked on.
    #[error("{0} 既是放假日又是调休上班日")]
    Both(NaiveDate),
    /// Monday to Friday is worked on anyway: probably a slip.
    #[error("{0} 是周一至周五，不会是调休上班日")]
    NotWeekend(NaiveDate),
    /// No days, or more than there can be.
    #[error("放假日应为 1 到 {YEAR_DAYS_MAX} 天")]
    BadCount,
    /// More than [`YEARS_MAX`] years.
    #[error("最多 {YEARS_MAX} 年")]
    TooManyYears,
    /// Not the format.
    #[error("节假日数据格式不对")]
    BadFormat,
}

/// The arrangement of one year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HolidayYear {
    /// Days off, weekends that belong to a holiday among them.
    pub holidays: BTreeSet<NaiveDate>,
    /// Weekend days worked in exchange (调休).
    pub makeup_workdays: BTreeSet<NaiveDate>,
    /// Which circular says so.
    pub source: String,
}

/// The arrangements that are known, by year.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<i32, HolidayYear>", into = "BTreeMap<i32, HolidayYear>")]
pub struct HolidayCalendar {
    years: BTreeMap<i32, HolidayYear>,
}

impl HolidayCalendar {
    /// What had been published when the program was built. A test reads the file.
    #[must_use]
    pub fn published() -> Self {
        serde_json::from_str(PUBLISHED).unwrap_or_default()
    }

    /// Adds a year, or replaces what was known of it.
    ///
    /// # Errors
    /// [`HolidayYearError`]; nothing is changed.
    pub fn set_year(&mut self, year: i32, arrangement: HolidayYear) -> Result<(), HolidayYearError> {
        if !(1..=YEAR_DAYS_MAX).contains(&arrangement.holidays.len()) {
            return Err(HolidayYearError::BadCount);
        }
        for day in arrangement.holidays.iter().chain(&arrangement.makeup_workdays) {
            if day.year() != year {
                return Err(HolidayYearError::OtherYear { day: *day, year });
            }
        }
        for day in &arrangement.makeup_workdays {
            if arrangement.holidays.contains(day) {
                return Err(HolidayYearError::Both(*day));
            }
            if !is_weekend(*day) {
                return Err(HolidayYearError::NotWeekend(*day));
            }
        }
        if self.years.len() >= YEARS_MAX && !self.years.contains_key(&year) {
            return Err(HolidayYearError::TooManyYears);
        }
        self.years.insert(year, arrangement);
        Ok(())
    }

    /// The years that are known, with their arrangement.
    pub fn years(&self) -> impl Iterator<Item = (i32, &HolidayYear)> {
        self.years.iter().map(|(year, arrangement)| (*year, arrangement))
    }

    /// Whether people work on that day: a day worked in exchange first, then a holiday, then the weekday.
    ///
    /// # Errors
    /// [`HolidayError::NoYear`].
    pub fn is_working_day(&self, day: NaiveDate) -> Result<bool, HolidayError> {
        let year = self.years.get(&day.year()).ok_or(HolidayError::NoYear(day.year()))?;
        if year.makeup_workdays.contains(&day) {
            return Ok(true);
        }
        Ok(!year.holidays.contains(&day) && !is_weekend(day))
    }

    /// All days in one table, for rules that fall back to the weekday in years that are not known.
    #[must_use]
    pub fn table(&self) -> HolidayTable {
        let days = |pick: fn(&HolidayYear) -> &BTreeSet<NaiveDate>| self.years.values().flat_map(pick).copied();
        HolidayTable::new(days(|year| &year.holidays), days(|year| &year.makeup_workdays))
    }
}

fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

impl TryFrom<BTreeMap<i32, HolidayYear>> for HolidayCalendar {
    type Error = HolidayYearError;
    fn try_from(years: BTreeMap<i32, HolidayYear>) -> Result<Self, HolidayYearError> {
        let mut calendar = Self::default();
        for (year, arrangement) in years {
            calendar.set_year(year, arrangement)?;
        }
        Ok(calendar)
    }
}

impl From<HolidayCalendar> for BTreeMap<i32, HolidayYear> {
    fn from(calendar: HolidayCalendar) -> Self {
        calendar.years
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_published_arrangements_are_read() {
        let calendar = HolidayCalendar::published();
        let count = |year: i32| {
            let (_, found) = calendar.years().find(|(own, _)| *own == year).unwrap();
            (found.holidays.len(), found.makeup_workdays.len())
        };
        assert_eq!((count(2025), count(2026)), ((28, 5), (33, 6)));
        assert!(calendar.years().all(|(_, year)| year.source.contains("国务院")));
    }

    #[test]
    fn a_saturday_worked_in_exchange_is_a_working_day_and_a_holiday_monday_is_not() {
        let calendar = HolidayCalendar::published();
        assert_eq!(calendar.is_working_day(day("2026-02-14")), Ok(true));
        assert_eq!(calendar.is_working_day(day("2026-02-16")), Ok(false));
        assert_eq!(calendar.is_working_day(day("2026-03-02")), Ok(true));
        assert_eq!(calendar.is_working_day(day("2026-03-07")), Ok(false));
        assert!(calendar.table().is_working_day(day("2026-02-14")));
    }

    #[test]
    fn a_year_without_data_says_so() {
        let error = HolidayCalendar::published().is_working_day(day("2027-03-02")).unwrap_err();
        assert_eq!(error, HolidayError::NoYear(2027));
        assert!(error.to_string().contains("2027"));
    }

    #[test]
    fn staff_add_the_next_year_and_slips_are_refused() {
        let mut calendar = HolidayCalendar::published();
        let year = |holidays: &[&str], makeup: &[&str]| HolidayYear {
            holidays: holidays.iter().map(|text| day(text)).collect(),
            makeup_workdays: makeup.iter().map(|text| day(text)).collect(),
            source: "国务院办公厅通知".to_owned(),
        };
        let added = calendar.set_year(2027, year(&["2027-01-01"], &["2027-01-03"]));
        assert_eq!(added, Ok(()));
        assert_eq!(calendar.is_working_day(day("2027-01-03")), Ok(true));
        let slip =
            |holidays: &[&str], makeup: &[&str]| calendar.clone().set_year(2027, year(holidays, makeup)).unwrap_err();
        assert_eq!(slip(&[], &[]), HolidayYearError::BadCount);
        assert_eq!(slip(&["2026-01-01"], &[]), HolidayYearError::OtherYear { day: day("2026-01-01"), year: 2027 });
        assert_eq!(slip(&["2027-01-03"], &["2027-01-03"]), HolidayYearError::Both(day("2027-01-03")));
        assert_eq!(slip(&["2027-01-01"], &["2027-01-04"]), HolidayYearError::NotWeekend(day("2027-01-04")));
    }
}
