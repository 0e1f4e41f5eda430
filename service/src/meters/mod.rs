//! Meters and what they showed: entered by staff or imported, judged against history, kept once they are billed.
//!
//! A meter has one reading in force a month. Until the reading is billed another takes its place; from then on only a
//! correction changes what was used, and the difference counts in an open month.

mod accept;
mod correct;
mod enter;
mod import;
mod known;
mod list;
mod plan;
mod register;
mod sheet;
#[cfg(test)]
mod tests;
mod usage;
mod view;
mod write;

pub use accept::accept;
pub use books::MeterKind;
pub use correct::{Correction, correct};
pub use enter::{Entry, EntryStep, enter};
pub use import::{import, read_workbook};
pub use list::{ReadingFilter, ReadingState, exceptions_count, list};
pub use register::{NewMeter, register, retire};
pub use sheet::{MeterSheetError, write_sheet};
pub use usage::{HouseUsage, UsageState, record_bills, usage};
pub use view::{KindSum, MeterPage, MeterReadingView, ReadingReport, RefusedEntry};

use crate::store::StoreError;

/// Readings of one entry: a grid of a building.
pub const ENTRIES_MAX: usize = 2_000;
/// Meters of one import: far above the largest community.
pub const METERS_PER_IMPORT_MAX: usize = 600_000;
/// Characters of a reason or remark.
pub const REASON_CHARS_MAX: usize = 200;

/// Why meters could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum MetersError {
    /// No such meter or reading in this project.
    #[error("没有这块表或这条读数")]
    NotFound,
    /// Readings are of one month.
    #[error("抄表月份应为一个自然月")]
    NotAMonth,
    /// No row of the file was accepted.
    #[error("文件里没有可以导入的读数，请查看被拒绝的行")]
    NothingToImport,
    /// More than [`ENTRIES_MAX`] or [`METERS_PER_IMPORT_MAX`].
    #[error("一次提交的读数过多，请分批提交")]
    TooMany,
    /// A field that cannot be taken.
    #[error("{words}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong, and what to do.
        words: &'static str,
    },
    /// There is such a meter already.
    #[error("这套房（或这个位置）已经有同类同号的表")]
    MeterTaken,
    /// The reading has nothing odd about it, or was accepted before.
    #[error("这条读数没有待核实的异常")]
    NothingToAccept,
    /// A correction is for billed readings; others are entered anew.
    #[error("这条读数还没有出账，请直接重新录入")]
    NotBilled,
    /// A later reading starts from the wrong one.
    #[error("之后的月份已有读数，请在最近一次读数上更正")]
    LaterReading,
    /// Another change of the same meters was under way.
    #[error("另一次抄表录入正在进行，请稍后重试")]
    Busy,
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
}

impl MetersError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "meter_not_found",
            Self::NotAMonth => "not_a_month",
            Self::NothingToImport => "nothing_to_import",
            Self::TooMany => "too_many_readings",
            Self::Invalid { .. } => "invalid_field",
            Self::MeterTaken => "meter_taken",
            Self::NothingToAccept => "nothing_to_accept",
            Self::NotBilled => "reading_not_billed",
            Self::LaterReading => "later_reading",
            Self::Busy => "meters_busy",
            Self::Store(_) => "internal",
        }
    }
}

impl From<StoreError> for MetersError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { .. } => Self::Busy,
            other => Self::Store(other),
        }
    }
}
