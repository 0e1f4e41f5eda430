//! The forms of typed values: numbers, times, dates, amounts. Each says only whether a text has the form.

use chrono::NaiveDate;

/// Digits before the decimal point of an `amount`. The published text, "10 位以内纯数字，可带小数", is read as ten
/// digits besides the decimals.
pub(super) const AMOUNT_DIGITS_MAX: usize = 10;
/// An amount of money has jiao and fen, no more.
const AMOUNT_DECIMALS_MAX: usize = 2;
/// Signs an amount may begin with.
const CURRENCY_SIGNS: [char; 5] = ['¥', '￥', '$', '€', '£'];

/// A Chinese character.
pub(super) const fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3007}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{323AF}')
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `12`, `12.5`: digits with at most one point between them.
pub(super) fn is_decimal(text: &str) -> bool {
    text.split_once('.').map_or_else(|| is_digits(text), |(whole, fraction)| is_digits(whole) && is_digits(fraction))
}

/// How a text fails to be an amount.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AmountFault {
    /// Too many digits before the point.
    TooLarge,
    /// Not of the form at all.
    Malformed,
}

/// `185.29元`, `¥185.29`: one currency sign at most, whole digits, at most two decimals, 元 at the end or not.
pub(super) fn amount(text: &str) -> Result<(), AmountFault> {
    let bare = text.strip_prefix(CURRENCY_SIGNS).unwrap_or(text);
    let bare = bare.strip_suffix('元').unwrap_or(bare);
    let (whole, decimals) = bare.split_once('.').unwrap_or((bare, "0"));
    if !is_digits(whole) || !is_digits(decimals) || decimals.len() > AMOUNT_DECIMALS_MAX {
        return Err(AmountFault::Malformed);
    }
    if whole.len() > AMOUNT_DIGITS_MAX { Err(AmountFault::TooLarge) } else { Ok(()) }
}

/// One point in time, or two with `~` between.
fn is_span(text: &str, is_point: impl Fn(&str) -> bool) -> bool {
    text.split_once('~').map_or_else(|| is_point(text), |(from, to)| is_point(from.trim()) && is_point(to.trim()))
}

/// `15:01`, `2026年11月26日 15:01`, two of them with `~`; a day alone is taken too, as the platform does.
pub(super) fn is_time(text: &str) -> bool {
    is_span(text, |point| is_clock(point) || is_day_with_clock(point))
}

/// `2026年11月26日`, `2026-11-26 15:01`, two of them with `~`.
pub(super) fn is_date(text: &str) -> bool {
    is_span(text, is_day_with_clock)
}

fn is_day_with_clock(text: &str) -> bool {
    text.rsplit_once(' ').map_or_else(|| is_day(text), |(day, clock)| is_day(day.trim()) && is_clock(clock))
}

/// `15:01` or `15:01:30`, 24 hours.
fn is_clock(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let fits = |part: &str, max: u32| is_digits(part) && part.len() <= 2 && part.parse().is_ok_and(|n: u32| n <= max);
    match parts.as_slice() {
        [hour, minute] => fits(hour, 23) && fits(minute, 59),
        [hour, minute, second] => fits(hour, 23) && fits(minute, 59) && fits(second, 59),
        _ => false,
    }
}

/// Year, month and day in Chinese or with one kind of `-`, `/`, `.`; the day or the year may be missing.
fn is_day(text: &str) -> bool {
    if text.contains(['年', '月', '日']) {
        return is_chinese_day(text);
    }
    ['-', '/', '.'].iter().any(|mark| {
        let parts: Vec<&str> = text.split(*mark).collect();
        match parts.as_slice() {
            [year, month, day] => is_calendar_day(year, month, day),
            [year, month] if year.len() == 4 => is_calendar_day(year, month, "1"),
            [month, day] => is_calendar_day("2000", month, day),
            _ => false,
        }
    })
}

fn is_chinese_day(text: &str) -> bool {
    let (year, rest) = text.split_once('年').unwrap_or(("2000", text));
    match rest.split_once('月') {
        Some((month, "")) => text.contains('年') && is_calendar_day(year, month, "1"),
        Some((month, rest)) => rest.strip_suffix('日').is_some_and(|day| is_calendar_day(year, month, day)),
        None => false,
    }
}

/// A day that exists. A date without its year is tried in a leap year.
fn is_calendar_day(year: &str, month: &str, day: &str) -> bool {
    if year.len() != 4 || month.len() > 2 || day.len() > 2 || ![year, month, day].into_iter().all(is_digits) {
        return false;
    }
    match (year.parse(), month.parse(), day.parse()) {
        (Ok(year), Ok(month), Ok(day)) => NaiveDate::from_ymd_opt(year, month, day).is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_ten_digits_and_two_decimals_at_most() {
        for good in ["185.29元", "¥185.29", "￥0.5元", "9999999999.99元", "12"] {
            assert_eq!(amount(good), Ok(()), "{good}");
        }
        for bad in ["", "元", "¥", "1,234.50", "12.345", "12元3角", "-1", "¥¥1", "1.", ".5", "１２"] {
            assert_eq!(amount(bad), Err(AmountFault::Malformed), "{bad}");
        }
        assert_eq!(amount("10000000000.00元"), Err(AmountFault::TooLarge));
    }

    #[test]
    fn dates_are_days_that_exist() {
        for good in [
            "2026年11月26日",
            "2026-11-26",
            "2026/1/2",
            "2026.11.26",
            "2026年11月",
            "11月26日",
            "2026-11",
            "02-29",
            "2026年11月26日 15:01",
            "2026-11-01~2026-11-30",
        ] {
            assert!(is_date(good), "{good}");
        }
        for bad in [
            "2026年2月30日",
            "2026-13-01",
            "2026-11/26",
            "15:01",
            "11月",
            "26日",
            "2026年",
            "明天",
            "",
            "2026年11月26日起",
            "2026-11-26 25:00",
            "12026年11月26日",
            "1~2~3",
        ] {
            assert!(!is_date(bad), "{bad}");
        }
    }

    #[test]
    fn times_are_of_24_hours_with_or_without_a_day() {
        for good in ["15:01", "9:05", "15:01:30", "2026年11月26日 15:01", "09:00~18:00", "2026年11月26日"] {
            assert!(is_time(good), "{good}");
        }
        for bad in ["24:00", "15:60", "15", "下午3点", "15:01pm", "2026-11-26T15:01"] {
            assert!(!is_time(bad), "{bad}");
        }
    }
}
