//! Inputs from JSON and back: what staff type into a preview, what a template's examples say, what is stored with a
//! bill line so that its trace can be told again years later.
//!
//! `{"用量": "300", "停热": true, "用途": "采暖", "入场": "2026-03-02T08:00", "欠费": [{"金额": "900", "天数": 10}]}`.
//! Numbers are texts or JSON numbers, days `2026-03-02`, moments `2026-03-02T08:00` on the wall clock.

use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::days;
use super::eval::{Inputs, Rows, whole};
use super::field::{Field, FieldKind};
use super::names::{Source, Variable};
use super::{Formula, SLOTS_MAX};

/// The most rows of one table.
pub const ROWS_MAX: usize = 1000;
/// How moments may be written.
const MOMENTS: [&str; 4] = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"];

/// Why an input was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// The formula does not know it.
    #[error("公式没有用到「{0}」")]
    Unknown(String),
    /// Not the kind of value that is needed.
    #[error("「{name}」应为{expected}")]
    BadValue {
        /// The input, with row and column where it is a table.
        name: String,
        /// What is needed.
        expected: &'static str,
    },
    /// Below zero, or zero where it divides.
    #[error("「{0}」不能为负数或 0")]
    OutOfRange(String),
    /// None of the choices.
    #[error("「{name}」没有「{value}」这个选项")]
    NoOption {
        /// The input.
        name: String,
        /// As given.
        value: String,
    },
    /// More rows than [`ROWS_MAX`].
    #[error("「{0}」的明细太多，最多 {ROWS_MAX} 行")]
    TooManyRows(String),
}

impl InputError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "input_unknown",
            Self::BadValue { .. } => "input_bad_value",
            Self::OutOfRange(_) => "input_out_of_range",
            Self::NoOption { .. } => "input_no_option",
            Self::TooManyRows(_) => "input_too_many_rows",
        }
    }
}

impl Formula {
    /// Reads the inputs by name, Chinese or ASCII. What is not given takes the field's default, a constant of the
    /// tariff its value, 计费月数 the one month a formula is about; the rest stays missing, which the evaluation tells.
    ///
    /// # Errors
    /// [`InputError`] names the input, row and column.
    pub fn bind_json(&self, given: &Map<String, Value>) -> Result<Inputs, InputError> {
        let mut inputs = self.bind(|_| None);
        for (slot, (place, (source, _))) in (0_u8..).zip(self.sources.iter().enumerate()) {
            let field = self.fields.get(place).and_then(Option::as_ref);
            let value = match field {
                Some(field) => match find(given, field) {
                    Some(value) => Some(read(field, &field.name, value)?),
                    None => None,
                },
                None => self.plain(source, place, given)?,
            };
            inputs.put(slot, value);
        }
        for (place, table) in self.tables.iter().enumerate() {
            if let Some(value) = find(given, table) {
                inputs.put_table(place, read_rows(table, value)?);
            }
        }
        match given.keys().find(|name| !self.knows(name)) {
            Some(name) => Err(InputError::Unknown(name.clone())),
            None => Ok(inputs),
        }
    }

    /// A variable of the system or a constant of the tariff.
    fn plain(&self, source: &Source, place: usize, given: &Map<String, Value>) -> Result<Option<Decimal>, InputError> {
        let code = if let Source::Variable(variable) = source { variable.code() } else { source.name() };
        match given.get(source.name()).or_else(|| given.get(code)) {
            Some(value) => {
                let bad = InputError::BadValue { name: source.name().to_owned(), expected: "数字" };
                number(value).map(Some).ok_or(bad)
            }
            None if *source == Source::Variable(Variable::Months) => Ok(Some(Decimal::ONE)),
            None => Ok(self.constants.get(place).copied().flatten()),
        }
    }

    /// Inputs that are offered but not used are no mistake; names nobody offered are.
    fn knows(&self, name: &str) -> bool {
        self.offered.iter().any(|field| field.is_named(name))
            || Variable::parse(name).is_some()
            || self.sources.iter().any(|(source, _)| source.name() == name)
    }

    /// What was given, as [`Self::bind_json`] reads it: with the text of the formula and its declarations, all that is
    /// needed to tell the trace again.
    #[must_use]
    pub fn snapshot(&self, inputs: &Inputs) -> Map<String, Value> {
        let mut snapshot = Map::new();
        for (slot, (place, (source, _))) in (0_u8..).zip(self.sources.iter().enumerate().take(SLOTS_MAX)) {
            let Some(value) = inputs.get(slot) else { continue };
            let field = self.fields.get(place).and_then(Option::as_ref);
            snapshot.insert(source.name().to_owned(), written(field, value));
        }
        for (place, table) in (0_u8..).zip(&self.tables) {
            let Ok(rows) = inputs.rows(place) else { continue };
            let rows = rows.iter().map(|row| {
                let cells =
                    table.columns.iter().zip(row).filter_map(|(column, cell)| {
                        cell.map(|cell| (column.name.clone(), written(Some(column), cell)))
                    });
                Value::Object(cells.collect())
            });
            snapshot.insert(table.name.clone(), Value::Array(rows.collect()));
        }
        snapshot
    }
}

impl Field {
    /// Whether a value is what it takes; for a table, see [`Formula::bind_json`].
    ///
    /// # Errors
    /// [`InputError`].
    pub fn accepts(&self, value: &Value) -> Result<(), InputError> {
        read(self, &self.name, value).map(|_| ())
    }
}

/// What is given under either name, else the default.
fn find<'v>(given: &'v Map<String, Value>, field: &'v Field) -> Option<&'v Value> {
    given
        .get(&field.name)
        .or_else(|| given.get(&field.code).filter(|_| !field.code.is_empty()))
        .filter(|value| !value.is_null())
        .or(field.default.as_ref())
}

fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => Decimal::from_str(text.trim()).ok(),
        Value::Number(number) => Decimal::from_str(&number.to_string()).ok(),
        _ => None,
    }
}

fn read(field: &Field, name: &str, value: &Value) -> Result<Decimal, InputError> {
    let bad = |expected| InputError::BadValue { name: name.to_owned(), expected };
    match field.kind {
        FieldKind::Number => {
            let number = number(value).ok_or_else(|| bad("数字"))?;
            let is_negative = number.is_sign_negative() && !number.is_zero();
            if (is_negative && !field.may_be_negative) || (field.is_positive && number.is_zero()) {
                return Err(InputError::OutOfRange(name.to_owned()));
            }
            Ok(number)
        }
        FieldKind::Flag => match value.as_bool() {
            Some(true) => Ok(Decimal::ONE),
            Some(false) => Ok(Decimal::ZERO),
            None => Err(bad("是或否")),
        },
        FieldKind::Choice => {
            let text = value.as_str().ok_or_else(|| bad("选项"))?;
            let place = field.options.iter().position(|option| option == text);
            let none = || InputError::NoOption { name: name.to_owned(), value: text.to_owned() };
            place.map(Decimal::from).ok_or_else(none)
        }
        FieldKind::Day => {
            let day = value.as_str().and_then(|text| text.parse::<NaiveDate>().ok());
            day.map(days::of_day).ok_or_else(|| bad("日期，如 2026-03-02"))
        }
        FieldKind::Moment => {
            let text = value.as_str().unwrap_or_default();
            let moment = MOMENTS.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
            moment.map(days::of_moment).ok_or_else(|| bad("时刻，如 2026-03-02T08:00"))
        }
        FieldKind::Table => Err(bad("一个值")),
    }
}

fn read_rows(table: &Field, value: &Value) -> Result<Rows, InputError> {
    let bad = |expected| InputError::BadValue { name: table.name.clone(), expected };
    let rows = value.as_array().ok_or_else(|| bad("明细行"))?;
    if rows.len() > ROWS_MAX {
        return Err(InputError::TooManyRows(table.name.clone()));
    }
    let read_row = |(place, row): (usize, &Value)| {
        let row = row.as_object().ok_or_else(|| bad("明细行"))?;
        let known = |name: &String| table.columns.iter().any(|column| column.is_named(name));
        if let Some(name) = row.keys().find(|name| !known(name)) {
            return Err(InputError::Unknown(format!("{}.{name}", table.name)));
        }
        let cell = |column: &Field| {
            let name = format!("{} 第 {} 行 {}", table.name, place + 1, column.name);
            find(row, column).map(|value| read(column, &name, value)).transpose()
        };
        table.columns.iter().map(cell).collect()
    };
    rows.iter().enumerate().map(read_row).collect()
}

fn written(field: Option<&Field>, value: Decimal) -> Value {
    let text = match field.map(|field| field.kind) {
        Some(FieldKind::Flag) => return Value::Bool(!value.is_zero()),
        Some(FieldKind::Day) => days::day(value).map_or_else(|_| value.to_string(), |day| day.to_string()),
        Some(FieldKind::Moment) => {
            let format = MOMENTS.first().copied().unwrap_or_default();
            days::moment(value).map_or_else(|_| value.to_string(), |at| at.format(format).to_string())
        }
        Some(FieldKind::Choice) => {
            let place = whole(value).ok().and_then(|place| usize::try_from(place).ok());
            let word = field.zip(place).and_then(|(field, place)| field.options.get(place));
            word.cloned().unwrap_or_default()
        }
        _ => value.to_string(),
    };
    Value::String(text)
}
