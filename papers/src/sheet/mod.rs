//! Spreadsheets written row by row: a million rows take no more memory than ten.
//!
//! Rows go to a temporary file as they come and are packed into the workbook at the end. Nothing a stranger wrote can
//! become a formula, and no amount passes through a rounding: what has more digits than a spreadsheet keeps is written
//! as text.

mod cell;
mod error;
mod format;

use std::io::Write;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rust_xlsxwriter::{DocProperties, Workbook, Worksheet};

pub use cell::Cell;
pub use error::SheetError;
use format::Formats;

/// Rows of one sheet of a workbook, the head included: a limit of the file format (ECMA-376, Excel 2007 and later).
pub const SHEET_ROWS_MAX: u32 = 1_048_576;
/// The most sheets that one table is continued on.
pub const SHEETS_MAX: usize = 64;
/// The most columns.
pub const COLUMNS_MAX: usize = 200;
/// The longest text of a cell, in UTF-16 units: a limit of the file format.
pub const TEXT_UNITS_MAX: usize = 32_767;
/// The longest name of a sheet that leaves room for its number.
const NAME_CHARS_MAX: usize = 25;
/// What a sheet's name must not contain, by the file format.
const NAME_FORBIDDEN: [char; 7] = ['[', ']', ':', '*', '?', '/', '\\'];

/// A column of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its head.
    pub head: String,
    /// Its width in characters of Latin text; a Chinese character takes two.
    pub width_chars: u16,
}

/// What a workbook is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Name of the sheet, without `[]:*?/\`, at most 25 characters; continued sheets are `name(2)`, `name(3)`, ….
    pub name: String,
    /// From left to right, 1 to [`COLUMNS_MAX`].
    pub columns: Vec<Column>,
    /// The zone instants are shown in.
    pub zone: Tz,
    /// When it was made: the only time in the file but those of its cells.
    pub made_at: DateTime<Utc>,
    /// Where rows wait until the end; the system's folder when `None`.
    pub folder: Option<PathBuf>,
    /// Rows of one sheet, the head included, when fewer than [`SHEET_ROWS_MAX`].
    pub sheet_rows_max: Option<u32>,
}

/// How much was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Rows, heads not counted.
    pub rows: u64,
    /// Sheets they are on.
    pub sheets: usize,
}

/// A table that is being written.
pub struct Sheet {
    workbook: Workbook,
    options: Options,
    formats: Formats,
    rows_max: u32,
    /// The next free row of the last sheet.
    next_row: u32,
    /// Sheets so far.
    sheets: usize,
    /// Rows so far, heads not counted.
    rows: u64,
}

impl Sheet {
    /// A table with its head, and no rows.
    ///
    /// # Errors
    /// [`SheetError::Name`], [`SheetError::Columns`], [`SheetError::File`] when no temporary file can be made.
    pub fn new(options: Options) -> Result<Self, SheetError> {
        let name_is_good = !options.name.trim().is_empty()
            && options.name.chars().count() <= NAME_CHARS_MAX
            && !options.name.contains(NAME_FORBIDDEN)
            && !options.name.starts_with('\'')
            && !options.name.contains(char::is_control);
        if !name_is_good {
            return Err(SheetError::Name { name: options.name });
        }
        if options.columns.is_empty() || options.columns.len() > COLUMNS_MAX {
            return Err(SheetError::Columns { given: options.columns.len(), expected_max: COLUMNS_MAX });
        }
        let mut workbook = Workbook::new();
        if let Some(folder) = &options.folder {
            workbook.set_tempdir(folder)?;
        }
        if let Some(made) = cell::excel_time(options.made_at.naive_utc()) {
            workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
        }
        let rows_max = options.sheet_rows_max.unwrap_or(SHEET_ROWS_MAX).clamp(2, SHEET_ROWS_MAX);
        let mut sheet = Self { workbook, options, formats: Formats::new(), rows_max, next_row: 0, sheets: 0, rows: 0 };
        sheet.begin()?;
        Ok(sheet)
    }

    /// Writes the next row, on a new sheet when this one is full. Fewer cells than columns leave the others empty.
    ///
    /// # Errors
    /// [`SheetError::Columns`], [`SheetError::TextTooLong`], [`SheetError::TooManyRows`], [`SheetError::File`]. The
    /// table is of no use after an error.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), SheetError> {
        if cells.len() > self.options.columns.len() {
            return Err(SheetError::Columns { given: cells.len(), expected_max: self.options.columns.len() });
        }
        if self.next_row >= self.rows_max {
            self.filter()?;
            self.begin()?;
        }
        let (row, at) = (self.next_row, self.rows + 1);
        let (formats, zone) = (&self.formats, self.options.zone);
        let worksheet = self.workbook.worksheet_from_index(self.sheets.saturating_sub(1))?;
        for (column, cell) in (0_u16..).zip(cells) {
            cell.write(worksheet, row, column, formats, zone).map_err(|error| error.at(at, column))?;
        }
        self.next_row += 1;
        self.rows += 1;
        Ok(())
    }

    /// Packs the workbook and writes it.
    ///
    /// # Errors
    /// [`SheetError::File`].
    pub fn finish(mut self, writer: impl Write + Send) -> Result<Written, SheetError> {
        self.filter()?;
        self.workbook.save_to_writer(writer)?;
        Ok(Written { rows: self.rows, sheets: self.sheets })
    }

    /// A new sheet with the head, which stays in view.
    fn begin(&mut self) -> Result<(), SheetError> {
        if self.sheets >= SHEETS_MAX {
            return Err(SheetError::TooManyRows { max: u64::from(self.rows_max - 1) * SHEETS_MAX as u64 });
        }
        self.sheets += 1;
        let name = match self.sheets {
            1 => self.options.name.clone(),
            number => format!("{}({number})", self.options.name),
        };
        let worksheet: &mut Worksheet = self.workbook.add_worksheet_with_constant_memory()?;
        worksheet.set_name(name)?;
        worksheet.set_freeze_panes(1, 0)?;
        for (place, column) in (0_u16..).zip(&self.options.columns) {
            worksheet.set_column_width(place, column.width_chars.clamp(4, 200))?;
            worksheet.write_string_with_format(0, place, &column.head, &self.formats.head)?;
        }
        self.next_row = 1;
        Ok(())
    }

    /// Buttons to filter by on the head of the last sheet.
    fn filter(&mut self) -> Result<(), SheetError> {
        let last_column = u16::try_from(self.options.columns.len().saturating_sub(1)).unwrap_or(0);
        let last_row = self.next_row.saturating_sub(1);
        let worksheet = self.workbook.worksheet_from_index(self.sheets.saturating_sub(1))?;
        worksheet.autofilter(0, 0, last_row, last_column)?;
        Ok(())
    }
}
