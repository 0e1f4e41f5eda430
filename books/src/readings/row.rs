//! One data row into a reading.

use domain::meter::{self, Step, UsageError};
use rust_decimal::Decimal;

use super::KnownHouses;
use super::record::{MeterKind, Place, ReadingRecord};
use crate::cell::Value;
use crate::date::{self, DateError, Side};
use crate::decimal::{self, Found};
use crate::finding::{Caution, Reason};
use crate::header::Field;
use crate::table::{Draft, Filled, Source};
use crate::text;

/// Units that may stand behind a reading, longest first, in lower case.
const UNITS: &[&str] = &["立方米", "千瓦时", "立方", "kw·h", "kwh", "m3", "m³", "吨", "度", "方"];
/// Marks around a multiplier.
const MULTIPLIER_MARKS: &[char] = &['×', 'x', 'X', '*', '倍'];
/// Words that say a meter could not be read (rule M5).
const NOT_READ: &[&str] = &["未抄", "锁门", "无人", "未见表", "未见", "漏抄"];
/// Words that say the dial began again at zero (rule M3).
const ROLL_OVER: &[&str] = &["翻表", "过零", "归零"];
/// Beginnings of a place of all (rule M6).
const PUBLIC: &[&str] = &["公区", "公共", "公用"];
/// Words before a reading in a remark about an exchange (rule M4): for the old meter, for the new one.
const OLD_WORDS: &[&str] = &["旧表止码", "旧表止度", "旧表底数", "原表止码"];
const NEW_WORDS: &[&str] = &["新表起码", "新表起度", "新表底数"];
/// Characters of a meter's number.
const METER_NO_CHARS_MAX: usize = 40;

/// Reads a row; none when something in it refuses it, which is then in `draft.problems`.
pub(super) fn read(
    draft: &mut Draft<'_>,
    filled: &mut Filled,
    sheet_kind: Option<MeterKind>,
    houses: &KnownHouses,
) -> Option<ReadingRecord> {
    let place = read_place(draft, filled, houses);
    let kind = read_kind(draft, sheet_kind);
    let multiplier_milli = read_multiplier(draft);
    let remark = draft.free_text(Field::Remark);
    let previous = read_previous(draft);
    let current = read_current(draft);
    let step = read_step(draft, remark.as_deref().unwrap_or("")).map(|step| settled(step, previous, current));
    let day = read_day(draft);
    let meter_no = read_meter_no(draft);
    let usage = match (previous, current, multiplier_milli, step) {
        (Some(previous), Some(current), Some(multiplier), Some(step)) => {
            used(draft, previous, current, step, multiplier)
        }
        _ => None,
    };
    if !draft.problems.is_empty() {
        return None;
    }
    let usage = usage?;
    warn_of_other_usage(draft, usage);
    Some(ReadingRecord {
        kind: kind?,
        place: place?,
        meter_no,
        previous_milli: previous?,
        current_milli: current?,
        multiplier_milli: multiplier_milli?,
        step: step?,
        usage,
        day,
        reader: draft.free_text(Field::ReaderName),
        remark,
        source: Source { sheet: draft.name.clone(), row: draft.row + 1 },
    })
}

fn read_place(draft: &mut Draft<'_>, filled: &mut Filled, houses: &KnownHouses) -> Option<Place> {
    let typed = draft.value(Field::Room).to_text().into_owned();
    if PUBLIC.iter().any(|word| typed.starts_with(word)) {
        return Some(Place::Public(text::squeeze(&typed).into_owned()));
    }
    let (key, _) = filled.key(draft)?;
    if !houses.contains(key.as_str()) {
        draft.refuse(Field::Room, Reason::HouseNotFound, key.as_str(), "不在房屋资料里");
        return None;
    }
    Some(Place::House(key))
}

fn read_kind(draft: &mut Draft<'_>, sheet_kind: Option<MeterKind>) -> Option<MeterKind> {
    let value = draft.value(Field::MeterKind);
    let kind = if value.is_blank() { sheet_kind } else { MeterKind::read(&value.to_text()) };
    if kind.is_none() {
        draft.refuse(Field::MeterKind, Reason::UnknownMeterKind, &value.to_text(), "没有写明是哪种表");
    }
    kind
}

fn read_multiplier(draft: &mut Draft<'_>) -> Option<i64> {
    let value = draft.value(Field::Multiplier);
    let typed = value.to_text();
    let bare = text::squeeze(typed.trim_matches(MULTIPLIER_MARKS)).into_owned();
    let number = match &value {
        Value::Blank => return Some(1_000),
        Value::Text(_) | Value::Number(_) => decimal::parse(&bare),
        Value::Date(_) | Value::Unreadable(_) => None,
    };
    let milli = number.and_then(|number| decimal::scaled(number, 3));
    let found = milli.filter(|milli| (1..=meter::MULTIPLIER_MILLI_MAX).contains(milli));
    if found.is_none() {
        draft.refuse(Field::Multiplier, Reason::InvalidMultiplier, &typed, "不是大于 0 的数");
    }
    found
}

/// The reading before; inner none for a baseline.
#[expect(clippy::option_option, reason = "refused, or a baseline, or a reading")]
fn read_previous(draft: &mut Draft<'_>) -> Option<Option<i64>> {
    let value = draft.value(Field::PreviousReading);
    match decimal::read(&value, UNITS) {
        Found::Blank => Some(None),
        Found::Number(number) => milli(draft, Field::PreviousReading, number).map(Some),
        Found::NotANumber => refuse_reading(draft, Field::PreviousReading, &value),
    }
}

fn read_current(draft: &mut Draft<'_>) -> Option<i64> {
    let value = draft.value(Field::CurrentReading);
    let typed = value.to_text();
    if value.is_blank() || NOT_READ.iter().any(|word| typed.contains(word)) {
        draft.refuse(Field::CurrentReading, Reason::ReadingMissing, &typed, "没有本次读数");
        return None;
    }
    match decimal::read(&value, UNITS) {
        Found::Number(number) => milli(draft, Field::CurrentReading, number),
        Found::Blank | Found::NotANumber => refuse_reading(draft, Field::CurrentReading, &value),
    }
}

fn refuse_reading<T>(draft: &mut Draft<'_>, field: Field, value: &Value<'_>) -> Option<T> {
    let reason = if matches!(value, Value::Unreadable(_)) { Reason::UnreadableCell } else { Reason::ReadingNotNumber };
    draft.refuse(field, reason, &value.to_text(), "不是读数");
    None
}

fn milli(draft: &mut Draft<'_>, field: Field, number: Decimal) -> Option<i64> {
    let milli = decimal::scaled(number, 3).filter(|milli| (0..=meter::READING_MILLI_MAX).contains(milli));
    if milli.is_none() {
        draft.refuse(field, Reason::ReadingNotNumber, &number.to_string(), "不是表上能显示的读数");
    }
    milli
}

/// How the hand moved: columns first, then the remark (rules M3, M4).
fn read_step(draft: &mut Draft<'_>, remark: &str) -> Option<Step> {
    let old_end = side_reading(draft, Field::OldEnd)?.or_else(|| number_behind(remark, OLD_WORDS));
    let new_start = side_reading(draft, Field::NewStart)?.or_else(|| number_behind(remark, NEW_WORDS));
    if let Some(old_end_milli) = old_end {
        return Some(Step::Exchanged { old_end_milli, new_start_milli: new_start.unwrap_or(0) });
    }
    let rolled = ROLL_OVER.iter().any(|word| remark.contains(word));
    Some(if rolled { Step::RollOver } else { Step::Plain })
}

/// A dial that did not fall did not begin again, whatever the remark says of another month.
#[expect(clippy::option_option, reason = "refused, or a baseline, or a reading")]
fn settled(step: Step, previous: Option<Option<i64>>, current: Option<i64>) -> Step {
    let fell = previous.flatten().zip(current).is_some_and(|(previous, current)| current < previous);
    if step == Step::RollOver && !fell { Step::Plain } else { step }
}

/// A reading that is there only where a meter was exchanged.
#[expect(clippy::option_option, reason = "refused, or nothing, or a reading")]
fn side_reading(draft: &mut Draft<'_>, field: Field) -> Option<Option<i64>> {
    let value = draft.value(field);
    match decimal::read(&value, UNITS) {
        Found::Blank => Some(None),
        Found::Number(number) => milli(draft, field, number).map(Some),
        Found::NotANumber => refuse_reading(draft, field, &value),
    }
}

/// The number behind one of some words: 旧表止码1970，…
fn number_behind(remark: &str, words: &[&str]) -> Option<i64> {
    let rest = words.iter().find_map(|word| remark.split_once(word)).map(|(_, rest)| rest)?;
    let rest = rest.trim_start_matches([':', '：', '为', ' ']);
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let digits = rest.get(..end)?.trim_end_matches('.');
    decimal::parse(digits).and_then(|number| decimal::scaled(number, 3))
}

/// The usage; zero for a baseline (rule M5).
fn used(
    draft: &mut Draft<'_>,
    previous_milli: Option<i64>,
    current_milli: i64,
    step: Step,
    multiplier_milli: i64,
) -> Option<Decimal> {
    let Some(previous_milli) = previous_milli else { return Some(Decimal::ZERO) };
    match meter::usage(previous_milli, current_milli, step, multiplier_milli) {
        Ok(usage) => Some(usage),
        Err(error) => {
            let value = draft.value(Field::CurrentReading);
            let reason = match error {
                UsageError::Lower => Reason::ReadingLower,
                UsageError::Multiplier => Reason::InvalidMultiplier,
                UsageError::OutOfRange => Reason::ReadingNotNumber,
            };
            let what = match step {
                Step::Exchanged { .. } => "与旧表止码、新表起码不符".to_owned(),
                _ => format!("小于上次读数 {}", Decimal::new(previous_milli, 3).normalize()),
            };
            draft.refuse(Field::CurrentReading, reason, &value.to_text(), &what);
            None
        }
    }
}

fn read_day(draft: &mut Draft<'_>) -> Option<chrono::NaiveDate> {
    let value = draft.value(Field::ReadingDay);
    match date::read(&value, Side::End, draft.period_year) {
        Ok(found) => found.map(|found| found.day),
        Err(DateError::Invalid) => {
            draft.refuse(Field::ReadingDay, Reason::InvalidDate, &value.to_text(), "不是真实的日期");
            None
        }
        Err(DateError::OutOfRange) => {
            draft.refuse(Field::ReadingDay, Reason::DateOutOfRange, &value.to_text(), "超出合理范围");
            None
        }
    }
}

fn read_meter_no(draft: &mut Draft<'_>) -> String {
    let value = draft.value(Field::MeterNo);
    if matches!(value, Value::Unreadable(_)) {
        draft.refuse(Field::MeterNo, Reason::UnreadableCell, &value.to_text(), "无法读取");
        return String::new();
    }
    let number = text::squeeze(&value.to_text()).to_uppercase();
    number.chars().take(METER_NO_CHARS_MAX).collect()
}

/// A typed usage is never imported (rule M2).
fn warn_of_other_usage(draft: &mut Draft<'_>, usage: Decimal) {
    let value = draft.value(Field::Usage);
    if let Found::Number(typed) = decimal::read(&value, UNITS)
        && typed.round_dp(3) != usage.round_dp(3)
    {
        draft.warn(Field::Usage, Caution::UsageDiffers, &value.to_text());
    }
}
