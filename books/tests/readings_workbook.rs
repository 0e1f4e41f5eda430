//! The sample book of readings against its known figures, then record by record.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use std::collections::{BTreeMap, HashSet};

use books::finding::Caution;
use books::grid::{Cell, Sheet};
use books::readings::{Place, read_readings_from_grid};
use books::{KnownHouses, MeterKind, ReadOptions, ReadingBook, ReadingRecord, read_houses, read_readings};
use chrono::NaiveDate;
use domain::meter::Step;
use rust_decimal::Decimal;
use serde_json::{Value, json};

const FILE: &str = "翠湖花园-抄表-2026年10月.xlsx";
const OPTIONS: ReadOptions = ReadOptions { period_year: 2026 };

fn data(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn houses() -> KnownHouses {
    let book = read_houses(&data("翠湖花园-房屋业主资料.xlsx"), &OPTIONS).unwrap();
    book.houses.iter().map(|house| house.key.to_string()).collect()
}

fn book() -> ReadingBook {
    read_readings(&data(FILE), &OPTIONS, &houses()).unwrap()
}

fn expected(name: &str) -> Value {
    serde_json::from_slice(&data(name)).unwrap()
}

fn figures() -> Value {
    expected("expected.json")["files"][FILE].clone()
}

fn serial(day: NaiveDate) -> i64 {
    (day - NaiveDate::from_ymd_opt(1899, 12, 30).unwrap()).num_days()
}

fn same_number(found: Decimal, want: &Value) -> bool {
    want.as_str().unwrap().parse::<Decimal>().unwrap() == found
}

/// The accepted readings of a sheet: of houses, and of public places.
fn of_sheet<'a>(book: &'a ReadingBook, sheet: &str) -> (Vec<&'a ReadingRecord>, Vec<&'a ReadingRecord>) {
    let all = book.readings.iter().filter(|reading| reading.source.sheet.as_str() == sheet);
    all.partition(|reading| matches!(reading.place, Place::House(_)))
}

#[test]
fn every_sheet_reaches_its_counts_and_sums() {
    let (book, want) = (book(), figures());
    for sheet in ["水表", "电表"] {
        let (own, public) = of_sheet(&book, sheet);
        let want = &want[sheet];
        assert_eq!(json!(own.len()), want["house_readings_accepted"], "{sheet}");
        assert_eq!(json!(public.len()), want["public_readings_accepted"], "{sheet}");
        assert!(same_number(own.iter().map(|r| r.usage).sum(), &want["usage_sum"]), "{sheet}");
        assert!(same_number(public.iter().map(|r| r.usage).sum(), &want["public_usage_sum"]), "{sheet}");
        let count = |test: &dyn Fn(&&&ReadingRecord) -> bool| json!(own.iter().filter(|r| test(r)).count());
        let baseline = |r: &ReadingRecord| r.previous_milli.is_none();
        assert_eq!(count(&|r| baseline(r)), want["baselines"], "{sheet}");
        assert_eq!(count(&|r| r.usage.is_zero() && !baseline(r)), want["zero_usage"], "{sheet}");
        assert_eq!(count(&|r| matches!(r.step, Step::Exchanged { .. })), want["swapped"], "{sheet}");
        assert_eq!(count(&|r| r.step == Step::RollOver), want["roll_overs"], "{sheet}");
        let above_one = own.iter().chain(&public).filter(|r| r.multiplier_milli > 1_000).count();
        assert_eq!(json!(above_one), want["multiplier_above_1"], "{sheet}");
        let serials: i64 = own.iter().chain(&public).filter_map(|r| r.day).map(serial).sum();
        assert_eq!(json!(serials), want["reading_date_sum_of_excel_serials"], "{sheet}");
        let mut meters: BTreeMap<String, HashSet<&str>> = BTreeMap::new();
        for reading in &own {
            let Place::House(key) = &reading.place else { continue };
            meters.entry(key.to_string()).or_default().insert(&reading.meter_no);
        }
        let two = meters.values().filter(|numbers| numbers.len() == 2).count();
        assert_eq!(json!(two), want["houses_with_two_meters"], "{sheet}");
    }
    assert!(book.issues.is_empty());
}

#[test]
fn every_refused_row_is_named_with_its_reason() {
    let (book, all) = (book(), expected("expected.json"));
    let want: Vec<Value> = all["rejected"].as_array().unwrap().iter().filter(|r| r["file"] == FILE).cloned().collect();
    let found: Vec<Value> = book
        .rejections
        .iter()
        .map(|r| json!({ "sheet": r.sheet, "row": r.row, "reason": r.problem.reason.code() }))
        .collect();
    let want: Vec<Value> =
        want.iter().map(|r| json!({ "sheet": r["sheet"], "row": r["row"], "reason": r["reason"] })).collect();
    assert_eq!(found, want);
    assert!(book.rejections.iter().all(|r| !r.problem.remedy.is_empty() && r.problem.field.is_some()));
}

#[test]
fn rows_that_are_no_data_are_told_by_class() {
    let (book, want) = (book(), figures());
    for report in &book.sheets {
        for (class, rows) in want["ignored_rows"][report.sheet.as_str()].as_object().unwrap() {
            assert_eq!(&json!(report.ignored)[class], rows, "{} {class}", report.sheet);
        }
    }
}

#[test]
fn every_reading_is_the_one_expected() {
    let (book, detail) = (book(), expected("expected-detail.json"));
    let want = detail["readings"].as_array().unwrap();
    assert_eq!(book.readings.len(), want.len());
    for (found, want) in book.readings.iter().zip(want) {
        let (house, public) = match &found.place {
            Place::House(key) => (json!(key.to_string()), Value::Null),
            Place::Public(_) => (Value::Null, want["public"].clone()),
        };
        assert_eq!(json!(found.kind.label()), want["kind"]);
        assert_eq!((house, public), (want["house"].clone(), want["public"].clone()), "{}", found.meter_no);
        assert_eq!(json!(found.meter_no), want["meter"]);
        assert!(same_number(found.usage, &want["usage"]), "{} {}", found.meter_no, found.usage);
        assert_eq!(json!(found.day), want["date"], "{}", found.meter_no);
    }
}

/// A sheet of one header and one row.
fn one_row(sheet: &str, cells: &[(&str, Cell)]) -> ReadingBook {
    let mut built = Sheet::named(sheet);
    for (column, (header, cell)) in (0_u32..).zip(cells) {
        built.put(0, column, Cell::text(*header)).put(1, column, cell.clone());
    }
    read_readings_from_grid(&[built], &OPTIONS, &KnownHouses::from(["1-1-101".to_owned()]))
}

#[test]
fn a_company_with_other_headers_is_read_all_the_same() {
    let book = one_row(
        "十月",
        &[
            ("门牌号", Cell::text("1-1-101")),
            ("表计类型", Cell::text("燃气表")),
            ("起码", Cell::text("100")),
            ("止码", Cell::text("112.5m³")),
            ("倍率", Cell::text("×2")),
        ],
    );
    assert_eq!(book.readings.len(), 1, "{:?}", book.rejections);
    assert_eq!((book.readings[0].kind, book.readings[0].usage), (MeterKind::Gas, "25".parse().unwrap()));
}

#[test]
fn a_sheet_that_names_no_kind_of_meter_is_refused_row_by_row() {
    let book = one_row("十月", &[("房号", Cell::text("1-1-101")), ("本次读数", Cell::text("5"))]);
    assert_eq!(book.rejections[0].problem.reason.code(), "UNKNOWN_METER_KIND");
}

#[test]
fn a_formula_nobody_computed_is_named_and_not_taken_for_a_blank() {
    let mut file = rust_xlsxwriter::Workbook::new();
    let sheet = file.add_worksheet();
    sheet.set_name("水表").unwrap();
    sheet.write_row(0, 0, ["房号", "上月读数", "本月读数"]).unwrap();
    sheet.write_string(1, 0, "1-1-101").unwrap();
    sheet.write_string(1, 2, "8").unwrap();
    sheet.write_formula(1, 1, rust_xlsxwriter::Formula::new("=A9")).unwrap();
    let bytes = without_results(file.save_to_buffer().unwrap());
    let book = read_readings(&bytes, &OPTIONS, &KnownHouses::from(["1-1-101".to_owned()])).unwrap();
    assert_eq!(book.readings, []);
    assert_eq!(book.rejections[0].problem.reason.code(), "UNREADABLE_CELL");
    assert_eq!(book.rejections[0].problem.column.as_deref(), Some("B"));
}

/// The workbook with the stored results of its formulas taken out, as a program that never computes writes it.
fn without_results(bytes: Vec<u8>) -> Vec<u8> {
    use std::io::{Cursor, Read as _, Write as _};
    let mut from = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..from.len() {
        let mut part = from.by_index(at).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut text = Vec::new();
        part.read_to_end(&mut text).unwrap();
        if name.contains("sheet1.xml") {
            text = String::from_utf8(text).unwrap().replace("</f><v>0</v>", "</f>").into_bytes();
        }
        to.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        to.write_all(&text).unwrap();
    }
    to.finish().unwrap().into_inner()
}

#[test]
fn a_typed_usage_that_the_readings_contradict_is_a_warning_and_not_imported() {
    let book = one_row(
        "水表",
        &[
            ("房号", Cell::text("1-1-101")),
            ("上月读数", Cell::text("10")),
            ("本月读数", Cell::text("15")),
            ("用量(吨)", Cell::text("50")),
        ],
    );
    assert_eq!(book.readings[0].usage, Decimal::from(5));
    assert_eq!(book.warnings[0].caution, Caution::UsageDiffers);
}
