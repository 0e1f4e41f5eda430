//! What can be wrong with a formula: a code for programs, words and a remedy for its author.

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
    #[error("取整的小数位数应是 0 到 6 的整数")]
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
    /// A quote without its other half, or a word too long.
    #[error("引号没有成对，或引号里的文字太长")]
    UnclosedText,
    /// Not a time of day.
    #[error("时刻写得不对")]
    BadClock,
    /// A colon outside tiers and lists of cases.
    #[error("冒号只能写在阶梯、查表、选择的各项里")]
    StrayColon,
    /// A semicolon that ends no definition.
    #[error("分号只能写在「名称 = 算式」后面")]
    StraySemicolon,
    /// `a < b < c`.
    #[error("比较不能连写")]
    ChainedComparison,
    /// A column nobody has defined, or one of something that is no table.
    #[error("「{table}」没有名为「{column}」的列")]
    UnknownColumn {
        /// The table as written.
        table: String,
        /// The column as written.
        column: String,
        /// The closest known column.
        nearest: Option<String>,
    },
    /// A column outside a function that goes through the rows of its table.
    #[error("「{table}」是明细表，只能在「合计」等函数里逐行使用")]
    TableOutside {
        /// The table.
        table: String,
    },
    /// A value of another kind is needed.
    #[error("这里应该是{expected}，却是{found}")]
    KindMismatch {
        /// What is needed.
        expected: &'static str,
        /// What stands here.
        found: &'static str,
    },
    /// A word that is none of the choices.
    #[error("「{text}」不是可选的值")]
    UnknownOption {
        /// As written.
        text: String,
        /// What can be chosen.
        options: String,
    },
    /// A name that means something else already.
    #[error("名称「{0}」已经有别的含义")]
    NameTaken(String),
    /// An upper limit that is not above the one before.
    #[error("这一档的上限不大于前一档，档位重叠")]
    TiersNotRising,
    /// Tiers or a table without a last case.
    #[error("没有「以上」这一档，超出的部分没有价格")]
    TiersOpen,
    /// Choices nobody has written a case for.
    #[error("没有写「{0}」时的结果")]
    CasesMissing(String),
    /// The same case twice, or one behind the last.
    #[error("这一项重复了，或写在最后一项之后")]
    CaseRepeated,
    /// An argument with or without a colon where the other is needed.
    #[error("函数「{name}」这里应写成{expected}")]
    BadArgument {
        /// The function.
        name: &'static str,
        /// The right form.
        expected: &'static str,
    },
    /// An output that would not be told, or not once.
    #[error("「输出」只能写在公式最前面，不能写在函数或括号里")]
    OutputInside,
    /// Definitions and loops need more places than there are.
    #[error("中间结果太多，最多 {} 个", super::LOCALS_MAX)]
    TooManyLocals,
    /// A loop in a loop in a loop.
    #[error("逐段计算嵌套太深，最多 {} 层", super::LOOPS_MAX)]
    LoopsTooDeep,
    /// A divisor that can be zero (a warning).
    #[error("除数可能为 0")]
    DivisorMayBeZero,
    /// A result that can be below zero (a warning).
    #[error("结果可能为负数")]
    ResultMayBeNegative,
    /// Limits of tiers whose order depends on the values (a warning).
    #[error("这一档的上限不一定大于前一档")]
    TiersMayOverlap,
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
            Self::UnclosedText => "formula_text_unclosed",
            Self::BadClock => "formula_bad_clock",
            Self::StrayColon => "formula_stray_colon",
            Self::StraySemicolon => "formula_stray_semicolon",
            Self::ChainedComparison => "formula_chained_comparison",
            Self::UnknownColumn { .. } => "formula_unknown_column",
            Self::TableOutside { .. } => "formula_table_outside",
            Self::KindMismatch { .. } => "formula_kind_mismatch",
            Self::UnknownOption { .. } => "formula_unknown_option",
            Self::NameTaken(_) => "formula_name_taken",
            Self::TiersNotRising => "formula_tiers_not_rising",
            Self::TiersOpen => "formula_tiers_open",
            Self::CasesMissing(_) => "formula_cases_missing",
            Self::CaseRepeated => "formula_case_repeated",
            Self::BadArgument { .. } => "formula_bad_argument",
            Self::OutputInside => "formula_output_inside",
            Self::TooManyLocals => "formula_too_many_locals",
            Self::LoopsTooDeep => "formula_loops_too_deep",
            Self::DivisorMayBeZero => "formula_divisor_may_be_zero",
            Self::ResultMayBeNegative => "formula_result_may_be_negative",
            Self::TiersMayOverlap => "formula_tiers_may_overlap",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        let fixed = match self {
            Self::UnknownName { nearest: Some(name), .. } | Self::UnknownFunction { nearest: Some(name), .. } => {
                return format!("是否想写「{name}」？");
            }
            Self::UnknownColumn { nearest: Some(name), .. } => return format!("是否想写「{name}」？"),
            Self::UnknownOption { options, .. } => return format!("可选：{options}"),
            Self::UnknownColumn { .. } => "请从明细表的列中选择",
            Self::ResultNotYuan { unit } if unit == "㎡" => {
                "请再乘以单价，例如 建筑面积 × 单价，或写明单位，如 1.8元/㎡"
            }
            Self::ResultNotYuan { unit } if unit == "元·天" => "请把天数变成纯数字，例如 (缴费日 - 到期日) ÷ 1天",
            Self::ResultNotYuan { unit } if unit == "元/㎡·月" => "请再乘以面积，例如 建筑面积 × 单价",
            Self::Empty => "请填写公式，例如 建筑面积 × 单价",
            Self::TooLong | Self::TooDeep | Self::TooManyNames => "请拆成几个收费标准，或先合并同类项",
            Self::UnexpectedCharacter(_) => "只能使用数字、变量名、函数、+ - × ÷、比较、且或非和括号",
            Self::BadNumber(_) => "请写成如 1.80 的数字，小数不超过 8 位，不用千分位逗号",
            Self::ValueExpected(_) | Self::Unfinished => "请补上数字或变量，或删去多余的运算符",
            Self::OperatorExpected(_) => "请在中间补上 × 或其他运算符",
            Self::Unclosed => "请补上右括号",
            Self::Unopened => "请删去这个右括号，或补上左括号",
            Self::StrayComma => "请删去逗号；千分位不用逗号",
            Self::UnknownName { .. } => "请从变量列表中选择，或先在收费标准里添加这个常数",
            Self::UnknownFunction { .. } => "可用的函数见公式说明，常用：如果、阶梯、最小、最大、四舍五入",
            Self::ArgumentCount { .. } => "请检查函数括号里的逗号",
            Self::BadPlaces => "例如 四舍五入(建筑面积 × 单价, 2)",
            Self::UnitMismatch { .. } => "请检查是否漏乘了单价或面积",
            Self::MonthsMixed => "请给另一项也乘以计费月数，或都不乘（公式按一个月计算）",
            Self::ResultNotYuan { .. } => "请检查各项的单位，结果应为一个月的金额（元）",
            Self::DivisionByZero => "请改正除数",
            Self::UnclosedText => "请把文字写在一对引号里，例如 用途 = “采暖”",
            Self::BadClock => "请写成 7点 或 19点30分，最晚 24点",
            Self::StrayColon => "例如 阶梯(用量, 180: 0.5283元/度, 以上: 0.8283元/度)",
            Self::StraySemicolon => "例如 月费 = 建筑面积 × 单价; 四舍五入(月费, 1)",
            Self::ChainedComparison => "请用「且」连接，例如 用量 > 180 且 用量 <= 350",
            Self::TableOutside { .. } => "例如 合计(欠费, 欠费.金额 × 欠费.天数 × 1‰)",
            Self::KindMismatch { .. } => "请检查变量和函数的用法",
            Self::NameTaken(_) => "请换一个名称",
            Self::TiersNotRising | Self::TiersMayOverlap => "请从小到大写各档上限",
            Self::TiersOpen => "请在最后写「以上: 价格」",
            Self::CasesMissing(_) => "请补上这一项，或在最后写「其他: 结果」",
            Self::CaseRepeated => "请删去重复的一项，「以上」和「其他」写在最后",
            Self::BadArgument { .. } => "请参照公式说明里的写法",
            Self::OutputInside => "例如 输出 覆盖月数 = 12 + 赠送月数; 单价 × 12",
            Self::TooManyLocals | Self::LoopsTooDeep => "请拆成几个收费标准",
            Self::DivisorMayBeZero => "请用 如果(除数 > 0, …, …) 分开处理",
            Self::ResultMayBeNegative => "如不应为负，请写成 最大(0, …)",
        };
        fixed.to_owned()
    }
}
