//! Tables as a caller describes them.

/// The most columns of a table.
pub const COLUMNS_MAX: usize = 16;
/// The most rows of a table.
pub const ROWS_MAX: usize = 50_000;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub(crate) head: String,
    pub(crate) share: u16,
    pub(crate) right: bool,
    /// Grows at the cost of columns of words rather than break a cell.
    pub(crate) whole: bool,
}

impl Column {
    /// A column of words. `share` is its part of the table's width, relative to the others' shares.
    #[must_use]
    pub fn words(head: &str, share: u16) -> Self {
        Self { head: head.to_owned(), share, right: false, whole: false }
    }

    /// A column of days, numbers of things and the like, which are not broken.
    #[must_use]
    pub fn whole(head: &str, share: u16) -> Self {
        Self { head: head.to_owned(), share, right: false, whole: true }
    }

    /// A column of figures, right aligned and not broken.
    #[must_use]
    pub fn figures(head: &str, share: u16) -> Self {
        Self { head: head.to_owned(), share, right: true, whole: true }
    }
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub(crate) cells: Vec<String>,
    pub(crate) total: bool,
}

impl Row {
    /// A row; cells beyond the table's columns are refused when it is printed.
    #[must_use]
    pub const fn of(cells: Vec<String>) -> Self {
        Self { cells, total: false }
    }

    /// A row of sums, set bold.
    #[must_use]
    pub const fn total(cells: Vec<String>) -> Self {
        Self { cells, total: true }
    }
}

/// A table; its head is repeated on every page it reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// At most [`COLUMNS_MAX`].
    pub columns: Vec<Column>,
    /// At most [`ROWS_MAX`].
    pub rows: Vec<Row>,
}
