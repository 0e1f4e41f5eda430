//! Spreadsheets, read back with another program's reader.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may stop at a surprise")]

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use chrono::{DateTime, NaiveDate, Utc};
use papers::sheet::{Column, Options, Written};
use papers::{Cell, Sheet, SheetError};

fn options() -> Options {
    let column = |head: &str| Column { head: head.to_owned(), width_chars: 18 };
    Options {
        name: "收款明细".to_owned(),
        columns: ["房屋", "金额（元）", "户数", "日期", "时间"].map(column).to_vec(),
        zone: chrono_tz::Asia::Shanghai,
        made_at: "2026-11-23T07:50:44Z".parse().unwrap(),
        folder: None,
        sheet_rows_max: None,
    }
}

fn written(options: Options, rows: &[Vec<Cell<'_>>]) -> (Vec<u8>, Written) {
    let mut sheet = Sheet::new(options).unwrap();
    for row in rows {
        sheet.row(row).unwrap();
    }
    let mut bytes = Vec::new();
    let counts = sheet.finish(&mut bytes).unwrap();
    (bytes, counts)
}

fn rows_of(bytes: &[u8], name: &str) -> Vec<Vec<Data>> {
    let mut workbook: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    workbook.worksheet_range(name).unwrap().rows().map(<[Data]>::to_vec).collect()
}

fn part(bytes: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    std::io::read_to_string(archive.by_name(name).unwrap()).unwrap()
}

#[test]
fn every_kind_of_cell_is_read_back_as_it_was() {
    let at: DateTime<Utc> = "2026-09-01T16:00:05Z".parse().unwrap();
    let day = NaiveDate::from_ymd_opt(2026, 9, 1).unwrap();
    let cells =
        vec![Cell::Text("01-02"), Cell::Money(123_456_789), Cell::Whole(-7), Cell::Date(day), Cell::Instant(at)];
    let (bytes, counts) = written(options(), &[cells]);
    assert_eq!(counts, Written { rows: 1, sheets: 1 });
    let rows = rows_of(&bytes, "收款明细");
    assert_eq!(rows[0][0], Data::String("房屋".to_owned()));
    assert_eq!(rows[1][0], Data::String("01-02".to_owned()));
    assert_eq!(rows[1][1].to_string(), "1234567.89");
    assert_eq!(rows[1][2].to_string(), "-7");
    let Data::DateTime(date) = rows[1][3] else { panic!("{:?}", rows[1][3]) };
    assert_eq!(date.to_ymd_hms_milli(), (2026, 9, 1, 0, 0, 0, 0));
    let Data::DateTime(time) = rows[1][4] else { panic!("{:?}", rows[1][4]) };
    assert_eq!(time.to_ymd_hms_milli(), (2026, 9, 2, 0, 0, 5, 0), "midnight in Shanghai");
}

#[test]
fn amounts_keep_every_fen_up_to_fifteen_digits_and_are_text_beyond() {
    let amounts = [0, 1, -1, 5, 100, 1_999, 99_999_999_999, 999_999_999_999_999, -999_999_999_999_999];
    let more = [1_000_000_000_000_000, i64::MAX, i64::MIN];
    let rows: Vec<Vec<Cell<'_>>> =
        amounts.iter().chain(&more).map(|fen| vec![Cell::Empty, Cell::Money(*fen), Cell::Whole(*fen)]).collect();
    let (bytes, _) = written(options(), &rows);
    let xml = part(&bytes, "xl/worksheets/sheet1.xml");
    for fen in amounts {
        let yuan = papers::money::yuan(domain::money::Fen::new(fen % 1_000_000_000_000).unwrap()).replace(',', "");
        if fen.unsigned_abs() < 1_000_000_000_000 {
            let plain = yuan.trim_end_matches('0').trim_end_matches('.');
            assert!(xml.contains(&format!("<v>{plain}</v>")), "{fen}: {plain}");
        }
    }
    assert!(xml.contains("<v>9999999999999.99</v>") && xml.contains("<v>-9999999999999.99</v>"));
    let read = rows_of(&bytes, "收款明细");
    let texts: Vec<&Data> = read[read.len() - 3..].iter().map(|row| &row[1]).collect();
    assert_eq!(*texts[0], Data::String("10000000000000.00".to_owned()));
    assert_eq!(*texts[1], Data::String("92233720368547758.07".to_owned()));
    assert_eq!(*texts[2], Data::String("-92233720368547758.08".to_owned()));
}

#[test]
fn what_begins_like_a_formula_stays_text() {
    let texts = ["=1+1", "+86 138", "-3幢", "@张三", "=HYPERLINK(\"http://x\")", "\t=1"];
    let rows: Vec<Vec<Cell<'_>>> = texts.iter().map(|text| vec![Cell::Text(text)]).collect();
    let (bytes, _) = written(options(), &rows);
    let read = rows_of(&bytes, "收款明细");
    for (row, text) in read.iter().skip(1).zip(texts) {
        assert_eq!(row[0], Data::String(text.to_owned()));
    }
    assert!(!part(&bytes, "xl/worksheets/sheet1.xml").contains("<f>"), "no formula");
    assert!(part(&bytes, "xl/styles.xml").contains("quotePrefix=\"1\""), "nor one when somebody edits the cell");
}

#[test]
fn a_full_sheet_is_continued_on_the_next_with_its_head() {
    let options = Options { sheet_rows_max: Some(4), ..options() };
    let texts: Vec<String> = (1..=7).map(|number| format!("户{number}")).collect();
    let rows: Vec<Vec<Cell<'_>>> = texts.iter().map(|text| vec![Cell::Text(text)]).collect();
    let (bytes, counts) = written(options, &rows);
    assert_eq!(counts, Written { rows: 7, sheets: 3 });
    let firsts = |name: &str| -> Vec<String> { rows_of(&bytes, name).iter().map(|row| row[0].to_string()).collect() };
    assert_eq!(firsts("收款明细"), ["房屋", "户1", "户2", "户3"]);
    assert_eq!(firsts("收款明细(2)"), ["房屋", "户4", "户5", "户6"]);
    assert_eq!(firsts("收款明细(3)"), ["房屋", "户7"]);
}

#[test]
fn the_head_stays_in_view_and_has_filters_over_all_rows() {
    let rows = vec![vec![Cell::Text("甲")], vec![Cell::Text("乙")]];
    let (bytes, _) = written(options(), &rows);
    let xml = part(&bytes, "xl/worksheets/sheet1.xml");
    assert!(xml.contains("<autoFilter ref=\"A1:E3\"/>"), "{xml}");
    assert!(xml.contains("ySplit=\"1\"") && xml.contains("state=\"frozen\""), "{xml}");
    assert!(xml.contains("<col min=\"1\" max=\"5\" width=\"18.7109375\""), "{xml}");
}

#[test]
fn the_same_rows_are_the_same_bytes() {
    let rows = vec![vec![Cell::Text("甲"), Cell::Money(100)]];
    assert!(written(options(), &rows).0 == written(options(), &rows).0);
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    let mut sheet = Sheet::new(options()).unwrap();
    sheet.row(&[Cell::Text("甲")]).unwrap();
    let long = "长".repeat(40_000);
    let refused = sheet.row(&[Cell::Empty, Cell::Text(&long)]).unwrap_err();
    assert!(matches!(refused, SheetError::TextTooLong { row: 2, column: 2 }), "{refused:?}");
    let refused = Sheet::new(options()).unwrap().row(&[Cell::Empty; 6]).unwrap_err();
    assert!(matches!(refused, SheetError::Columns { given: 6, expected_max: 5 }));
    let named = Options { name: "a/b".to_owned(), ..options() };
    assert_eq!(Sheet::new(named).err().unwrap().code(), "SHEET_NAME");
}
