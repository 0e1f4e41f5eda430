//! Stories about days, stays, tables and limits.

use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::*;
use crate::holidays::{HolidayCalendar, HolidayYear};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn names() -> Names {
    let of = |name: &str, kind| Field::new(name, kind, Unit::Number);
    let mut visits = of("停车", FieldKind::Table);
    visits.columns = vec![
        of("入场", FieldKind::Moment),
        Field::number("已收", Unit::Yuan),
        Field { default: Some(json!(false)), ..of("作废", FieldKind::Flag) },
    ];
    let fields = [
        of("入场", FieldKind::Moment),
        of("出场", FieldKind::Moment),
        of("起日", FieldKind::Day),
        of("止日", FieldKind::Day),
        visits,
    ];
    Names::standard().for_purpose(Purpose::Once).with_fields(&fields).unwrap()
}

fn compile(text: &str) -> Formula {
    Formula::compile(text, &names()).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

fn bound(formula: &Formula, values: Value) -> Inputs {
    let given: Map<String, Value> = values.as_object().unwrap().clone();
    let mut inputs = formula.bind_json(&given).unwrap();
    inputs.set_calendar(Arc::new(HolidayCalendar::published()));
    inputs
}

fn worth(text: &str, values: Value) -> Result<Decimal, EvalError> {
    let formula = compile(text);
    formula.evaluate(&bound(&formula, values))
}

fn stay(from: &str, until: &str) -> Value {
    json!({"入场": from, "出场": until})
}

fn days(from: &str, until: &str) -> Value {
    json!({"起日": from, "止日": until})
}

fn mistakes(text: &str) -> Vec<(&'static str, usize, usize)> {
    let errors = Formula::compile(text, &names()).unwrap_err();
    errors.iter().map(|error| (error.code(), error.span.start, error.span.end)).collect()
}

#[test]
fn a_stay_is_cut_at_midnight_and_at_the_bands_of_the_day() {
    let price = |text: &str, from, until| worth(text, stay(from, until)).unwrap();
    let by_day = "逐日(入场, 出场, 最小(20元, 计次(段分钟, 60分钟) × 5元))";
    assert_eq!(price(by_day, "2026-03-01T22:00", "2026-03-02T08:00"), decimal("30"));
    assert_eq!(price(by_day, "2026-03-01T22:00", "2026-03-01T22:00"), Decimal::ZERO);
    let nights = "逐时段(入场, 出场, 20点, 8点, 段序 × 1元)";
    assert_eq!(price(nights, "2026-03-01T07:59", "2026-03-02T20:01"), decimal("6"));
    let minutes = "时段分钟(入场, 出场, \"07:30\", 20点) ÷ 1分钟 × 1元";
    assert_eq!(price(minutes, "2026-03-01T07:00", "2026-03-02T21:00"), decimal("1500"));
    let cycles = "逐周期(入场, 出场, 24小时, 如果(段序 = 1, 10元, 此前分钟 ÷ 24小时 × 1元))";
    assert_eq!(price(cycles, "2026-03-01T12:00", "2026-03-04T12:01"), decimal("16"));
}

#[test]
fn a_stay_that_ends_before_it_begins_is_refused() {
    let backwards = stay("2026-03-02T08:00", "2026-03-02T07:59");
    assert_eq!(worth("逐日(入场, 出场, 5元)", backwards.clone()), Err(EvalError::EndBeforeStart));
    assert_eq!(worth("分钟数(入场, 出场) ÷ 1分钟 × 1元", backwards), Err(EvalError::EndBeforeStart));
}

#[test]
fn working_days_follow_the_published_arrangement_and_unknown_years_are_refused() {
    let text = "逐日(入场, 出场, 如果(工作日(段始), 1元, 10元))";
    assert_eq!(worth(text, stay("2026-02-13T00:00", "2026-02-16T00:00")), Ok(decimal("12")));
    let unknown = worth(text, stay("2027-01-04T08:00", "2027-01-04T09:00")).unwrap_err();
    assert_eq!(unknown, EvalError::NoCalendar { year: 2027 });
    assert_eq!(unknown.remedy(), "请先录入 2027 年国务院公布的放假安排");

    let formula = compile(text);
    let mut inputs = bound(&formula, stay("2027-01-04T08:00", "2027-01-04T09:00"));
    let mut calendar = HolidayCalendar::published();
    let day = NaiveDate::from_ymd_opt(2027, 1, 4).unwrap();
    let year =
        HolidayYear {
            holidays: [day].into(), makeup_workdays: [].into(), source: "国务院办公厅通知".to_owned()
        };
    calendar.set_year(2027, year).unwrap();
    inputs.set_calendar(Arc::new(calendar));
    assert_eq!(formula.evaluate(&inputs), Ok(decimal("10")));
}

#[test]
fn months_are_divided_by_their_own_days() {
    let text = "逐月(起日, 止日, 310元 × 段天数 ÷ 当月天数)";
    assert_eq!(worth(text, days("2026-01-22", "2026-02-28")), Ok(decimal("410")));
    assert_eq!(worth(text, days("2026-03-05", "2026-03-04")), Ok(Decimal::ZERO));
    assert_eq!(worth(text, days("2026-03-05", "2026-03-03")), Err(EvalError::EndBeforeStart));
    let count = |text: &str, from, until| worth(text, days(from, until)).unwrap();
    assert_eq!(count("整月数(起日, 止日) × 1元", "2026-01-31", "2026-02-28"), decimal("1"));
    assert_eq!(count("整月数(起日, 止日) × 1元", "2024-07-02", "2026-07-01"), decimal("23"));
    assert_eq!(count("(年末(起日) - 起日) ÷ 1天 × 1元", "2026-12-01", "2026-12-02"), decimal("30"));
    assert_eq!(count("天数(起日, 加月(月初(起日), 1)) ÷ 1天 × 1元", "2026-02-10", "2026-02-10"), decimal("19"));
    assert_eq!(count("如果(月份(起日) = 2 且 星期(起日) = 2, 1元, 2元)", "2026-02-10", "2026-02-10"), decimal("1"));
    assert_eq!(count("如果(起日 < 日期(2026, 7, 1), 1元, 2元)", "2026-06-30", "2026-06-30"), decimal("1"));
    assert_eq!(
        worth("如果(起日 < 日期(2026, 2, 30), 1元, 2元)", days("2026-06-30", "2026-06-30")),
        Err(EvalError::BadDate)
    );
}

#[test]
fn a_table_is_gone_through_row_by_row() {
    let rows = json!({"停车": [
        {"入场": "2026-04-01T08:00", "已收": "12"},
        {"入场": "2026-04-01T18:00", "已收": "3", "作废": true},
        {"入场": "2026-04-02T07:00", "已收": "5"},
    ]});
    assert_eq!(worth("合计(停车, 停车.已收)", rows.clone()), Ok(decimal("20")));
    assert_eq!(worth("计数(停车, 非 停车.作废) × 1元", rows.clone()), Ok(decimal("2")));
    assert_eq!(worth("合计(停车, 行序 × 停车.已收)", rows.clone()), Ok(decimal("33")));
    let before = "合计(停车, 本次 = 停车.入场; 此前合计(停车, 如果(本次 - 停车.入场 < 24小时, 停车.已收, 0)))";
    assert_eq!(worth(before, rows.clone()), Ok(decimal("27")));
    assert_eq!(worth("合计(停车, 连续行数(停车, 非 停车.作废) × 1元)", rows.clone()), Ok(decimal("2")));
    assert_eq!(worth("合计(停车, 停车.已收)", json!({})), Err(EvalError::Missing { name: "停车".into() }));
    let hole = json!({"停车": [{"入场": "2026-04-01T08:00"}]});
    assert_eq!(worth("合计(停车, 停车.已收)", hole), Err(EvalError::Missing { name: "停车.已收".into() }));
    assert_eq!(worth("合计(停车, 停车.已收)", json!({"停车": []})), Ok(Decimal::ZERO));
}

#[test]
fn a_table_outside_its_function_and_a_column_nobody_has_are_mistakes() {
    assert_eq!(mistakes("停车.已收"), [("formula_table_outside", 0, 5)]);
    assert_eq!(mistakes("停车 × 2元"), [("formula_table_outside", 0, 2)]);
    assert_eq!(mistakes("合计(停车, 停车.已付)"), [("formula_unknown_column", 7, 12)]);
    assert_eq!(mistakes("合计(入场, 1元)"), [("formula_kind_mismatch", 3, 5)]);
    assert_eq!(mistakes("此前合计(停车, 停车.已收)"), [("formula_table_outside", 0, 15)]);
    assert_eq!(mistakes("入场 + 出场"), [("formula_kind_mismatch", 5, 7)]);
    assert_eq!(mistakes("逐日(入场, 5, 1元)"), [("formula_kind_mismatch", 7, 8)]);
    assert_eq!(mistakes("时段分钟(入场, 出场, “七点”, 8点) ÷ 1分钟 × 1元"), [("formula_bad_clock", 13, 17)]);
}

#[test]
fn a_stay_is_told_day_by_day_and_the_rest_as_a_sum() {
    let formula = compile("逐日(入场, 出场, 计次(段分钟, 60分钟) × 5元)");
    let (_, trace) = formula.explain(&bound(&formula, stay("2026-03-01T22:30", "2026-03-02T01:00"))).unwrap();
    assert_eq!(
        trace.words(),
        [
            "第1段 2026-03-01 22:30～2026-03-02 00:00",
            "计次(段分钟 90分钟，60分钟) = 2",
            "2 × 5.00元 = 10.00元",
            "第2段 2026-03-02 00:00～2026-03-02 01:00",
            "计次(段分钟 60分钟，60分钟) = 1",
            "1 × 5.00元 = 5.00元",
            "10.00元 + 5.00元 = 15.00元",
        ]
    );
    let (value, trace) = formula.explain(&bound(&formula, stay("2026-01-01T00:00", "2026-12-31T00:00"))).unwrap();
    assert_eq!(value, decimal("43680"));
    assert_eq!(trace.words().last().unwrap().matches("其余各段").count(), 1);
    assert!(trace.steps.len() < 100);
}

#[test]
fn evaluation_is_bounded_in_steps_loops_and_definitions() {
    let hours = "逐日(入场, 出场, 逐周期(段始, 段终, 60分钟, 逐周期(段始, 段终, 1分钟, 0.01元)))";
    let long = stay("1990-01-01T00:00", "2026-01-01T00:00");
    assert_eq!(worth(hours, long), Err(EvalError::TooManySteps));
    let nested = |depth: usize| format!("{}1元{}", "逐日(入场, 出场, ".repeat(depth), ")".repeat(depth));
    assert!(Formula::compile(&nested(LOOPS_MAX), &names()).is_ok());
    assert_eq!(mistakes(&nested(LOOPS_MAX + 1))[0].0, "formula_loops_too_deep");
    let defined: String = (0..=LOCALS_MAX).map(|n| format!("项{n} = {n}元; ")).collect();
    assert_eq!(mistakes(&format!("{defined} 项1"))[0].0, "formula_too_many_locals");
}

#[test]
fn a_trace_that_was_stored_before_there_were_tiers_is_still_read() {
    let stored = concat!(
        r#"[{"h":"max","t":[{"v":"1","u":"元"},{"v":"2","u":"元"}],"r":"2","u":"元"},"#,
        r#"{"t":[{"n":"2026年11月","v":"185.292","u":"元"},{"o":"×","v":"15","u":"天"}],"r":"92.646","u":"元"},"#,
        r#"{"h":{"round":1},"t":[{"v":"92.646","u":"?"}],"r":"92.6"},{"h":{"bill":"yuan_half_up"},"t":[],"r":"93","u":"元"}]"#
    );
    let trace: Trace = serde_json::from_str(stored).unwrap();
    assert_eq!(trace.value(), Some(decimal("93")));
    assert_eq!(trace.words()[1], "2026年11月 185.292元 × 15天 = 92.646元");
}
