//! Houses and the people in the company's books: importing them from a workbook, finding and showing them.

mod import;
mod keys;
mod known;
mod plan;
mod records;
mod repo;
mod report;
#[cfg(test)]
mod tests;
mod view;
mod write;

pub use books::BookError;
pub use import::{ImportMode, SourceFile, import};
pub(crate) use keys::keys;
pub use keys::known_keys;
pub use records::{HouseFacts, HouseRecords, PersonFacts, RowRemark, SheetRows, read_workbook, refused_rows};
pub(crate) use records::{rejection, rows_of, warning};
pub use repo::{HouseFilter, buildings, find, house, list};
pub use report::{BuildingSum, ChangedHouse, Difference, DifferenceKind, FieldChange, ImportReport};
pub use view::{BuildingView, HouseHit, HousePage, HouseView, PartyView};

use crate::store::StoreError;
use crate::vault::VaultError;

/// Houses of one import: far above the largest community.
pub const HOUSES_PER_IMPORT_MAX: usize = 300_000;

/// Why houses could not be imported or shown.
#[derive(Debug, thiserror::Error)]
pub enum HousesError {
    /// No such house in this project.
    #[error("没有这套房屋")]
    NotFound,
    /// No row of the file was accepted.
    #[error("文件里没有可以导入的房屋，请查看被拒绝的行")]
    NothingToImport,
    /// More than [`HOUSES_PER_IMPORT_MAX`].
    #[error("一次最多导入 {HOUSES_PER_IMPORT_MAX} 套房屋，请分成几个文件")]
    TooMany,
    /// Another import wrote the same houses meanwhile.
    #[error("另一次导入正在进行，请稍后重试")]
    Busy,
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
    /// Personal data could not be sealed or opened.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl HousesError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "house_not_found",
            Self::NothingToImport => "nothing_to_import",
            Self::TooMany => "too_many_houses",
            Self::Busy => "import_busy",
            Self::Store(_) | Self::Vault(_) => "internal",
        }
    }
}

impl From<StoreError> for HousesError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { .. } => Self::Busy,
            other => Self::Store(other),
        }
    }
}
