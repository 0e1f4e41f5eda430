//! Costs of all: a sum, or what public meters used, split over the houses of a project or a building so that the
//! parts add up to the fen. A share is published once a month and item; once it is billed it stands.

mod run;
mod split;
#[cfg(test)]
mod tests;

pub use run::{HouseShare, ShareListing, amounts, cancel, list, record_bills, share};
pub use split::{ShareBasis, SharePart, ShareReport, ShareRequest, ShareSource};

use domain::formula::{EvalError, FormulaError};
use domain::money::MoneyError;

use crate::store::StoreError;

/// Houses of one share.
pub const HOUSES_MAX: usize = 300_000;
/// Meters of one share.
pub const METERS_MAX: usize = 200;

/// Why a cost could not be split.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    /// No such share, fee item or meter in this project.
    #[error("没有这次公摊、这个收费项目或这块表")]
    NotFound,
    /// Shares are of one month.
    #[error("公摊按自然月分摊")]
    NotAMonth,
    /// No house has a weight above zero.
    #[error("没有可以分摊的房屋：请核对楼栋与面积（或系数）")]
    NoWeights,
    /// Too many houses, meters or weights.
    #[error("一次分摊的房屋最多 {HOUSES_MAX} 套，公共表最多 {METERS_MAX} 块")]
    TooMany,
    /// A field that cannot be taken.
    #[error("{words}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong, and what to do.
        words: &'static str,
    },
    /// The formula of the weight is wrong.
    #[error("分摊公式有误")]
    Formula(Vec<FormulaError>),
    /// The formula has no weight for a house.
    #[error("房屋 {house} 算不出分摊权重：{cause}")]
    Weight {
        /// The house.
        house: String,
        /// Why.
        cause: EvalError,
    },
    /// A public meter has no reading for the month, or one that looks odd.
    #[error("公共表 {meter} 本月没有可用的读数，请先录入或核实")]
    NoReading {
        /// The meter.
        meter: String,
    },
    /// The item was shared for this month already.
    #[error("这个项目本月已经分摊过；如需重做，请先撤销")]
    AlreadyShared,
    /// A live bill was charged on it.
    #[error("这次公摊已经出账，不能撤销；请先作废相关账单")]
    Billed,
    /// A sum outside the range of money.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
}

impl ShareError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "share_not_found",
            Self::NotAMonth => "not_a_month",
            Self::NoWeights => "no_weights",
            Self::TooMany => "too_many_houses",
            Self::Invalid { .. } => "invalid_field",
            Self::Formula(_) => "formula_invalid",
            Self::Weight { .. } => "weight_missing",
            Self::NoReading { .. } => "reading_missing",
            Self::AlreadyShared => "already_shared",
            Self::Billed => "share_billed",
            Self::Money(_) => "amount_out_of_range",
            Self::Store(_) => "internal",
        }
    }
}

impl From<StoreError> for ShareError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { .. } => Self::AlreadyShared,
            other => Self::Store(other),
        }
    }
}
