//! What can be wrong with a formula, said so that its author can mend it, and what can go wrong when it is used.

use std::borrow::Cow;

use serde::{Serialize, Serializer, ser::SerializeStruct};

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

/// What is wrong, without the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Nothing but blanks.
    #[error("公式是空的")]
    Empty,
    /// Longer than [`super::TEXT_CHARS_MAX`].
    #[error("公式太长，最多 {} 个字", super::TEXT_CHARS_MAX)]
    TooLong,
    /// Deeper than [`super::DEPTH_MAX`].
    #[error("括号或函数嵌套太深，最多 {} 层", super::DEPTH_MAX)]
    TooDeep,
    /// A symbol the language does not have.
    #[error("不认识的符号「{0}」")]
    UnexpectedCharacter(char),
    /// A number that is malformed, or has more digits than any price or area.
    #[error("数字「{0}」写得不对")]
    BadNumber(String),
    /// An operator, a comma or a bracket where a value must stand.
    #[error("这里应该是数字、变量或括号，却是「{0}」")]
    ValueExpected(String),
    /// The text ends in the middle.
    #[error("公式没有写完")]
    Unfinished,
    /// Two values side by side.
    #[error("「{0}」前面缺少运算符")]
    OperatorExpected(String),
    /// `(` without `)`.
    #[error("左括号没有对应的右括号")]
    Unclosed,
    /// `)` without `(`.
    #[error("多了一个右括号")]
    Unopened,
    /// A comma outside a function.
    #[error("逗号只能写在函数的括号里")]
    StrayComma,
    /// A name nobody has defined.
    #[error("没有名为「{name}」的变量或常数")]
    UnknownName {
        /// As written.
        name: String,
        /// The closest known name.
        nearest: Option<String>,
    },
    /// A function the language does not have.
    #[error("没有名为「{name}」的函数")]
    UnknownFunction {
        /// As written.
        name: String,
        /// The closest known function.
        nearest: Option<String>,
    },
    /// Too few or too many arguments.
    #[error("函数「{name}」需要{expected}，这里写了 {found} 个")]
    ArgumentCount {
        /// The function.
        name: &'static str,
        /// How many, in words.
        expected: &'static str,
        /// How many were written.
        found: usize,
    },
    /// The second argument of round is not a whole number between 0 and 6.
    #[error("四舍五入的小数位数应是 0 到 6 的整数")]
    BadPlaces,
    /// Sum, difference or comparison of different things.
    #[error("「{left}」与「{right}」单位不同，不能相加减或比较")]
    UnitMismatch {
        /// Unit of what stands before.
        left: String,
        /// Unit of what is marked.
        right: String,
    },
    /// A fixed figure next to an amount that already counts the months.
    #[error("已乘以计费月数的金额，不能与每月的数直接相加减或比较")]
    MonthsMixed,
    /// The whole formula does not give yuan.
    #[error("公式的结果单位是「{unit}」，应当是元")]
    ResultNotYuan {
        /// The unit found.
        unit: String,
    },
    /// A divisor that is zero whatever the house.
    #[error("除数恒为 0")]
    DivisionByZero,
    /// More names than [`super::SLOTS_MAX`].
    #[error("公式用到的变量太多，最多 {} 个", super::SLOTS_MAX)]
    TooManyNames,
}

impl Problem {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "formula_empty",
            Self::TooLong => "formula_too_long",
            Self::TooDeep => "formula_too_deep",
            Self::UnexpectedCharacter(_) => "formula_unexpected_character",
            Self::BadNumber(_) => "formula_bad_number",
            Self::ValueExpected(_) => "formula_value_expected",
            Self::Unfinished => "formula_unfinished",
            Self::OperatorExpected(_) => "formula_operator_expected",
            Self::Unclosed => "formula_bracket_unclosed",
            Self::Unopened => "formula_bracket_unopened",
            Self::StrayComma => "formula_stray_comma",
            Self::UnknownName { .. } => "formula_unknown_name",
            Self::UnknownFunction { .. } => "formula_unknown_function",
            Self::ArgumentCount { .. } => "formula_argument_count",
            Self::BadPlaces => "formula_bad_places",
            Self::UnitMismatch { .. } => "formula_unit_mismatch",
            Self::MonthsMixed => "formula_months_mixed",
            Self::ResultNotYuan { .. } => "formula_result_not_yuan",
            Self::DivisionByZero => "formula_division_by_zero",
            Self::TooManyNames => "formula_too_many_names",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        let fixed = match self {
            Self::UnknownName { nearest: Some(name), .. } | Self::UnknownFunction { nearest: Some(name), .. } => {
                return format!("是否想写「{name}」？");
            }
            Self::ResultNotYuan { unit } if unit == "㎡" => {
                "请再乘以单价，例如 建筑面积 × 单价，或写明单位，如 1.8元/㎡"
            }
            Self::ResultNotYuan { unit } if unit == "元/㎡·月" => "请再乘以面积，例如 建筑面积 × 单价",
            Self::Empty => "请填写公式，例如 建筑面积 × 单价",
            Self::TooLong | Self::TooDeep | Self::TooManyNames => "请拆成几个收费标准，或先合并同类项",
            Self::UnexpectedCharacter(_) => "只能使用数字、变量名、函数、+ - × ÷ 和括号",
            Self::BadNumber(_) => "请写成如 1.80 的数字，小数不超过 8 位，不用千分位逗号",
            Self::ValueExpected(_) | Self::Unfinished => "请补上数字或变量，或删去多余的运算符",
            Self::OperatorExpected(_) => "请在中间补上 × 或其他运算符",
            Self::Unclosed => "请补上右括号",
            Self::Unopened => "请删去这个右括号，或补上左括号",
            Self::StrayComma => "请删去逗号；千分位不用逗号",
            Self::UnknownName { .. } => "请从变量列表中选择，或先在收费标准里添加这个常数",
            Self::UnknownFunction { .. } => "可用的函数：最小、最大、四舍五入",
            Self::ArgumentCount { .. } => "请检查函数括号里的逗号",
            Self::BadPlaces => "例如 四舍五入(建筑面积 × 单价, 2)",
            Self::UnitMismatch { .. } => "请检查是否漏乘了单价或面积",
            Self::MonthsMixed => "请给另一项也乘以计费月数，或都不乘（公式按一个月计算）",
            Self::ResultNotYuan { .. } => "请检查各项的单位，结果应为一个月的金额（元）",
            Self::DivisionByZero => "请改正除数",
        };
        fixed.to_owned()
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
            Self::OtherFormula => "请重新计算；如仍出现请联系技术支持".to_owned(),
        }
    }
}
