//! One cell: what kind of thing it holds, and how a spreadsheet keeps it exactly.
#![allow(clippy::disallowed_types, reason = "a spreadsheet's number is an f64; see `exact`")]

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};
use chrono_tz::Tz;
use rust_xlsxwriter::{ExcelDateTime, Worksheet};

use super::error::SheetError;
use super::format::Formats;

/// A spreadsheet keeps 15 significant digits of a number; what has more is written as text.
const DIGITS_15_MAX: u64 = 999_999_999_999_999;

/// What a cell holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell<'t> {
    /// Text, never a formula, whatever it begins with.
    Text(&'t str),
    /// Fen, shown in yuan with two decimals: a number that can be summed.
    Money(i64),
    /// A whole number.
    Whole(i64),
    /// A day.
    Date(NaiveDate),
    /// An instant, shown in the table's zone to the second.
    Instant(DateTime<Utc>),
    /// Nothing.
    Empty,
}

impl Cell<'_> {
    pub(super) fn write(
        self,
        sheet: &mut Worksheet,
        row: u32,
        column: u16,
        formats: &Formats,
        zone: Tz,
    ) -> Result<(), SheetError> {
        match self {
            Self::Empty => {}
            Self::Text(text) => {
                let format =
                    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { &formats.quoted } else { &formats.text };
                sheet.write_string_with_format(row, column, text, format)?;
            }
            Self::Money(fen) => {
                let sign = if fen < 0 { "-" } else { "" };
                let yuan = format!("{sign}{}.{:02}", fen.unsigned_abs() / 100, fen.unsigned_abs() % 100);
                figure(sheet, row, column, fen, &yuan, formats, false)?;
            }
            Self::Whole(number) => figure(sheet, row, column, number, &number.to_string(), formats, true)?,
            Self::Date(day) => match excel_time(day.and_time(NaiveTime::MIN)) {
                Some(time) => {
                    sheet.write_datetime_with_format(row, column, &time, &formats.date)?;
                }
                None => {
                    sheet.write_string_with_format(row, column, day.to_string(), &formats.text)?;
                }
            },
            Self::Instant(at) => {
                let local = at.with_timezone(&zone).naive_local();
                match excel_time(local) {
                    Some(time) => sheet.write_datetime_with_format(row, column, &time, &formats.instant)?,
                    None => {
                        let words = local.format("%Y-%m-%d %H:%M:%S").to_string();
                        sheet.write_string_with_format(row, column, words, &formats.text)?
                    }
                };
            }
        }
        Ok(())
    }
}

/// A figure as a number where a spreadsheet keeps every digit of it, as text where it would not.
fn figure(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    units: i64,
    decimal: &str,
    formats: &Formats,
    whole: bool,
) -> Result<(), SheetError> {
    match exact(units, decimal) {
        Some(number) => {
            let format = if whole { &formats.whole } else { &formats.money };
            sheet.write_number_with_format(row, column, number, format)?;
        }
        None => {
            sheet.write_string_with_format(row, column, decimal, &formats.figures)?;
        }
    }
    Ok(())
}

/// The number nearest to the decimal text. With at most 15 digits it prints as that text again, so nothing is lost.
fn exact(units: i64, decimal: &str) -> Option<f64> {
    if units.unsigned_abs() > DIGITS_15_MAX { None } else { decimal.parse().ok() }
}

/// A local time as a spreadsheet counts it, to the second; `None` outside the years 1900 to 9999.
pub(super) fn excel_time(local: NaiveDateTime) -> Option<ExcelDateTime> {
    let year = u16::try_from(local.year()).ok().filter(|year| (1900..=9999).contains(year))?;
    let small = |value: u32| u8::try_from(value).ok();
    let hour = u16::try_from(local.hour()).ok()?;
    ExcelDateTime::from_ymd(year, small(local.month())?, small(local.day())?)
        .and_then(|day| {
            day.and_hms(hour, u8::try_from(local.minute()).unwrap_or(0), u8::try_from(local.second()).unwrap_or(0))
        })
        .ok()
}
