//! Exact decimals out of cells; nothing passes through binary fractions on the way.

use rust_decimal::Decimal;
use rust_decimal::RoundingStrategy;

use crate::cell::Value;
use crate::text;

/// A cell that should hold a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Nothing there.
    Blank,
    /// The number.
    Number(Decimal),
    /// Something else.
    NotANumber,
}

/// Reads a number cell or a text with one of the units behind it and `¥` before it. Units are tried in order.
#[must_use]
pub fn read(value: &Value<'_>, units: &[&str]) -> Found {
    match value {
        Value::Blank => Found::Blank,
        Value::Number(number) => number.to_text().parse().map_or(Found::NotANumber, Found::Number),
        Value::Text(typed) => {
            parse(&without_unit(&text::squeeze(typed), units)).map_or(Found::NotANumber, Found::Number)
        }
        Value::Date(_) | Value::Unreadable(_) => Found::NotANumber,
    }
}

fn without_unit(typed: &str, units: &[&str]) -> String {
    let lower = typed.to_lowercase();
    let bare = units.iter().find_map(|unit| lower.strip_suffix(unit)).unwrap_or(&lower);
    bare.to_owned()
}

/// A plain decimal with optional `¥`, sign and thousands separators: `¥1,286.40`, `-108.68`.
#[must_use]
pub fn parse(typed: &str) -> Option<Decimal> {
    let (negative, rest) = match typed.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, typed),
    };
    let rest = rest.strip_prefix('¥').unwrap_or(rest);
    let (negative, rest) = match rest.strip_prefix('-') {
        Some(inner) if !negative => (true, inner),
        _ => (negative, rest),
    };
    let rest = rest.strip_prefix('+').unwrap_or(rest);
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, "0"));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(fraction) || !grouped(whole) {
        return None;
    }
    let mut plain: String = whole.chars().filter(|c| *c != ',').collect();
    plain.push('.');
    plain.push_str(fraction);
    let number: Decimal = plain.parse().ok()?;
    Some(if negative { -number } else { number })
}

/// Digits, or digits in groups of three: a comma anywhere else means the text is something else.
fn grouped(whole: &str) -> bool {
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let plain = !whole.contains(',');
    !first.is_empty() && digits(first) && (plain || first.len() <= 3) && groups.all(|g| g.len() == 3 && digits(g))
}

/// Rounds half away from zero to `places` decimals and gives the whole number of such units; none when it does
/// not fit.
#[must_use]
pub fn scaled(number: Decimal, places: u32) -> Option<i64> {
    let rounded = number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    let factor = Decimal::from(10_i64.checked_pow(places)?);
    i64::try_from(rounded.checked_mul(factor)?).ok()
}
