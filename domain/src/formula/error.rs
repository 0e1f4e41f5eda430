//! What can be wrong with a formula, said so that its author can mend it, and what can go wrong when it is used.

use std::borrow::Cow;

use serde::{Serialize, Serializer, ser::SerializeStruct};

pub use super::problem::Problem;

/// A stretch of the formula's text in characters (not bytes), from zero; `end` is the first character behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Span {
    /// First character.
    pub start: usize,
    /// First character behind.
    pub end: usize,
}

impl Span {
    pub(super) const fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end }
    }
}

/// One mistake in a formula with its place. Serialises as `{code, start, end, message, remedy}`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("第 {} 个字：{problem}。{}", span.start + 1, problem.remedy())]
pub struct FormulaError {
    /// What is wrong.
    pub problem: Problem,
    /// Where, in characters.
    pub span: Span,
}

impl FormulaError {
    pub(super) const fn new(problem: Problem, span: Span) -> Self {
        Self { problem, span }
    }

    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.problem.code()
    }
}

impl Serialize for FormulaError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_struct("FormulaError", 5)?;
        row.serialize_field("code", self.code())?;
        row.serialize_field("start", &self.span.start)?;
        row.serialize_field("end", &self.span.end)?;
        row.serialize_field("message", &self.problem.to_string())?;
        row.serialize_field("remedy", &self.problem.remedy())?;
        row.end()
    }
}

/// Why a sound formula gave no amount for this house. Never billed as 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// A divisor came out as zero.
    #[error("计算时除数为 0")]
    DivisionByZero,
    /// A step left the range of exact decimals (28 digits).
    #[error("计算结果太大")]
    Overflow,
    /// The amount is below zero.
    #[error("计算结果为负数")]
    NegativeResult,
    /// A value the formula needs is not known for this house.
    #[error("缺少「{name}」")]
    Missing {
        /// The Chinese name of the variable or constant.
        name: Cow<'static, str>,
    },
    /// The limits of tiers came out in the wrong order.
    #[error("阶梯的上限不是从小到大")]
    TiersNotRising,
    /// A quantity to be cut into tiers or pieces is below zero.
    #[error("用量或时长为负数")]
    NegativeQuantity,
    /// No case of a list is the value's.
    #[error("没有对应的一项")]
    NoCase,
    /// Nobody has entered the holidays of that year.
    #[error("没有 {year} 年的节假日安排")]
    NoCalendar {
        /// The year.
        year: i32,
    },
    /// A stay or a stretch of days ends before it begins.
    #[error("结束时间早于开始时间")]
    EndBeforeStart,
    /// No such day, or one outside the calendar.
    #[error("日期不存在或超出范围")]
    BadDate,
    /// Longer than [`super::STEPS_MAX`].
    #[error("计算步骤太多")]
    TooManySteps,
    /// The inputs were bound to another formula: a mistake of the program, not of a person.
    #[error("数据与公式不匹配")]
    OtherFormula,
}

impl EvalError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::DivisionByZero => "division_by_zero",
            Self::Overflow => "overflow",
            Self::NegativeResult => "negative_result",
            Self::Missing { .. } => "missing_value",
            Self::TiersNotRising => "tiers_not_rising",
            Self::NegativeQuantity => "negative_quantity",
            Self::NoCase => "no_case",
            Self::NoCalendar { .. } => "no_calendar",
            Self::EndBeforeStart => "end_before_start",
            Self::BadDate => "bad_date",
            Self::TooManySteps => "too_many_steps",
            Self::OtherFormula => "other_formula",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::DivisionByZero => "请检查公式里的除数，以及该房屋的面积是否为 0".to_owned(),
            Self::Overflow => "请检查该房屋的面积、单价是否多写了数字".to_owned(),
            Self::NegativeResult => "请检查公式里的减项；减免应另行申请，不写在公式里".to_owned(),
            Self::Missing { name } => format!("请为该房屋或收费标准补上「{name}」"),
            Self::TiersNotRising => "请检查各档上限，以及加档数是否使前一档超过后一档".to_owned(),
            Self::NegativeQuantity => "请检查抄表读数或进出时间".to_owned(),
            Self::NoCase => "请在「选择」里补上这一项，或加上「其他: …」；「查表」请加上「以上: …」".to_owned(),
            Self::NoCalendar { year } => format!("请先录入 {year} 年国务院公布的放假安排"),
            Self::EndBeforeStart => "请检查开始与结束的时间".to_owned(),
            Self::BadDate => "请检查日期".to_owned(),
            Self::TooManySteps => "请缩短时间跨度，或减少明细行数".to_owned(),
            Self::OtherFormula => "请重新计算；如仍出现请联系技术支持".to_owned(),
        }
    }
}
