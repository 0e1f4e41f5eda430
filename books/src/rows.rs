//! Which rows are data (rule G3).

use serde::Serialize;

use crate::grid::{Cell, Row, Sheet};
use crate::text;

/// Columns in which the word of a total row may stand.
const TOTAL_COLUMNS: u32 = 4;
/// Words of a row that sums up a part; they win over [`TOTAL_WORDS`], as in 本栋合计.
const SUBTOTAL_WORDS: &[&str] = &["小计", "本层", "本栋"];
/// Words of a row that sums up the sheet.
const TOTAL_WORDS: &[&str] = &["合计", "总计"];
/// Beginnings of a closing line.
const CLOSING_WORDS: &[&str] =
    &["制表", "审核", "复核", "抄表员", "填表人", "说明", "注:", "注：", "备注:", "备注：", "以上"];

/// Rows that are no data, by class; numbers as a spreadsheet counts, from 1.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct IgnoredRows {
    /// The first line above the header.
    pub title: Vec<u32>,
    /// Further lines above the header: units, dates, who made it.
    pub note: Vec<u32>,
    /// The header, wherever it is repeated.
    pub header: Vec<u32>,
    /// 小计, 本层, 本栋.
    pub subtotal: Vec<u32>,
    /// 合计, 总计.
    pub total: Vec<u32>,
    /// Nothing in any column.
    pub blank: Vec<u32>,
    /// Closing lines.
    pub footer: Vec<u32>,
}

/// The row's own cells within the table: what stands right of the last header is no data.
pub fn own_cells<'a>(row: Row<'a>, width: u32) -> impl Iterator<Item = (u32, &'a Cell)> {
    row.cells().take_while(move |(column, _)| *column < width).filter(|(_, cell)| !cell.is_blank())
}

/// What kind of total row this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TotalRow {
    /// 小计 and the like.
    Part,
    /// 合计 and the like.
    Whole,
}

/// Judges whether a row sums up others; none when it does not.
#[must_use]
pub fn total_row(row: Row<'_>, width: u32) -> Option<TotalRow> {
    let mut whole = false;
    for (_, cell) in row.cells().take_while(|(column, _)| *column < width.min(TOTAL_COLUMNS)) {
        let Cell::Text(raw) = cell else { continue };
        if !raw.contains(['计', '层', '栋']) {
            continue;
        }
        let plain = text::squeeze(raw);
        if SUBTOTAL_WORDS.iter().any(|word| plain.contains(word)) {
            return Some(TotalRow::Part);
        }
        whole |= TOTAL_WORDS.iter().any(|word| plain.contains(word));
    }
    whole.then_some(TotalRow::Whole)
}

/// The last row that sums up the whole sheet; what follows it is closing lines unless it looks like data.
#[must_use]
pub fn last_total_row(sheet: &Sheet, width: u32, first_row: u32) -> Option<u32> {
    (first_row..sheet.height()).rev().find(|row| total_row(sheet.row(*row), width) == Some(TotalRow::Whole))
}

/// The row's first text begins like a closing line.
#[must_use]
pub fn is_closing(row: Row<'_>, width: u32) -> bool {
    match own_cells(row, width).next() {
        Some((_, Cell::Text(raw))) => {
            let tidy = text::tidy(raw);
            let plain = text::squeeze(&tidy);
            CLOSING_WORDS.iter().any(|word| plain.starts_with(word))
        }
        _ => false,
    }
}

/// Sorts the lines above a header into title and notes; blank ones are left out.
pub fn above_header(sheet: &Sheet, first_row: u32, header_row: u32, ignored: &mut IgnoredRows) {
    let mut first = true;
    for row in first_row..header_row {
        let cells: Vec<&Cell> = sheet.row(row).cells().map(|(_, cell)| cell).filter(|cell| !cell.is_blank()).collect();
        let Some(Cell::Text(text)) = cells.first().copied() else {
            if cells.is_empty() {
                ignored.blank.push(row + 1);
            } else {
                ignored.note.push(row + 1);
            }
            continue;
        };
        let is_title = first && cells.len() == 1 && !text.contains([':', '：']);
        first = false;
        if is_title { ignored.title.push(row + 1) } else { ignored.note.push(row + 1) }
    }
}
