//! The sample house workbook against its known figures, then record by record.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "a test may stop at the first surprise"
)]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use books::finding::Caution;
use books::houses::SheetStatus;
use books::{HouseBook, ReadOptions, read_houses};
use chrono::NaiveDate;
use serde_json::{Value, json};

const FILE: &str = "翠湖花园-房屋业主资料.xlsx";

fn data(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn book() -> HouseBook {
    read_houses(&data(FILE), &ReadOptions { period_year: 2026 }).unwrap()
}

fn figures() -> Value {
    let all: Value = serde_json::from_slice(&data("expected.json")).unwrap();
    all["files"][FILE].clone()
}

fn rejected() -> Vec<Value> {
    let all: Value = serde_json::from_slice(&data("expected.json")).unwrap();
    all["rejected"].as_array().unwrap().iter().filter(|r| r["file"] == FILE).cloned().collect()
}

fn hundredths(centi: i64) -> String {
    format!("{}.{:02}", centi / 100, centi % 100)
}

fn tally<K: Ord + ToString>(keys: impl Iterator<Item = K>) -> Value {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for key in keys {
        *counts.entry(key.to_string()).or_default() += 1;
    }
    json!(counts)
}

#[test]
fn houses_are_counted_by_kind_and_building() {
    let (book, want) = (book(), figures());
    assert_eq!(json!(book.houses.len()), want["houses_accepted"]);
    assert_eq!(tally(book.houses.iter().map(|h| h.kind.label())), want["houses_by_type"]);
    assert_eq!(tally(book.houses.iter().map(|h| h.key.building())), want["houses_by_building"]);
    assert_eq!(json!(book.summary().houses_without_owner), want["houses_without_owner"]);
    assert!(book.issues.is_empty());
    assert!(book.sheets.iter().all(|sheet| sheet.status == SheetStatus::Read));
}

#[test]
fn areas_add_up_to_the_hundredth() {
    let (book, want) = (book(), figures());
    assert_eq!(json!(hundredths(book.summary().area_centi)), want["area_sum"]);
    let mut by_building: BTreeMap<&str, i64> = BTreeMap::new();
    for house in &book.houses {
        *by_building.entry(house.key.building()).or_default() += house.area_centi;
    }
    let by_building: BTreeMap<_, _> = by_building.into_iter().map(|(b, centi)| (b, hundredths(centi))).collect();
    assert_eq!(json!(by_building), want["area_sum_by_building"]);

    let all: Value = serde_json::from_slice(&data("expected.json")).unwrap();
    let zero: Vec<_> = book.warnings.iter().filter(|w| w.caution == Caution::AreaZero).collect();
    assert_eq!(json!(zero.len()), want["area_zero_warnings"]);
    let keys: BTreeSet<String> = zero
        .iter()
        .map(|w| {
            let house = book.houses.iter().find(|h| h.source.sheet == w.sheet && h.source.row == w.row).unwrap();
            house.key.to_string()
        })
        .collect();
    assert_eq!(json!(keys), all["warnings_wanted"]["area_zero"]);
}

#[test]
fn unit_prices_and_occupancy_are_read_from_every_spelling() {
    let (book, want) = (book(), figures());
    let price = |e4: Option<i64>| e4.map_or("blank".to_owned(), |e4| hundredths(e4 / 100));
    assert_eq!(tally(book.houses.iter().map(|h| price(h.unit_price_e4))), want["unit_price_counts"]);
    assert_eq!(tally(book.houses.iter().map(|h| h.occupancy.code())), want["occupancy_counts"]);
}

#[test]
fn handover_dates_are_read_from_every_spelling() {
    let (book, want) = (book(), figures());
    let want = &want["handover_dates"];
    let dates: Vec<_> = book.houses.iter().filter_map(|h| h.handover).collect();
    let epoch = NaiveDate::from_ymd_opt(1899, 12, 30).unwrap();
    assert_eq!(json!(dates.len()), want["parsed"]);
    assert_eq!(json!(dates.iter().filter(|d| d.month_only).count()), want["month_only"]);
    assert_eq!(json!(book.houses.len() - dates.len()), want["blank"]);
    let serials: i64 = dates.iter().map(|d| (d.day - epoch).num_days()).sum();
    assert_eq!(json!(serials), want["sum_of_excel_serials"]);
    assert_eq!(json!(dates.iter().map(|d| d.day).min()), want["earliest"]);
    assert_eq!(json!(dates.iter().map(|d| d.day).max()), want["latest"]);
}

#[test]
fn persons_are_told_apart_across_owners_and_lessees() {
    let (book, want) = (book(), figures());
    let want = &want["persons"];
    let owners: Vec<_> = book.houses.iter().flat_map(|h| &h.owners).collect();
    let lessees: Vec<_> = book.houses.iter().flat_map(|h| &h.lessees).collect();
    let distinct = |of: &[&books::person::PersonMention]| of.iter().map(|m| m.person).collect::<BTreeSet<_>>();
    let organisations = |of: &BTreeSet<usize>| of.iter().filter(|p| book.persons[**p].organisation).count();
    let (owner_set, lessee_set) = (distinct(&owners), distinct(&lessees));
    assert_eq!(json!(owner_set.len()), want["owners_distinct"]);
    assert_eq!(json!(organisations(&owner_set)), want["owners_organisations"]);
    assert_eq!(json!(lessee_set.len()), want["lessees_distinct"]);
    assert_eq!(json!(organisations(&lessee_set)), want["lessees_organisations"]);
    assert_eq!(json!(book.persons.len()), want["total_distinct"]);
    assert_eq!(json!(owners.len()), want["owner_house_links"]);
    assert_eq!(json!(lessees.len()), want["lessee_house_links"]);
    let mut houses_of: HashMap<usize, usize> = HashMap::new();
    for mention in &owners {
        *houses_of.entry(mention.person).or_default() += 1;
    }
    assert_eq!(json!(houses_of.values().filter(|n| **n >= 2).count()), want["owners_of_two_or_more_houses"]);
    assert_eq!(
        json!(book.houses.iter().filter(|h| h.owners.len() >= 2).count()),
        want["houses_with_two_or_more_owners"]
    );
    assert_eq!(book.persons.iter().map(|p| p.mentions).sum::<usize>(), owners.len() + lessees.len());
}

#[test]
fn phones_are_read_from_every_spelling() {
    let (book, want) = (book(), figures());
    let want = &want["phones"];
    let owners: Vec<_> = book.houses.iter().flat_map(|h| &h.owners).flat_map(|m| &m.phones).collect();
    let lessees: Vec<_> = book.houses.iter().flat_map(|h| &h.lessees).flat_map(|m| &m.phones).collect();
    let owner_set: BTreeSet<_> = owners.iter().collect();
    let lessee_set: BTreeSet<_> = lessees.iter().collect();
    assert_eq!(json!(owners.len()), want["owner_values"]);
    assert_eq!(json!(owner_set.len()), want["owner_distinct"]);
    assert_eq!(json!(owner_set.iter().filter(|p| !p.is_mobile()).count()), want["owner_distinct_landlines"]);
    assert_eq!(json!(lessees.len()), want["lessee_values"]);
    assert_eq!(json!(lessee_set.len()), want["lessee_distinct"]);
    assert_eq!(json!(owner_set.union(&lessee_set).count()), want["all_distinct"]);
}

#[test]
fn ids_are_checked_and_dropped_with_a_warning() {
    let (book, want) = (book(), figures());
    let want = &want["ids"];
    let accepted = book.houses.iter().flat_map(|h| &h.owners).filter(|m| m.id_no.is_some()).count();
    let dropped = |caution| book.warnings.iter().filter(|w| w.caution == caution).count();
    assert_eq!(json!(accepted), want["accepted_values"]);
    assert_eq!(json!(dropped(Caution::IdCheckDigit)), want["dropped_wrong_check_digit"]);
    assert_eq!(json!(dropped(Caution::IdNumberCell)), want["dropped_number_cell"]);
    assert_eq!(dropped(Caution::IdInvalid) + dropped(Caution::IdSurplus), 0);
}

#[test]
fn every_refused_row_is_named_with_its_reason_and_no_other_is() {
    let (book, want) = (book(), figures());
    assert_eq!(json!(book.rejections.len()), want["rows_rejected"]);
    assert_eq!(tally(book.rejections.iter().map(|r| r.problem.reason.code())), want["rejected_by_reason"]);
    let got: Vec<_> =
        book.rejections.iter().map(|r| json!([r.sheet.as_str(), r.row, r.problem.reason.code()])).collect();
    let want: Vec<_> = rejected().iter().map(|r| json!([r["sheet"], r["row"], r["reason"]])).collect();
    assert_eq!(got, want);
    for refused in &book.rejections {
        assert!(refused.more.is_empty(), "one cause each: {refused:?}");
        let problem = &refused.problem;
        assert!(problem.field.is_some() && problem.column.is_some());
        assert!(!problem.message.is_empty() && !problem.remedy.is_empty());
    }
}

#[test]
fn refusals_say_what_was_found_and_hide_phones() {
    let book = book();
    let at = |sheet: &str, row: u32| {
        let found = book.rejections.iter().find(|r| r.sheet.as_str() == sheet && r.row == row).unwrap();
        (found.problem.message.clone(), found.problem.column.clone().unwrap())
    };
    let case = |sheet: &str, row: u32, message: &str, column: &str| {
        assert_eq!(at(sheet, row), (message.to_owned(), column.to_owned()));
    };
    case("1-4栋住宅", 19, "房屋 1-1-502 与工作表「1-4栋住宅」第 13 行重复", "D");
    case("1-4栋住宅", 37, "交房日期「2206.3.1」超出合理范围", "J");
    case("1-4栋住宅", 56, "业主电话「199***0456」不是有效的电话号码", "H");
    case("1-4栋住宅", 126, "没有房号", "D");
    case("1-4栋住宅", 179, "建筑面积「-128.22」小于 0", "E");
    case("1-4栋住宅", 186, "房号「2栋2单元1902」与所在的3栋2单元不一致", "D");
    case("1-4栋住宅", 252, "建筑面积「待测绘」不是面积", "E");
    let shown = format!("{:?}", book);
    assert!(!shown.contains("1990000456") && !shown.contains("19900009749"));
    assert!(!serde_json::to_string(&book).unwrap().contains("19900009749"));
}

#[test]
fn rows_that_are_no_data_are_classified() {
    let (book, want) = (book(), figures());
    for sheet in &book.sheets {
        let mut got = serde_json::to_value(&sheet.ignored).unwrap();
        got.as_object_mut().unwrap().retain(|_, rows| !rows.as_array().unwrap().is_empty());
        assert_eq!(got, want["ignored_rows"][sheet.sheet.as_str()], "{}", sheet.sheet);
    }
}

#[test]
fn columns_that_are_not_imported_are_listed() {
    let book = book();
    let left_out = |at: usize| -> Vec<&str> {
        book.sheets[at].columns.iter().filter(|c| c.field.is_none()).map(|c| c.header.as_str()).collect()
    };
    assert_eq!(left_out(0), ["序号", "月物业费"]);
    assert!(left_out(1).is_empty());
    assert!(left_out(2).is_empty());
}

#[test]
fn every_record_is_as_the_ground_truth_has_it() {
    let book = book();
    let detail: Value = serde_json::from_slice(&data("expected-detail.json")).unwrap();
    let want: HashMap<&str, &Value> =
        detail["houses"].as_array().unwrap().iter().map(|h| (h["key"].as_str().unwrap(), h)).collect();
    assert_eq!(want.len(), book.houses.len());
    let mut person_of: HashMap<usize, u64> = HashMap::new();
    let mut index_of: HashMap<u64, usize> = HashMap::new();
    for house in &book.houses {
        let truth = want[house.key.to_string().as_str()];
        assert_eq!(json!(house.kind.label()), truth["type"], "{}", house.key);
        assert_eq!(json!(hundredths(house.area_centi)), truth["area"], "{}", house.key);
        assert_eq!(json!(house.unit_price_e4.map(|e4| hundredths(e4 / 100))), truth["price"], "{}", house.key);
        assert_eq!(json!(house.handover.map(|d| d.day)), truth["handover"], "{}", house.key);
        assert_eq!(json!(house.occupancy), truth["occupancy"], "{}", house.key);
        for (mentions, side) in [(&house.owners, "owners"), (&house.lessees, "lessees")] {
            let people = truth[side].as_array().unwrap();
            assert_eq!(mentions.len(), people.len(), "{} {side}", house.key);
            for (mention, person) in mentions.iter().zip(people) {
                assert_eq!(json!(mention.name), person["name"], "{}", house.key);
                let phones: Vec<String> =
                    person["phones"].as_array().unwrap().iter().map(|p| p.as_str().unwrap().replace('-', "")).collect();
                assert_eq!(mention.phones.iter().map(|p| p.expose()).collect::<Vec<_>>(), phones, "{}", house.key);
                if side == "owners" {
                    assert_eq!(json!(mention.id_no.as_ref().map(|id| id.expose())), person["id"], "{}", house.key);
                }
                let number = person["person"].as_u64().unwrap();
                assert_eq!(*person_of.entry(mention.person).or_insert(number), number, "{}", house.key);
                assert_eq!(*index_of.entry(number).or_insert(mention.person), mention.person, "{}", house.key);
            }
        }
    }
}
