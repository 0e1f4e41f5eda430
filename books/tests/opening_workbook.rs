//! The sample book of opening balances against its known figures, then record by record.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};

use books::finding::Caution;
use books::grid::{Cell, Sheet};
use books::opening::{Section, read_opening_from_grid};
use books::{KnownHouses, OpeningBook, ReadOptions, read_houses, read_opening};
use serde_json::{Value, json};

const FILE: &str = "翠湖花园-期初欠费与预存.xlsx";
const OPTIONS: ReadOptions = ReadOptions { period_year: 2026 };

fn data(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn book() -> OpeningBook {
    let houses = read_houses(&data("翠湖花园-房屋业主资料.xlsx"), &OPTIONS).unwrap();
    let houses = houses.houses.iter().map(|house| house.key.to_string()).collect();
    read_opening(&data(FILE), &OPTIONS, &houses).unwrap()
}

fn expected(name: &str) -> Value {
    serde_json::from_slice(&data(name)).unwrap()
}

fn figures() -> Value {
    expected("expected.json")["files"][FILE].clone()
}

/// Counts and fen by name.
fn tally(lines: impl Iterator<Item = (String, i64)>) -> (BTreeMap<String, usize>, BTreeMap<String, i64>) {
    let (mut counts, mut sums) = (BTreeMap::<String, usize>::new(), BTreeMap::<String, i64>::new());
    for (name, fen) in lines {
        *counts.entry(name.clone()).or_default() += 1;
        *sums.entry(name).or_default() += fen;
    }
    (counts, sums)
}

#[test]
fn arrears_reach_their_counts_and_sums() {
    let (book, want) = (book(), figures()["arrears"].clone());
    let houses: BTreeSet<_> = book.arrears.iter().map(|line| line.house.to_string()).collect();
    let (counts, sums) = tally(book.arrears.iter().map(|line| (line.item.clone(), line.amount.get())));
    assert_eq!(json!(book.arrears.len()), want["lines_accepted"]);
    assert_eq!(json!(houses.len()), want["houses"]);
    assert_eq!(json!(sums.values().sum::<i64>()), want["sum_fen"]);
    assert_eq!(json!(sums), want["sum_fen_by_item"]);
    assert_eq!(json!(counts), want["lines_by_item"]);
    let months: Vec<_> = book.arrears.iter().filter_map(|line| line.span.months()).collect();
    assert_eq!(json!(book.arrears.len() - months.len()), want["lines_without_start"]);
    assert_eq!(json!(months.iter().sum::<i32>()), want["period_months_sum_of_lines_with_start"]);
}

#[test]
fn prepayments_and_deposits_reach_their_counts_and_sums() {
    let (book, all) = (book(), figures());
    let want = &all["prepayments"];
    let houses: BTreeSet<_> = book.prepayments.iter().map(|line| line.house.to_string()).collect();
    let (_, sums) = tally(book.prepayments.iter().map(|line| (line.purpose.clone(), line.amount.get())));
    assert_eq!(json!(book.prepayments.len()), want["lines_accepted"]);
    assert_eq!(json!(houses.len()), want["houses"]);
    assert_eq!(json!(sums.values().sum::<i64>()), want["sum_fen"]);
    assert_eq!(json!(sums), want["sum_fen_by_purpose"]);
    let want = &all["deposits"];
    let houses: BTreeSet<_> = book.deposits.iter().map(|line| line.house.to_string()).collect();
    let (counts, sums) = tally(book.deposits.iter().map(|line| (line.deposit_type.clone(), line.amount.get())));
    assert_eq!(json!(book.deposits.len()), want["entries"]);
    assert_eq!(json!(houses.len()), want["houses"]);
    assert_eq!(json!(sums.values().sum::<i64>()), want["sum_fen"]);
    assert_eq!(json!(sums), want["sum_fen_by_type"]);
    assert_eq!(json!(counts), want["entries_by_type"]);
}

#[test]
fn what_each_sheet_prints_is_what_was_accepted_and_refused() {
    let (book, want) = (book(), figures());
    assert!(book.ties.iter().all(books::opening::Tie::holds), "{:?}", book.ties);
    for (section, name) in
        [(Section::Arrears, "arrears"), (Section::Prepayments, "prepayments"), (Section::Deposits, "deposits")]
    {
        let ties = || book.ties.iter().filter(|tie| tie.section == section);
        let printed: i64 = ties().filter_map(|tie| tie.printed).map(|fen| fen.get()).sum();
        let rejected: i64 = ties().map(|tie| tie.rejected.get()).sum();
        assert_eq!(json!(printed), want[name]["printed_total_fen"], "{name}");
        assert_eq!(json!(rejected), want[name]["rejected_amounts_fen"], "{name}");
    }
    let by_type: BTreeMap<_, _> = book
        .ties
        .iter()
        .filter(|tie| tie.section == Section::Deposits)
        .map(|tie| (tie.column.clone(), tie.printed.unwrap().get()))
        .collect();
    assert_eq!(json!(by_type), want["deposits"]["printed_total_fen_by_type"]);
}

#[test]
fn every_refused_row_is_named_with_its_reason() {
    let (book, all) = (book(), expected("expected.json"));
    let want: Vec<Value> = all["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r["file"] == FILE)
        .map(|r| json!({ "sheet": r["sheet"], "row": r["row"], "reason": r["reason"] }))
        .collect();
    let found: Vec<Value> = book
        .rejections
        .iter()
        .map(|r| json!({ "sheet": r.sheet, "row": r.row, "reason": r.problem.reason.code() }))
        .collect();
    assert_eq!(found, want);
}

#[test]
fn rows_that_are_no_data_are_told_by_class() {
    let (book, want) = (book(), figures());
    assert_eq!(book.sheets.len(), 3);
    for report in &book.sheets {
        for (class, rows) in want["ignored_rows"][report.sheet.as_str()].as_object().unwrap() {
            assert_eq!(&json!(report.ignored)[class], rows, "{} {class}", report.sheet);
        }
    }
}

#[test]
fn every_line_is_the_one_expected() {
    let (book, detail) = (book(), expected("expected-detail.json"));
    let arrears: Vec<Value> = book
        .arrears
        .iter()
        .map(|line| {
            json!({
                "house": line.house.to_string(), "item": line.item, "fen": line.amount.get(),
                "start": line.span.start.map(|month| month.to_string()), "end": line.span.end.to_string(),
            })
        })
        .collect();
    assert_eq!(json!(arrears), detail["arrears"]);
    for (found, want) in book.prepayments.iter().zip(detail["prepayments"].as_array().unwrap()) {
        let found = json!([found.house.to_string(), found.purpose, found.amount.get()]);
        assert_eq!(found, json!([want["house"], want["item"], want["fen"]]));
    }
    let mut deposits: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    for line in &book.deposits {
        let types = deposits.entry(line.house.to_string()).or_default();
        *types.entry(line.deposit_type.clone()).or_default() += line.amount.get();
    }
    let want = detail["deposits"].as_array().unwrap();
    assert_eq!(deposits.len(), want.len());
    for want in want {
        assert_eq!(json!(deposits[want["house"].as_str().unwrap()]), want["types"], "{want}");
    }
}

/// A sheet of a header and rows of text.
fn sheet(name: &str, rows: &[&[&str]]) -> OpeningBook {
    let mut built = Sheet::named(name);
    for (row, cells) in (0_u32..).zip(rows) {
        for (column, text) in (0_u32..).zip(*cells) {
            built.put(row, column, Cell::text(*text));
        }
    }
    read_opening_from_grid(&[built], &OPTIONS, &KnownHouses::from(["1-1-101".to_owned()]))
}

#[test]
fn a_sheet_with_a_column_for_each_item_is_one_line_for_each_amount() {
    let book = sheet(
        "欠费",
        &[&["房号", "欠费期间", "物业管理费", "停车费", "水费"], &["1-1-101", "2025年", "1200.00", "-", "0"]],
    );
    assert_eq!(book.arrears.len(), 1, "{:?}", book.rejections);
    assert_eq!((book.arrears[0].item.as_str(), book.arrears[0].amount.get()), ("物业费", 120_000));
}

#[test]
fn months_owed_twice_are_taken_with_a_warning_and_a_line_said_twice_is_refused() {
    let head: &[&str] = &["房号", "费用项目", "欠费期间", "欠费金额"];
    let book = sheet(
        "欠费",
        &[
            head,
            &["1-1-101", "物业费", "2025年", "1200"],
            &["1-1-101", "物业管理费", "2025年7-12月", "600"],
            &["1-1-101", "物业服务费", "2025全年", "1200.00"],
        ],
    );
    assert_eq!(book.arrears.len(), 2);
    assert_eq!(book.warnings[0].caution, Caution::PeriodsOverlap);
    assert_eq!(book.rejections[0].problem.reason.code(), "DUPLICATE_LINE");
}

#[test]
fn a_printed_total_that_does_not_tie_is_told() {
    let head: &[&str] = &["房号", "预存项目", "预存余额", "缴存日期"];
    let book = sheet("预存", &[head, &["1-1-101", "物业费", "100", "2026-01-02"], &["合计", "", "90"]]);
    assert!(!book.ties[0].holds());
    assert_eq!((book.ties[0].printed.unwrap().get(), book.ties[0].accepted.get()), (9_000, 10_000));
}
