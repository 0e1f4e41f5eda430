use domain::ids::BillId;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;
use crate::audit::By;
use crate::bills;
use crate::fixture::{self, Fixture};
use crate::houses::{self, ImportMode, SourceFile};
use crate::ledger;
use crate::store::StoreError;

const HOUSES: &[u8] = include_bytes!("../../../books/tests/data/翠湖花园-房屋业主资料.xlsx");
const OPENING: &[u8] = include_bytes!("../../../books/tests/data/翠湖花园-期初欠费与预存.xlsx");
const EXPECTED: &[u8] = include_bytes!("../../../books/tests/data/expected.json");

fn file(name: &str) -> SourceFile {
    SourceFile { name: name.to_owned(), sha256: format!("sha256 of {name}") }
}

async fn community() -> Fixture {
    let fixture = fixture::project().await;
    let records = houses::read_workbook(HOUSES, 2026).unwrap();
    let now = fixture.clock.now();
    houses::import(&fixture.db, &records, &file("houses"), ImportMode::Apply, &By::operator(), now).await.unwrap();
    fixture
}

async fn book(fixture: &Fixture) -> books::OpeningBook {
    let known = houses::known_keys(&fixture.db).await.unwrap();
    read_workbook(OPENING, 2026, &known).unwrap()
}

async fn bring(fixture: &Fixture, book: &books::OpeningBook, mode: ImportMode) -> Result<OpeningReport, OpeningError> {
    import(&fixture.db, book, &file("opening"), mode, &By::operator(), fixture.clock.now()).await
}

async fn count(fixture: &Fixture, what: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM {what}");
    let found: Result<Option<i64>, StoreError> =
        fixture.db.read("test.count", async |tx| tx.value(&sql, vec![]).await).await;
    found.unwrap().unwrap()
}

fn figures() -> Value {
    let all: Value = serde_json::from_slice(EXPECTED).unwrap();
    all["files"]["翠湖花园-期初欠费与预存.xlsx"].clone()
}

#[tokio::test]
async fn every_section_ties_with_the_file_and_with_the_ledger() {
    let (fixture, want) = (community().await, figures());
    let book = book(&fixture).await;
    let dry = bring(&fixture, &book, ImportMode::DryRun).await.unwrap();
    assert_eq!(count(&fixture, "bill").await + count(&fixture, "opening_line").await, 0);
    let done = bring(&fixture, &book, ImportMode::Apply).await.unwrap();
    assert_eq!(OpeningReport { batch_id: None, ..done.clone() }, dry);
    assert_eq!(done.new_lines + done.rejected_rows, 125 + 67 + 199 + 8 + 1 + 1, "{:?}", done.rejected);
    assert!(done.sums.ties && done.ties.iter().all(|tie| tie.holds));
    for (name, lines) in [("arrears", "lines_accepted"), ("prepayments", "lines_accepted"), ("deposits", "entries")] {
        let section = done.sums.sections.iter().find(|section| section.section == name).unwrap();
        assert_eq!(json!(section.lines), want[name][lines], "{name}");
        assert_eq!(json!(section.houses), want[name]["houses"], "{name}");
        assert_eq!(json!(section.total_fen), want[name]["sum_fen"], "{name}");
        assert_eq!(section.ledger_fen, section.total_fen, "{name}");
        let items: serde_json::Map<String, Value> = done
            .sums
            .items
            .iter()
            .filter(|item| item.section == name)
            .map(|item| (item.item.clone(), json!(item.total_fen)))
            .collect();
        let by = ["sum_fen_by_item", "sum_fen_by_purpose", "sum_fen_by_type"];
        let by = by.into_iter().find_map(|key| want[name].get(key)).unwrap();
        assert_eq!(&Value::Object(items), by, "{name}");
    }
    assert_eq!(ledger::verify(&fixture.db).await.unwrap().findings, []);
}

#[tokio::test]
async fn the_same_file_again_changes_nothing_and_another_balance_is_refused() {
    let fixture = community().await;
    let mut book = book(&fixture).await;
    bring(&fixture, &book, ImportMode::Apply).await.unwrap();
    let again = bring(&fixture, &book, ImportMode::Apply).await.unwrap();
    assert_eq!((again.batch_id, again.new_lines, again.unchanged), (None, 0, 125 + 67 + 199));
    assert_eq!(count(&fixture, "import_batch WHERE kind = 'opening'").await, 1);

    book.prepayments[0].amount = domain::money::Fen::new(1).unwrap();
    book.arrears[0].amount = domain::money::Fen::new(1).unwrap();
    book.ties.clear();
    let changed = bring(&fixture, &book, ImportMode::Apply).await.unwrap();
    let codes: Vec<_> = changed.rejected.iter().map(|row| row.code).collect();
    assert_eq!(changed.new_lines, 0);
    assert!(codes.contains(&"ALREADY_BILLED") && codes.contains(&"OPENING_EXISTS"), "{codes:?}");
    assert_eq!(count(&fixture, "bill").await, 125);
}

#[tokio::test]
async fn a_total_that_does_not_tie_is_shown_by_a_dry_run_and_never_applied() {
    let fixture = community().await;
    let mut book = book(&fixture).await;
    book.ties[0].printed = Some(domain::money::Fen::new(1).unwrap());
    let dry = bring(&fixture, &book, ImportMode::DryRun).await.unwrap();
    assert!(!dry.ties[0].holds);
    let refused = bring(&fixture, &book, ImportMode::Apply).await.unwrap_err();
    assert_eq!(refused.code(), "total_does_not_tie");
    assert_eq!(count(&fixture, "opening_line").await, 0);
}

#[tokio::test]
async fn an_old_debt_is_a_bill_that_is_due_in_a_week_and_may_be_voided() {
    let fixture = community().await;
    let book = book(&fixture).await;
    bring(&fixture, &book, ImportMode::Apply).await.unwrap();
    let sql = "SELECT o.bill_id FROM opening_line o JOIN house h ON h.id = o.house_id WHERE h.house_key = '1-1-502' \
               AND o.item = '物业费'";
    let found: Result<Option<Uuid>, StoreError> =
        fixture.db.read("test.bill", async |tx| tx.value(sql, vec![]).await).await;
    let bill = BillId(found.unwrap().unwrap());
    let now = fixture.clock.now();
    let today = fixture.db.info().today(now);
    let shown = fixture.db.read("test.show", async |tx| bills::bill(tx, bill, today).await).await.unwrap();
    assert_eq!((shown.bill.period.as_str(), shown.bill.total_fen), ("2023年12月及以前", 361_836));
    assert_eq!((shown.bill.is_overdue, (shown.bill.due_day - today).num_days()), (false, 7));
    let _ = bills::void(&fixture.db, bill, "与业主核对后无此欠费", &By::operator(), now).await.unwrap();
    assert_eq!(ledger::verify(&fixture.db).await.unwrap().findings, []);
    let income = count(&fixture, "account WHERE code LIKE 'income:%'").await;
    assert_eq!(income, 0, "an old debt was never earned here");
}
