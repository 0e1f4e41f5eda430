//! Numbers, dates and names as a voice reads them: in Chinese words, without digits or signs.
//!
//! A speech engine reads `1-1-102` as a subtraction or a date, and `185.29元` with or without 点 as it likes. Words it
//! reads one way.

use chrono::{Datelike, NaiveDate};

use crate::money::Fen;

const NUMERALS: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
/// The first number that is read digit by digit for want of words.
const NUMBER_LIMIT: u64 = 1_000_000_000_000;
/// Digits of a house number that are still read as one number: 12栋 is 十二栋, 102 is 一零二.
const NUMBER_DIGITS_MAX: usize = 2;
/// After these a figure before them is a quantity, however long: 185元.
const MEASURES: [char; 8] = ['元', '天', '笔', '处', '户', '次', '个', '人'];

fn numeral(digit: u64) -> char {
    usize::try_from(digit).ok().and_then(|place| NUMERALS.get(place)).copied().unwrap_or('零')
}

/// `一百八十五元二角九分`, `十元`, `一百元零五分`, `二角九分`, `零元`.
#[must_use]
pub fn amount(sum: Fen) -> String {
    let fen = sum.get().unsigned_abs();
    let (yuan, jiao, fen) = (fen / 100, fen / 10 % 10, fen % 10);
    let mut words = String::new();
    if sum < Fen::ZERO {
        words.push('负');
    }
    if yuan > 0 || (jiao == 0 && fen == 0) {
        words.push_str(&count(yuan));
        words.push('元');
    }
    if jiao > 0 {
        words.push(numeral(jiao));
        words.push('角');
    } else if yuan > 0 && fen > 0 {
        words.push('零');
    }
    if fen > 0 {
        words.push(numeral(fen));
        words.push('分');
    }
    words
}

/// `十一月二十六日`; with the year, `二零二五年十一月二十六日`, when `today` lies in another.
#[must_use]
pub fn date(day: NaiveDate, today: NaiveDate) -> String {
    let month_and_day = format!("{}月{}日", number(u64::from(day.month())), number(u64::from(day.day())));
    if day.year() == today.year() {
        return month_and_day;
    }
    format!("{}年{month_and_day}", digits(&day.year().to_string()))
}

/// How many: `两`, `十二`, `一百零三`.
#[must_use]
pub fn count(number_of: u64) -> String {
    if number_of == 2 { "两".to_owned() } else { number(number_of) }
}

/// A number: `二`, `十二`, `一百零三`, `一万零一十二`.
#[must_use]
pub fn number(value: u64) -> String {
    if value == 0 {
        return "零".to_owned();
    }
    if value >= NUMBER_LIMIT {
        return digits(&value.to_string());
    }
    let mut words = String::new();
    let mut zero_before = false;
    for (section, unit) in [(value / 100_000_000, "亿"), (value / 10_000 % 10_000, "万"), (value % 10_000, "")] {
        if section == 0 {
            zero_before = true;
            continue;
        }
        if !words.is_empty() && (zero_before || section < 1_000) {
            words.push('零');
        }
        if section == 2 && words.is_empty() && !unit.is_empty() {
            words.push('两');
        } else {
            push_section(&mut words, section);
        }
        words.push_str(unit);
        zero_before = false;
    }
    words
}

/// 1 to 9999. `十二` stands at the beginning, `一十二` after something.
fn push_section(words: &mut String, section: u64) {
    let leads = words.is_empty();
    let mut begun = false;
    let mut zero_before = false;
    for (size, unit) in [(1_000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let digit = section / size % 10;
        if digit == 0 {
            zero_before = begun;
            continue;
        }
        if zero_before {
            words.push('零');
        }
        match (size, digit) {
            (1_000, 2) => words.push('两'),
            (10, 1) if leads && !begun => {}
            _ => words.push(numeral(digit)),
        }
        words.push_str(unit);
        begun = true;
        zero_before = false;
    }
}

/// Digit by digit: `一零二`. What is not a digit is left out.
#[must_use]
pub fn digits(text: &str) -> String {
    text.chars().filter_map(|c| c.to_digit(10)).map(|digit| numeral(u64::from(digit))).collect()
}

/// A telephone number, with pauses at its hyphens and 幺 for 一, which the ear takes for 七: `四零零，八二零，八八二零`.
#[must_use]
pub fn phone(text: &str) -> String {
    let groups: Vec<String> = text.split('-').map(|group| digits(group).replace('一', "幺")).collect();
    groups.join("，")
}

/// A name or sentence: figures in words, letters and Chinese as they are, `-` as 杠 (负 at the beginning),
/// `#` as 号, `~` as 至, sentence marks kept, every other sign left out.
#[must_use]
pub fn text(text: &str) -> String {
    let letters: Vec<char> = text.chars().map(half_width).collect();
    let mut words = String::new();
    let mut place = 0;
    while let Some(letter) = letters.get(place).copied() {
        let rest = letters.get(place..).unwrap_or_default();
        if letter.is_ascii_digit() {
            let figure: String = rest.iter().take_while(|c| c.is_ascii_digit()).collect();
            let before = place.checked_sub(1).and_then(|at| letters.get(at)).copied();
            let after = rest.get(figure.len()).copied();
            words.push_str(&figure_words(&figure, before, after));
            place += figure.len();
            continue;
        }
        let between = |next: Option<&char>| !words.is_empty() && next.is_some_and(|c| c.is_alphanumeric());
        match letter {
            '-' if words.is_empty() && rest.get(1).is_some_and(char::is_ascii_digit) => words.push('负'),
            '-' | '—' | '–' if between(rest.get(1)) => words.push('杠'),
            '~' if between(rest.get(1)) => words.push('至'),
            '.' if rest.get(1).is_some_and(char::is_ascii_digit) && !words.is_empty() => words.push('点'),
            '#' => words.push('号'),
            '，' | '。' | '、' | '；' | '！' | '？' => words.push(letter),
            ',' | ';' | '：' | ':' | '!' | '?' => words.push('，'),
            _ if letter.is_alphanumeric() => words.push(letter),
            _ => {}
        }
        place += 1;
    }
    words
}

/// A figure in words: a number when it is short or a measure follows, else digit by digit. After a point always digits.
fn figure_words(figure: &str, before: Option<char>, after: Option<char>) -> String {
    let is_quantity = after.is_some_and(|c| c == '.' || MEASURES.contains(&c));
    let is_short = figure.len() <= NUMBER_DIGITS_MAX;
    let value = if before == Some('.') || figure.starts_with('0') { None } else { figure.parse().ok() };
    match value {
        Some(value) if after.is_some_and(|c| MEASURES.contains(&c)) => count(value),
        Some(value) if is_short || is_quantity => number(value),
        _ => digits(figure),
    }
}

/// `１` and `Ａ` as `1` and `A`.
fn half_width(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' if !matches!(c, '！' | '，' | '：' | '；' | '？') => {
            char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c)
        }
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_read_as_a_person_reads_them() {
        for (fen, words) in [
            (18_529, "一百八十五元二角九分"),
            (0, "零元"),
            (5, "五分"),
            (29, "二角九分"),
            (10_005, "一百元零五分"),
            (10_050, "一百元五角"),
            (200, "两元"),
            (1_200, "十二元"),
            (11_200, "一百一十二元"),
            (100_100, "一千零一元"),
            (200_000, "两千元"),
            (2_000_000, "两万元"),
            (1_001_200, "一万零一十二元"),
            (12_030_004, "十二万零三百元零四分"),
            (10_000_000_500, "一亿零五元"),
            (20_002_000_000, "两亿零二万元"),
            (999_999_999_999, "九十九亿九千九百九十九万九千九百九十九元九角九分"),
            (-18_529, "负一百八十五元二角九分"),
        ] {
            assert_eq!(amount(Fen::new(fen).unwrap()), words, "{fen}");
        }
    }

    #[test]
    fn dates_name_the_year_only_when_it_is_another() {
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        assert_eq!(date(day(2026, 11, 26), day(2026, 12, 3)), "十一月二十六日");
        assert_eq!(date(day(2025, 2, 2), day(2026, 1, 3)), "二零二五年二月二日");
        assert_eq!(date(day(2026, 10, 10), day(2026, 10, 10)), "十月十日");
    }

    #[test]
    fn houses_and_telephones_are_read_as_neighbours_say_them() {
        for (written, said) in [
            ("1-1-102", "一杠一杠一零二"),
            ("12栋1201室", "十二栋一二零一室"),
            ("3#02单元101", "三号零二单元一零一"),
            ("Ａ座１０１", "A座一零一"),
            ("地库(B2)-305", "地库B二杠三零五"),
            ("1-1-102等2处", "一杠一杠一零二等两处"),
            ("-1层·商铺8", "负一层商铺八"),
            ("周六9点～18点", "周六九点至十八点"),
            ("合计185.29元，3天后到期", "合计一百八十五点二九元，三天后到期"),
        ] {
            assert_eq!(text(written), said);
        }
        assert_eq!(phone("400-820-8811"), "四零零，八二零，八八幺幺");
    }

    /// Reads Chinese numerals back, by the value of each unit.
    fn read_back(words: &str) -> u64 {
        let (mut total, mut section, mut digit) = (0, 0, 0);
        for c in words.chars() {
            match c {
                '十' => section += digit.max(1) * 10,
                '百' => section += digit * 100,
                '千' => section += digit * 1_000,
                '万' | '亿' => {
                    total += (section + digit) * if c == '万' { 10_000 } else { 100_000_000 };
                    section = 0;
                }
                '两' => digit = 2,
                _ => digit = u64::try_from(NUMERALS.iter().position(|n| *n == c).unwrap()).unwrap(),
            }
            if !NUMERALS.contains(&c) && c != '两' {
                digit = 0;
            }
        }
        total + section + digit
    }

    proptest! {
        #[test]
        fn every_number_is_the_number_its_words_say(value in 0_u64..NUMBER_LIMIT, digits in 0_u32..12) {
            let shorter = value % 10_u64.pow(digits + 1);
            prop_assert_eq!(read_back(&number(shorter)), shorter, "{}", number(shorter));
            prop_assert!(!number(shorter).contains("零零"));
        }

        #[test]
        fn whatever_is_written_nothing_unreadable_is_said(written in "\\PC{0,40}") {
            let said = text(&written);
            prop_assert!(!said.chars().any(|c| c.is_ascii_digit() || c.is_ascii_punctuation() || c.is_whitespace()));
        }
    }
}
