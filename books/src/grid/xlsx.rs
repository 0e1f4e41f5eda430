//! .xlsx into [`Sheet`]s.

use std::collections::HashMap;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{CellErrorType, DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx};
use chrono::NaiveDate;

use super::archive::damaged;
use super::merge_scan::Rectangle;
use super::{Cell, Sheet, SheetNumber, limits};
use crate::error::BookError;

/// What stands for a formula without a stored result.
const UNCOMPUTED: &str = "（公式没有计算结果）";

/// Merged ranges by sheet name, where they are known already.
type KnownMerges = HashMap<String, Vec<Rectangle>>;

/// Reads every worksheet. The archive has been checked before.
///
/// # Errors
/// [`BookError::Damaged`] when the parts do not make a workbook, or a limit's error.
pub fn read(bytes: &[u8], merges: KnownMerges) -> Result<Vec<Sheet>, BookError> {
    // A crafted file may trip the parser; that refuses the file and must not take the process with it.
    catch_unwind(AssertUnwindSafe(|| read_workbook(bytes, merges)))
        .unwrap_or_else(|_| Err(BookError::Damaged { detail: "the parser stopped".to_owned() }))
}

fn read_workbook(bytes: &[u8], mut merges: KnownMerges) -> Result<Vec<Sheet>, BookError> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| match error {
        calamine::XlsxError::Password => BookError::Encrypted,
        calamine::XlsxError::FileNotFound(_) | calamine::XlsxError::RelationshipNotFound => BookError::NotSpreadsheet,
        other => damaged(other),
    })?;
    let listed: Vec<(String, bool)> = workbook
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| (sheet.name.clone(), sheet.visible != SheetVisible::Visible))
        .collect();
    if listed.len() > limits::SHEETS_MAX {
        return Err(BookError::TooManySheets);
    }
    let mut cells_left = limits::CELLS_MAX;
    let mut merges_left = limits::MERGES_MAX;
    let mut sheets = Vec::with_capacity(listed.len());
    for (name, hidden) in listed {
        let mut sheet = Sheet::named(name);
        sheet.hidden = hidden;
        // A hidden sheet is never imported (rule G4), so its cells are not even read.
        if !hidden {
            read_cells(&mut workbook, &mut sheet, cells_left)?;
            cells_left -= sheet.cell_count();
            let known = merges.remove(&sheet.name);
            read_merges(&mut workbook, &mut sheet, known, merges_left)?;
            merges_left -= sheet.merges.len();
        }
        sheets.push(sheet);
    }
    Ok(sheets)
}

type Workbook<'a> = Xlsx<Cursor<&'a [u8]>>;

fn read_cells(workbook: &mut Workbook<'_>, sheet: &mut Sheet, cells_max: usize) -> Result<(), BookError> {
    let name = sheet.name.clone();
    let mut reader = workbook.worksheet_cells_reader(&name).map_err(damaged)?;
    while let Some(found) = reader.next_cell_with_formula_metadata().map_err(damaged)? {
        let (row, column) = found.pos;
        let cell = match convert(&found.value) {
            // Written by a program that leaves computing to the spreadsheet: there is content, and it is not known.
            Cell::Empty if found.formula.is_some() && found.value == DataRef::Empty => Cell::Error(UNCOMPUTED),
            cell => cell,
        };
        if cell == Cell::Empty {
            continue;
        }
        if row >= limits::ROWS_MAX {
            return Err(BookError::TooManyRows { sheet: name });
        }
        if column >= limits::COLUMNS_MAX {
            return Err(BookError::TooManyColumns { sheet: name });
        }
        if sheet.cell_count() >= cells_max {
            return Err(BookError::TooManyCells);
        }
        sheet.push(row, column, cell);
    }
    sheet.settle();
    Ok(())
}

fn read_merges(
    workbook: &mut Workbook<'_>,
    sheet: &mut Sheet,
    known: Option<Vec<Rectangle>>,
    merges_max: usize,
) -> Result<(), BookError> {
    let ranges = if let Some(known) = known {
        known
    } else {
        let found = workbook.merge_cells_by_sheet_name(&sheet.name).map_err(damaged)?;
        found.into_iter().map(|d| ((d.start.0, d.end.0), (d.start.1, d.end.1))).collect()
    };
    if ranges.len() > merges_max {
        return Err(BookError::TooManyCells);
    }
    for (rows, columns) in ranges {
        sheet.merge(rows, columns);
    }
    Ok(())
}

fn convert(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::String(text) => text_cell(text),
        DataRef::SharedString(text) => text_cell(text),
        DataRef::Int(whole) => text_cell(&whole.to_string()),
        DataRef::Float(number) => Cell::Number(SheetNumber::new(*number)),
        DataRef::Bool(value) => Cell::Bool(*value),
        DataRef::DateTime(moment) => date_cell(moment),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text_cell(text),
        DataRef::Error(kind) => Cell::Error(error_text(kind)),
    }
}

fn text_cell(text: &str) -> Cell {
    if text.is_empty() { Cell::Empty } else { Cell::text(text) }
}

fn date_cell(moment: &ExcelDateTime) -> Cell {
    if moment.is_duration() {
        return Cell::Number(SheetNumber::new(moment.as_f64()));
    }
    let (year, month, day, ..) = moment.to_ymd_hms_milli();
    Cell::Date(NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day)))
}

const fn error_text(kind: &CellErrorType) -> &'static str {
    match kind {
        CellErrorType::Div0 => "#DIV/0!",
        CellErrorType::NA => "#N/A",
        CellErrorType::Name => "#NAME?",
        CellErrorType::Null => "#NULL!",
        CellErrorType::Num => "#NUM!",
        CellErrorType::Ref => "#REF!",
        CellErrorType::Value => "#VALUE!",
        CellErrorType::GettingData => "#DATA!",
    }
}
