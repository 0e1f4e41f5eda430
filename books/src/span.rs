//! The months an old debt is for (rule A1).

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use crate::cell::Value;
use crate::text::{self, DASHES};

/// Years a debt can be of.
const YEARS: std::ops::RangeInclusive<i32> = 1980..=2050;
/// Endings that leave the start open.
const AND_BEFORE: &[&str] = &["及以前", "及之前", "以前", "之前"];
/// Signs between two months, beside the dashes.
const BETWEEN: &[char] = &['至', '到', '~', '～'];

/// A month, as its first day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Month(NaiveDate);

impl Month {
    /// A month of a year; none when there is no such month.
    #[must_use]
    pub fn new(year: i32, month: u32) -> Option<Self> {
        YEARS.contains(&year).then(|| NaiveDate::from_ymd_opt(year, month, 1)).flatten().map(Self)
    }

    /// Its first day.
    #[must_use]
    pub const fn first_day(self) -> NaiveDate {
        self.0
    }

    /// Its last day.
    #[must_use]
    pub fn last_day(self) -> NaiveDate {
        let next = self.0.checked_add_months(chrono::Months::new(1));
        next.and_then(|next| next.pred_opt()).unwrap_or(self.0)
    }

    /// Months since the year 0, for counting.
    fn ordinal(self) -> i32 {
        self.0.year().saturating_mul(12).saturating_add(i32::try_from(self.0.month0()).unwrap_or(0))
    }
}

/// `2026-07`.
impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m"))
    }
}

/// First and last month; no first one for a debt of that month and before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Span {
    /// The first month.
    pub start: Option<Month>,
    /// The last month.
    pub end: Month,
}

impl Span {
    /// How many months; none without a start.
    #[must_use]
    pub fn months(&self) -> Option<i32> {
        self.start.map(|start| self.end.ordinal() - start.ordinal() + 1)
    }

    /// Whether it shares a month with another.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let begins_by = |one: &Self, end: Month| one.start.is_none_or(|start| start <= end);
        begins_by(self, other.end) && begins_by(other, self.end)
    }

    const fn of(start: Month, end: Month) -> Self {
        Self { start: Some(start), end }
    }
}

/// Not a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("不是真实的月份或期间")]
pub struct SpanError;

/// Reads a period; none when blank.
///
/// # Errors
/// [`SpanError`] for what is no month, no quarter, no half-year, no year and no range of months.
pub fn read(value: &Value<'_>) -> Result<Option<Span>, SpanError> {
    match value {
        Value::Blank => Ok(None),
        Value::Date(day) => {
            let day = day.ok_or(SpanError)?;
            let month = Month::new(day.year(), day.month()).ok_or(SpanError)?;
            Ok(Some(Span::of(month, month)))
        }
        Value::Unreadable(_) => Err(SpanError),
        Value::Text(_) | Value::Number(_) => parse(&value.to_text()).map(Some),
    }
}

/// Reads a typed period. Takes tidy text.
///
/// # Errors
/// As [`read`].
pub fn parse(tidy_text: &str) -> Result<Span, SpanError> {
    let plain: String = text::squeeze(tidy_text).replace("月份", "月");
    if let Some(before) = AND_BEFORE.iter().find_map(|ending| plain.strip_suffix(ending)) {
        return Ok(Span { start: None, end: one(before).ok_or(SpanError)?.end });
    }
    let span = one(&plain).or_else(|| range(&plain)).ok_or(SpanError)?;
    if span.months().is_some_and(|months| months < 1) { Err(SpanError) } else { Ok(span) }
}

/// A month, a quarter, a half-year, a year, or a day, which stands for its month.
fn one(plain: &str) -> Option<Span> {
    month(plain).map(|month| Span::of(month, month)).or_else(|| part_of_year(plain))
}

/// `2026年7月`, `2026.07`, `202607`, `2026/7/31`; the same sign stands between all parts.
fn month(plain: &str) -> Option<Month> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits(plain) {
        return match plain.len() {
            6 | 8 => build(plain.get(..4)?, plain.get(4..6)?),
            _ => None,
        };
    }
    if let Some((year, rest)) = plain.split_once('年') {
        let (month, day) = rest.split_once('月').unwrap_or((rest, ""));
        let day = day.trim_end_matches(['日', '号']);
        return (day.is_empty() || digits(day)).then(|| build(year, month)).flatten();
    }
    let sign = plain.chars().find(|c| !c.is_ascii_digit())?;
    if !matches!(sign, '.' | '/') && !DASHES.contains(&sign) {
        return None;
    }
    let mut parts = plain.trim_end_matches('月').split(sign);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next());
    (year.len() == 4 && parts.next().is_none() && day.is_none_or(digits)).then(|| build(year, month)).flatten()
}

fn build(year: &str, month: &str) -> Option<Month> {
    Month::new(year_of(year)?, small(month)?)
}

fn year_of(digits: &str) -> Option<i32> {
    let year: i32 = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())??;
    match digits.len() {
        4 => Some(year),
        2 => Some(2000 + year),
        _ => None,
    }
}

fn small(digits: &str) -> Option<u32> {
    let plain = matches!(digits.len(), 1 | 2) && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// `2025`, `2025年度`, `2025全年`, `2026年上半年`, `2026年第三季度`, `2026Q3`.
fn part_of_year(plain: &str) -> Option<Span> {
    let length = plain.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = plain.split_at_checked(length)?;
    let rest = rest.strip_prefix('年').unwrap_or(rest);
    let year = (digits.len() == 4 || plain.contains('年')).then(|| year_of(digits)).flatten()?;
    let (first, last) = match rest {
        "" | "度" | "全年" | "年度" => (1, 12),
        "上半年" => (1, 6),
        "下半年" => (7, 12),
        other => {
            let last = quarter(other)?.checked_mul(3)?;
            (last.checked_sub(2)?, last)
        }
    };
    Some(Span::of(Month::new(year, first)?, Month::new(year, last)?))
}

/// `第三季度`, `3季度`, `Q3`.
fn quarter(text: &str) -> Option<u32> {
    let name = text.strip_prefix(['Q', 'q']).or_else(|| text.trim_start_matches('第').strip_suffix("季度"))?;
    let number = small(name).or_else(|| text::chinese_number(name).and_then(|n| u32::try_from(n).ok()))?;
    (1..=4).contains(&number).then_some(number)
}

/// `2024.1-2024.12`, `2024年7月至2025年6月`, `2024年1-12月`: cut at the first sign where both sides are months.
fn range(plain: &str) -> Option<Span> {
    let signs = plain.char_indices().filter(|(_, c)| BETWEEN.contains(c) || DASHES.contains(c));
    for (at, sign) in signs {
        let (left, right) = (plain.get(..at)?, plain.get(at + sign.len_utf8()..)?);
        let Some(start) = month(left) else { continue };
        let alone = || small(right.trim_end_matches('月')).and_then(|month| Month::new(start.0.year(), month));
        if let Some(end) = month(right).or_else(alone) {
            return Some(Span::of(start, end));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let span = parse(text).map(|span| (span.start.map_or("…".to_owned(), |m| m.to_string()), span.end));
        span.map_or("?".to_owned(), |(start, end)| format!("{start}..{end}"))
    }

    #[test]
    fn one_month_is_itself_however_it_is_written() {
        for text in ["2026.07", "2026-7", "2026年7月", "2026年07月份", "202607", "2026/7/31", "26年7月", "20260731"]
        {
            assert_eq!(read(text), "2026-07..2026-07", "{text}");
        }
    }

    #[test]
    fn parts_of_a_year_have_their_months() {
        for text in ["2025年", "2025年度", "2025全年", "2025"] {
            assert_eq!(read(text), "2025-01..2025-12", "{text}");
        }
        assert_eq!(read("2026年上半年"), "2026-01..2026-06");
        assert_eq!(read("2026年第三季度"), "2026-07..2026-09");
        assert_eq!(read("2026Q4"), "2026-10..2026-12");
        assert_eq!(read("2023年及以前"), "…..2023-12");
    }

    #[test]
    fn a_range_may_name_its_year_once() {
        for text in
            ["2024.1-2024.12", "2024.01-12", "2024年1-12月", "2024年1月至12月", "202401-202412", "2024/1/1-2024/12/31"]
        {
            assert_eq!(read(text), "2024-01..2024-12", "{text}");
        }
        assert_eq!(read("2024年7月—2025年6月"), "2024-07..2025-06");
        assert_eq!(read("2026年4～9月"), "2026-04..2026-09");
    }

    #[test]
    fn months_that_do_not_exist_are_no_period() {
        for text in ["2026年13月", "2026.00", "2026Q5", "本月", "2026年9-2月", "1900年", "2026年第五季度", "-", "年"]
        {
            assert_eq!(read(text), "?", "{text}");
        }
    }

    #[test]
    fn a_debt_without_a_start_overlaps_everything_before_its_end() {
        let (open, year) = (parse("2023年及以前").unwrap(), parse("2024年").unwrap());
        assert!(!open.overlaps(&year) && open.overlaps(&parse("2023年12月").unwrap()));
        assert!(year.overlaps(&parse("2024.12-2025.1").unwrap()));
        assert_eq!((open.months(), year.months()), (None, Some(12)));
    }
}
