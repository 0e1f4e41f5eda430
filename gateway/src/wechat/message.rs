//! Which text fits which field of a message template. A text that does not fit is refused by WeChat (47003), or
//! silently stripped, so it is checked before anything is planned.

use chrono::{NaiveDate, NaiveTime};
use domain::money::Fen;

/// Longest text of a `thing` field, in characters.
pub const THING_CHARS_MAX: usize = 20;
const NUMBER_DIGITS_MAX: usize = 32;
const LETTERS_MAX: usize = 32;
const SYMBOLS_MAX: usize = 5;
const CHARACTER_STRING_MAX: usize = 32;
const AMOUNT_DIGITS_MAX: usize = 10;
const PHONE_NUMBER_MAX: usize = 17;
const CAR_NUMBER_MAX: usize = 8;
const NAME_CHINESE_MAX: usize = 10;
const NAME_LATIN_MAX: usize = 20;
const PHRASE_MAX: usize = 5;
/// Bound of a whole date or time text; the longest legal one, a range of date and time, has 41.
const TIME_CHARS_MAX: usize = 48;
const CURRENCY_SIGNS: [char; 7] = ['¥', '￥', '$', '€', '£', '₩', '฿'];

/// Why a text does not fit its field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// The key names no published type.
    #[error("模板字段 {key} 的类型未知")]
    UnknownType {
        /// As given.
        key: String,
    },
    /// Nothing to show.
    #[error("模板字段 {key} 不能为空")]
    Empty {
        /// As given.
        key: String,
    },
    /// Longer than the type allows.
    #[error("模板字段 {key} 最多 {max} 个字符")]
    TooLong {
        /// As given.
        key: String,
        /// In characters (in digits for numbers).
        max: usize,
    },
    /// Holds a line break, an emoji, or what the type does not allow.
    #[error("模板字段 {key} 的内容不符合类型要求")]
    BadContent {
        /// As given.
        key: String,
    },
}

/// Checks a text against the type its key names: `thing1`, `amount2`, `character_string3`.
///
/// # Errors
/// [`FieldError`], which WeChat would answer as 47003.
pub fn check_field(key: &str, value: &str) -> Result<(), FieldError> {
    let owned = || key.to_owned();
    if value.trim().is_empty() {
        return Err(FieldError::Empty { key: owned() });
    }
    let length = value.chars().count();
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let name_max = if value.chars().any(is_chinese) { NAME_CHINESE_MAX } else { NAME_LATIN_MAX };
    let (size, max, fits) = match key.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "thing" | "enum" => (length, THING_CHARS_MAX, true),
        "number" => (digits, NUMBER_DIGITS_MAX, is_decimal(value)),
        "letter" => (length, LETTERS_MAX, value.chars().all(|c| c.is_ascii_alphabetic())),
        "symbol" => (length, SYMBOLS_MAX, !value.chars().any(char::is_alphanumeric)),
        "character_string" => (length, CHARACTER_STRING_MAX, value.chars().all(|c| c.is_ascii_graphic())),
        "time" => (length, TIME_CHARS_MAX, value.split('~').count() <= 2 && value.split('~').all(is_time)),
        "date" => (length, TIME_CHARS_MAX, value.split('~').count() <= 2 && value.split('~').all(is_date)),
        "amount" => (digits, AMOUNT_DIGITS_MAX, is_amount(value)),
        "phone_number" => (length, PHONE_NUMBER_MAX, value.chars().all(|c| c.is_ascii_digit() || "+-()#*".contains(c))),
        "car_number" => (length, CAR_NUMBER_MAX, is_car_number(value)),
        "name" => (length, name_max, !value.chars().any(|c| c.is_ascii_digit())),
        "phrase" => (length, PHRASE_MAX, value.chars().all(is_chinese)),
        _ => return Err(FieldError::UnknownType { key: owned() }),
    };
    if size > max {
        return Err(FieldError::TooLong { key: owned(), max });
    }
    if !fits || value.chars().any(|c| c.is_control() || is_emoji(c)) {
        return Err(FieldError::BadContent { key: owned() });
    }
    Ok(())
}

/// Makes a text fit a `thing` field: line breaks become spaces, emoji go, and what is longer than 20 characters is
/// cut with `…`. An amount or a date is never cut in two, because half of it is a wrong one: it is dropped whole.
#[must_use]
pub fn fit_thing(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !is_emoji(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let chars: Vec<char> = plain.trim().chars().collect();
    if chars.len() <= THING_CHARS_MAX {
        return chars.into_iter().collect();
    }
    let mut keep = THING_CHARS_MAX - 1;
    while keep > 0 && chars.get(keep - 1..=keep).is_some_and(|pair| pair.iter().all(|c| is_figure(*c))) {
        keep -= 1;
    }
    let mut cut: String = chars.into_iter().take(keep).collect::<String>().trim_end().to_owned();
    cut.push('…');
    cut
}

/// Money as an `amount` field takes it: one sign, no thousands separators.
#[must_use]
pub fn amount_text(amount: Fen) -> String {
    amount.to_string().replace(',', "")
}

/// Part of an amount or a date.
fn is_figure(c: char) -> bool {
    c.is_ascii_digit() || CURRENCY_SIGNS.contains(&c) || ".,-/:~年月日时分元万%".contains(c)
}

fn is_chinese(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}

fn is_emoji(c: char) -> bool {
    matches!(c, '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{fe00}'..='\u{fe0f}' | '\u{200d}' | '\u{20e3}')
}

fn is_decimal(value: &str) -> bool {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
    [whole, fraction].iter().all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()))
}

fn is_amount(value: &str) -> bool {
    let value = value.strip_suffix('元').unwrap_or(value);
    is_decimal(value.strip_prefix(CURRENCY_SIGNS).unwrap_or(value))
}

/// First and last may be Chinese (`粤A8Z888挂`), the rest letters and digits.
fn is_car_number(value: &str) -> bool {
    let last = value.chars().count().saturating_sub(1);
    value
        .chars()
        .enumerate()
        .all(|(place, c)| c.is_ascii_alphanumeric() || ((place == 0 || place == last) && is_chinese(c)))
}

/// A date, then maybe a clock time.
fn is_date(value: &str) -> bool {
    match value.trim().split_once(' ') {
        Some((day, clock)) => is_day(day) && is_clock(clock.trim()),
        None => is_day(value.trim()),
    }
}

/// A clock time, maybe after a date.
fn is_time(value: &str) -> bool {
    match value.trim().split_once(' ') {
        Some((day, clock)) => is_day(day) && is_clock(clock.trim()),
        None => is_clock(value.trim()) || is_day(value.trim()),
    }
}

fn is_day(text: &str) -> bool {
    ["%Y年%m月%d日", "%Y-%m-%d", "%Y/%m/%d"].iter().any(|format| NaiveDate::parse_from_str(text, format).is_ok())
}

fn is_clock(text: &str) -> bool {
    ["%H:%M", "%H:%M:%S"].iter().any(|format| NaiveTime::parse_from_str(text, format).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_takes_what_is_published_for_it() {
        let good = [
            ("thing1", "3栋1单元502室 11月物业费"),
            ("number2", "12.5"),
            ("letter1", "ABC"),
            ("symbol1", "--"),
            ("character_string3", "BILL-2026_001"),
            ("time1", "15:01"),
            ("time1", "2019年10月1日 15:01"),
            ("time1", "2026-11-23 10:00:00~2026-11-24 10:00:00"),
            ("date4", "2026年11月23日"),
            ("date4", "2026-11-23 10:00"),
            ("amount2", "¥1234.50"),
            ("amount2", "1234.5元"),
            ("phone_number1", "+86-0766-66888866"),
            ("car_number1", "粤A8Z888挂"),
            ("name1", "张三"),
            ("phrase1", "待缴费"),
            ("enum5", "已出账"),
        ];
        for (key, value) in good {
            assert_eq!(check_field(key, value), Ok(()), "{key} {value}");
        }
    }

    #[test]
    fn each_type_refuses_what_is_not() {
        let bad = [
            ("thing1", "一二三四五六七八九十一二三四五六七八九十一"),
            ("thing1", "两行\n文字"),
            ("thing1", "缴费🏠"),
            ("number2", "12a"),
            ("letter1", "AB1"),
            ("symbol1", "------"),
            ("character_string3", "账单1"),
            ("time1", "25:01"),
            ("time1", "下午三点"),
            ("date4", "2026-13-01"),
            ("amount2", "¥1,234.50"),
            ("amount2", "-1.00"),
            ("amount2", "¥12345678901"),
            ("phone_number1", "电话"),
            ("car_number1", "粤粤A8888"),
            ("name1", "一二三四五六七八九十甲"),
            ("phrase1", "待缴费abc"),
            ("phrase1", "一二三四五六"),
            ("first", "您好"),
            ("thing1", "  "),
        ];
        for (key, value) in bad {
            assert!(check_field(key, value).is_err(), "{key} {value}");
        }
    }

    #[test]
    fn a_long_text_is_cut_to_fit_and_a_figure_is_never_halved() {
        assert_eq!(fit_thing("物业服务费"), "物业服务费");
        let cut = fit_thing("阳光花园三期三栋一单元五〇二室物业服务费与公摊电费");
        assert_eq!(cut.chars().count(), THING_CHARS_MAX);
        assert!(cut.ends_with('…'));
        assert_eq!(fit_thing("阳光花园三栋一单元物业费合计欠费¥1234.56"), "阳光花园三栋一单元物业费合计欠费…");
        assert_eq!(fit_thing("请您于截止日期之前缴纳物业费2026-11-23前有效"), "请您于截止日期之前缴纳物业费…");
        for text in ["两行\n文字", "缴费🏠", "阳光花园三栋一单元物业费合计欠费¥1234.56"] {
            assert_eq!(check_field("thing1", &fit_thing(text)), Ok(()));
        }
    }

    #[test]
    fn money_is_written_as_an_amount_field_takes_it() {
        let text = amount_text(Fen::new(123_456_789).unwrap());
        assert_eq!(text, "¥1234567.89");
        assert_eq!(check_field("amount1", &text), Ok(()));
    }
}
