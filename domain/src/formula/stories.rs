//! Stories about formulas.

use rust_decimal::Decimal;

use super::*;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn compile(text: &str) -> Formula {
    Formula::compile(text, &Names::standard()).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

/// A flat of 102.94 ㎡, 80.50 ㎡ inside, at 1.80 yuan.
pub(super) fn flat(formula: &Formula) -> Inputs {
    formula.bind(|source| match source {
        Source::Variable(Variable::BuildingArea) => Some(decimal("102.94")),
        Source::Variable(Variable::InnerArea) => Some(decimal("80.50")),
        Source::Variable(Variable::UnitPrice) => Some(decimal("1.8000")),
        Source::Variable(Variable::Months) => Some(Decimal::ONE),
        Source::Variable(Variable::FixedAmount) => Some(decimal("30")),
        Source::Constant(_) | Source::Field(_) => None,
    })
}

fn amount(text: &str) -> Decimal {
    let formula = compile(text);
    formula.evaluate(&flat(&formula)).unwrap()
}

/// Code and place of every mistake.
fn mistakes(text: &str) -> Vec<(&'static str, usize, usize)> {
    let errors = Formula::compile(text, &Names::standard()).unwrap_err();
    errors.iter().map(|error| (error.code(), error.span.start, error.span.end)).collect()
}

#[test]
fn area_times_price_is_the_usual_fee() {
    assert_eq!(amount("建筑面积 × 单价"), decimal("185.292"));
    assert_eq!(amount("building_area*unit_price"), decimal("185.292"));
    assert_eq!(amount("Building_Area＊单价"), decimal("185.292"));
}

#[test]
fn products_bind_before_sums_and_both_from_the_left() {
    assert_eq!(amount("2 + 3 × 4"), decimal("14"));
    assert_eq!(amount("（2＋3）×4"), decimal("20"));
    assert_eq!(amount("20 － 5 － 3"), decimal("12"));
    assert_eq!(amount("24 ÷ 4 ÷ 2"), decimal("3"));
    assert_eq!(amount("20 - (5 - 3)"), decimal("18"));
    assert_eq!(amount("-2 × -3 - -4"), decimal("10"));
}

#[test]
fn functions_take_chinese_and_ascii_names() {
    assert_eq!(amount("最大(套内面积 × 单价, 150)"), decimal("150"));
    assert_eq!(amount("MIN(套内面积 × 单价，150元，固定金额)"), decimal("30"));
    assert_eq!(amount("四舍五入(建筑面积 × 单价, 1)"), decimal("185.3"));
    assert_eq!(amount("round(0.125, 2)"), decimal("0.13"));
}

#[test]
fn a_written_number_may_carry_its_unit() {
    assert_eq!(amount("建筑面积 × 1.8元/㎡·月 + 15元"), decimal("200.292"));
    assert_eq!(amount("最小(建筑面积, 90㎡) × 单价"), decimal("162"));
    assert_eq!(amount("固定金额 × 95%"), decimal("28.5"));
}

#[test]
fn an_unknown_name_is_an_error_with_its_place_and_the_likely_name() {
    let errors = Formula::compile("建筑面基 × 单价 + 电梯", &Names::standard()).unwrap_err();
    assert_eq!(errors.len(), 2);
    assert_eq!((errors[0].code(), errors[0].span), ("formula_unknown_name", Span { start: 0, end: 4 }));
    assert_eq!(errors[0].problem.remedy(), "是否想写「建筑面积」？");
    assert_eq!(errors[1].span, Span { start: 12, end: 14 });
    assert_eq!(errors[0].to_string(), "第 1 个字：没有名为「建筑面基」的变量或常数。是否想写「建筑面积」？");
}

#[test]
fn grammar_mistakes_point_at_the_character() {
    assert_eq!(mistakes("  "), [("formula_empty", 2, 2)]);
    assert_eq!(mistakes("建筑面积 ×"), [("formula_unfinished", 6, 6)]);
    assert_eq!(mistakes("建筑面积 单价"), [("formula_operator_expected", 5, 7)]);
    assert_eq!(mistakes("2建筑面积"), [("formula_operator_expected", 1, 5)]);
    assert_eq!(mistakes("1 + × 2"), [("formula_value_expected", 4, 5)]);
    assert_eq!(mistakes("(1 + 2"), [("formula_bracket_unclosed", 0, 1)]);
    assert_eq!(mistakes("1 + 2)"), [("formula_bracket_unopened", 5, 6)]);
    assert_eq!(mistakes("1,000"), [("formula_stray_comma", 1, 2)]);
    assert_eq!(mistakes("单价 ^ 2"), [("formula_unexpected_character", 3, 4)]);
    assert_eq!(mistakes("最小(1)"), [("formula_argument_count", 0, 5)]);
    assert_eq!(mistakes("最小(1,)"), [("formula_value_expected", 5, 6)]);
    assert_eq!(mistakes("取整(1, 2)"), [("formula_unknown_function", 0, 2)]);
    assert_eq!(mistakes("四舍五入(1, 单价)"), [("formula_bad_places", 8, 10)]);
    assert_eq!(mistakes("四舍五入(1, 7)"), [("formula_bad_places", 8, 9)]);
}

#[test]
fn units_must_fit_and_the_result_must_be_yuan() {
    assert_eq!(mistakes("建筑面积"), [("formula_result_not_yuan", 0, 4)]);
    assert_eq!(mistakes("建筑面积 × 1.8"), [("formula_result_not_yuan", 0, 10)]);
    assert_eq!(mistakes("单价"), [("formula_result_not_yuan", 0, 2)]);
    assert_eq!(mistakes("建筑面积 × 单价 + 套内面积"), [("formula_unit_mismatch", 12, 16)]);
    assert_eq!(mistakes("最大(单价, 固定金额) × 建筑面积"), [("formula_unit_mismatch", 7, 11)]);
    assert_eq!(mistakes("建筑面积 × 建筑面积 × 单价"), [("formula_result_not_yuan", 0, 16)]);
    assert_eq!(amount("固定金额 × 建筑面积 ÷ 套内面积").round_dp(4), decimal("38.3627"));
}

#[test]
fn billed_months_multiply_every_term_or_none() {
    assert_eq!(amount("建筑面积 × 单价 × 计费月数"), decimal("185.292"));
    assert_eq!(amount("最大(0, 建筑面积 × 单价 × 计费月数 - 固定金额 × 计费月数)"), decimal("155.292"));
    assert_eq!(mistakes("建筑面积 × 单价 × 计费月数 + 固定金额"), [("formula_months_mixed", 19, 23)]);
    assert_eq!(mistakes("建筑面积 × 单价 × 计费月数 + 120"), [("formula_months_mixed", 19, 22)]);
    assert_eq!(mistakes("固定金额 ÷ 计费月数"), [("formula_result_not_yuan", 0, 11)]);
    assert_eq!(mistakes("固定金额 × 最大(计费月数, 3)"), [("formula_months_mixed", 16, 17)]);
}

#[test]
fn a_divisor_that_is_always_zero_is_found_before_any_house_is() {
    assert_eq!(mistakes("固定金额 ÷ 0"), [("formula_division_by_zero", 7, 8)]);
    assert_eq!(mistakes("固定金额 ÷ (2 - 最小(2, 3))"), [("formula_division_by_zero", 7, 21)]);
}

#[test]
fn a_divisor_that_is_zero_at_one_house_is_an_error_there() {
    let formula = compile("固定金额 × 建筑面积 ÷ 套内面积");
    let mut inputs = flat(&formula);
    formula.set(&mut inputs, Variable::InnerArea, Some(Decimal::ZERO));
    assert_eq!(formula.evaluate(&inputs), Err(EvalError::DivisionByZero));
    assert_eq!(formula.explain(&inputs).unwrap_err(), EvalError::DivisionByZero);
}

#[test]
fn a_house_without_a_price_is_an_error_and_never_nothing() {
    let formula = compile("建筑面积 × 单价");
    let mut inputs = flat(&formula);
    formula.set(&mut inputs, Variable::UnitPrice, None);
    let missing = EvalError::Missing { name: "单价".into() };
    assert_eq!(formula.evaluate(&inputs), Err(missing.clone()));
    assert_eq!(missing.remedy(), "请为该房屋或收费标准补上「单价」");
    assert_eq!(formula.explain(&inputs).unwrap_err(), missing);
}

#[test]
fn an_amount_below_zero_and_one_beyond_the_decimals_are_refused() {
    let formula = compile("固定金额 - 建筑面积 × 单价");
    assert_eq!(formula.evaluate(&flat(&formula)), Err(EvalError::NegativeResult));
    let formula = compile("9999999999 × 9999999999 × 9999999999");
    assert_eq!(formula.evaluate(&flat(&formula)), Err(EvalError::Overflow));
}

#[test]
fn inputs_of_another_formula_are_refused() {
    let one = compile("建筑面积 × 单价");
    let other = compile("套内面积 × 单价");
    assert_eq!(one.evaluate(&flat(&other)), Err(EvalError::OtherFormula));
}

#[test]
fn constants_of_the_company_are_names_like_any_other() {
    let constants = Constants::parse(r#"{"单价":"1.80","电梯费":"15元","系数":"1.2"}"#).unwrap();
    let formula = Formula::compile("建筑面积 × 单价 × 系数 + 电梯费", &Names::with(&constants)).unwrap();
    let mut inputs = formula.bind_constants(&constants);
    formula.set(&mut inputs, Variable::BuildingArea, Some(decimal("100")));
    assert_eq!(formula.evaluate(&inputs).unwrap(), decimal("231"));
    let (_, trace) = formula.explain(&inputs).unwrap();
    assert_eq!(
        trace.words(),
        ["建筑面积 100㎡ × 单价 1.80元/㎡·月 × 系数 1.2 = 216.00元", "216.00元 + 电梯费 15.00元 = 231.00元"]
    );
    let used: Vec<&str> = formula.variables().iter().map(|(source, _)| source.name()).collect();
    assert_eq!(used, ["建筑面积", "单价", "系数", "电梯费"]);
}

#[test]
fn the_trace_reads_like_a_person_would_reckon() {
    let words = |text: &str| {
        let formula = compile(text);
        formula.explain(&flat(&formula)).unwrap().1.words()
    };
    assert_eq!(words("建筑面积 × 单价"), ["建筑面积 102.94㎡ × 单价 1.80元/㎡·月 = 185.29元"]);
    assert_eq!(words("固定金额"), ["固定金额 30.00元"]);
    assert_eq!(
        words("最大((建筑面积 - 套内面积) × 单价 + 5, 60)"),
        [
            "建筑面积 102.94㎡ - 套内面积 80.5㎡ = 22.44㎡",
            "22.44㎡ × 单价 1.80元/㎡·月 = 40.392元",
            "40.392元 + 5.00元 = 45.392元",
            "最大(45.392元，60.00元) = 60.00元",
        ]
    );
    assert_eq!(
        words("-固定金额 + 四舍五入(建筑面积 × 单价, 0)"),
        [
            "-固定金额 30.00元 = -30.00元",
            "建筑面积 102.94㎡ × 单价 1.80元/㎡·月 = 185.292元",
            "四舍五入(185.292元，0 位小数) = 185.00元",
            "-30.00元 + 185.00元 = 155.00元",
        ]
    );
}

#[test]
fn the_trace_is_stored_small_and_read_back_whole() {
    let formula = compile("建筑面积 × 单价");
    let (_, trace) = formula.explain(&flat(&formula)).unwrap();
    let json = serde_json::to_string(&trace).unwrap();
    let expected = concat!(
        r#"[{"t":[{"n":"建筑面积","v":"102.94","u":"㎡"},"#,
        r#"{"o":"×","n":"单价","v":"1.8000","u":"元/㎡·月"}],"r":"185.292000","u":"元"}]"#
    );
    assert_eq!(json, expected);
    assert_eq!(serde_json::from_str::<Trace>(&json).unwrap(), trace);
    let capped = compile("四舍五入(最小(建筑面积 × 单价, 100), 1)");
    let (_, trace) = capped.explain(&flat(&capped)).unwrap();
    let json = serde_json::to_string(&trace).unwrap();
    assert_eq!(serde_json::from_str::<Trace>(&json).unwrap(), trace);
}

#[test]
fn an_error_is_told_to_programs_with_its_place() {
    let errors = Formula::compile("建筑面积", &Names::standard()).unwrap_err();
    let json = serde_json::to_value(&errors[0]).unwrap();
    assert_eq!(json["code"], "formula_result_not_yuan");
    assert_eq!((json["start"].as_u64(), json["end"].as_u64()), (Some(0), Some(4)));
    assert_eq!(json["message"], "公式的结果单位是「㎡」，应当是元");
}

#[test]
fn length_depth_and_names_are_bounded() {
    let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(amount(&nested(DEPTH_MAX)), Decimal::ONE);
    assert_eq!(mistakes(&nested(DEPTH_MAX + 1))[0].0, "formula_too_deep");
    assert_eq!(mistakes(&format!("{}1", "-".repeat(DEPTH_MAX + 1)))[0].0, "formula_too_deep");
    let long = vec!["1"; TEXT_CHARS_MAX / 2].join("+");
    assert_eq!(amount(&long), Decimal::from(TEXT_CHARS_MAX / 2));
    assert_eq!(mistakes(&format!("{long}+1"))[0].0, "formula_too_long");

    // Every level keeps a sum, a product and a function waiting for the next.
    let level = "最大(0-1，1-1+1×1×";
    let deepest = format!("{}1{}", level.repeat(DEPTH_MAX), ")".repeat(DEPTH_MAX));
    assert_eq!(amount(&deepest), Decimal::ONE);

    let mut constants = Constants::default();
    for n in 0..=SLOTS_MAX {
        constants.insert(&format!("项{n}"), "1").unwrap();
    }
    let sum = |n: usize| (0..n).map(|n| format!("项{n}")).collect::<Vec<_>>().join("+");
    let names = Names::with(&constants);
    let formula = Formula::compile(&sum(SLOTS_MAX), &names).unwrap();
    assert_eq!(formula.evaluate(&formula.bind_constants(&constants)).unwrap(), Decimal::from(SLOTS_MAX));
    assert_eq!(Formula::compile(&sum(SLOTS_MAX + 1), &names).unwrap_err()[0].code(), "formula_too_many_names");
}
