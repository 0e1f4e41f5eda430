//! Unit prices: ten-thousandths of a yuan per square metre and month.

use rust_decimal::Decimal;

use crate::cell::Value;
use crate::decimal;
use crate::text;

/// The largest unit price: 10,000 yuan per square metre and month.
pub const PRICE_E4_MAX: i64 = 100_000_000;

/// Spans a price may be for, as written behind a stroke, and their months.
const SPANS: &[(&str, u8)] = &[("半年", 6), ("季度", 3), ("个月", 1), ("季", 3), ("年", 12), ("月", 1)];
/// What may follow the number besides the span.
const UNIT_WORDS: &[&str] = &["平方米", "平米", "平方", "㎡", "m2", "m²", "元", "每", "/", "·", ".", "*"];

/// Why a price is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// Below zero.
    #[error("单价是负数")]
    Negative,
    /// Not a number, beyond [`PRICE_E4_MAX`], or a yearly price that does not divide into months exactly.
    #[error("单价不是数字")]
    Invalid,
}

/// Reads a unit price as 0.0001 yuan per ㎡ and month; none when blank. A price for a year, half-year or quarter
/// (behind the number, or by the header: `months`) is divided, exactly or not at all.
///
/// # Errors
/// [`PriceError`].
pub fn read(value: &Value<'_>, months: u8) -> Result<Option<i64>, PriceError> {
    let (number, span) = match value {
        Value::Blank => return Ok(None),
        Value::Number(number) => (number.to_text().parse::<Decimal>().ok(), None),
        Value::Text(typed) => parse(typed),
        Value::Date(_) | Value::Unreadable(_) => (None, None),
    };
    let number = number.ok_or(PriceError::Invalid)?;
    if number.is_sign_negative() && !number.is_zero() {
        return Err(PriceError::Negative);
    }
    let e4 = decimal::scaled(number, 4).filter(|e4| *e4 <= PRICE_E4_MAX).ok_or(PriceError::Invalid)?;
    let months = i64::from(span.unwrap_or(months).max(1));
    if e4 % months == 0 { Ok(Some(e4 / months)) } else { Err(PriceError::Invalid) }
}

fn parse(typed: &str) -> (Option<Decimal>, Option<u8>) {
    let plain = text::squeeze(typed).to_lowercase();
    let end = plain.char_indices().find(|(_, c)| !matches!(c, '0'..='9' | '.' | ',' | '-' | '+' | '¥'));
    let (number, unit) = plain.split_at_checked(end.map_or(plain.len(), |(at, _)| at)).unwrap_or((&plain, ""));
    match span_months(unit) {
        Some(span) => (decimal::parse(number), span),
        None => (None, None),
    }
}

/// The months a unit such as `元/㎡·月` or a header speaks of; `Some(None)` when it names no span; none when it is
/// no unit at all.
fn span_months(unit: &str) -> Option<Option<u8>> {
    let mut rest = unit;
    let mut span = None;
    while !rest.is_empty() {
        if let Some(after) = UNIT_WORDS.iter().find_map(|word| rest.strip_prefix(word)) {
            rest = after;
        } else {
            let (word, months) = SPANS.iter().find(|(word, _)| rest.starts_with(word))?;
            span = Some(*months);
            rest = rest.get(word.len()..)?;
        }
    }
    Some(span)
}

/// The months a price header speaks of: 1 unless it says 年, 半年 or 季 behind a stroke or dot.
#[must_use]
pub fn header_months(header: &str) -> u8 {
    for mark in ['/', '·', '每'] {
        let tail = header.rsplit(mark).next().filter(|tail| tail.len() < header.len());
        if let Some((_, months)) = tail.and_then(|tail| SPANS.iter().find(|(word, _)| tail.starts_with(word))) {
            return *months;
        }
    }
    1
}
