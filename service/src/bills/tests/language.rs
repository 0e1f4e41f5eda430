//! Tariffs with the whole language, from what a house gives to the trace on the bill.

use domain::formula::{Field, FieldKind, Purpose, Unit};
use domain::ids::{BillId, HouseId};
use serde_json::{Value, json};

use super::*;
use crate::house_fields::{self, NewHouseField, NewValue};

async fn water_field(fixture: &Fixture) -> Uuid {
    let field = Field::number("用水量", Unit::parse("m³").unwrap());
    let new = NewHouseField { field, per_period: true };
    house_fields::create_field(&fixture.db, &new, &By::operator(), fixture.clock.now()).await.unwrap().id
}

async fn read_off(fixture: &Fixture, field: Uuid, house: HouseId, value: Value) {
    let values = [NewValue { house, from: day("2026-11-01"), value }];
    house_fields::set_values(&fixture.db, field, &values, &By::operator(), fixture.clock.now()).await.unwrap();
}

async fn fee(fixture: &Fixture, code: &str, tariff: NewTariff) -> FeeItemId {
    let new = NewFeeItem {
        code: code.to_owned(),
        name: code.to_owned(),
        period_months: 1,
        rounding: Rounding::FenHalfUp,
        prorate: Prorate::CalendarDays,
        due_after_days: 15,
    };
    let (by, now) = (By::operator(), fixture.clock.now());
    let item = FeeItemId(fees::create_fee_item(&fixture.db, &new, &by, now).await.unwrap().id);
    fees::create_tariff(&fixture.db, item, &tariff, &by, now).await.unwrap();
    item
}

fn water() -> NewTariff {
    NewTariff {
        purpose: Purpose::Once,
        formula: "阶梯(用水量, 15: 3, 以上: 4)".to_owned(),
        effective_from: day("2026-01-01"),
        ..NewTariff::default()
    }
}

async fn detail(fixture: &Fixture, house: HouseId) -> BillDetail {
    let today = day("2026-11-23");
    let work = async |tx: &crate::tenancy::ProjectTx<'_>| {
        let page = bills_of_houses(tx, &[house], BillFilter::Open, 0, 10, today).await?;
        bill(tx, BillId(page.bills[0].id), today).await
    };
    let found: Result<BillDetail, BillsError> = fixture.db.read("test.bill", work).await;
    found.unwrap()
}

#[tokio::test]
async fn a_quantity_filled_in_is_billed_with_its_trace_and_a_missing_one_is_an_exception() {
    let fixture = fixture::project().await;
    import(&fixture, 1..=2, |_| {}).await;
    let (field, house) = (water_field(&fixture).await, house_id(&fixture, "1-1-1").await);
    read_off(&fixture, field, house, json!("20.5")).await;
    let item = fee(&fixture, "water", water()).await;
    let report = publish(&fixture, item).await;
    assert_eq!((report.bills, report.total_fen), (1, 4_500 + 2_200));
    let exception = &report.exceptions[0];
    assert_eq!((exception.house_key.as_str(), exception.code), ("1-1-2", "missing_value"));
    assert!(exception.words.contains("用水量"), "{}", exception.words);

    let bill = detail(&fixture, house).await;
    let line = &bill.lines[0];
    assert_eq!(json!(line.inputs), json!({"用水量": "20.5"}));
    assert_eq!(line.words.last().unwrap(), "45.00元 + 22.00元 = 67.00元");
    read_off(&fixture, field, house, json!("99")).await;
    assert_eq!(detail(&fixture, house).await, bill, "an issued bill keeps what it was computed by");
    books_are_sound(&fixture).await;
}

#[tokio::test]
async fn a_line_is_told_again_from_what_is_stored() {
    let fixture = fixture::project().await;
    import(&fixture, 1..=1, |_| {}).await;
    let (field, house) = (water_field(&fixture).await, house_id(&fixture, "1-1-1").await);
    read_off(&fixture, field, house, json!("20.5")).await;
    let item = fee(&fixture, "water", water()).await;
    publish(&fixture, item).await;
    let line = detail(&fixture, house).await.lines.remove(0);
    let work = async |tx: &crate::tenancy::ProjectTx<'_>| fees::tariffs_in_force(tx, item, &november()).await;
    let tariffs = fixture.db.read("test.tariffs", work).await.unwrap();
    let formula = tariffs.iter().find(|one| one.key.uuid() == line.tariff_id).unwrap().formula();
    let (value, trace) = formula.explain(&formula.bind_json(&line.inputs).unwrap()).unwrap();
    assert_eq!((value.to_string(), trace.words()), (line.exact_yuan, line.words));
}

#[tokio::test]
async fn an_empty_flat_pays_less_where_the_formula_says_so_and_a_state_nobody_knows_is_missing() {
    let fixture = fixture::project().await;
    import(&fixture, 1..=3, |facts| match facts.room.as_str() {
        "2" => facts.occupancy = "vacant",
        "3" => facts.occupancy = "unknown",
        _ => {}
    })
    .await;
    let formula = "建筑面积 × 单价 × 如果(空置, 70%, 100%)".to_owned();
    let constants = BTreeMap::from([("单价".to_owned(), "2".to_owned())]);
    let tariff = NewTariff { formula, constants, effective_from: day("2026-01-01"), ..NewTariff::default() };
    let item = fee(&fixture, "property", tariff).await;
    let report = publish(&fixture, item).await;
    assert_eq!((report.bills, report.total_fen), (2, 20_000 + 14_000));
    assert_eq!(report.exceptions[0].code, "missing_value");
}

#[tokio::test]
async fn a_building_has_its_own_price_and_what_would_contradict_it_is_refused() {
    let fixture = fixture::project().await;
    let item = property_fee(&fixture).await;
    import(&fixture, 1..=4, |_| {}).await;
    let (by, now) = (By::operator(), fixture.clock.now());
    let priced = |price: &str| NewTariff {
        formula: "建筑面积 × 单价".to_owned(),
        constants: BTreeMap::from([("单价".to_owned(), price.to_owned())]),
        effective_from: day("2026-02-01"),
        ..NewTariff::default()
    };
    let building = NewTariff { building: Some("2".to_owned()), ..priced("3") };
    fees::create_tariff(&fixture.db, item, &building, &by, now).await.unwrap();
    let kind = NewTariff { house_kind: Some("residence".to_owned()), ..priced("4") };
    let crossing = fees::create_tariff(&fixture.db, item, &kind, &by, now).await.unwrap_err();
    assert_eq!(crossing.code(), "tariff_scopes_cross");
    let nowhere = NewTariff { building: Some("9".to_owned()), ..priced("3") };
    let refused = fees::create_tariff(&fixture.db, item, &nowhere, &by, now).await.unwrap_err();
    assert_eq!(refused.code(), "invalid_field");
    let one = NewTariff { house: Some(house_id(&fixture, "1-1-2").await), ..priced("5") };
    fees::create_tariff(&fixture.db, item, &one, &by, now).await.unwrap();
    // 1 and 3 at 1.80, 4 by its building at 3, 2 by itself at 5.
    assert_eq!(publish(&fixture, item).await.total_fen, 18_000 * 2 + 30_000 + 50_000);
    let once = fees::create_tariff(&fixture.db, item, &water(), &by, now).await.unwrap_err();
    assert_eq!(once.code(), "formula_invalid", "nobody declared what it uses");
}

#[tokio::test]
async fn a_preview_foretells_the_run_with_the_new_price_and_writes_nothing() {
    let fixture = fixture::project().await;
    let item = property_fee(&fixture).await;
    import(&fixture, 1..=3, |facts| {
        if facts.room == "3" {
            facts.area_centi = 20_000;
        }
    })
    .await;
    let december = Period::new(2026, 12, 1).unwrap();
    let dearer = NewTariff {
        formula: "建筑面积 × 单价".to_owned(),
        constants: BTreeMap::from([("单价".to_owned(), "2.00".to_owned())]),
        effective_from: day("2026-12-01"),
        ..NewTariff::default()
    };
    let now = fixture.clock.now();
    let effect = tariff_effect(&fixture.db, item, &dearer, &december, now).await.unwrap();
    assert_eq!((effect.before.bills, effect.before.total_fen), (3, 72_000));
    assert_eq!((effect.after.bills, effect.after.total_fen, effect.houses_changed), (3, 80_000, 3));
    let first = &effect.largest[0];
    let change = (first.house_key.as_str(), first.before_fen, first.after_fen);
    assert_eq!(change, ("1-1-3", Some(36_000), Some(40_000)), "the largest difference first");
    assert_eq!(number(&fixture, "SELECT COUNT(*) FROM tariff").await, 1);

    fees::create_tariff(&fixture.db, item, &dearer, &By::operator(), now).await.unwrap();
    let request = RunRequest { period: december, ..request(item) };
    let report = run(&fixture.db, &request, RunMode::Publish, &By::operator(), now).await.unwrap();
    assert_eq!((report.bills, report.total_fen), (effect.after.bills, effect.after.total_fen));
}

#[tokio::test]
async fn a_trial_shows_real_houses_what_they_would_pay() {
    let fixture = fixture::project().await;
    let item = property_fee(&fixture).await;
    import(&fixture, 1..=4, |facts| {
        if facts.room == "4" {
            facts.area_centi = 0;
        }
    })
    .await;
    let vacant = Field { default: Some(json!(false)), ..Field::new("停用", FieldKind::Flag, Unit::Number) };
    let new = NewTariff {
        formula: "如果(停用, 0元, 建筑面积 × 3元/㎡)".to_owned(),
        inputs: vec![vacant],
        ..NewTariff::default()
    };
    let named = [house_id(&fixture, "1-1-1").await, house_id(&fixture, "1-1-4").await];
    let tried = async |houses: &[HouseId]| {
        fixture.db.read("test.trial", async |tx| trial(tx, item, &new, &november(), houses).await).await.unwrap()
    };
    let two = tried(&named).await;
    assert_eq!((two[0].house_key.as_str(), two[0].total_fen), ("1-1-1", Some(30_000)));
    assert!(two[0].lines[0].words.iter().any(|words| words.contains("建筑面积 100㎡ × 3.00元")), "{two:?}");
    assert_eq!(two[1].exception.as_ref().unwrap().code, "missing_value");
    assert_eq!(tried(&[]).await.len(), 4, "without names some of every building");
}

#[tokio::test]
async fn a_bill_of_twice_the_last_is_told_and_can_be_held_back() {
    let fixture = fixture::project().await;
    import(&fixture, 1..=2, |_| {}).await;
    let item = property_fee(&fixture).await;
    publish(&fixture, item).await;
    let grown: Result<u64, StoreError> = fixture
        .db
        .transact("test.grow", async |tx| {
            tx.execute("UPDATE house SET area_centi = 20000 WHERE house_key = '1-1-1'", vec![]).await
        })
        .await;
    grown.unwrap();
    let december = RunRequest { period: Period::new(2026, 12, 1).unwrap(), ..request(item) };
    let (by, now) = (By::operator(), fixture.clock.now());
    let dry = run(&fixture.db, &december, RunMode::DryRun, &by, now).await.unwrap();
    let unusual = &dry.unusual[0];
    assert_eq!((dry.bills, dry.unusual_total), (2, 1));
    assert_eq!((unusual.house_key.as_str(), unusual.last_fen, unusual.total_fen), ("1-1-1", 18_000, 36_000));
    let usual = run(&fixture.db, &december, RunMode::PublishUsual, &by, now).await.unwrap();
    assert_eq!((usual.bills, usual.exceptions[0].code), (1, "twice_the_last"));
    let rest = run(&fixture.db, &december, RunMode::Publish, &by, now).await.unwrap();
    assert_eq!((rest.bills, rest.already_billed), (1, 1));
}

#[tokio::test]
async fn a_cancelled_run_takes_its_bills_back_but_those_with_money_and_can_be_done_again() {
    let fixture = fixture::project().await;
    import(&fixture, 1..=3, |_| {}).await;
    let item = property_fee(&fixture).await;
    let run_id = publish(&fixture, item).await.run_id.unwrap();
    let (by, now) = (By::operator(), fixture.clock.now());
    let refused = cancel_run(&fixture.db, run_id, " ", &by, now).await.unwrap_err();
    assert_eq!(refused.code(), "reason_missing");
    let report = cancel_run(&fixture.db, run_id, "单价录错", &by, now).await.unwrap();
    assert_eq!((report.voided, report.voided_fen, report.kept), (3, 54_000, 0));
    books_are_sound(&fixture).await;
    let again = cancel_run(&fixture.db, run_id, "单价录错", &by, now).await.unwrap();
    assert_eq!((again.voided, again.kept), (0, 0));
    let shown = fixture.db.read("test.run", async |tx| one_run(tx, run_id).await).await.unwrap();
    assert_eq!((shown.run.state.as_str(), shown.run.houses), ("cancelled", 3));
    assert_eq!(catch_up(&fixture.db, now).await.unwrap().bills, 0, "the clock issues nothing that was taken back");

    add_tariff(&fixture, item, "建筑面积 × 单价", "2.00", "2026-11-01").await.unwrap();
    let redone = publish(&fixture, item).await;
    assert_eq!((redone.bills, redone.total_fen), (3, 60_000));
    assert_ne!(redone.run_id, Some(run_id));
    books_are_sound(&fixture).await;
}

#[tokio::test]
async fn a_corrected_bill_is_reversed_and_a_new_one_linked_to_it() {
    let fixture = fixture::project().await;
    import(&fixture, 1..=1, |_| {}).await;
    let item = property_fee(&fixture).await;
    publish(&fixture, item).await;
    let house = house_id(&fixture, "1-1-1").await;
    let wrong = detail(&fixture, house).await;
    let set: Result<u64, StoreError> = fixture
        .db
        .transact("test.area", async |tx| tx.execute("UPDATE house SET area_centi = 9000", vec![]).await)
        .await;
    set.unwrap();
    let (by, now) = (By::operator(), fixture.clock.now());
    let done = correct(&fixture.db, BillId(wrong.bill.id), "面积有误", &by, now).await.unwrap();
    assert_eq!((done.before_fen, done.after_fen), (18_000, 16_200));
    let new = detail(&fixture, house).await;
    assert_eq!((new.bill.id, new.corrects_bill_id), (done.bill_id, Some(wrong.bill.id)));
    assert_eq!(new.bill.payer_party_id, wrong.bill.payer_party_id);
    let twice = correct(&fixture.db, BillId(wrong.bill.id), "面积有误", &by, now).await.unwrap_err();
    assert_eq!(twice.code(), "bill_voided");
    books_are_sound(&fixture).await;

    let gone: Result<u64, StoreError> =
        fixture.db.transact("test.area", async |tx| tx.execute("UPDATE house SET area_centi = 0", vec![]).await).await;
    gone.unwrap();
    let none = correct(&fixture.db, BillId(new.bill.id), "面积有误", &by, now).await.unwrap_err();
    assert_eq!(none.code(), "missing_value");
    assert_eq!(detail(&fixture, house).await, new, "nothing was changed");
}
