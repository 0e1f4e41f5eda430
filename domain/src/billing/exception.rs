//! Why a house has no bill.

use std::borrow::Cow;

use chrono::NaiveDate;
use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::formula::{EvalError, InputError};

/// Why nothing was billed for a house. Serialises as `{code, message, remedy}`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BillException {
    /// No tariff is in force on a charged day.
    #[error("{day} 没有适用的收费标准")]
    NoTariff {
        /// The first such day.
        day: NaiveDate,
    },
    /// Two tariffs for the house, neither more special than the other, are in force on a charged day.
    #[error("{day} 有两个同样具体的收费标准同时生效")]
    OverlappingTariffs {
        /// The first such day.
        day: NaiveDate,
    },
    /// More than [`super::TARIFFS_MAX`].
    #[error("收费标准太多，最多 {} 个", super::TARIFFS_MAX)]
    TooManyTariffs,
    /// The formula needs what neither the house nor the tariff has.
    #[error("缺少「{name}」")]
    MissingValue {
        /// The variable or constant in Chinese.
        name: Cow<'static, str>,
    },
    /// What was entered for the house is not what the formula takes.
    #[error(transparent)]
    Input(InputError),
    /// The formula cannot be computed for this house.
    #[error(transparent)]
    Formula(EvalError),
    /// The house is handed over after the period.
    #[error("账期内尚未交房")]
    NotYetHandedOver,
    /// The bill comes to nothing.
    #[error("金额为 0")]
    ZeroAmount,
    /// The bill comes to less than nothing.
    #[error("金额为负数")]
    NegativeAmount,
}

impl BillException {
    /// An amount beyond what decimals or money hold.
    pub(super) const TOO_LARGE: Self = Self::Formula(EvalError::Overflow);

    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoTariff { .. } => "no_tariff",
            Self::OverlappingTariffs { .. } => "overlapping_tariffs",
            Self::TooManyTariffs => "too_many_tariffs",
            Self::MissingValue { .. } => "missing_value",
            Self::Input(error) => error.code(),
            Self::Formula(error) => error.code(),
            Self::NotYetHandedOver => "not_yet_handed_over",
            Self::ZeroAmount => "zero_amount",
            Self::NegativeAmount => "negative_amount",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        let fixed = match self {
            Self::MissingValue { name } => return format!("请为该房屋或收费标准补上「{name}」"),
            Self::Formula(error) => return error.remedy(),
            Self::Input(_) => "请更正该房屋的这项数据，然后再次出账",
            Self::NoTariff { .. } => "请添加在该日生效、适用于此类房屋的收费标准",
            Self::OverlappingTariffs { .. } => "请为较早的收费标准填写截止日期，或为这些房屋单独设一个更具体的标准",
            Self::TooManyTariffs => "请把该收费项目拆成几个",
            Self::NotYetHandedOver => "交房前由开发商承担；如交房日期有误，请更正",
            Self::ZeroAmount => "请检查面积与单价；如确实免收，不必出账",
            Self::NegativeAmount => "请检查公式里的减项；减免应另行申请",
        };
        fixed.to_owned()
    }
}

impl From<EvalError> for BillException {
    fn from(error: EvalError) -> Self {
        match error {
            EvalError::Missing { name } => Self::MissingValue { name },
            EvalError::NegativeResult => Self::NegativeAmount,
            other => Self::Formula(other),
        }
    }
}

impl From<InputError> for BillException {
    fn from(error: InputError) -> Self {
        Self::Input(error)
    }
}

impl Serialize for BillException {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_struct("BillException", 3)?;
        row.serialize_field("code", self.code())?;
        row.serialize_field("message", &self.to_string())?;
        row.serialize_field("remedy", &self.remedy())?;
        row.end()
    }
}
