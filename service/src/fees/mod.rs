//! Fee items (what is charged for) and tariffs (how much, by formula, from when).
//!
//! A tariff is never edited: a new one takes over on its first day and ends the one before it the day before. Issued
//! bills keep the tariff they were made with.

mod item;
mod repo;
mod tariff;
#[cfg(test)]
mod tests;
mod view;

use chrono::NaiveDate;
use domain::formula::{ConstantError, FormulaError};

pub use item::{NewFeeItem, create_fee_item, fee_item, fee_items};
pub use repo::FeeItem;
pub use tariff::{NewTariff, create_tariff, tariffs, tariffs_in_force};
pub use view::{FeeItemView, TariffView};

use crate::store::StoreError;

/// Why a fee item or a tariff could not be made.
#[derive(Debug, thiserror::Error)]
pub enum FeesError {
    /// No such fee item in this project.
    #[error("没有这个收费项目")]
    NotFound,
    /// A field is out of its range.
    #[error("{words}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What it must be.
        words: &'static str,
    },
    /// The code of a fee item is taken.
    #[error("收费项目编码「{0}」已被使用")]
    CodeTaken(String),
    /// The fee item was retired.
    #[error("收费项目已停用")]
    Retired,
    /// The formula has mistakes, each with its place.
    #[error("公式有误：{}", .0.first().map(ToString::to_string).unwrap_or_default())]
    Formula(Vec<FormulaError>),
    /// A constant is wrong.
    #[error(transparent)]
    Constants(#[from] ConstantError),
    /// A tariff for the same houses begins on that day or later.
    #[error("同类房屋已有 {from} 起生效的收费标准，新标准须晚于该日")]
    Overlap {
        /// The day the later tariff begins.
        from: NaiveDate,
    },
    /// Bills are issued up to a later day by the tariff in force.
    #[error("已出账至 {until}，新标准最早可从次日起生效；已出的账单不变")]
    AlreadyBilled {
        /// The last billed day.
        until: NaiveDate,
    },
    /// More tariffs than a fee item may have.
    #[error("收费标准太多，请新建一个收费项目")]
    TooMany,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FeesError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "fee_item_not_found",
            Self::Invalid { .. } => "invalid_field",
            Self::CodeTaken(_) => "fee_item_code_taken",
            Self::Retired => "fee_item_retired",
            Self::Formula(_) => "formula_invalid",
            Self::Constants(error) => error.code(),
            Self::Overlap { .. } => "tariff_overlap",
            Self::AlreadyBilled { .. } => "tariff_already_billed",
            Self::TooMany => "too_many_tariffs",
            Self::Store(_) => "internal",
        }
    }
}
