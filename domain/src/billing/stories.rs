//! Stories about bills. Every figure here was worked out by hand.

use super::*;
use crate::formula::{EvalError, Names};

const PRICE: &str = "建筑面积 × 单价";
const FEN: FeeRule = FeeRule { rounding: Rounding::FenHalfUp, prorate: Prorate::CalendarDays };
const THIRTY: FeeRule = FeeRule { rounding: Rounding::FenHalfUp, prorate: Prorate::ThirtyDays };
const WHOLE: FeeRule = FeeRule { rounding: Rounding::FenHalfUp, prorate: Prorate::WholeMonth };

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn fen(n: i64) -> Fen {
    Fen::new(n).unwrap()
}

/// A flat that was handed over long ago and has no price of its own.
pub(super) fn flat(area: &str) -> BillFacts<'static> {
    BillFacts {
        house: HouseId(uuid::Uuid::nil()),
        building: "1",
        building_area: decimal(area),
        inner_area: None,
        house_price: None,
        handover: None,
        kind: "flat",
        given: None,
    }
}

fn handed_over(area: &str, handover: &str) -> BillFacts<'static> {
    BillFacts { handover: Some(day(handover)), ..flat(area) }
}

fn tariff(key: u32, formula: &str, constants: &str, from: &str, until: Option<&str>) -> Tariff<u32> {
    let constants = Constants::parse(constants).unwrap();
    let formula = Formula::compile(formula, &Names::with(&constants)).unwrap();
    Tariff::new(key, formula, &constants, Scope::default(), day(from), until.map(day))
}

pub(super) fn priced(key: u32, price: &str, from: &str, until: Option<&str>) -> Tariff<u32> {
    tariff(key, PRICE, &format!(r#"{{"单价":"{price}"}}"#), from, until)
}

pub(super) fn always(price: &str) -> Vec<Tariff<u32>> {
    vec![priced(1, price, "2000-01-01", None)]
}

fn november() -> Period {
    Period::new(2026, 11, 1).unwrap()
}

fn fourth_quarter() -> Period {
    Period::new(2026, 10, 3).unwrap()
}

fn total(facts: &BillFacts<'_>, rule: FeeRule, tariffs: &[Tariff<u32>], period: &Period) -> i64 {
    compute(facts, rule, tariffs, period).unwrap().total.get()
}

#[test]
fn a_month_is_area_times_price() {
    let bill = compute(&flat("102.94"), FEN, &always("1.80"), &november()).unwrap();
    assert_eq!(bill.total, fen(18_529));
    let [line] = bill.lines.as_slice() else { panic!("one line") };
    assert_eq!((line.from, line.until), (day("2026-11-01"), day("2026-11-30")));
    assert_eq!(line.exact, decimal("185.292"));
    assert_eq!(line.trace.words(), ["建筑面积 102.94㎡ × 单价 1.80元/㎡·月 = 185.29元"]);
}

#[test]
fn a_quarter_is_rounded_once_and_not_three_times() {
    // 185.292 × 3 = 555.876; three rounded months would be 555.87.
    let bill = compute(&flat("102.94"), FEN, &always("1.80"), &fourth_quarter()).unwrap();
    assert_eq!(bill.total, fen(55_588));
    let words = bill.lines[0].trace.words();
    assert_eq!(words, ["建筑面积 102.94㎡ × 单价 1.80元/㎡·月 = 185.292元", "每月 185.292元 × 3个月 = 555.88元"]);
}

#[test]
fn handover_on_the_fifteenth_charges_sixteen_of_thirty_days() {
    // 185.292 × 16 ÷ 30 = 98.8224.
    let bill = compute(&handed_over("102.94", "2026-11-15"), FEN, &always("1.80"), &november()).unwrap();
    assert_eq!(bill.total, fen(9_882));
    assert_eq!(bill.lines[0].from, day("2026-11-15"));
    assert_eq!(bill.lines[0].trace.words()[1], "2026年11月 185.292元 × 16天 ÷ 30天 = 98.82元");
}

#[test]
fn handover_inside_a_quarter_charges_the_part_and_the_whole_months_after_it() {
    // October: 180 × 17 ÷ 31 = 98.7097; November and December: 360.
    let bill = compute(&handed_over("100", "2026-10-15"), FEN, &always("1.80"), &fourth_quarter()).unwrap();
    assert_eq!(bill.total, fen(45_871));
    assert_eq!(
        bill.lines[0].trace.words(),
        [
            "建筑面积 100㎡ × 单价 1.80元/㎡·月 = 180.00元",
            "每月 180.00元 × 2个月 = 360.00元",
            "2026年10月 180.00元 × 17天 ÷ 31天 = 98.709677元",
            "360.00元 + 98.709677元 = 458.71元",
        ]
    );
}

#[test]
fn a_house_handed_over_on_the_first_or_long_ago_pays_the_whole_period() {
    for handover in ["2026-11-01", "2019-05-20"] {
        assert_eq!(total(&handed_over("100", handover), FEN, &always("1.80"), &november()), 18_000);
    }
}

#[test]
fn a_house_handed_over_after_the_period_pays_nothing_yet() {
    let bill = |handover| compute(&handed_over("100", handover), FEN, &always("1.80"), &november());
    assert_eq!(bill("2026-12-01").unwrap_err(), BillException::NotYetHandedOver);
    // 180 ÷ 30 for the last day.
    assert_eq!(bill("2026-11-30").unwrap().total, fen(600));
}

#[test]
fn half_of_february_is_half_a_month() {
    let february = Period::new(2027, 2, 1).unwrap();
    assert_eq!(total(&handed_over("100", "2027-02-15"), FEN, &always("1.80"), &february), 9_000);
    // 14 of 30 days: 84.
    assert_eq!(total(&handed_over("100", "2027-02-15"), THIRTY, &always("1.80"), &february), 8_400);
    assert_eq!(total(&flat("100"), THIRTY, &always("1.80"), &february), 18_000);
}

#[test]
fn a_leap_february_has_a_day_more_to_pay_for() {
    let february = Period::new(2028, 2, 1).unwrap();
    // 180 × 15 ÷ 29 = 93.1034.
    assert_eq!(total(&handed_over("100", "2028-02-15"), FEN, &always("1.80"), &february), 9_310);
}

#[test]
fn thirty_days_of_a_long_month_are_the_month() {
    let january = Period::new(2026, 1, 1).unwrap();
    assert_eq!(total(&handed_over("100", "2026-01-02"), THIRTY, &always("1.80"), &january), 18_000);
    assert_eq!(total(&handed_over("100", "2026-01-03"), THIRTY, &always("1.80"), &january), 17_400);
    assert_eq!(total(&handed_over("100", "2026-01-31"), THIRTY, &always("1.80"), &january), 600);
}

#[test]
fn a_month_that_is_not_divided_is_charged_whole() {
    let bill = compute(&handed_over("102.94", "2026-11-30"), WHOLE, &always("1.80"), &november()).unwrap();
    assert_eq!((bill.total, bill.lines[0].from), (fen(18_529), day("2026-11-30")));
}

#[test]
fn a_price_change_in_mid_quarter_makes_two_lines() {
    let tariffs = [priced(2, "2.00", "2026-11-16", None), priced(1, "1.80", "2020-01-01", Some("2026-11-15"))];
    let bill = compute(&flat("100"), FEN, &tariffs, &fourth_quarter()).unwrap();
    let lines: Vec<_> = bill.lines.iter().map(|line| (line.tariff, line.from, line.until, line.amount)).collect();
    // 180 + 180 × 15 ÷ 30, then 200 × 15 ÷ 30 + 200.
    assert_eq!(
        lines,
        [
            (1, day("2026-10-01"), day("2026-11-15"), fen(27_000)),
            (2, day("2026-11-16"), day("2026-12-31"), fen(30_000)),
        ]
    );
    assert_eq!(bill.total, fen(57_000));
}

#[test]
fn an_undivided_month_keeps_the_price_of_its_first_day() {
    let tariffs = [priced(1, "1.80", "2020-01-01", Some("2026-11-15")), priced(2, "2.00", "2026-11-16", None)];
    let bill = compute(&flat("100"), WHOLE, &tariffs, &fourth_quarter()).unwrap();
    let lines: Vec<_> = bill.lines.iter().map(|line| (line.tariff, line.until, line.amount)).collect();
    assert_eq!(lines, [(1, day("2026-11-30"), fen(36_000)), (2, day("2026-12-31"), fen(20_000))]);
}

#[test]
fn a_long_month_cut_by_a_price_change_costs_no_more_than_a_month() {
    // October has 31 days: 15 and 16 of them, not 15/30 and 16/30.
    let october = Period::new(2026, 10, 1).unwrap();
    let tariffs = [priced(1, "1.80", "2020-01-01", Some("2026-10-15")), priced(2, "1.80", "2026-10-16", None)];
    assert_eq!(total(&flat("100"), THIRTY, &tariffs, &october), 18_000);
}

#[test]
fn rounding_is_the_one_the_fee_names_and_is_shown() {
    let yuan = FeeRule { rounding: Rounding::YuanHalfUp, ..FEN };
    let bill = compute(&flat("102.94"), yuan, &always("1.80"), &november()).unwrap();
    assert_eq!(bill.total, fen(18_500));
    assert_eq!(bill.lines[0].exact, decimal("185.292"));
    assert_eq!(bill.lines[0].trace.words()[1], "四舍五入到元(185.292元) = 185.00元");
    // 184.50 and 185.50: halves go up.
    assert_eq!(total(&flat("102.5"), yuan, &always("1.80"), &november()), 18_500);
    assert_eq!(total(&flat("103.0555555555"), yuan, &always("1.80"), &november()), 18_500);
    assert_eq!(total(&flat("371"), yuan, &always("0.5"), &november()), 18_600);
    let down = FeeRule { rounding: Rounding::FenDown, ..FEN };
    // 99.99 × 1.85 = 184.9815.
    assert_eq!(total(&flat("99.99"), down, &always("1.85"), &november()), 18_498);
}

#[test]
fn the_price_of_the_house_wins_over_the_price_of_the_tariff() {
    let own = BillFacts { house_price: Some(price_of_e4(25_000)), ..flat("100") };
    assert_eq!(total(&own, FEN, &always("1.80"), &november()), 25_000);
    let bare = [tariff(1, PRICE, "{}", "2020-01-01", None)];
    assert_eq!(total(&own, FEN, &bare, &november()), 25_000);
}

#[test]
fn a_house_that_has_no_price_anywhere_is_an_exception_and_not_a_zero() {
    let bare = [tariff(1, PRICE, "{}", "2020-01-01", None)];
    let error = compute(&flat("100"), FEN, &bare, &november()).unwrap_err();
    assert_eq!(error, BillException::MissingValue { name: "单价".into() });
    let json = serde_json::to_value(&error).unwrap();
    assert_eq!(json["code"], "missing_value");
    assert_eq!(json["message"], "缺少「单价」");
    assert_eq!(json["remedy"], "请为该房屋或收费标准补上「单价」");
    let inner = [tariff(1, "套内面积 × 单价", r#"{"单价":"1.80"}"#, "2020-01-01", None)];
    assert_eq!(compute(&flat("100"), FEN, &inner, &november()).unwrap_err().code(), "missing_value");
}

#[test]
fn a_gap_between_tariffs_is_an_exception_with_its_first_day() {
    let tariffs = [priced(1, "1.80", "2020-01-01", Some("2026-11-10")), priced(2, "2.00", "2026-11-20", None)];
    for rule in [FEN, THIRTY, WHOLE] {
        let error = compute(&flat("100"), rule, &tariffs, &november()).unwrap_err();
        assert_eq!(error, BillException::NoTariff { day: day("2026-11-11") });
    }
    // The gap is before the handover: nobody needs a price there.
    assert_eq!(total(&handed_over("100", "2026-11-21"), FEN, &tariffs, &november()), 6_667);
}

#[test]
fn two_tariffs_on_one_day_are_an_exception() {
    let tariffs = [priced(1, "1.80", "2020-01-01", Some("2026-11-20")), priced(2, "2.00", "2026-11-20", None)];
    let error = compute(&flat("100"), FEN, &tariffs, &november()).unwrap_err();
    assert_eq!(error, BillException::OverlappingTariffs { day: day("2026-11-20") });
}

#[test]
fn a_tariff_for_the_kind_of_house_goes_before_the_one_for_all() {
    let mut tariffs = always("1.80");
    let shop = Tariff {
        scope: Scope { kind: Some("shop".to_owned()), ..Scope::default() },
        ..priced(2, "5.00", "2026-11-16", None)
    };
    tariffs.push(shop);
    assert_eq!(total(&flat("100"), FEN, &tariffs, &november()), 18_000);
    let facts = BillFacts { kind: "shop", ..flat("100") };
    let bill = compute(&facts, FEN, &tariffs, &november()).unwrap();
    assert_eq!(bill.lines.iter().map(|line| line.amount.get()).collect::<Vec<_>>(), [9_000, 25_000]);
}

#[test]
fn nothing_and_less_than_nothing_are_not_billed() {
    assert_eq!(compute(&flat("100"), FEN, &always("0"), &november()).unwrap_err(), BillException::ZeroAmount);
    let negative = [tariff(1, "建筑面积 × 单价 - 500", r#"{"单价":"1.80"}"#, "2020-01-01", None)];
    assert_eq!(compute(&flat("100"), FEN, &negative, &november()).unwrap_err(), BillException::NegativeAmount);
    let huge = [tariff(1, "9999999999 × 9999999999", "{}", "2020-01-01", None)];
    let error = compute(&flat("100"), FEN, &huge, &november()).unwrap_err();
    assert_eq!(error, BillException::Formula(EvalError::Overflow));
}

#[test]
fn billed_months_in_a_formula_charge_the_same_as_leaving_them_out() {
    let months = [tariff(1, "建筑面积 × 单价 × 计费月数", r#"{"单价":"1.80"}"#, "2020-01-01", None)];
    assert_eq!(total(&flat("102.94"), FEN, &months, &fourth_quarter()), 55_588);
}

#[test]
fn a_line_traces_itself_to_its_exact_value() {
    let bill = compute(&handed_over("102.94", "2026-10-20"), FEN, &always("1.80"), &fourth_quarter()).unwrap();
    assert_eq!(bill.lines[0].trace.value(), Some(bill.lines[0].exact));
}

#[test]
fn a_bill_issued_late_is_due_a_week_later_at_least() {
    let due = |today| due_day(day("2026-11-01"), 15, day(today), DUE_FLOOR_DAYS);
    assert_eq!(due("2026-11-01"), day("2026-11-16"));
    assert_eq!(due("2026-11-05"), day("2026-11-16"), "late, and still eleven days to go");
    assert_eq!(due("2026-11-12"), day("2026-11-19"));
    assert_eq!(due("2026-12-20"), day("2026-12-27"));
    assert_eq!(due_day(day("2026-11-01"), 0, day("2026-10-25"), DUE_FLOOR_DAYS), day("2026-11-01"));
    assert_eq!(due_day(NaiveDate::MAX, 1, day("2026-11-01"), DUE_FLOOR_DAYS), NaiveDate::MAX);
}
