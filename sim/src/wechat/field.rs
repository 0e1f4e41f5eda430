//! The value types of message templates and their limits.

use serde_json::Value;

use super::app::Template;
use super::http::WxError;
use crate::book::Line;
use crate::http::text;

const THING_CHARS_MAX: usize = 20;
const NUMBER_CHARS_MAX: usize = 32;
const SYMBOL_CHARS_MAX: usize = 5;
const AMOUNT_DIGITS_MAX: usize = 10;
const PHONE_CHARS_MAX: usize = 17;
const CAR_CHARS_MAX: usize = 8;
const CHINESE_NAME_CHARS_MAX: usize = 10;
const LATIN_NAME_CHARS_MAX: usize = 20;
const PHRASE_CHARS_MAX: usize = 5;
/// Signs an amount may begin with.
const CURRENCY_SIGNS: [char; 6] = ['¥', '￥', '$', '€', '£', '₩'];

/// Whether a value has line breaks: stripped from a template message, refused in a subscribe message.
pub(crate) fn has_breaks(lines: &Value) -> bool {
    let fields = lines.as_object().into_iter().flatten();
    fields.into_iter().any(|(_, field)| text(field, "/value").chars().any(char::is_control))
}

/// The lines of a card, when the key set is the template's and every value fits its type; else 47003.
pub(crate) fn lines(template: &Template, data: &Value) -> Result<Vec<Line>, WxError> {
    let given = data.as_object().ok_or_else(|| WxError::new(47001, "data format error"))?;
    if let Some(extra) = given.keys().find(|key| !template.fields.iter().any(|field| &&field.key == key)) {
        return Err(misfit(extra, "not in template"));
    }
    let mut lines = Vec::with_capacity(template.fields.len());
    for field in &template.fields {
        let value = data.get(&field.key).and_then(|entry| entry.get("value"));
        let value = match value {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => return Err(misfit(&field.key, "is empty")),
        };
        let listed = field.values.is_empty() || field.values.contains(&value);
        if !listed || !fits(&field.key, &value) {
            return Err(misfit(&field.key, "invalid"));
        }
        let shown = value.chars().filter(|letter| !letter.is_control()).collect();
        lines.push(Line { key: field.key.clone(), label: field.label.clone(), value: shown });
    }
    Ok(lines)
}

fn misfit(key: &str, why: &str) -> WxError {
    WxError::new(47003, &format!("argument invalid! data.{key}.value {why}"))
}

/// Whether a value fits the type its key begins with. Unknown types are held to the limit of `thing`.
pub(crate) fn fits(key: &str, value: &str) -> bool {
    let chars = value.chars().count();
    if chars == 0 {
        return false;
    }
    match key.trim_end_matches(|letter: char| letter.is_ascii_digit()) {
        "number" => digits(value) <= NUMBER_CHARS_MAX && is_decimal(value),
        "letter" => chars <= NUMBER_CHARS_MAX && value.chars().all(|letter| letter.is_ascii_alphabetic()),
        "symbol" => chars <= SYMBOL_CHARS_MAX && !value.chars().any(char::is_alphanumeric),
        "character_string" => chars <= NUMBER_CHARS_MAX && value.chars().all(|letter| letter.is_ascii_graphic()),
        "time" => value.split('~').count() <= 2 && value.split('~').all(|part| is_time(part.trim())),
        "date" => is_date(value) || value.contains(':') && value.contains(' ') && is_time(value),
        "amount" => is_amount(value),
        "phone_number" => {
            chars <= PHONE_CHARS_MAX && value.is_ascii() && !value.chars().any(|c| c.is_ascii_alphabetic())
        }
        "car_number" => chars <= CAR_CHARS_MAX && is_car_number(value),
        "name" if value.chars().any(is_chinese) => chars <= CHINESE_NAME_CHARS_MAX,
        "name" => chars <= LATIN_NAME_CHARS_MAX,
        "phrase" => chars <= PHRASE_CHARS_MAX && value.chars().all(is_chinese),
        _ => chars <= THING_CHARS_MAX,
    }
}

fn digits(value: &str) -> usize {
    value.chars().filter(char::is_ascii_digit).count()
}

/// First and last may be Chinese, the rest are letters and digits.
fn is_car_number(value: &str) -> bool {
    let inner = value.strip_prefix(is_chinese).unwrap_or(value);
    let inner = inner.strip_suffix(is_chinese).unwrap_or(inner);
    !inner.is_empty() && inner.chars().all(|letter| letter.is_ascii_alphanumeric())
}

fn is_chinese(letter: char) -> bool {
    matches!(letter, '\u{4e00}'..='\u{9fff}')
}

fn is_decimal(value: &str) -> bool {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
    [whole, fraction].iter().all(|part| !part.is_empty() && part.chars().all(|digit| digit.is_ascii_digit()))
}

fn is_amount(value: &str) -> bool {
    let bare = value.strip_prefix(|sign| CURRENCY_SIGNS.contains(&sign)).unwrap_or(value);
    let bare = bare.strip_suffix('元').unwrap_or(bare);
    digits(bare) <= AMOUNT_DIGITS_MAX && is_decimal(bare)
}

/// `15:01`, `2019-10-01 15:01:30`, `2019年10月1日 15:01`; also a bare date.
fn is_time(value: &str) -> bool {
    let (date, clock) = match value.rsplit_once(' ') {
        Some((date, clock)) => (Some(date.trim()), clock),
        None if value.contains(':') => (None, value),
        None => return is_date(value),
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let in_range = |part: &str, max: u32| part.len() == 2 && part.parse::<u32>().is_ok_and(|number| number <= max);
    let clock_fits = match parts.as_slice() {
        [hour, minute] => in_range(hour, 23) && in_range(minute, 59),
        [hour, minute, second] => in_range(hour, 23) && in_range(minute, 59) && in_range(second, 59),
        _ => false,
    };
    clock_fits && date.is_none_or(is_date)
}

/// `2019年10月1日`, `2019-10-01`, `2019/10/01`, `2019.10.01`.
fn is_date(value: &str) -> bool {
    let parts: Vec<&str> = value.split(['年', '月', '日', '-', '/', '.']).filter(|part| !part.is_empty()).collect();
    let number = |part: &str, min: u32, max: u32| part.parse::<u32>().is_ok_and(|found| (min..=max).contains(&found));
    match parts.as_slice() {
        [year, month, day] => year.len() == 4 && number(year, 1, 9999) && number(month, 1, 12) && number(day, 1, 31),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_held_to_the_limits_of_their_types() {
        let twenty = "一二三四五六七八九十一二三四五六七八九十";
        for (key, value, fitting) in [
            ("thing1", twenty, true),
            ("thing1", &format!("{twenty}一"), false),
            ("amount2", "¥1234.56元", true),
            ("amount2", "12345678901", false),
            ("amount2", "12元3角", false),
            ("time3", "2026年11月23日 15:01", true),
            ("time3", "15:01~16:30", true),
            ("time3", "25:01", false),
            ("date4", "2026-11-23", true),
            ("date4", "昨天", false),
            ("character_string5", "WX-2026_11", true),
            ("character_string5", "编号1", false),
            ("phrase6", "待缴费", true),
            ("phrase6", "待缴费ok", false),
            ("car_number7", "粤A8Z888挂", true),
            ("name8", "欧阳某某", true),
            ("number9", "12.5", true),
            ("number9", "", false),
            ("number9", "-12.5", false),
            ("date4", "2026-11-23 10:00", true),
            ("date4", "2026-11-23 十点", false),
            ("date4", "2026-11", false),
            ("date4", "10:00", false),
            ("time3", "9:00~10:00", false),
            ("time3", "09:00~10:00~11:00", false),
            ("amount2", "123456789.01", false),
            ("character_string5", "WX 2026", false),
            ("car_number7", "粤粤A8888", false),
            ("symbol1", "--", true),
            ("symbol1", "------", false),
            ("letter1", "ABC1", false),
            ("phone_number1", "+86-0766-66888866", true),
            ("phone_number1", "电话", false),
            ("name8", "一二三四五六七八九十甲", false),
        ] {
            assert_eq!(fits(key, value), fitting, "{key} {value}");
        }
    }

    #[test]
    fn an_enum_takes_what_its_template_lists() {
        let template = Template::new("T", "账单", &[("enum1", "状态")]).with_values("enum1", &["待缴费", "已逾期"]);
        let code =
            |value: &str| lines(&template, &json!({"enum1": {"value": value}})).map_err(|error| error.code).err();
        assert_eq!([code("待缴费"), code("其他")], [None, Some(47003)]);
    }

    #[test]
    fn the_key_set_must_be_the_templates() {
        let template = Template::new("T", "账单", &[("thing1", "小区"), ("amount2", "金额")]);
        let full = json!({"thing1": {"value": "春晓苑"}, "amount2": {"value": "12.00"}});
        assert_eq!(lines(&template, &full).unwrap()[1].value, "12.00");
        let short = json!({"thing1": {"value": "春晓苑"}});
        assert_eq!(lines(&template, &short).unwrap_err().code, 47003);
        let long = json!({"thing1": {"value": "春晓苑"}, "amount2": {"value": "12.00"}, "first": {"value": "你好"}});
        assert!(lines(&template, &long).unwrap_err().message.contains("data.first"));
    }
}
