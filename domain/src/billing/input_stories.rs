//! Stories about tariffs with the whole language: inputs of a house, amounts as they are, who goes before whom.

use serde_json::json;

use super::stories::{flat, priced};
use super::*;
use crate::formula::{Field, FieldKind, Names};

const FEN: FeeRule = FeeRule { rounding: Rounding::FenHalfUp, prorate: Prorate::CalendarDays };

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn november() -> Period {
    Period::new(2026, 11, 1).unwrap()
}

/// Power in two tiers, as it is.
fn power(key: u32, price: &str, from: &str, until: Option<&str>) -> Tariff<u32> {
    let names = Names::standard().for_purpose(Purpose::Once);
    let names = names.with_fields(&[Field::number("用电量", Unit::parse("度").unwrap())]).unwrap();
    let formula = Formula::compile(&format!("阶梯(用电量, 180: {price}, 以上: 0.8)"), &names).unwrap();
    let constants = Constants::default();
    Tariff::new(key, formula, &constants, Scope::default(), day(from), until.map(day)).for_purpose(Purpose::Once)
}

fn given(value: serde_json::Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[test]
fn a_reading_is_billed_as_it_is_at_the_price_of_the_last_day() {
    let tariffs = [power(1, "0.5", "2000-01-01", Some("2026-11-15")), power(2, "0.6", "2026-11-16", None)];
    let inputs = given(json!({"用电量": "200", "楼层": "3"}));
    let facts = BillFacts { given: Some(&inputs), handover: Some(day("2026-11-11")), ..flat("100") };
    let bill = compute(&facts, FEN, &tariffs, &november()).unwrap();
    // 180 × 0.6 + 20 × 0.8, neither scaled to the days nor split at the change of price.
    let [line] = bill.lines.as_slice() else { panic!("one line") };
    assert_eq!((line.tariff, bill.total.get(), line.from), (2, 12_400, day("2026-11-11")));
    assert_eq!(line.inputs, given(json!({"用电量": "200"})), "what it was given, and not what others use");
}

#[test]
fn what_is_not_given_is_an_exception_and_never_nothing() {
    let tariffs = [power(1, "0.5", "2000-01-01", None)];
    let missing = compute(&flat("100"), FEN, &tariffs, &november()).unwrap_err();
    assert_eq!((missing.code(), missing.to_string().as_str()), ("missing_value", "缺少「用电量」"));
    let inputs = given(json!({"用电量": "二百"}));
    let wrong = compute(&BillFacts { given: Some(&inputs), ..flat("100") }, FEN, &tariffs, &november()).unwrap_err();
    assert_eq!(wrong.code(), "input_bad_value");
    let unknown_area = compute(&flat("0"), FEN, &[priced(1, "1.80", "2000-01-01", None)], &november()).unwrap_err();
    assert_eq!(unknown_area.to_string(), "缺少「建筑面积」");
}

#[test]
fn an_input_with_a_default_needs_not_be_given() {
    let vacant = Field { default: Some(json!(false)), ..Field::new("空置", FieldKind::Flag, Unit::Number) };
    let constants = Constants::parse(r#"{"单价":"2"}"#).unwrap();
    let names = Names::with(&constants).with_fields(&[vacant]).unwrap();
    let formula = Formula::compile("建筑面积 × 单价 × 如果(空置, 70%, 100%)", &names).unwrap();
    let tariffs = [Tariff::new(1, formula, &constants, Scope::default(), day("2000-01-01"), None)];
    let total = |inputs: &Map<String, Value>| {
        compute(&BillFacts { given: Some(inputs), ..flat("100") }, FEN, &tariffs, &november()).unwrap().total.get()
    };
    assert_eq!(total(&Map::new()), 20_000);
    assert_eq!(total(&given(json!({"空置": true}))), 14_000);
}

#[test]
fn the_most_special_tariff_goes_first_and_a_tie_is_refused() {
    let scoped = |key: u32, price: &str, kind: Option<&str>, building: Option<&str>, house: Option<HouseId>| {
        let scope = Scope { kind: kind.map(str::to_owned), building: building.map(str::to_owned), house };
        Tariff { scope, ..priced(key, price, "2000-01-01", None) }
    };
    let facts = flat("100");
    let mut tariffs = vec![scoped(1, "1", None, None, None), scoped(2, "2", None, Some("1"), None)];
    let total = |tariffs: &[Tariff<u32>]| compute(&facts, FEN, tariffs, &november()).map(|bill| bill.total.get());
    assert_eq!(total(&tariffs), Ok(20_000));
    tariffs.push(scoped(3, "3", Some("flat"), None, None));
    assert_eq!(total(&tariffs), Err(BillException::OverlappingTariffs { day: day("2026-11-01") }));
    tariffs.push(scoped(4, "4", Some("flat"), Some("1"), None));
    assert_eq!(total(&tariffs), Ok(40_000));
    tariffs.push(scoped(5, "5", None, None, Some(facts.house)));
    assert_eq!(total(&tariffs), Ok(50_000));
}

#[test]
fn a_line_told_again_from_its_inputs_is_the_same() {
    let tariffs = [power(1, "0.5", "2000-01-01", None)];
    let inputs = given(json!({"用电量": "200.5"}));
    let bill = compute(&BillFacts { given: Some(&inputs), ..flat("100") }, FEN, &tariffs, &november()).unwrap();
    let formula = tariffs[0].formula();
    let (value, trace) = formula.explain(&formula.bind_json(&bill.lines[0].inputs).unwrap()).unwrap();
    assert_eq!((value, &trace), (bill.lines[0].exact, &bill.lines[0].trace));
}
