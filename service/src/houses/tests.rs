use chrono::NaiveDate;
use domain::ids::HouseId;
use domain::person::Phone;

use super::*;
use crate::audit::By;
use crate::fixture::{self, Fixture};
use crate::store::StoreError;
use crate::tenancy::ProjectDb;

const WORKBOOK: &[u8] = include_bytes!("../../../books/tests/data/翠湖花园-房屋业主资料.xlsx");

fn workbook() -> HouseRecords {
    let book = books::read_houses(WORKBOOK, &books::ReadOptions { period_year: 2026 }).unwrap();
    HouseRecords::from(&book)
}

fn file(name: &str) -> SourceFile {
    SourceFile { name: name.to_owned(), sha256: format!("sha256 of {name}") }
}

fn person(name: &str, phones: &[&str], id_nos: &[&str]) -> PersonFacts {
    PersonFacts {
        name: name.to_owned(),
        organisation: name.ends_with("公司"),
        phones: phones.iter().map(|phone| Phone::parse(phone).unwrap()).collect(),
        id_nos: id_nos.iter().map(|id_no| (*id_no).to_owned()).collect(),
    }
}

fn flat(building: &str, room: &str, owners: &[usize]) -> HouseFacts {
    HouseFacts {
        key: format!("{building}-1-{room}"),
        building: building.to_owned(),
        entrance: Some("1".to_owned()),
        room: room.to_owned(),
        kind: "residence",
        floor: Some(1),
        area_centi: 10_000,
        inner_area_centi: None,
        unit_price_e4: Some(18_000),
        handover: NaiveDate::from_ymd_opt(2026, 1, 1),
        occupancy: "occupied",
        owners: owners.to_vec(),
        lessees: vec![],
    }
}

fn records(houses: Vec<HouseFacts>, persons: Vec<PersonFacts>) -> HouseRecords {
    HouseRecords { houses, persons, ..HouseRecords::default() }
}

async fn apply(fixture: &Fixture, records: &HouseRecords, name: &str) -> ImportReport {
    let now = fixture.clock.now();
    import(&fixture.db, records, &file(name), ImportMode::Apply, &By::operator(), now).await.unwrap()
}

async fn count(db: &ProjectDb, what: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM {what}");
    let found: Option<i64> =
        db.read("test.count", async |tx| tx.value(&sql, vec![]).await).await.map_err(|e: StoreError| e).unwrap();
    found.unwrap()
}

async fn search(fixture: &Fixture, text: &str) -> Vec<String> {
    let hits = fixture.db.read("test.find", async |tx| find(tx, text).await).await.unwrap();
    hits.into_iter().map(|hit| hit.key).collect()
}

#[tokio::test]
async fn a_dry_run_says_what_the_import_then_does_and_writes_nothing() {
    let fixture = fixture::project().await;
    let records = workbook();
    let now = fixture.clock.now();
    let dry = import(&fixture.db, &records, &file("a"), ImportMode::DryRun, &By::operator(), now).await.unwrap();
    assert_eq!(count(&fixture.db, "house").await + count(&fixture.db, "party").await, 0);
    assert_eq!(count(&fixture.db, "import_batch").await + count(&fixture.db, "audit_log").await, 0);

    let done = apply(&fixture, &records, "a").await;
    assert_eq!(ImportReport { batch_id: None, ..done.clone() }, dry);
    assert!(done.batch_id.is_some());
    assert_eq!((done.accepted, done.new_houses, done.unchanged), (506, 506, 0));
    assert_eq!(done.persons_new, 534);
    assert_eq!(done.houses_without_owner, 8);
    assert_eq!(done.area_centi, 5_237_479);
    assert_eq!(done.buildings.iter().map(|sum| sum.area_centi).sum::<i64>(), done.area_centi);
    let by_building: Vec<_> = done.buildings.iter().map(|sum| (sum.building.as_str(), sum.houses)).collect();
    assert_eq!(by_building, [("1", 70), ("2", 70), ("3", 63), ("4", 64), ("5", 118), ("6", 121)]);
    assert_eq!(done.rejected_rows, 17);
    assert_eq!(count(&fixture.db, "house").await, 506);
    assert_eq!(count(&fixture.db, "party").await, 534);
    assert_eq!(count(&fixture.db, "house_party WHERE role = 'owner'").await, 526);
    assert_eq!(count(&fixture.db, "house_party WHERE role = 'lessee'").await, 59);
    assert_eq!(count(&fixture.db, "house_party WHERE is_payer").await, 498);
}

#[tokio::test]
async fn importing_the_same_file_again_changes_nothing() {
    let fixture = fixture::project().await;
    let records = workbook();
    apply(&fixture, &records, "a").await;
    fixture.clock.advance_ms(1_000);
    let again = apply(&fixture, &records, "a").await;
    assert!(again.changes_nothing());
    assert_eq!((again.new_houses, again.changed_houses, again.unchanged), (0, 0, 506));
    assert_eq!((again.persons_new, again.phones_new, again.differences_count), (0, 0, 0));
    assert_eq!(again.batch_id, None);
    assert_eq!(count(&fixture.db, "import_batch").await, 1);
    assert_eq!(count(&fixture.db, "audit_log").await, 1);
    assert_eq!(count(&fixture.db, "house WHERE updated_at_ms <> created_at_ms").await, 0);
}

#[tokio::test]
async fn a_row_the_database_refuses_leaves_nothing_of_the_file() {
    let fixture = fixture::project().await;
    let mut broken = flat("1", "102", &[0]);
    broken.area_centi = -1;
    let records = records(vec![flat("1", "101", &[0]), broken], vec![person("张三", &["13800000001"], &[])]);
    let now = fixture.clock.now();
    let answer = import(&fixture.db, &records, &file("a"), ImportMode::Apply, &By::operator(), now).await;
    assert_eq!(answer.unwrap_err().code(), "internal");
    for table in ["house", "party", "party_phone", "house_party", "import_batch", "audit_log"] {
        assert_eq!(count(&fixture.db, table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn changed_facts_are_named_and_a_blank_cell_keeps_what_is_known() {
    let fixture = fixture::project().await;
    let people = || vec![person("张三", &["13800000001"], &[])];
    apply(&fixture, &records(vec![flat("1", "101", &[0]), flat("1", "102", &[0])], people()), "a").await;
    let mut dearer = flat("1", "101", &[0]);
    dearer.unit_price_e4 = Some(22_000);
    dearer.area_centi = 0;
    dearer.handover = None;
    dearer.occupancy = "unknown";
    let report = apply(&fixture, &records(vec![dearer, flat("1", "102", &[0])], people()), "b").await;
    assert_eq!((report.changed_houses, report.unchanged), (1, 1));
    let change = &report.changed[0];
    assert_eq!(change.key, "1-1-101");
    let field = FieldChange { field: "unit_price_e4", before: "18000".to_owned(), after: "22000".to_owned() };
    assert_eq!(change.fields, [field]);
    assert_eq!(count(&fixture.db, "house WHERE unit_price_e4 = 22000 AND area_centi = 10000").await, 1);
    assert_eq!(count(&fixture.db, "house WHERE handover_day IS NOT NULL AND occupancy = 'occupied'").await, 2);
}

#[tokio::test]
async fn the_same_person_is_found_by_name_and_a_shared_phone_or_number() {
    let fixture = fixture::project().await;
    let first = vec![person("张三", &["13800000001"], &["990101199003070011"]), person("李四", &["13800000002"], &[])];
    apply(&fixture, &records(vec![flat("1", "101", &[0]), flat("1", "102", &[1])], first), "a").await;
    let second = vec![
        person("张三", &["13900000009"], &["990101199003070011"]),
        person("李四", &["13800000003"], &[]),
        person("王五", &["13800000001"], &[]),
    ];
    let houses = vec![flat("2", "201", &[0]), flat("2", "202", &[1]), flat("2", "203", &[2])];
    let report = apply(&fixture, &records(houses, second), "b").await;
    assert_eq!(report.persons_new, 2, "another phone is another 李四, another name another person");
    assert_eq!((report.persons_changed, report.phones_new), (1, 3), "张三 gains a phone");
    assert_eq!(search(&fixture, "139 0000 0009").await, ["1-1-101", "2-1-201"]);
    assert_eq!(search(&fixture, "张三").await, ["1-1-101", "2-1-201"]);
    assert_eq!(search(&fixture, "13800000001").await, ["1-1-101", "2-1-201", "2-1-203"]);
}

#[tokio::test]
async fn another_owner_is_reported_and_never_overwritten() {
    let fixture = fixture::project().await;
    let houses = || vec![flat("1", "101", &[0]), flat("1", "102", &[1])];
    let people = vec![person("张三", &["13800000001"], &[]), person("李四", &["13800000002"], &[])];
    apply(&fixture, &records(houses(), people), "a").await;
    let sold = vec![person("王五", &["13800000005"], &[]), person("李四", &["13900000002"], &[])];
    let report = apply(&fixture, &records(houses(), sold), "b").await;
    let kinds: Vec<_> = report.differences.iter().map(|one| (one.key.as_str(), one.kind)).collect();
    assert_eq!(kinds, [("1-1-101", DifferenceKind::OwnershipChanged), ("1-1-102", DifferenceKind::ContactDiffers)]);
    assert_eq!(report.differences[0].in_system, ["张*"]);
    assert_eq!(report.differences[0].in_file, ["王*"]);
    assert_eq!((report.persons_new, report.phones_new), (0, 0));
    assert_eq!(search(&fixture, "13800000005").await, [""; 0]);
    assert_eq!(search(&fixture, "13800000001").await, ["1-1-101"]);
}

#[tokio::test]
async fn the_first_owner_of_an_unsold_house_becomes_its_payer() {
    let fixture = fixture::project().await;
    let report = apply(&fixture, &records(vec![flat("1", "101", &[])], vec![]), "a").await;
    assert_eq!(report.houses_without_owner, 1);
    assert_eq!(count(&fixture.db, "house_party").await, 0);
    let people = vec![person("张三", &["13800000001"], &[]), person("翠湖置业公司", &[], &[])];
    let report = apply(&fixture, &records(vec![flat("1", "101", &[0, 1])], people), "b").await;
    assert_eq!(report.changed[0].fields[0].field, "owners");
    let hit = fixture.db.read("test.find", async |tx| find(tx, "1栋101").await).await.unwrap().remove(0);
    let shown: Vec<_> = hit.parties.iter().map(|p| (p.name_masked.as_str(), p.is_payer)).collect();
    assert_eq!(shown, [("张*", true), ("翠湖***", false)]);
    assert_eq!(hit.parties[0].phones_masked, ["138****0001"]);
    let view = fixture.db.read("test.house", async |tx| house(tx, HouseId(hit.id)).await).await.unwrap();
    assert_eq!(view.hit, hit);
    assert_eq!(view.handover, NaiveDate::from_ymd_opt(2026, 1, 1));
    let other = fixture.db.read("test.house", async |tx| house(tx, HouseId::new()).await).await;
    assert_eq!(other.unwrap_err().code(), "house_not_found");
}

#[tokio::test]
async fn a_house_is_found_by_its_number_in_any_form() {
    let fixture = fixture::project().await;
    let mut houses = vec![flat("1", "101", &[]), flat("10", "101", &[]), flat("2", "3A01", &[])];
    houses[1].entrance = None;
    houses[1].key = "10-101".to_owned();
    apply(&fixture, &records(houses, vec![]), "a").await;
    assert_eq!(search(&fixture, "101").await, ["1-1-101", "10-101"]);
    assert_eq!(search(&fixture, " 1栋1单元101室").await, ["1-1-101"]);
    assert_eq!(search(&fixture, "1-1-101").await, ["1-1-101"]);
    assert_eq!(search(&fixture, "10#101").await, ["10-101"]);
    assert_eq!(search(&fixture, "3a01").await, ["2-1-3A01"]);
    assert_eq!(search(&fixture, "2-3a01").await, ["2-1-3A01"]);
    assert_eq!(search(&fixture, "%").await, [""; 0]);
}

#[tokio::test]
async fn a_list_has_the_totals_of_the_whole_and_the_houses_of_the_page() {
    let fixture = fixture::project().await;
    apply(&fixture, &workbook(), "a").await;
    let filter = HouseFilter { building: Some("5".to_owned()), ..HouseFilter::default() };
    let (page, buildings) = fixture
        .db
        .read("test.list", async |tx| Ok::<_, HousesError>((list(tx, &filter, 100, 50).await?, buildings(tx).await?)))
        .await
        .unwrap();
    assert_eq!((page.houses.len(), page.count, page.area_centi), (18, 118, 1_086_594));
    assert_eq!(buildings.iter().map(|b| b.houses).sum::<i64>(), 506);
    let unpaid = HouseFilter { without_payer: true, ..HouseFilter::default() };
    let page = fixture.db.read("test.list", async |tx| list(tx, &unpaid, 0, 3).await).await.unwrap();
    assert_eq!((page.houses.len(), page.count), (3, 8));
}
