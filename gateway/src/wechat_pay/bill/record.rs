//! Cells of a row. A cell begins with a backtick and ends before the next comma and backtick, so commas, quotes and
//! line breaks that people wrote belong to it. Header lines have no backticks.

use std::io::BufRead;

/// Longest row taken; published limits of its texts together are below two thousand characters.
const RECORD_BYTES_MAX: usize = 64 * 1024;
/// Most columns of any bill.
const COLUMNS_MAX: usize = 60;
const BOM: &str = "\u{feff}";
const SEPARATOR: &str = ",`";
/// What a row begins with; `0` stands for any digit.
const ROW_START: &str = "`0000-00-00 00:00:00,`";

/// Why a bill cannot be used. Rows count from 1, the header not counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BillError {
    /// The file could not be read.
    #[error("账单文件读取失败：{0}")]
    Io(String),
    /// Not UTF-8.
    #[error("账单第 {row} 行不是 UTF-8 文本")]
    NotText {
        /// Row.
        row: u64,
    },
    /// No header at all.
    #[error("账单文件为空")]
    NoHeader,
    /// A column we need is not there.
    #[error("账单缺少列“{column}”")]
    MissingColumn {
        /// Its name.
        column: &'static str,
    },
    /// A row has too few or too many cells, or is longer than any row can be.
    #[error("账单第 {row} 行不完整或格式错误")]
    Damaged {
        /// Row.
        row: u64,
    },
    /// A cell is not what its column holds.
    #[error("账单第 {row} 行的“{column}”无法识别：{value}")]
    Cell {
        /// Row.
        row: u64,
        /// Column.
        column: &'static str,
        /// What is there.
        value: String,
    },
    /// The file ends before its summary.
    #[error("账单文件不完整：没有汇总行")]
    Truncated,
    /// The summary counts other rows than there are.
    #[error("账单汇总“{column}”为 {told}，与明细合计 {found} 不符")]
    TotalDiffers {
        /// Column of the summary.
        column: &'static str,
        /// What it says.
        told: String,
        /// What the rows add up to.
        found: String,
    },
    /// Something follows the summary.
    #[error("账单汇总行之后还有内容")]
    AfterEnd,
}

/// A row, or the summary.
#[derive(Debug)]
pub(super) enum Record {
    Row(Cells),
    Summary(Cells),
}

/// Cells under their columns.
#[derive(Debug)]
pub(super) struct Cells {
    pub row: u64,
    columns: std::sync::Arc<Vec<String>>,
    cells: Vec<String>,
}

impl Cells {
    /// A cell that must be there.
    pub fn text(&self, column: &'static str) -> Result<&str, BillError> {
        self.find(column).ok_or(BillError::MissingColumn { column })
    }

    /// A cell of a column that not every bill has. WeChat Pay writes `0` for a number there is none of.
    pub fn number(&self, column: &str) -> Option<String> {
        self.find(column).filter(|text| !text.is_empty() && *text != "0").map(str::to_owned)
    }

    /// A cell as something else.
    pub fn read<T>(&self, column: &'static str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, BillError> {
        let text = self.text(column)?;
        read(text).ok_or_else(|| BillError::Cell { row: self.row, column, value: text.to_owned() })
    }

    fn find(&self, column: &str) -> Option<&str> {
        let place = self.columns.iter().position(|name| name == column)?;
        self.cells.get(place).map(String::as_str)
    }
}

/// Reads records one at a time; never holds more than one.
#[derive(Debug)]
pub(super) struct Records<R> {
    from: R,
    columns: std::sync::Arc<Vec<String>>,
    /// Name of the first column of the summary.
    summary_mark: &'static str,
    /// The column that takes what is over when somebody wrote a comma and a backtick.
    free_column: &'static str,
    row: u64,
    /// The line after the row that was read last: only it tells that the row had come to its end.
    ahead: Option<String>,
    ended: bool,
}

impl<R: BufRead> Records<R> {
    /// Reads the header.
    pub fn open(mut from: R, summary_mark: &'static str, free_column: &'static str) -> Result<Self, BillError> {
        let line = physical_line(&mut from, 0)?.ok_or(BillError::NoHeader)?;
        let line = line.strip_prefix(BOM).unwrap_or(&line);
        let columns: Vec<String> = columns_of(line);
        if columns.len() < 2 || columns.len() > COLUMNS_MAX {
            return Err(BillError::NoHeader);
        }
        Ok(Self { from, columns: columns.into(), summary_mark, free_column, row: 0, ahead: None, ended: false })
    }

    /// Whether the header has this column.
    pub fn has(&self, column: &'static str) -> Result<(), BillError> {
        let is_there = self.columns.iter().any(|name| name == column);
        is_there.then_some(()).ok_or(BillError::MissingColumn { column })
    }

    /// The next row, or at the end the summary, once.
    pub fn next(&mut self) -> Result<Option<Record>, BillError> {
        if self.ended {
            return Ok(None);
        }
        let line = match self.ahead.take() {
            Some(line) => line,
            None => physical_line(&mut self.from, self.row)?.ok_or(BillError::Truncated)?,
        };
        if self.begins_summary(&line) {
            self.ended = true;
            return self.summary(&line).map(|cells| Some(Record::Summary(cells)));
        }
        self.row += 1;
        if !line.starts_with('`') {
            return Err(BillError::Damaged { row: self.row });
        }
        self.rest_of_row(line).map(|cells| Some(Record::Row(cells)))
    }

    fn begins_summary(&self, line: &str) -> bool {
        // In a name the same words are followed by a cell.
        let rest = line.strip_prefix(self.summary_mark);
        rest.is_some_and(|rest| rest.starts_with(',') && !rest.starts_with(SEPARATOR))
    }

    /// Adds lines until the next row or the summary begins.
    fn rest_of_row(&mut self, mut text: String) -> Result<Cells, BillError> {
        let damaged = BillError::Damaged { row: self.row };
        loop {
            let line = physical_line(&mut self.from, self.row)?.ok_or(BillError::Truncated)?;
            if begins_row(&line) || self.begins_summary(&line) {
                self.ahead = Some(line);
                break;
            }
            if text.len() + line.len() > RECORD_BYTES_MAX {
                return Err(damaged);
            }
            text.push('\n');
            text.push_str(&line);
        }
        if text.matches(SEPARATOR).count() + 1 < self.columns.len() {
            return Err(damaged);
        }
        let bare = text.strip_prefix('`').ok_or(damaged)?;
        let mut cells: Vec<String> = bare.split(SEPARATOR).map(str::to_owned).collect();
        self.give_back(&mut cells);
        Ok(Cells { row: self.row, columns: self.columns.clone(), cells })
    }

    /// Cells that are over were one text with a comma and a backtick in it.
    fn give_back(&self, cells: &mut Vec<String>) {
        let over = cells.len().saturating_sub(self.columns.len());
        let Some(place) = self.columns.iter().position(|name| name == self.free_column) else { return };
        if over > 0 && place + over < cells.len() {
            let whole = cells.drain(place..=place + over).collect::<Vec<_>>().join(SEPARATOR);
            cells.insert(place, whole);
        }
    }

    /// The summary: its header, its values, and then nothing.
    fn summary(&mut self, header: &str) -> Result<Cells, BillError> {
        let columns = columns_of(header);
        let line = physical_line(&mut self.from, self.row)?.ok_or(BillError::Truncated)?;
        let cells: Vec<String> =
            line.strip_prefix('`').ok_or(BillError::Truncated)?.split(SEPARATOR).map(str::to_owned).collect();
        if cells.len() != columns.len() {
            return Err(BillError::Truncated);
        }
        while let Some(line) = physical_line(&mut self.from, self.row)? {
            if !line.trim().is_empty() {
                return Err(BillError::AfterEnd);
            }
        }
        Ok(Cells { row: self.row, columns: columns.into(), cells })
    }
}

fn columns_of(line: &str) -> Vec<String> {
    line.split(',').take(COLUMNS_MAX + 1).map(|name| name.trim().to_owned()).collect()
}

/// Whether a line begins with the time that every row begins with, whole and with a cell after it.
fn begins_row(line: &str) -> bool {
    let fits = |(place, byte): (usize, u8)| match ROW_START.as_bytes().get(place) {
        Some(b'0') => byte.is_ascii_digit(),
        Some(exact) => byte == *exact,
        None => false,
    };
    line.len() >= ROW_START.len() && line.bytes().take(ROW_START.len()).enumerate().all(fits)
}

/// A line without its end; nothing at the end of the file.
fn physical_line(from: &mut impl BufRead, row: u64) -> Result<Option<String>, BillError> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(RECORD_BYTES_MAX).unwrap_or(u64::MAX);
    std::io::Read::take(from, limit)
        .read_until(b'\n', &mut bytes)
        .map_err(|error| BillError::Io(error.kind().to_string()))?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if bytes.len() >= RECORD_BYTES_MAX {
        return Err(BillError::Damaged { row: row + 1 });
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    String::from_utf8(bytes).map(Some).map_err(|_| BillError::NotText { row: row + 1 })
}
