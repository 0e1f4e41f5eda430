use domain::applied::Applied;
use domain::period::Period;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::*;
use crate::audit::By;
use crate::fixture::{self, Fixture};
use crate::houses::{self, ImportMode, SourceFile};
use crate::store::StoreError;

const HOUSES: &[u8] = include_bytes!("../../../books/tests/data/翠湖花园-房屋业主资料.xlsx");
const READINGS: &[u8] = include_bytes!("../../../books/tests/data/翠湖花园-抄表-2026年10月.xlsx");

fn month(number: u32) -> Period {
    Period::new(2026, number, 1).unwrap()
}

fn file(name: &str) -> SourceFile {
    SourceFile { name: name.to_owned(), sha256: format!("sha256 of {name}") }
}

/// A project with the houses of the sample community.
async fn community() -> Fixture {
    let fixture = fixture::project().await;
    let records = houses::read_workbook(HOUSES, 2026).unwrap();
    let now = fixture.clock.now();
    houses::import(&fixture.db, &records, &file("houses"), ImportMode::Apply, &By::operator(), now).await.unwrap();
    fixture
}

async fn read(fixture: &Fixture, bytes: &[u8]) -> books::ReadingBook {
    let known = houses::known_keys(&fixture.db).await.unwrap();
    read_workbook(bytes, 2026, &known).unwrap()
}

async fn import_file(fixture: &Fixture, period: &Period, bytes: &[u8], mode: ImportMode) -> ReadingReport {
    let book = read(fixture, bytes).await;
    let now = fixture.clock.now();
    import(&fixture.db, period, &book, &file("readings"), mode, &By::operator(), now).await.unwrap()
}

async fn count(fixture: &Fixture, what: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM {what}");
    let found: Result<Option<i64>, StoreError> =
        fixture.db.read("test.count", async |tx| tx.value(&sql, vec![]).await).await;
    found.unwrap().unwrap()
}

async fn house_id(fixture: &Fixture, key: &str) -> Uuid {
    let sql = "SELECT id FROM house WHERE house_key = $1";
    let found: Result<Option<Uuid>, StoreError> =
        fixture.db.read("test.house", async |tx| tx.value(sql, vec![key.into()]).await).await;
    found.unwrap().unwrap()
}

/// A water meter of the first house that has shown `readings` from January on.
async fn meter_with(fixture: &Fixture, readings: &[i64]) -> Uuid {
    let new = NewMeter {
        house_id: Some(house_id(fixture, "1-1-102").await),
        public_place: None,
        kind: MeterKind::Water,
        number: "sb1".to_owned(),
        multiplier_milli: 1_000,
        limit_micro: None,
    };
    let meter_id = register(&fixture.db, &new, &By::operator(), fixture.clock.now()).await.unwrap();
    for (number, reading) in (1_u32..).zip(readings) {
        let report = enter_one(fixture, number, meter_id, *reading, EntryStep::Plain).await;
        assert_eq!(report.new_readings, 1, "{:?}", report.refused);
    }
    meter_id
}

async fn enter_one(fixture: &Fixture, number: u32, meter_id: Uuid, units: i64, step: EntryStep) -> ReadingReport {
    let entry = Entry {
        meter_id,
        current_milli: units * 1_000,
        step,
        is_estimated: false,
        day: None,
        photo: None,
        remark: None,
    };
    let now = fixture.clock.now();
    enter(&fixture.db, &month(number), &[entry], ImportMode::Apply, &By::operator(), now).await.unwrap()
}

async fn used(fixture: &Fixture, period: &Period) -> HouseUsage {
    let house = house_id(fixture, "1-1-102").await;
    fixture.db.read("test.usage", async |tx| usage(tx, &[house], period).await).await.unwrap().remove(0)
}

async fn exceptions(fixture: &Fixture, number: u32) -> MeterPage {
    let filter = ReadingFilter { month: month(number), kind: None, state: ReadingState::Exceptions };
    fixture.db.read("test.list", async |tx| list(tx, &filter, 0, 200).await).await.unwrap()
}

async fn reading_of(fixture: &Fixture, number: u32) -> MeterReadingView {
    let filter = ReadingFilter { month: month(number), kind: None, state: ReadingState::All };
    fixture.db.read("test.list", async |tx| list(tx, &filter, 0, 200).await).await.unwrap().meters.remove(0)
}

/// Charges a month's reading on a bill that is there for nothing else.
async fn bill(fixture: &Fixture, number: u32) -> Uuid {
    let reading = reading_of(fixture, number).await.reading_id.unwrap();
    let (house, id) = (house_id(fixture, "1-1-102").await, Uuid::now_v7());
    fixture
        .db
        .transact("test.bill", async |tx| {
            let values = || vec![id.into(), house.into()];
            tx.execute(
                "INSERT INTO fee_item (id, code, name, period_months, rounding, prorate, due_after_days, \
                 created_at_ms) VALUES ($1, 'w', '水费', 1, 'fen_half_up', 'calendar_days', 10, 0)",
                vec![id.into()],
            )
            .await?;
            tx.execute(
                "INSERT INTO bill_run (id, fee_item_id, period_start_day, period_end_day, bill_day, origin, state, \
                 bills, total_fen, exceptions, created_at_ms) VALUES ($1, $1, 0, 30, 0, 'staff', 'published', 1, 1, \
                 '{}', 0)",
                vec![id.into()],
            )
            .await?;
            tx.execute(
                "INSERT INTO bill (id, run_id, house_id, payer_party_id, fee_item_id, period_start_day, \
                 period_end_day, bill_day, due_day, total_fen, paid_fen, created_at_ms) SELECT $1, $1, $2, party_id, \
                 $1, 0, 30, 0, 30, 1, 0, 0 FROM house_party WHERE house_id = $2 AND is_payer",
                values(),
            )
            .await?;
            record_bills(tx, &[(reading, id)]).await
        })
        .await
        .unwrap();
    id
}

#[tokio::test]
async fn a_dry_run_says_what_the_import_then_does_and_the_second_time_nothing_changes() {
    let fixture = community().await;
    let dry = import_file(&fixture, &month(10), READINGS, ImportMode::DryRun).await;
    assert_eq!(count(&fixture, "meter").await + count(&fixture, "meter_reading").await, 0);
    let done = import_file(&fixture, &month(10), READINGS, ImportMode::Apply).await;
    assert_eq!(ReadingReport { batch_id: None, ..done.clone() }, dry);
    assert_eq!((done.accepted, done.new_meters, done.new_readings, done.rejected_rows), (679, 679, 679, 19));
    let sum = |kind: &str| done.sums.iter().find(|sum| sum.kind == kind).unwrap();
    assert_eq!((sum("water").house_readings, sum("water").house_usage.as_str()), (468, "5549.5"));
    assert_eq!((sum("electricity").house_readings, sum("electricity").house_usage.as_str()), (205, "48889.87"));
    assert_eq!((sum("electricity").public_readings, sum("electricity").public_usage.as_str()), (6, "4158.33"));
    let sql = "SELECT CAST(SUM(usage_micro) AS BIGINT) FROM meter_reading";
    let stored: Result<Option<i64>, StoreError> =
        fixture.db.read("test.sum", async |tx| tx.value(sql, vec![]).await).await;
    assert_eq!(stored.unwrap(), Some(5_549_500_000 + 48_889_870_000 + 4_158_330_000));

    let again = import_file(&fixture, &month(10), READINGS, ImportMode::Apply).await;
    assert_eq!((again.batch_id, again.unchanged, again.accepted), (None, 679, 679));
    assert!(again.changes_nothing());
    assert_eq!(count(&fixture, "import_batch WHERE kind = 'readings'").await, 1);
}

#[tokio::test]
async fn the_list_that_was_written_comes_back_through_the_import() {
    let fixture = community().await;
    import_file(&fixture, &month(10), READINGS, ImportMode::Apply).await;
    let now = fixture.clock.now();
    let same = write_sheet(&fixture.db, &month(10), None, now).await.unwrap();
    let report = import_file(&fixture, &month(10), &same, ImportMode::Apply).await;
    assert_eq!((report.unchanged, report.rejected_rows), (679, 0), "{:?}", report.rejected.first());
    let empty = write_sheet(&fixture.db, &month(11), Some(MeterKind::Electricity), now).await.unwrap();
    let book = read(&fixture, &empty).await;
    assert_eq!((book.readings.len(), book.rejections.len()), (0, 211), "nothing is read yet in November");
    assert!(book.rejections.iter().all(|row| row.problem.reason.code() == "READING_MISSING"));
}

#[tokio::test]
async fn the_first_reading_is_a_baseline_and_the_next_ones_are_usage() {
    let fixture = community().await;
    meter_with(&fixture, &[100, 108, 116]).await;
    let first = reading_of(&fixture, 1).await;
    assert_eq!((first.previous, first.usage.as_deref()), (None, Some("0")));
    let third = used(&fixture, &month(3)).await;
    assert_eq!((third.usage, third.previous, third.current), (8.into(), Some(108.into()), Some(116.into())));
    assert_eq!(third.state, UsageState::Ready);
    let quarter = used(&fixture, &Period::new(2026, 1, 3).unwrap()).await;
    assert_eq!((quarter.usage, quarter.readings.len(), quarter.state), (16.into(), 3, UsageState::Ready));
    let april = used(&fixture, &month(4)).await;
    assert_eq!((april.usage, april.state), (Decimal::ZERO, UsageState::Missing));
}

#[tokio::test]
async fn an_odd_reading_is_held_until_somebody_says_why_it_is_right() {
    let fixture = community().await;
    let meter_id = meter_with(&fixture, &[100, 108, 116]).await;
    assert_eq!(enter_one(&fixture, 4, meter_id, 316, EntryStep::Plain).await.with_anomalies, 1);
    assert_eq!(used(&fixture, &month(4)).await.state, UsageState::Held);
    let odd = exceptions(&fixture, 4).await.meters.remove(0);
    assert_eq!(odd.anomalies, ["jump"]);
    let (db, by, now) = (&fixture.db, By::operator(), fixture.clock.now());
    let reading = odd.reading_id.unwrap();
    assert_eq!(accept(db, reading, " ", &by, now).await.unwrap_err().code(), "invalid_field");
    assert_eq!(accept(db, reading, "水管漏水，已核实", &by, now).await.unwrap(), Applied::Done(()));
    assert_eq!(accept(db, reading, "水管漏水，已核实", &by, now).await.unwrap(), Applied::Already(()));
    assert_eq!(accept(db, reading, "别的原因", &by, now).await.unwrap_err().code(), "nothing_to_accept");
    assert_eq!((used(&fixture, &month(4)).await.state, exceptions(&fixture, 4).await.count), (UsageState::Ready, 0));
    let missing = exceptions(&fixture, 5).await;
    assert_eq!((missing.count, missing.meters[0].anomalies[0].as_str()), (1, "missing"));
}

#[tokio::test]
async fn a_hand_that_went_backwards_is_refused_until_it_is_explained() {
    let fixture = community().await;
    let meter_id = meter_with(&fixture, &[9_990, 9_995]).await;
    let refused = enter_one(&fixture, 3, meter_id, 3, EntryStep::Plain).await;
    assert_eq!((refused.refused[0].code, refused.new_readings), ("READING_LOWER", 0));
    enter_one(&fixture, 3, meter_id, 3, EntryStep::RollOver).await;
    assert_eq!(used(&fixture, &month(3)).await.usage, 8.into());
    let exchanged = EntryStep::Exchanged { old_end_milli: 5_000, new_start_milli: 1_000 };
    enter_one(&fixture, 4, meter_id, 7, exchanged).await;
    assert_eq!(used(&fixture, &month(4)).await.usage, 8.into());
}

#[tokio::test]
async fn a_reading_is_replaced_until_it_is_billed_and_then_only_corrected() {
    let fixture = community().await;
    let meter_id = meter_with(&fixture, &[100, 108]).await;
    assert_eq!(enter_one(&fixture, 2, meter_id, 108, EntryStep::Plain).await.unchanged, 1);
    assert_eq!(enter_one(&fixture, 2, meter_id, 109, EntryStep::Plain).await.replaced, 1);
    assert_eq!(count(&fixture, "meter_reading WHERE superseded_at_ms IS NOT NULL").await, 1);
    let (db, by, now) = (&fixture.db, By::operator(), fixture.clock.now());
    let wrong = Correction {
        reading_id: reading_of(&fixture, 2).await.reading_id.unwrap(),
        now_milli: 105_000,
        counts_in: month(3),
        reason: "看错一位".to_owned(),
    };
    assert_eq!(correct(db, &wrong, &by, now).await.unwrap_err().code(), "reading_not_billed");
    let bill_id = bill(&fixture, 2).await;
    let refused = enter_one(&fixture, 2, meter_id, 105, EntryStep::Plain).await;
    assert_eq!(refused.refused[0].code, "READING_BILLED");
    let early = Correction { counts_in: month(2), ..wrong.clone() };
    assert_eq!(correct(db, &early, &by, now).await.unwrap_err().code(), "invalid_field");
    assert_eq!(correct(db, &wrong, &by, now).await.unwrap(), Applied::Done("-4".to_owned()));
    assert!(!correct(db, &wrong, &by, now).await.unwrap().is_done());
    assert_eq!(used(&fixture, &month(2)).await.usage, 9.into(), "what was billed stays");
    enter_one(&fixture, 3, meter_id, 115, EntryStep::Plain).await;
    assert_eq!(used(&fixture, &month(3)).await.usage, 6.into(), "10 from 105 on, 4 too many before");
    let later = Correction { now_milli: 104_000, ..wrong };
    assert_eq!(correct(db, &later, &by, now).await.unwrap_err().code(), "later_reading");

    let void = "UPDATE bill SET voided_at_ms = 1 WHERE id = $1";
    db.transact("test.void", async |tx| tx.execute(void, vec![bill_id.into()]).await).await.unwrap();
    assert!(!reading_of(&fixture, 2).await.is_billed, "a voided bill holds nothing");
}

#[tokio::test]
async fn an_earlier_month_is_not_changed_under_a_later_one() {
    let fixture = community().await;
    let meter_id = meter_with(&fixture, &[100, 108, 116]).await;
    let refused = enter_one(&fixture, 2, meter_id, 110, EntryStep::Plain).await;
    assert_eq!((refused.refused[0].code, refused.replaced), ("LATER_READING", 0));
    assert_eq!(enter_one(&fixture, 2, meter_id, 108, EntryStep::Plain).await.unchanged, 1);
}

#[tokio::test]
async fn a_meter_is_registered_once_and_asked_for_until_it_is_retired() {
    let fixture = community().await;
    let meter_id = meter_with(&fixture, &[]).await;
    let (db, by, now) = (&fixture.db, By::operator(), fixture.clock.now());
    let new = NewMeter {
        house_id: Some(house_id(&fixture, "1-1-102").await),
        public_place: None,
        kind: MeterKind::Water,
        number: "SB1".to_owned(),
        multiplier_milli: 1_000,
        limit_micro: None,
    };
    assert_eq!(register(db, &new, &by, now).await.unwrap_err().code(), "meter_taken");
    let elsewhere = NewMeter { house_id: None, public_place: Some("大门岗".to_owned()), ..new.clone() };
    assert_eq!(register(db, &elsewhere, &by, now).await.unwrap_err().code(), "invalid_field");
    let nobody = NewMeter { house_id: Some(Uuid::now_v7()), ..new };
    assert_eq!(register(db, &nobody, &by, now).await.unwrap_err().code(), "meter_not_found");
    assert_eq!(exceptions(&fixture, 1).await.count, 1);
    assert!(retire(db, meter_id, &by, now).await.unwrap().is_done());
    assert!(!retire(db, meter_id, &by, now).await.unwrap().is_done());
    assert_eq!(exceptions(&fixture, 1).await.count, 0);
}
