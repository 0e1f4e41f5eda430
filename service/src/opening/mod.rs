//! Opening balances: what was owed, paid ahead and held when a project was taken into use.
//!
//! Old debts become bills of their own periods, so that they are reminded of and paid like any other; prepaid money
//! and deposits become balances in the ledger. The other side of all of it is one account, so what was brought along
//! can always be told from what happened here.

mod import;
mod plan;
#[cfg(test)]
mod tests;
mod tie;
mod write;

pub use import::{OpeningReport, import, read_workbook};
pub use tie::{ItemSum, OpeningSums, SectionSums, TieView, sums};

use domain::ledger::LedgerError;
use domain::money::MoneyError;

use crate::ledger::LedgerStoreError;
use crate::store::StoreError;

/// Lines of one import: far above the largest community.
pub const LINES_PER_IMPORT_MAX: usize = 300_000;

/// Why opening balances could not be imported.
#[derive(Debug, thiserror::Error)]
pub enum OpeningError {
    /// No row of the file was accepted.
    #[error("文件里没有可以导入的期初数据，请查看被拒绝的行")]
    NothingToImport,
    /// More than [`LINES_PER_IMPORT_MAX`].
    #[error("一次最多导入 {LINES_PER_IMPORT_MAX} 行期初数据，请分成几个文件")]
    TooMany,
    /// A printed total does not tie with the rows above it.
    #[error("工作表「{sheet}」的「{column}」合计与明细不符，请核对后再导入")]
    DoesNotTie {
        /// The sheet.
        sheet: String,
        /// The column.
        column: String,
    },
    /// Another import was under way.
    #[error("另一次导入正在进行，请稍后重试")]
    Busy,
    /// A sum outside the range of money.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// A posting that cannot be made.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
}

impl OpeningError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NothingToImport => "nothing_to_import",
            Self::TooMany => "too_many_lines",
            Self::DoesNotTie { .. } => "total_does_not_tie",
            Self::Busy => "import_busy",
            Self::Money(_) => "amount_out_of_range",
            Self::Ledger(_) | Self::Store(_) => "internal",
        }
    }
}

impl From<StoreError> for OpeningError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { .. } => Self::Busy,
            other => Self::Store(other),
        }
    }
}

impl From<LedgerStoreError> for OpeningError {
    fn from(error: LedgerStoreError) -> Self {
        match error {
            LedgerStoreError::Store(error) => error.into(),
            LedgerStoreError::Ledger(error) => error.into(),
        }
    }
}
