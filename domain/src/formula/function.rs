//! The functions of the language: their names, and how each is written.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A function of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// The smallest of two or more.
    Min,
    /// The largest of two or more.
    Max,
    /// Half away from zero, to a number of decimals.
    Round,
    /// Up, away from nothing, to a number of decimals.
    Ceil,
    /// Down, to a number of decimals.
    Floor,
    /// Half to the even neighbour, to a number of decimals.
    RoundEven,
    /// Without its sign.
    Abs,
    /// What a division in whole numbers leaves.
    Remainder,
    /// How many units a quantity fills, a started one counting whole; a short tail may be ignored.
    Units,
    /// The part of a quantity between two limits.
    Within,
    /// The part of a quantity above a limit.
    Beyond,
    /// The first value whose condition holds.
    If,
    /// A quantity at prices that change at its limits, each part at its own.
    Tiers,
    /// The value of the first limit that is not below.
    Lookup,
    /// The value of the equal case.
    Choose,
    /// Minutes from one moment to another.
    Minutes,
    /// Days from one day to another.
    Days,
    /// Whole months from one day to another.
    MonthsBetween,
    /// Minutes of a stay that lie in a band of the day.
    WindowMinutes,
    /// Whether people work on that day.
    IsWorkday,
    /// Whether the day is off: a holiday or a weekend that is not worked in exchange.
    IsHoliday,
    /// 1 for Monday to 7 for Sunday.
    Weekday,
    /// The year of a day.
    Year,
    /// The month of a day, 1 to 12.
    Month,
    /// The day of the month, 1 to 31.
    DayOfMonth,
    /// How many days the month of that day has.
    DaysInMonth,
    /// The first day of its month.
    MonthStart,
    /// The last day of its month.
    MonthEnd,
    /// The last day of its year.
    YearEnd,
    /// The day of a moment.
    DayOf,
    /// The day of a year, month and day.
    Date,
    /// A day so many months later.
    AddMonths,
    /// The sum over the natural days of a stay.
    EachDay,
    /// The sum over the times a stay touches a band of the day.
    EachWindow,
    /// The sum over stretches of so many minutes from the beginning of a stay.
    EachCycle,
    /// The sum over pieces of a quantity.
    EachPiece,
    /// The sum over the calendar months of a stretch of days.
    EachMonth,
    /// The sum over the rows of a table.
    Sum,
    /// How many rows of a table meet a condition.
    Count,
    /// The sum over the rows before this one.
    SumBefore,
    /// How many neighbouring rows, this one among them, meet a condition.
    RunLength,
}

/// A function, its names of which the first is shown, and how it is written.
type Entry = (Function, &'static [&'static str], &'static str);

const CATALOGUE: [Entry; 41] = [
    (Function::Min, &["最小", "最小值", "min"], "最小(甲, 乙, …)"),
    (Function::Max, &["最大", "最大值", "max"], "最大(甲, 乙, …)"),
    (Function::Round, &["四舍五入", "round"], "四舍五入(数值, 小数位数)"),
    (Function::Ceil, &["向上取整", "ceil"], "向上取整(数值[, 小数位数])"),
    (Function::Floor, &["向下取整", "floor"], "向下取整(数值[, 小数位数])"),
    (Function::RoundEven, &["奇进偶舍", "round_even"], "奇进偶舍(数值, 小数位数)"),
    (Function::Abs, &["绝对值", "abs"], "绝对值(数值)"),
    (Function::Remainder, &["余数", "mod"], "余数(被除数, 除数)"),
    (Function::Units, &["计次", "units"], "计次(数量, 单位量[, 不计的尾数])"),
    (Function::Within, &["档内", "within"], "档内(用量, 下限, 上限)"),
    (Function::Beyond, &["超出", "beyond"], "超出(用量, 下限)"),
    (Function::If, &["如果", "if"], "如果(条件, 是[, 条件, 是 …], 否)"),
    (Function::Tiers, &["阶梯", "tiers"], "阶梯(用量[, 已用: 用量], 上限: 单价, …, 以上: 单价)"),
    (Function::Lookup, &["查表", "lookup"], "查表(数值, 上限: 结果, …, 以上: 结果)"),
    (Function::Choose, &["选择", "choose"], "选择(变量, 值: 结果, …[, 其他: 结果])"),
    (Function::Minutes, &["分钟数", "minutes"], "分钟数(起时刻, 止时刻)"),
    (Function::Days, &["天数", "days"], "天数(起日, 止日)"),
    (Function::MonthsBetween, &["整月数", "months_between"], "整月数(起日, 止日)"),
    (Function::WindowMinutes, &["时段分钟", "window_minutes"], "时段分钟(起时刻, 止时刻, 7点, 19点)"),
    (Function::IsWorkday, &["工作日", "是工作日", "is_workday"], "工作日(日期)"),
    (Function::IsHoliday, &["节假日", "是节假日", "is_holiday"], "节假日(日期)"),
    (Function::Weekday, &["星期", "weekday"], "星期(日期)"),
    (Function::Year, &["年份", "year"], "年份(日期)"),
    (Function::Month, &["月份", "month"], "月份(日期)"),
    (Function::DayOfMonth, &["日号", "day_of_month"], "日号(日期)"),
    (Function::DaysInMonth, &["本月天数", "days_in_month"], "本月天数(日期)"),
    (Function::MonthStart, &["月初", "month_start"], "月初(日期)"),
    (Function::MonthEnd, &["月末", "month_end"], "月末(日期)"),
    (Function::YearEnd, &["年末", "year_end"], "年末(日期)"),
    (Function::DayOf, &["当日", "day_of"], "当日(时刻)"),
    (Function::Date, &["日期", "date"], "日期(年, 月, 日)"),
    (Function::AddMonths, &["加月", "add_months"], "加月(日期, 月数)"),
    (Function::EachDay, &["逐日", "each_day"], "逐日(入场, 出场, 每日的金额)"),
    (Function::EachWindow, &["逐时段", "each_window"], "逐时段(入场, 出场, 7点, 19点, 每段的金额)"),
    (Function::EachCycle, &["逐周期", "each_cycle"], "逐周期(入场, 出场, 24小时, 每周期的金额)"),
    (Function::EachPiece, &["逐段", "each_piece"], "逐段(总量, 每段量, 每段的金额)"),
    (Function::EachMonth, &["逐月", "each_month"], "逐月(起日, 止日, 每月的金额)"),
    (Function::Sum, &["合计", "sum"], "合计(明细表, 每行的金额)"),
    (Function::Count, &["计数", "count"], "计数(明细表, 条件)"),
    (Function::SumBefore, &["此前合计", "sum_before"], "此前合计(明细表, 每行的数值)"),
    (Function::RunLength, &["连续行数", "run_length"], "连续行数(明细表, 条件)"),
];

impl Function {
    /// All of them, in the order in which an editor offers them.
    pub fn all() -> impl Iterator<Item = Self> {
        CATALOGUE.iter().map(|(function, ..)| *function)
    }

    fn entry(self) -> &'static Entry {
        // Every function stands in the catalogue: a test goes through them.
        CATALOGUE.iter().find(|(function, ..)| *function == self).unwrap_or(&CATALOGUE[0])
    }

    /// All its names; the first is the one shown.
    #[must_use]
    pub fn names(self) -> &'static [&'static str] {
        self.entry().1
    }

    /// The name shown to people.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.names().first().copied().unwrap_or_default()
    }

    /// How it is written; what stands in brackets may be left out.
    #[must_use]
    pub fn usage(self) -> &'static str {
        self.entry().2
    }

    /// Finds a function by any of its names; ASCII names in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|one| one.names().iter().any(|known| known.eq_ignore_ascii_case(name)))
    }

    /// True for the functions that go through something and add up.
    pub(super) const fn is_loop(self) -> bool {
        matches!(
            self,
            Self::EachDay
                | Self::EachWindow
                | Self::EachCycle
                | Self::EachPiece
                | Self::EachMonth
                | Self::Sum
                | Self::Count
                | Self::SumBefore
                | Self::RunLength
        )
    }
}

impl Serialize for Function {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Function {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| serde::de::Error::custom(format_args!("unknown function {name}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_found_under_all_its_names_and_no_name_twice() {
        let mut names: Vec<&str> = CATALOGUE.iter().flat_map(|(_, names, _)| names.iter().copied()).collect();
        for (function, own, usage) in CATALOGUE {
            assert!(own.iter().all(|name| Function::parse(name) == Some(function)));
            assert!(usage.starts_with(function.name()), "{usage}");
        }
        names.sort_unstable();
        names.windows(2).for_each(|pair| assert_ne!(pair[0], pair[1]));
        assert_eq!(Function::RunLength as usize + 1, CATALOGUE.len());
    }
}
