//! Days, moments and stretches of them, as decimals.

use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::eval::{Fault, whole};
use super::function::Function;
use crate::calendar::{day_number, day_of_number};
use crate::holidays::{HolidayCalendar, HolidayError};

/// Minutes of a day.
const DAY_MINUTES: i64 = 24 * 60;

/// A day as a value.
pub(super) fn of_day(day: NaiveDate) -> Decimal {
    Decimal::from(day_number(day))
}

/// A moment as a value; seconds are dropped.
pub(super) fn of_moment(moment: NaiveDateTime) -> Decimal {
    Decimal::from(minutes_of(moment))
}

fn minutes_of(moment: NaiveDateTime) -> i64 {
    let of_day = moment.signed_duration_since(moment.date().and_time(NaiveTime::MIN)).num_minutes();
    day_number(moment.date()).saturating_mul(DAY_MINUTES).saturating_add(of_day)
}

/// The day a value stands for.
pub(super) fn day(value: Decimal) -> Result<NaiveDate, Fault> {
    day_of_number(value.floor().to_i64().ok_or(Fault::BadDate)?).map_err(|_| Fault::BadDate)
}

/// The moment a value stands for.
pub(super) fn moment(value: Decimal) -> Result<NaiveDateTime, Fault> {
    let minutes = value.floor().to_i64().ok_or(Fault::BadDate)?;
    let midnight = day_of_number(minutes.div_euclid(DAY_MINUTES)).map_err(|_| Fault::BadDate)?.and_time(NaiveTime::MIN);
    midnight.checked_add_signed(TimeDelta::minutes(minutes.rem_euclid(DAY_MINUTES))).ok_or(Fault::BadDate)
}

/// Functions of days and moments.
pub(super) fn call(
    function: Function,
    values: &[Decimal],
    calendar: Option<&HolidayCalendar>,
) -> Result<Decimal, Fault> {
    let value = |place: usize| values.get(place).copied().unwrap_or_default();
    let (first, second) = (value(0), value(1));
    match function {
        Function::Minutes => between(first, second).and_then(|(from, until)| difference(until, from)),
        Function::Days => difference(second, first),
        Function::MonthsBetween => months_between(day(first)?, day(second)?),
        Function::WindowMinutes => {
            let stay = Stay::new(first, second)?;
            let inside = stay.windows(whole(value(2))?, whole(value(3))?).map(|part| part.minutes());
            Ok(Decimal::from(inside.sum::<i64>()))
        }
        Function::IsWorkday => Ok(yes(is_workday(day(first)?, calendar)?)),
        Function::IsHoliday => Ok(yes(!is_workday(day(first)?, calendar)?)),
        Function::Weekday => Ok(Decimal::from(day(first)?.weekday().number_from_monday())),
        Function::Year => Ok(Decimal::from(day(first)?.year())),
        Function::Month => Ok(Decimal::from(day(first)?.month())),
        Function::DayOfMonth => Ok(Decimal::from(day(first)?.day())),
        Function::DaysInMonth => Ok(Decimal::from(month_end(day(first)?)?.day())),
        Function::MonthStart => day(first)?.with_day(1).map(of_day).ok_or(Fault::BadDate),
        Function::MonthEnd => month_end(day(first)?).map(of_day),
        Function::YearEnd => NaiveDate::from_ymd_opt(day(first)?.year(), 12, 31).map(of_day).ok_or(Fault::BadDate),
        Function::DayOf => moment(first).map(|moment| of_day(moment.date())),
        Function::Date => date(first, second, value(2)),
        Function::AddMonths => add_months(day(first)?, second),
        _ => Ok(first),
    }
}

const fn yes(holds: bool) -> Decimal {
    if holds { Decimal::ONE } else { Decimal::ZERO }
}

fn is_workday(day: NaiveDate, calendar: Option<&HolidayCalendar>) -> Result<bool, Fault> {
    let calendar = calendar.ok_or(Fault::NoCalendar(day.year()))?;
    calendar.is_working_day(day).map_err(|HolidayError::NoYear(year)| Fault::NoCalendar(year))
}

fn difference(left: Decimal, right: Decimal) -> Result<Decimal, Fault> {
    left.checked_sub(right).ok_or(Fault::Overflow)
}

/// Two moments or days in their order.
fn between(from: Decimal, until: Decimal) -> Result<(Decimal, Decimal), Fault> {
    if until < from { Err(Fault::EndBeforeStart) } else { Ok((from, until)) }
}

fn month_end(day: NaiveDate) -> Result<NaiveDate, Fault> {
    let first = day.with_day(1).and_then(|first| first.checked_add_months(Months::new(1)));
    first.and_then(|next| next.pred_opt()).ok_or(Fault::BadDate)
}

fn date(year: Decimal, month: Decimal, day: Decimal) -> Result<Decimal, Fault> {
    let date = || NaiveDate::from_ymd_opt(year.to_i32()?, month.to_u32()?, day.to_u32()?);
    date().map(of_day).ok_or(Fault::BadDate)
}

fn add_months(day: NaiveDate, months: Decimal) -> Result<Decimal, Fault> {
    let count = Months::new(months.abs().to_u32().ok_or(Fault::BadDate)?);
    let later = if months.is_sign_negative() { day.checked_sub_months(count) } else { day.checked_add_months(count) };
    later.map(of_day).ok_or(Fault::BadDate)
}

/// Whole months from one day to another: a month is full on the same day of the next, or on its last.
fn months_between(from: NaiveDate, until: NaiveDate) -> Result<Decimal, Fault> {
    if until < from {
        return Err(Fault::EndBeforeStart);
    }
    let years = u32::try_from(until.year() - from.year()).map_err(|_| Fault::BadDate)?;
    let months = (years * 12 + until.month()).saturating_sub(from.month());
    let is_full = from.checked_add_months(Months::new(months)).is_some_and(|day| day <= until);
    Ok(Decimal::from(if is_full { months } else { months.saturating_sub(1) }))
}

/// A stretch of minutes, from one included to one excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stay {
    pub(super) from: i64,
    pub(super) until: i64,
}

impl Stay {
    pub(super) fn new(from: Decimal, until: Decimal) -> Result<Self, Fault> {
        let (from, until) = between(from, until)?;
        // Within the calendar, so that whatever is cut out of it is a moment.
        moment(from)?;
        moment(until)?;
        Ok(Self { from: whole(from)?, until: whole(until)? })
    }

    pub(super) const fn minutes(self) -> i64 {
        self.until - self.from
    }

    fn overlap(self, from: i64, until: i64) -> Option<Self> {
        let (from, until) = (self.from.max(from), self.until.min(until));
        (from < until).then_some(Self { from, until })
    }

    /// Its natural days.
    pub(super) fn days(self) -> impl Iterator<Item = Self> {
        self.windows(0, DAY_MINUTES)
    }

    /// Its parts in the band of each day that opens and closes at those minutes after midnight; a band that closes
    /// before it opens runs into the next day.
    pub(super) fn windows(self, opens: i64, closes: i64) -> impl Iterator<Item = Self> {
        let length = if closes > opens { closes - opens } else { closes - opens + DAY_MINUTES };
        let (first, last) = (self.from.div_euclid(DAY_MINUTES) - 1, self.until.div_euclid(DAY_MINUTES));
        (first..=last).filter_map(move |day| {
            let start = day * DAY_MINUTES + opens;
            self.overlap(start, start + length)
        })
    }

    /// Its stretches of so many minutes, counted from its beginning.
    pub(super) fn cycles(self, minutes: i64) -> Result<impl Iterator<Item = Self>, Fault> {
        let step = usize::try_from(minutes).ok().filter(|step| *step > 0).ok_or(Fault::DivisionByZero)?;
        Ok((self.from..self.until).step_by(step).filter_map(move |from| self.overlap(from, from + minutes)))
    }
}

/// A calendar month, or the part of it that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MonthPart {
    pub(super) from: NaiveDate,
    pub(super) until: NaiveDate,
    pub(super) days: u32,
    pub(super) of_days: u32,
}

/// The calendar months of a stretch of days, both ends included.
pub(super) fn months(from: Decimal, until: Decimal) -> Result<impl Iterator<Item = Result<MonthPart, Fault>>, Fault> {
    let (from, until) = (day(from)?, day(until)?);
    // An end one day before the begin is an empty stretch.
    if until < from.checked_sub_days(Days::new(1)).ok_or(Fault::BadDate)? {
        return Err(Fault::EndBeforeStart);
    }
    let mut next = Some(from);
    Ok(std::iter::from_fn(move || {
        let start = next.filter(|start| *start <= until)?;
        let part = month_end(start).map(|end| {
            let last = end.min(until);
            MonthPart { from: start, until: last, days: last.day() - start.day() + 1, of_days: end.day() }
        });
        next = part.ok().and_then(|part| part.until.succ_opt());
        Some(part)
    }))
}
