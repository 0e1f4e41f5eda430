//! Inputs a formula may be given beside the facts of the house: readings, stays, lists of debts, a company's own
//! fields. They are declared as data, by a template or by staff.

use serde::{Deserialize, Serialize};

use super::lexer::{self, TokenKind};
use super::names::Variable;
use super::unit::Unit;

/// The most inputs one formula may be offered, columns of tables counted.
pub const FIELDS_MAX: usize = 64;
/// The most columns of one table.
pub const COLUMNS_MAX: usize = 16;
/// The most choices of one field.
pub const OPTIONS_MAX: usize = 50;
/// The longest name of a field or a choice, in characters.
pub const FIELD_NAME_CHARS_MAX: usize = 20;

/// What kind of value a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// An exact decimal; not below zero unless the field says so.
    Number,
    /// Yes or no.
    Flag,
    /// One of the field's options.
    Choice,
    /// A day.
    Day,
    /// A minute of a day.
    Moment,
    /// Rows of columns, gone through by 合计 and its like.
    Table,
}

/// One input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The Chinese name.
    pub name: String,
    /// The ASCII name, if it has one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// What it holds.
    pub kind: FieldKind,
    /// What a number measures: `度`, `元/㎡`; empty for a count or a coefficient.
    #[serde(default, skip_serializing_if = "Unit::is_number")]
    pub unit: Unit,
    /// The choices of [`FieldKind::Choice`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// The columns of [`FieldKind::Table`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Field>,
    /// Whether a number may be below zero.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_be_negative: bool,
    /// Whether a number is above zero whatever happens, so that it may divide.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_positive: bool,
    /// What holds when the input is not given; without it a missing input is a mistake, never 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<serde_json::Value>,
    /// For the person who fills it in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub explanation: String,
}

/// Why fields were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// More than [`FIELDS_MAX`], or more columns than [`COLUMNS_MAX`].
    #[error("变量太多，最多 {FIELDS_MAX} 个，一个明细表最多 {COLUMNS_MAX} 列")]
    TooMany,
    /// Not letters, digits and underscores, or a word of the language.
    #[error("「{0}」不能作为变量名：请用文字、数字和下划线，不以数字开头，最多 {FIELD_NAME_CHARS_MAX} 个字")]
    BadName(String),
    /// Used already.
    #[error("名称「{0}」重复，或与系统已有的名称相同")]
    Duplicate(String),
    /// A choice without choices, a table without columns, a table in a table, or too many of either.
    #[error("「{0}」的选项或列不对：选项 1 到 {OPTIONS_MAX} 个且不重复，明细表的列不能再是明细表")]
    BadShape(String),
}

impl Field {
    /// A number of that unit.
    #[must_use]
    pub fn number(name: &str, unit: Unit) -> Self {
        Self::new(name, FieldKind::Number, unit)
    }

    /// An input of that kind without anything special.
    #[must_use]
    pub fn new(name: &str, kind: FieldKind, unit: Unit) -> Self {
        let (code, explanation) = (String::new(), String::new());
        let (options, columns) = (Vec::new(), Vec::new());
        let (may_be_negative, is_positive, default, name) = (false, false, None, name.to_owned());
        Self { name, code, kind, unit, options, columns, may_be_negative, is_positive, default, explanation }
    }

    /// Whether it goes by that name; the ASCII name in any case.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        self.name == name || (!self.code.is_empty() && self.code.eq_ignore_ascii_case(name))
    }

    /// # Errors
    /// [`FieldError::BadName`], [`FieldError::BadShape`], [`FieldError::TooMany`].
    pub(super) fn check(&self) -> Result<(), FieldError> {
        for name in std::iter::once(&self.name).chain(Some(&self.code).filter(|code| !code.is_empty())) {
            if !is_name(name) {
                return Err(FieldError::BadName(name.clone()));
            }
        }
        if self.columns.len() > COLUMNS_MAX {
            return Err(FieldError::TooMany);
        }
        let repeats = |options: &[String]| {
            options.iter().enumerate().any(|(n, one)| options.iter().skip(n + 1).any(|two| one == two))
        };
        let is_sound = match self.kind {
            FieldKind::Choice => (1..=OPTIONS_MAX).contains(&self.options.len()) && !repeats(&self.options),
            FieldKind::Table => !self.columns.is_empty() && self.columns.iter().all(|one| one.kind != FieldKind::Table),
            _ => self.columns.is_empty() && self.options.is_empty(),
        };
        if !is_sound {
            return Err(FieldError::BadShape(self.name.clone()));
        }
        self.columns.iter().try_for_each(Self::check)
    }

    /// What the value measures, or what it is when it is no number.
    pub(super) const fn shown_unit(&self) -> Unit {
        match self.kind {
            FieldKind::Number | FieldKind::Table => self.unit,
            FieldKind::Flag => Unit::Flag,
            FieldKind::Choice => Unit::Text,
            FieldKind::Day => Unit::Date,
            FieldKind::Moment => Unit::Moment,
        }
    }
}

/// One word of letters, digits and underscores that is no word of the language and no unit.
pub(super) fn is_name(name: &str) -> bool {
    let whole = lexer::tokens(name).ok().filter(|tokens| tokens.len() == 2);
    let read = whole.and_then(|tokens| tokens.into_iter().next());
    name.chars().count() <= FIELD_NAME_CHARS_MAX
        && read.is_some_and(|token| token.kind == TokenKind::Name(name.to_owned()))
        && !Unit::is_word(name)
        && !is_label(name)
        && !super::parser::OUTPUT_WORDS.contains(&name)
}

/// Words that stand before a colon in tiers and lists of cases.
pub(super) fn is_label(name: &str) -> bool {
    [ABOVE, OTHERWISE, USED].iter().any(|labels| labels.iter().any(|label| label.eq_ignore_ascii_case(name)))
}

/// The last tier.
pub(super) const ABOVE: [&str; 2] = ["以上", "above"];
/// The last case.
pub(super) const OTHERWISE: [&str; 2] = ["其他", "otherwise"];
/// What was used before in the cycle.
pub(super) const USED: [&str; 2] = ["已用", "used"];

/// Whether the name is a variable of the system.
pub(super) fn is_variable(name: &str) -> bool {
    Variable::parse(name).is_some()
}
