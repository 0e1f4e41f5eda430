//! Stories about tiers, cases, definitions and side results, and about what is refused in them.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::*;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A reading, a use, whether the heating is off, the persons of a household.
pub(super) fn names() -> Names {
    let mut used = Field::number("年已用量", Unit::parse("度").unwrap());
    used.default = Some(json!("0"));
    let mut kind = Field::new("用途", FieldKind::Choice, Unit::Number);
    kind.options = ["生活", "采暖"].map(str::to_owned).to_vec();
    let fields = [
        Field { code: "electricity_kwh".to_owned(), ..Field::number("用电量", Unit::parse("度").unwrap()) },
        used,
        Field::number("人数", Unit::Number),
        Field::new("停热", FieldKind::Flag, Unit::Number),
        kind,
    ];
    Names::standard().for_purpose(Purpose::Once).with_fields(&fields).unwrap()
}

fn compile(text: &str) -> Formula {
    Formula::compile(text, &names()).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

fn given(values: Value) -> Map<String, Value> {
    values.as_object().unwrap().clone()
}

fn worth(text: &str, values: Value) -> Result<Decimal, EvalError> {
    let formula = compile(text);
    formula.evaluate(&formula.bind_json(&given(values)).unwrap())
}

fn words(text: &str, values: Value) -> Vec<String> {
    let formula = compile(text);
    formula.explain(&formula.bind_json(&given(values)).unwrap()).unwrap().1.words()
}

fn mistakes(text: &str) -> Vec<(&'static str, usize, usize)> {
    let errors = Formula::compile(text, &names()).unwrap_err();
    errors.iter().map(|error| (error.code(), error.span.start, error.span.end)).collect()
}

fn warnings(text: &str) -> Vec<(&'static str, usize, usize)> {
    compile(text).warnings().iter().map(|error| (error.code(), error.span.start, error.span.end)).collect()
}

const TIERS: &str = "阶梯(用电量, 180: 0.5283, 350: 0.5783, 以上: 0.8283)";

#[test]
fn each_tier_is_told_as_an_owner_would_reckon_it() {
    assert_eq!(words(TIERS, json!({"用电量": "180"})), ["前180度 × 0.5283元/度 = 95.09元"]);
    assert_eq!(words(TIERS, json!({"用电量": "100"})), ["180度以内 100度 × 0.5283元/度 = 52.83元"]);
    assert_eq!(
        words(TIERS, json!({"用电量": "400"})),
        [
            "前180度 × 0.5283元/度 = 95.094元",
            "180～350度 170度 × 0.5783元/度 = 98.311元",
            "350度以上 50度 × 0.8283元/度 = 41.415元",
            "95.094元 + 98.311元 + 41.415元 = 234.82元",
        ]
    );
    assert_eq!(words(TIERS, json!({"用电量": "0"})), ["180度以内 0度 × 0.5283元/度 = 0.00元"]);
}

#[test]
fn what_was_used_before_in_the_cycle_fills_the_lower_tiers() {
    let text = "阶梯(用电量, 已用: 年已用量, 2160: 0.57, 4800: 0.62, 以上: 0.87)";
    assert_eq!(worth(text, json!({"用电量": "100", "年已用量": "2110"})), Ok(decimal("59.5")));
    assert_eq!(worth(text, json!({"用电量": "100", "年已用量": "5000"})), Ok(decimal("87")));
    assert_eq!(
        words(text, json!({"用电量": "100", "年已用量": "2110"})),
        [
            "2160度以内 50度 × 0.57元/度 = 28.50元",
            "2160～4800度 50度 × 0.62元/度 = 31.00元",
            "28.50元 + 31.00元 = 59.50元"
        ]
    );
    assert_eq!(
        worth("阶梯(用电量 - 100度, 180: 0.5, 以上: 0.8)", json!({"用电量": "1"})),
        Err(EvalError::NegativeQuantity)
    );
}

#[test]
fn tiers_that_overlap_or_leave_a_gap_are_found_before_any_house_is() {
    assert_eq!(mistakes("阶梯(用电量, 350: 0.5, 180: 0.6, 以上: 0.8)"), [("formula_tiers_not_rising", 18, 21)]);
    assert_eq!(mistakes("阶梯(用电量, 180: 0.5, 180: 0.6, 以上: 0.8)"), [("formula_tiers_not_rising", 18, 21)]);
    assert_eq!(mistakes("阶梯(用电量, 180: 0.5, 350: 0.6)"), [("formula_tiers_open", 0, 27)]);
    assert_eq!(mistakes("阶梯(用电量, 以上: 0.5, 350: 0.6)"), [("formula_case_repeated", 17, 20)]);
    assert_eq!(mistakes("阶梯(用电量, 180㎡: 0.5, 以上: 0.6)"), [("formula_unit_mismatch", 8, 12)]);
    assert_eq!(mistakes("阶梯(用电量, 180, 以上: 0.6)"), [("formula_bad_argument", 8, 11)]);
    assert_eq!(
        warnings("阶梯(用电量, 人数 × 60度: 0.5, 200: 0.6, 以上: 0.8)"),
        [("formula_tiers_may_overlap", 23, 26)]
    );
    let crossing = "阶梯(用电量, 人数 × 60度: 0.5, 200: 0.6, 以上: 0.8)";
    assert_eq!(worth(crossing, json!({"用电量": "1", "人数": "4"})), Err(EvalError::TiersNotRising));
    assert_eq!(worth(crossing, json!({"用电量": "100", "人数": "3"})), Ok(decimal("50")));
}

#[test]
fn conditions_choose_and_tell_why() {
    let text = "如果(停热 且 人数 <= 3, 10元, 用途 = “采暖”, 20元, 30元)";
    assert_eq!(worth(text, json!({"停热": true, "人数": 3, "用途": "采暖"})), Ok(decimal("10")));
    assert_eq!(worth(text, json!({"停热": false, "人数": 3, "用途": "采暖"})), Ok(decimal("20")));
    assert_eq!(worth(text, json!({"停热": true, "人数": 4, "用途": "生活"})), Ok(decimal("30")));
    assert_eq!(
        words(text, json!({"停热": true, "人数": 4, "用途": "生活"})),
        ["人数 4 ≤ 3：否", "用途“生活” = “采暖”：否", "30.00元"]
    );
    assert_eq!(worth("如果(非 停热 或 not(人数>2), 1元, 2元)", json!({"停热": true, "人数": 3})), Ok(decimal("2")));
}

#[test]
fn only_the_branch_that_is_taken_is_worked_out() {
    let text = "如果(人数 > 0, 100元 ÷ 人数, 0)";
    assert_eq!(worth(text, json!({"人数": "0"})), Ok(Decimal::ZERO));
    assert_eq!(worth(text, json!({"人数": "4"})), Ok(decimal("25")));
    assert_eq!(warnings(text), []);
    assert_eq!(warnings("100元 ÷ 人数"), [("formula_divisor_may_be_zero", 7, 9)]);
    assert_eq!(warnings("如果(人数 > 0 且 100元 ÷ 人数 > 30元, 1元, 2元)"), []);
}

#[test]
fn cases_are_complete_and_written_once() {
    let text = "用电量 × 选择(用途, \"生活\": 0.5元/度, \"采暖\": 0.4元/度)";
    assert_eq!(worth(text, json!({"用电量": "10", "用途": "采暖"})), Ok(decimal("4")));
    assert_eq!(
        words(text, json!({"用电量": "10", "用途": "采暖"})),
        ["用途“采暖” → 0.4元/度", "用电量 10度 × 0.4元/度 = 4.00元"]
    );
    assert_eq!(mistakes("选择(用途, \"生活\": 1元)")[0].0, "formula_cases_missing");
    assert_eq!(mistakes("选择(用途, \"生活\": 1元, \"生活\": 2元, 其他: 3元)"), [("formula_case_repeated", 17, 21)]);
    let errors = Formula::compile("选择(用途, \"采煖\": 1元, 其他: 2元)", &names()).unwrap_err();
    assert_eq!(errors[0].to_string(), "第 8 个字：「采煖」不是可选的值。可选：生活、采暖");
    assert_eq!(worth("选择(人数, 1: 1元, 2: 3元)", json!({"人数": "3"})), Err(EvalError::NoCase));
    assert_eq!(worth("查表(人数, 2: 1元, 5: 3元, 以上: 9元)", json!({"人数": "5"})), Ok(decimal("3")));
}

#[test]
fn definitions_name_steps_and_outputs_are_told_beside_the_result() {
    let text = "加量 = 超出(人数, 3) × 60度;\n输出 一档上限 = 180 + 加量;\n阶梯(用电量, 一档上限: 0.5, 以上: 0.8)";
    let formula = compile(text);
    let inputs = formula.bind_json(&given(json!({"electricity_kwh": "300", "人数": "5"}))).unwrap();
    let outcome = formula.outcome(&inputs).unwrap();
    let outputs: Vec<(&str, String)> =
        outcome.outputs.iter().map(|one| (one.name.as_str(), one.value.to_string())).collect();
    assert_eq!((outcome.value, outputs), (decimal("150"), vec![("一档上限", "300".to_owned())]));
    assert_eq!(
        formula.explain(&inputs).unwrap().1.words(),
        [
            "超出(人数 5，3) = 2",
            "加量：2 × 60度 = 120度",
            "一档上限：180度 + 加量 120度 = 300度",
            "前300度 × 0.5元/度 = 150.00元"
        ]
    );
    assert_eq!(mistakes("用电量 = 3; 5元"), [("formula_name_taken", 0, 3)]);
    assert_eq!(mistakes("如果(停热, (输出 甲 = 3元; 甲), 0)"), [("formula_output_inside", 11, 12)]);
    assert_eq!(mistakes("甲 = 3元; 甲 > 2元")[0].0, "formula_kind_mismatch");
}

#[test]
fn a_result_that_can_be_negative_is_warned_of_and_refused_where_it_is() {
    assert_eq!(warnings("100元 - 用电量 × 0.5元/度"), [("formula_result_may_be_negative", 0, 19)]);
    assert_eq!(warnings("最大(0, 100元 - 用电量 × 0.5元/度)"), []);
    assert_eq!(worth("100元 - 用电量 × 0.5元/度", json!({"用电量": "300"})), Err(EvalError::NegativeResult));
    let settled = Formula::compile("100元 - 用电量 × 0.5元/度", &names().for_purpose(Purpose::Settlement)).unwrap();
    let inputs = settled.bind_json(&given(json!({"用电量": "300"}))).unwrap();
    assert_eq!(settled.evaluate(&inputs), Ok(decimal("-50")));
}

#[test]
fn a_missing_input_is_named_and_never_nothing() {
    let formula = compile(TIERS);
    let inputs = formula.bind_json(&given(json!({}))).unwrap();
    assert_eq!(formula.evaluate(&inputs), Err(EvalError::Missing { name: "用电量".into() }));
    let refused = |values: Value| formula.bind_json(&given(values)).unwrap_err().code();
    assert_eq!(refused(json!({"用电量": "一百"})), "input_bad_value");
    assert_eq!(refused(json!({"用电量": "-1"})), "input_out_of_range");
    assert_eq!(refused(json!({"用电量": "1", "没有": "1"})), "input_unknown");
    let choosing = compile("选择(用途, \"生活\": 1元, 其他: 2元)");
    assert_eq!(choosing.bind_json(&given(json!({"用途": "做饭"}))).unwrap_err().code(), "input_no_option");
}

#[test]
fn kinds_do_not_mix() {
    assert_eq!(mistakes("如果(人数, 1元, 2元)"), [("formula_kind_mismatch", 3, 5)]);
    assert_eq!(mistakes("停热 × 2元"), [("formula_kind_mismatch", 0, 2)]);
    assert_eq!(mistakes("如果(用途 > \"采暖\", 1元, 2元)"), [("formula_kind_mismatch", 3, 5)]);
    assert_eq!(mistakes("如果(1 < 人数 < 3, 1元, 2元)"), [("formula_chained_comparison", 10, 11)]);
    assert_eq!(mistakes("如果(停热, 1元, 2度)"), [("formula_unit_mismatch", 11, 13)]);
    assert_eq!(mistakes("最大(人数: 1, 2)"), [("formula_stray_colon", 3, 5)]);
    assert_eq!(mistakes("用电量 × 0.5元/度; 3"), [("formula_stray_semicolon", 12, 13)]);
}

#[test]
fn the_spelling_an_editor_puts_in_place_means_the_same() {
    let tidied = tidy("如果（停热 and 人数>=2，（1+2）*3元，-(4元)）").unwrap();
    assert_eq!(tidied, "如果(停热 且 人数 ≥ 2, (1 + 2) × 3元, -4元)");
    assert_eq!(tidy(&tidied).unwrap(), tidied);
    assert_eq!(tidy("1 + ").unwrap_err().code(), "formula_unfinished");
}
