//! One sheet: its filled cells in reading order.

use chrono::NaiveDate;

use super::number::SheetNumber;
use super::{limits, merges::Merges};

/// What one cell holds, as typed.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text, as typed, at most [`limits::CELL_CHARS_MAX`] characters.
    Text(Box<str>),
    /// A plain number.
    Number(SheetNumber),
    /// A number shown as a date; none when the day does not exist (Excel's 1900-02-29).
    Date(Option<NaiveDate>),
    /// TRUE or FALSE.
    Bool(bool),
    /// A formula that failed: `#REF!`.
    Error(&'static str),
    /// Text beyond the limit, dropped.
    TooLong,
}

impl Cell {
    /// A text cell; too long a text becomes [`Cell::TooLong`].
    #[must_use]
    pub fn text(text: impl Into<Box<str>>) -> Self {
        let text = text.into();
        if text.len() > limits::CELL_CHARS_MAX && text.chars().nth(limits::CELL_CHARS_MAX).is_some() {
            return Self::TooLong;
        }
        Self::Text(text)
    }

    /// Nothing typed, or only blanks. Placeholders such as `/` are content here.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => crate::text::is_blank(text),
            _ => false,
        }
    }
}

/// A cell and its column.
#[derive(Debug, Clone)]
struct Placed {
    row: u32,
    column: u32,
    cell: Cell,
}

/// The filled cells of one row, left to right.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    cells: &'a [Placed],
}

impl<'a> Row<'a> {
    /// (column, cell) from left to right, filled ones only.
    pub fn cells(self) -> impl Iterator<Item = (u32, &'a Cell)> {
        self.cells.iter().map(|placed| (placed.column, &placed.cell))
    }

    /// The row's own cell in a column, merged ranges aside.
    #[must_use]
    pub fn own(self, column: u32) -> Option<&'a Cell> {
        let place = self.cells.binary_search_by_key(&column, |placed| placed.column).ok()?;
        self.cells.get(place).map(|placed| &placed.cell)
    }
}

/// One sheet. Rows and columns are 0-based here; people see rows from 1 and columns as letters.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// The tab's name.
    pub name: String,
    /// Hidden, or very hidden.
    pub hidden: bool,
    /// Merged ranges.
    pub merges: Merges,
    cells: Vec<Placed>,
    /// Where each row begins in `cells`; one more entry than rows.
    starts: Vec<usize>,
}

impl Sheet {
    /// An empty, visible sheet.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Sets one cell, 0-based. Meant for building small sheets by hand.
    pub fn put(&mut self, row: u32, column: u32, cell: Cell) -> &mut Self {
        self.cells.retain(|placed| (placed.row, placed.column) != (row, column));
        self.push(row, column, cell);
        self.settle();
        self
    }

    /// Merges a rectangle, 0-based, both ends inside.
    pub fn merge(&mut self, rows: (u32, u32), columns: (u32, u32)) -> &mut Self {
        self.merges.add(rows, columns);
        self
    }

    /// Appends a cell in any order; [`Self::settle`] must follow.
    pub(super) fn push(&mut self, row: u32, column: u32, cell: Cell) {
        if cell != Cell::Empty {
            self.cells.push(Placed { row, column, cell });
        }
    }

    /// Puts the cells in reading order and indexes the rows.
    pub(super) fn settle(&mut self) {
        let place = |placed: &Placed| (placed.row, placed.column);
        if !self.cells.is_sorted_by(|a, b| place(a) < place(b)) {
            self.cells.sort_by_key(place);
            self.cells.dedup_by_key(|placed| (placed.row, placed.column));
        }
        self.starts.clear();
        for (index, placed) in self.cells.iter().enumerate() {
            let row = usize::try_from(placed.row).unwrap_or(0);
            while self.starts.len() <= row {
                self.starts.push(index);
            }
        }
        self.starts.push(self.cells.len());
    }

    /// Filled cells.
    #[must_use]
    pub fn cell_count(&self) -> usize {
        self.cells.len()
    }

    /// Rows down to the last filled one.
    #[must_use]
    pub fn height(&self) -> u32 {
        u32::try_from(self.starts.len().saturating_sub(1)).unwrap_or(0)
    }

    /// The filled cells of a row; an empty row when there are none.
    #[must_use]
    pub fn row(&self, row: u32) -> Row<'_> {
        let at = usize::try_from(row).unwrap_or(usize::MAX - 1);
        let range = match (self.starts.get(at), self.starts.get(at.saturating_add(1))) {
            (Some(start), Some(end)) => *start..*end,
            _ => 0..0,
        };
        Row { cells: self.cells.get(range).unwrap_or(&[]) }
    }

    /// What holds for a cell: its own content, or that of the merged range around it.
    #[must_use]
    pub fn value(&self, row: u32, column: u32) -> &Cell {
        self.value_in(self.row(row), row, column)
    }

    /// As [`Self::value`], with the row already at hand.
    #[must_use]
    pub fn value_in<'a>(&'a self, cells: Row<'a>, row: u32, column: u32) -> &'a Cell {
        if let Some(own) = cells.own(column) {
            return own;
        }
        match self.merges.origin(row, column) {
            Some((origin_row, origin_column)) if (origin_row, origin_column) != (row, column) => {
                self.row(origin_row).own(origin_column).unwrap_or(&Cell::Empty)
            }
            _ => &Cell::Empty,
        }
    }

    /// The cell belongs to a merged range.
    #[must_use]
    pub fn is_merged(&self, row: u32, column: u32) -> bool {
        self.merges.origin(row, column).is_some()
    }
}

/// The letter or letters of a column: 0 is `A`, 27 is `AB`.
#[must_use]
pub fn column_letter(column: u32) -> String {
    let mut left = column + 1;
    let mut letters = Vec::new();
    while left > 0 {
        let digit = u8::try_from((left - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + digit));
        left = (left - 1) / 26;
    }
    letters.iter().rev().collect()
}
