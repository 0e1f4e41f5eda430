//! Fields the company keeps of its houses (公司自定义字段): declared once, filled in house by house, used by formulas
//! under their name.
//!
//! A value holds from a day until the next one, so that a bill of last month is computed by what held then; a field
//! per period (a quantity somebody read off) holds for that period alone.

mod define;
mod known;
#[cfg(test)]
mod tests;
mod values;

pub use define::{HouseFieldView, NewHouseField, create_field, fields, retire_field};
pub(crate) use known::{declared, values_of};
pub use values::{NewValue, VALUES_MAX, set_values};

use domain::formula::{FieldError, InputError};

use crate::store::StoreError;

/// Why a field or a value was not taken.
#[derive(Debug, thiserror::Error)]
pub enum HouseFieldError {
    /// No such field in this project.
    #[error("没有这个字段")]
    NotFound,
    /// The name is taken.
    #[error("字段「{0}」已存在")]
    NameTaken(String),
    /// More than a project may have.
    #[error("自定义字段太多，最多 {} 个", define::FIELDS_MAX)]
    TooMany,
    /// Lists are not kept house by house.
    #[error("自定义字段不能是明细表")]
    Table,
    /// The declaration is wrong.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// More values than one request may bring.
    #[error("一次最多填写 {VALUES_MAX} 个值")]
    TooManyValues,
    /// A house of the request is not in this project.
    #[error("第 {row} 行：没有这套房屋")]
    NoHouse {
        /// Which value of the request, from 1.
        row: usize,
    },
    /// A value is not what the field takes.
    #[error("第 {row} 行：{cause}")]
    Value {
        /// Which value of the request, from 1.
        row: usize,
        /// What is wrong.
        cause: InputError,
    },
    /// The same house and day twice in one request.
    #[error("第 {row} 行：同一房屋同一天只能填一次")]
    Twice {
        /// Which value of the request, from 1.
        row: usize,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl HouseFieldError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "house_field_not_found",
            Self::NameTaken(_) => "house_field_taken",
            Self::TooMany => "too_many_house_fields",
            Self::Table => "house_field_table",
            Self::Field(_) => "house_field_invalid",
            Self::TooManyValues => "too_many_values",
            Self::NoHouse { .. } => "house_not_found",
            Self::Value { cause, .. } => cause.code(),
            Self::Twice { .. } => "house_field_value_twice",
            Self::Store(_) => "internal",
        }
    }
}
