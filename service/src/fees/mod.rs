//! Fee items (what is charged for) and tariffs (how much, by formula, from when).
//!
//! A tariff is never edited: a new one takes over on its first day and ends the one before it the day before. Issued
//! bills keep the tariff they were made with. It is for the project, a kind of house, a building, a kind in a building
//! or a single house: the most special one holds, and two that would contradict each other are refused.

mod draft;
mod item;
mod repo;
mod tariff;
#[cfg(test)]
mod tests;
mod view;

use chrono::NaiveDate;
use domain::formula::{ConstantError, FieldError, FormulaError, TemplateError};

pub use draft::NewTariff;
pub(crate) use draft::names;
pub use item::{NewFeeItem, create_fee_item, fee_item, fee_items};
pub use repo::FeeItem;
pub use tariff::{create_tariff, tariffs, tariffs_in_force};
pub(crate) use tariff::{offered, tariffs_with};
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
    /// A declared input is wrong.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// No such template.
    #[error("没有这个公式模板")]
    NoTemplate,
    /// A template that cannot be used.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// One tariff of a fee item is about a month, another is not.
    #[error("同一收费项目的公式须同为每月金额或同为一次金额，请另建收费项目")]
    PurposeDiffers,
    /// Houses of that building and kind would have two tariffs, neither more special.
    #[error("{building} 栋里这类房屋会同时适用两个标准（按楼栋与按类型），请先为该楼栋的这类房屋单独设一个标准")]
    ScopesCross {
        /// The building.
        building: String,
        /// The kind of house.
        kind: String,
    },
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
            Self::Field(_) => "formula_input_invalid",
            Self::NoTemplate => "formula_template_not_found",
            Self::Template(_) => "formula_template_invalid",
            Self::PurposeDiffers => "tariff_purpose_differs",
            Self::ScopesCross { .. } => "tariff_scopes_cross",
            Self::Overlap { .. } => "tariff_overlap",
            Self::AlreadyBilled { .. } => "tariff_already_billed",
            Self::TooMany => "too_many_tariffs",
            Self::Store(_) => "internal",
        }
    }
}
