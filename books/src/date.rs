//! Days as people type them (rule H7).

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use crate::cell::Value;
use crate::text::{self, DASHES};

/// Serial numbers that are dates: 2000-01-01 to 2099-12-31.
const SERIALS: std::ops::RangeInclusive<i64> = 36_526..=73_050;
/// Years that are plausible in a property company's book.
const YEARS: std::ops::RangeInclusive<i32> = 1980..=2050;
/// Month names in dates such as 3-Mar-19.
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Which day a month without a day means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// A start (交房, 收楼, 起): the first.
    Start,
    /// An end (到期, 止): the last.
    End,
}

/// A day read from a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ReadDate {
    /// The day.
    pub day: NaiveDate,
    /// Only year and month were written.
    pub month_only: bool,
    /// A number cell such as 2022.1, which is January or (2022.10) October: taken as written.
    pub ambiguous: bool,
}

/// An end date may also never come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndDate {
    /// Ends on a day.
    On(ReadDate),
    /// 长期, 永久.
    Never,
}

/// Why a date is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// No such day, or no date at all.
    #[error("日期不存在")]
    Invalid,
    /// Outside 1980 to 2050.
    #[error("日期超出范围")]
    OutOfRange,
}

/// Reads a date; none when blank. `period_year` completes a month and day without a year.
///
/// # Errors
/// [`DateError`].
pub fn read(value: &Value<'_>, side: Side, period_year: i32) -> Result<Option<ReadDate>, DateError> {
    match value {
        Value::Blank => Ok(None),
        Value::Date(day) => in_range(day.ok_or(DateError::Invalid)?, false).map(Some),
        Value::Unreadable(_) => Err(DateError::Invalid),
        Value::Text(typed) => parse(typed, side, period_year).map(Some),
        Value::Number(number) => {
            let typed = number.to_text();
            let mut found = parse(&typed, side, period_year)?;
            let fraction = typed.split_once('.').map(|(_, fraction)| fraction);
            // As a number, .1 and .10 (and .2 and .20, .3 and .30 as days) are the same.
            let open = if found.month_only { fraction == Some("1") } else { matches!(fraction, Some("1" | "2" | "3")) };
            found.ambiguous = open && typed.len() <= 6;
            Ok(Some(found))
        }
    }
}

/// Reads an end date; none when blank.
///
/// # Errors
/// [`DateError`].
pub fn read_end(value: &Value<'_>, period_year: i32) -> Result<Option<EndDate>, DateError> {
    if let Value::Text(typed) = value
        && matches!(typed.as_ref(), "长期" | "永久" | "长期有效")
    {
        return Ok(Some(EndDate::Never));
    }
    Ok(read(value, Side::End, period_year)?.map(EndDate::On))
}

/// Reads a typed date. Takes tidy text.
///
/// # Errors
/// [`DateError`].
pub fn parse(tidy_text: &str, side: Side, period_year: i32) -> Result<ReadDate, DateError> {
    let bare = without_time(tidy_text.trim_end_matches(['止', '起']).trim());
    if !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_digit()) {
        return parse_digits(bare, side);
    }
    if let Some((serial, fraction)) = bare.split_once('.')
        && serial.len() == 5
        && fraction.bytes().all(|b| b.is_ascii_digit())
    {
        return parse_digits(serial, side);
    }
    if bare.bytes().any(|b| b.is_ascii_alphabetic()) {
        return parse_named_month(bare);
    }
    parse_parts(&text::squeeze(bare), side, period_year)
}

/// Cuts off ` 00:00:00` or `T00:00`.
fn without_time(typed: &str) -> &str {
    let Some(colon) = typed.find(':') else { return typed };
    let before = typed.get(..colon).unwrap_or(typed);
    match before.rfind([' ', 'T', '日', '\n']) {
        Some(at) if before.get(at..).is_some_and(|rest| rest.starts_with('日')) => {
            typed.get(..at + '日'.len_utf8()).unwrap_or(typed)
        }
        Some(at) => typed.get(..at).unwrap_or(typed).trim_end(),
        None => typed,
    }
}

/// `20161021`, `201610`, or a serial number.
fn parse_digits(digits: &str, side: Side) -> Result<ReadDate, DateError> {
    let number: i64 = digits.parse().map_err(|_| DateError::Invalid)?;
    let part = |from: usize, to: usize| digits.get(from..to).and_then(|s| s.parse::<u32>().ok()).unwrap_or(0);
    match digits.len() {
        8 => build(part(0, 4), part(4, 6), part(6, 8)),
        6 if SERIALS.contains(&number) => Err(DateError::Invalid),
        6 => month(part(0, 4), part(4, 6), side),
        5 if SERIALS.contains(&number) => {
            let epoch = NaiveDate::from_ymd_opt(1899, 12, 30).ok_or(DateError::Invalid)?;
            let day = u64::try_from(number).ok().and_then(|days| epoch.checked_add_days(chrono::Days::new(days)));
            in_range(day.ok_or(DateError::Invalid)?, false)
        }
        _ => Err(DateError::Invalid),
    }
}

/// `3-Mar-19`, `3-Mar-2019`.
fn parse_named_month(typed: &str) -> Result<ReadDate, DateError> {
    let mut parts =
        typed.split(|c: char| DASHES.contains(&c) || matches!(c, '/' | ' ' | '.')).filter(|p| !p.is_empty());
    let (Some(day), Some(name), Some(year), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(DateError::Invalid);
    };
    let name = name.to_lowercase();
    let place = name.get(..3).and_then(|short| MONTHS.iter().position(|month| *month == short));
    let month = place.and_then(|at| u32::try_from(at + 1).ok()).ok_or(DateError::Invalid)?;
    build(year_of(year)?, month, small(day)?)
}

/// Digits separated by `. - / 年 月 日`.
fn parse_parts(typed: &str, side: Side, period_year: i32) -> Result<ReadDate, DateError> {
    let separates = |c: char| DASHES.contains(&c) || matches!(c, '.' | '/' | '年' | '月' | '日' | '号' | '、');
    let trimmed = typed.trim_end_matches(['日', '号', '月']);
    let has_year_word = typed.contains('年');
    let mut parts = trimmed.split(separates);
    let (first, second, third, fourth) = (parts.next(), parts.next(), parts.next(), parts.next());
    match (first, second, third, fourth) {
        (Some(year), Some(month), Some(day), None) => build(year_of(year)?, small(month)?, small(day)?),
        (Some(year), Some(month_text), None, None) if has_year_word || year.len() == 4 => {
            month(year_of(year)?, small(month_text)?, side)
        }
        (Some(month), Some(day), None, None) => {
            build(u32::try_from(period_year).map_err(|_| DateError::Invalid)?, small(month)?, small(day)?)
        }
        _ => Err(DateError::Invalid),
    }
}

/// A four-digit year, or a two-digit one of this century.
fn year_of(digits: &str) -> Result<u32, DateError> {
    let year = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<u32>().ok()).flatten();
    match (year, digits.len()) {
        (Some(year), 4) => Ok(year),
        (Some(year), 2) => Ok(2000 + year),
        _ => Err(DateError::Invalid),
    }
}

/// A month or day: one or two digits.
fn small(digits: &str) -> Result<u32, DateError> {
    let plain = matches!(digits.len(), 1 | 2) && digits.bytes().all(|b| b.is_ascii_digit());
    if plain { digits.parse().map_err(|_| DateError::Invalid) } else { Err(DateError::Invalid) }
}

fn build(year: u32, month: u32, day: u32) -> Result<ReadDate, DateError> {
    let year = i32::try_from(year).map_err(|_| DateError::Invalid)?;
    in_range(NaiveDate::from_ymd_opt(year, month, day).ok_or(DateError::Invalid)?, false)
}

fn month(year: u32, month: u32, side: Side) -> Result<ReadDate, DateError> {
    let first = build(year, month, 1)?.day;
    let day = match side {
        Side::Start => first,
        Side::End => first.checked_add_months(chrono::Months::new(1)).and_then(|next| next.pred_opt()).unwrap_or(first),
    };
    in_range(day, true)
}

fn in_range(day: NaiveDate, month_only: bool) -> Result<ReadDate, DateError> {
    if YEARS.contains(&day.year()) {
        Ok(ReadDate { day, month_only, ambiguous: false })
    } else {
        Err(DateError::OutOfRange)
    }
}
