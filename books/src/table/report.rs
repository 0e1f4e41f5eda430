//! What became of each sheet of a book.

use serde::Serialize;

use crate::finding::SheetName;
use crate::header::Column;
use crate::rows::IgnoredRows;

/// Where something was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    /// The sheet.
    pub sheet: SheetName,
    /// The row as a spreadsheet counts, from 1.
    pub row: u32,
}

/// What became of a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SheetStatus {
    /// Imported.
    Read,
    /// Hidden, so not imported.
    Hidden,
    /// Nothing on it.
    Empty,
    /// Not imported; the book's issues say why.
    NotRecognised,
}

/// One sheet of a book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SheetReport {
    /// Its name.
    pub sheet: SheetName,
    /// What became of it.
    pub status: SheetStatus,
    /// Its columns and what each was taken for; those without a field are not imported. Where the layout changes
    /// half-way, the columns of the first header.
    pub columns: Vec<Column>,
    /// Rows that are no data.
    pub ignored: IgnoredRows,
    /// Rows that were taken in.
    pub accepted: usize,
    /// Rows that were refused.
    pub rejected: usize,
}
