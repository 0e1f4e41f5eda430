mod language;
mod single;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::billing::Prorate;
use domain::ids::FeeItemId;
use domain::money::Rounding;
use domain::period::Period;
use uuid::Uuid;

use super::run::Stepper;
use super::*;
use crate::audit::By;
use crate::fees::{self, NewFeeItem, NewTariff};
use crate::fixture::{self, Fixture};
use crate::houses::{self, HouseFacts, HouseRecords, ImportMode, PersonFacts, SourceFile};
use crate::ledger;
use crate::store::StoreError;

const DAY_MS: i64 = 86_400_000;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn november() -> Period {
    Period::new(2026, 11, 1).unwrap()
}

/// A house of 100.00 ㎡ with an owner of its own, who has no phone.
fn flat(number: usize) -> (HouseFacts, PersonFacts) {
    let facts = HouseFacts {
        key: format!("1-1-{number}"),
        building: if number.is_multiple_of(2) { "2" } else { "1" }.to_owned(),
        entrance: Some("1".to_owned()),
        room: number.to_string(),
        kind: "residence",
        floor: None,
        area_centi: 10_000,
        inner_area_centi: None,
        unit_price_e4: None,
        handover: None,
        occupancy: "occupied",
        owners: vec![],
        lessees: vec![],
    };
    let owner = PersonFacts { name: format!("业主{number}"), organisation: false, phones: vec![], id_nos: vec![] };
    (facts, owner)
}

pub(crate) async fn import(
    fixture: &Fixture,
    numbers: impl IntoIterator<Item = usize>,
    change: impl Fn(&mut HouseFacts),
) {
    let mut records = HouseRecords::default();
    for number in numbers {
        let (mut facts, owner) = flat(number);
        facts.owners = vec![records.persons.len()];
        change(&mut facts);
        records.persons.push(owner);
        records.houses.push(facts);
    }
    let file = SourceFile { name: "h.xlsx".to_owned(), sha256: Uuid::now_v7().to_string() };
    let now = fixture.clock.now();
    houses::import(&fixture.db, &records, &file, ImportMode::Apply, &By::operator(), now).await.unwrap();
}

/// The house of that key.
pub(crate) async fn house_id(fixture: &Fixture, key: &str) -> domain::ids::HouseId {
    let sql = "SELECT id FROM house WHERE house_key = $1";
    let id: Result<Option<Uuid>, StoreError> =
        fixture.db.read("test.house", async |tx| tx.value(sql, vec![key.into()]).await).await;
    domain::ids::HouseId(id.unwrap().unwrap())
}

/// A monthly fee of 1.80 yuan per ㎡ from 2026 on, due 15 days after the bill day.
async fn property_fee(fixture: &Fixture) -> FeeItemId {
    let new = NewFeeItem {
        code: "property".to_owned(),
        name: "物业费".to_owned(),
        period_months: 1,
        rounding: Rounding::FenHalfUp,
        prorate: Prorate::CalendarDays,
        due_after_days: 15,
    };
    let now = fixture.clock.now();
    let item = fees::create_fee_item(&fixture.db, &new, &By::operator(), now).await.unwrap();
    let item = FeeItemId(item.id);
    add_tariff(fixture, item, "建筑面积 × 单价", "1.80", "2026-01-01").await.unwrap();
    item
}

async fn add_tariff(
    fixture: &Fixture,
    item: FeeItemId,
    formula: &str,
    price: &str,
    from: &str,
) -> Result<fees::TariffView, fees::FeesError> {
    let new = NewTariff {
        formula: formula.to_owned(),
        constants: BTreeMap::from([("单价".to_owned(), price.to_owned())]),
        effective_from: day(from),
        ..NewTariff::default()
    };
    fees::create_tariff(&fixture.db, item, &new, &By::operator(), fixture.clock.now()).await
}

fn request(fee_item: FeeItemId) -> RunRequest {
    RunRequest { fee_item, period: november(), bill_day: day("2026-11-23"), origin: RunOrigin::Staff }
}

async fn publish(fixture: &Fixture, item: FeeItemId) -> RunReport {
    run(&fixture.db, &request(item), RunMode::Publish, &By::operator(), fixture.clock.now()).await.unwrap()
}

async fn number(fixture: &Fixture, sql: &str) -> i64 {
    let found: Result<Option<i64>, StoreError> =
        fixture.db.read("test.number", async |tx| tx.value(sql, vec![]).await).await;
    found.unwrap().unwrap()
}

/// Every invariant of the books: also that what a payer owes in the ledger is what the open bills add up to.
async fn books_are_sound(fixture: &Fixture) {
    let report = ledger::verify(&fixture.db).await.unwrap();
    assert_eq!(report.findings, vec![]);
}

#[tokio::test]
async fn a_dry_run_foretells_the_run_and_writes_nothing() {
    let fixture = fixture::project().await;
    let item = property_fee(&fixture).await;
    import(&fixture, 1..=5, |_| {}).await;
    let now = fixture.clock.now();
    let dry = run(&fixture.db, &request(item), RunMode::DryRun, &By::operator(), now).await.unwrap();
    assert_eq!(number(&fixture, "SELECT COUNT(*) FROM bill").await, 0);
    assert_eq!(number(&fixture, "SELECT COUNT(*) FROM bill_run").await, 0);

    let done = publish(&fixture, item).await;
    assert_eq!(RunReport { run_id: None, ..done.clone() }, dry);
    assert_eq!((done.bills, done.total_fen, done.already_billed), (5, 5 * 18_000, 0));
    let buildings: Vec<_> = done.buildings.iter().map(|b| (b.building.as_str(), b.bills, b.total_fen)).collect();
    assert_eq!(buildings, [("1", 3, 54_000), ("2", 2, 36_000)]);
    assert_eq!(done.due_day, day("2026-12-08"));
    let open = "SELECT CAST(SUM(total_fen - paid_fen) AS BIGINT) FROM bill WHERE voided_at_ms IS NULL";
    assert_eq!(number(&fixture, open).await, 90_000);
    let receivable = "SELECT CAST(SUM(e.amount_fen) AS BIGINT) FROM entry e JOIN account a ON a.id = e.account_id \
                      WHERE a.code LIKE 'receivable:%'";
    assert_eq!(number(&fixture, receivable).await, 90_000);
    books_are_sound(&fixture).await;
}

#[tokio::test]
async fn a_second_run_bills_nobody_and_writes_nothing() {
    let fixture = fixture::project().await;
    let item = property_fee(&fixture).await;
    import(&fixture, 1..=3, |_| {}).await;
    publish(&fixture, item).await;
    let audits = number(&fixture, "SELECT COUNT(*) FROM audit_log").await;
    let again = publish(&fixture, item).await;
    assert_eq!((again.run_id, again.bills, again.already_billed), (None, 0, 3));
    assert_eq!(number(&fixture, "SELECT COUNT(*) FROM bill").await, 3);
    assert_eq!(number(&fixture, "SELECT COUNT(*) FROM bill_run").await, 1);
    assert_eq!(number(&fixture, "SELECT COUNT(*) FROM audit_log").await, audits);
}

#[tokio::test]
async fn a_house_that_came_late_is_caught_up_with_a_week_to_pay() {
    let fixture = fixture::project().await;
    let item = property_fee(&fixture).await;
    let now = || fixture.clock.now();
    assert_eq!(catch_up(&fixture.db, now()).await.unwrap().periods, 0, "nothing was published yet");
    import(&fixture, 1..=2, |_| {}).await;
    publish(&fixture, item).await;
    fixture.clock.advance_ms(20 * DAY_MS);
    import(&fixture, 1..=3, |_| {}).await;
    let report = catch_up(&fixture.db, now()).await.unwrap();
    assert_eq!((report.periods, report.bills, report.total_fen), (1, 1, 18_000));
    assert_eq!(report.runs[0].already_billed, 2);
    assert_eq!(report.runs[0].due_day, day("2026-12-20"), "seven days from 13 December, not 8 December");
    let again = catch_up(&fixture.db, now()).await.unwrap();
    assert_eq!((again.periods, again.bills, again.runs.len()), (1, 0, 0));
    assert_eq!(number(&fixture, "SELECT COUNT(*) FROM bill_run").await, 2);
    books_are_sound(&fixture).await;
}

#[tokio::test]
async fn houses_that_cannot_be_billed_are_exceptions_with_a_remedy() {
    let fixture = fixture::project().await;
    let item = property_fee(&fixture).await;
    import(&fixture, 1..=6, |facts| match facts.room.as_str() {
        "2" => facts.owners.clear(),
        "3" => facts.occupancy = "not_handed_over",
        "4" => facts.area_centi = 0,
        "5" => facts.handover = Some(day("2026-12-01")),
        "6" => facts.handover = Some(day("2026-11-16")),
        _ => {}
    })
    .await;
    let report = publish(&fixture, item).await;
    assert_eq!((report.bills, report.total_fen), (2, 18_000 + 9_000), "the sixth pays half of November");
    let mut found: Vec<_> = report.exceptions.iter().map(|one| (one.house_key.as_str(), one.code)).collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("1-1-2", "no_payer"),
            ("1-1-3", "not_handed_over"),
            ("1-1-4", "missing_value"),
            ("1-1-5", "not_yet_handed_over")
        ]
    );
    assert!(report.exceptions.iter().all(|one| !one.words.is_empty() && !one.remedy.is_empty()));
    assert_eq!(report.exception_counts.iter().map(|count| count.houses).sum::<u64>(), 4);
}

#[tokio::test]
async fn a_run_killed_between_two_pages_is_resumed_and_bills_nobody_twice() {
    let fixture = fixture::project().await;
    let item = property_fee(&fixture).await;
    import(&fixture, 1..=7, |_| {}).await;
    let (by, now, request) = (By::operator(), fixture.clock.now(), request(item));
    let mut killed = Stepper::begin(&fixture.db, &request, RunMode::Publish, &by, now, 3).await.unwrap();
    assert!(killed.step().await.unwrap());
    drop(killed);
    assert_eq!(number(&fixture, "SELECT COUNT(*) FROM bill").await, 3);
    assert_eq!(number(&fixture, "SELECT COUNT(*) FROM bill_run WHERE state = 'publishing'").await, 1);
    books_are_sound(&fixture).await;

    let report = publish(&fixture, item).await;
    assert_eq!((report.bills, report.already_billed), (4, 3));
    assert_eq!(number(&fixture, "SELECT COUNT(*) FROM bill_run").await, 1, "the same run goes on");
    let whole = "SELECT COUNT(*) FROM bill_run WHERE state = 'published' AND bills = 7 AND total_fen = 126000";
    assert_eq!(number(&fixture, whole).await, 1);
    books_are_sound(&fixture).await;
}

#[tokio::test]
async fn a_page_that_fails_leaves_neither_bills_nor_postings() {
    let fixture = fixture::project().await;
    let item = property_fee(&fixture).await;
    import(&fixture, 1..=6, |_| {}).await;
    let (by, now, request) = (By::operator(), fixture.clock.now(), request(item));
    let mut stepper = Stepper::begin(&fixture.db, &request, RunMode::Publish, &by, now, 3).await.unwrap();
    assert!(stepper.step().await.unwrap());
    // The head of the ledger is put back: the next posting takes a number that is taken.
    let back: Result<u64, StoreError> = fixture
        .db
        .transact("test.break", async |tx| tx.execute("UPDATE ledger_head SET seq = seq - 1", vec![]).await)
        .await;
    back.unwrap();
    assert!(stepper.step().await.is_err());
    drop(stepper);
    assert_eq!(number(&fixture, "SELECT COUNT(*) FROM bill").await, 3);
    assert_eq!(number(&fixture, "SELECT COUNT(*) FROM bill_line").await, 3);
    assert_eq!(number(&fixture, "SELECT COUNT(*) FROM posting").await, 3);
    assert_eq!(number(&fixture, "SELECT bills FROM bill_run").await, 3);
}

#[tokio::test]
async fn a_payer_who_changes_while_a_run_goes_on_is_not_billed_for_the_one_before() {
    let fixture = fixture::project().await;
    let item = property_fee(&fixture).await;
    import(&fixture, 1..=2, |_| {}).await;
    let (by, now, request) = (By::operator(), fixture.clock.now(), request(item));
    let mut stepper = Stepper::begin(&fixture.db, &request, RunMode::Publish, &by, now, 10).await.unwrap();
    let gone: Result<u64, StoreError> = fixture
        .db
        .transact("test.sell", async |tx| {
            tx.execute(
                "UPDATE house_party SET is_payer = FALSE WHERE house_id = (SELECT id FROM house WHERE room = '1')",
                vec![],
            )
            .await
        })
        .await;
    assert_eq!(gone.unwrap(), 1);
    while stepper.step().await.unwrap() {}
    let report = stepper.finish().await.unwrap();
    assert_eq!((report.bills, report.left_for_next_run), (1, 1));
    books_are_sound(&fixture).await;
}

#[tokio::test]
async fn a_new_price_leaves_issued_bills_and_billed_days_alone() {
    let fixture = fixture::project().await;
    let item = property_fee(&fixture).await;
    import(&fixture, 1..=1, |_| {}).await;
    publish(&fixture, item).await;
    let refused = add_tariff(&fixture, item, "建筑面积 × 单价", "2.00", "2026-11-30").await;
    assert_eq!(refused.unwrap_err().code(), "tariff_already_billed");
    add_tariff(&fixture, item, "建筑面积 × 单价", "2.00", "2026-12-01").await.unwrap();
    assert_eq!(number(&fixture, "SELECT total_fen FROM bill").await, 18_000);
    assert_eq!(publish(&fixture, item).await.already_billed, 1);
    let december = RunRequest { period: Period::new(2026, 12, 1).unwrap(), ..request(item) };
    let report = run(&fixture.db, &december, RunMode::Publish, &By::operator(), fixture.clock.now()).await.unwrap();
    assert_eq!(report.total_fen, 20_000);
}

#[tokio::test]
async fn a_run_that_makes_no_sense_is_refused_before_it_begins() {
    let fixture = fixture::project().await;
    let item = property_fee(&fixture).await;
    let now = fixture.clock.now();
    let refusal = async |request: RunRequest| {
        run(&fixture.db, &request, RunMode::Publish, &By::operator(), now).await.unwrap_err().code()
    };
    let quarter = Period::new(2026, 10, 3).unwrap();
    assert_eq!(refusal(RunRequest { period: quarter, ..request(item) }).await, "wrong_period");
    let before = Period::new(2025, 11, 1).unwrap();
    assert_eq!(refusal(RunRequest { period: before, ..request(item) }).await, "no_tariff");
    assert_eq!(refusal(request(FeeItemId::new())).await, "fee_item_not_found");
}
