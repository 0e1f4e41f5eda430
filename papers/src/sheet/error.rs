//! Why a spreadsheet could not be written.

use rust_xlsxwriter::XlsxError;

/// Why a spreadsheet could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// A name that no sheet may have.
    #[error("工作表名称“{name}”不可用：最多 25 个字，且不能含 [ ] : * ? / \\")]
    Name {
        /// The name.
        name: String,
    },
    /// Too few or too many columns or cells.
    #[error("列数不符：给出 {given} 列，最多 {expected_max} 列，至少 1 列")]
    Columns {
        /// How many were given.
        given: usize,
        /// How many there may be.
        expected_max: usize,
    },
    /// More rows than a workbook holds.
    #[error("行数超过上限（最多 {max} 行），请缩小范围后分次导出")]
    TooManyRows {
        /// How many it holds.
        max: u64,
    },
    /// A text longer than a cell holds. It is not cut: half a text is another text.
    #[error("第 {row} 行第 {column} 列的文字过长（最多 32767 个字符）")]
    TextTooLong {
        /// Counted from 1, heads not counted.
        row: u64,
        /// Counted from 1.
        column: u32,
    },
    /// The temporary file or the workbook could not be written.
    #[error("无法写入表格文件")]
    File(#[source] Box<XlsxError>),
}

impl From<XlsxError> for SheetError {
    fn from(error: XlsxError) -> Self {
        match error {
            XlsxError::MaxStringLengthExceeded => Self::TextTooLong { row: 0, column: 0 },
            other => Self::File(Box::new(other)),
        }
    }
}

impl SheetError {
    /// Stable code, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Name { .. } => "SHEET_NAME",
            Self::Columns { .. } => "SHEET_COLUMNS",
            Self::TooManyRows { .. } => "SHEET_TOO_MANY_ROWS",
            Self::TextTooLong { .. } => "SHEET_TEXT_TOO_LONG",
            Self::File(_) => "SHEET_FILE",
        }
    }

    /// Names the place, which the file format's own error does not.
    pub(super) fn at(self, row: u64, column: u16) -> Self {
        match self {
            Self::TextTooLong { .. } => Self::TextTooLong { row, column: u32::from(column) + 1 },
            other => other,
        }
    }
}
