//! Templates: formulas that staff start from, as data. Each has its inputs, its prices as constants with defaults, an
//! explanation and worked examples that a test works out.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::constants::{ConstantError, Constants};
use super::error::FormulaError;
use super::field::{Field, FieldError};
use super::names::{Names, Purpose};
use super::{Formula, OPTIONS_MAX};

/// The templates that come with the program, a file for each category.
const FILES: [&str; 10] = [
    include_str!("../../data/templates/house.json"),
    include_str!("../../data/templates/shop.json"),
    include_str!("../../data/templates/office.json"),
    include_str!("../../data/templates/rent.json"),
    include_str!("../../data/templates/utility.json"),
    include_str!("../../data/templates/heating.json"),
    include_str!("../../data/templates/public_share.json"),
    include_str!("../../data/templates/late.json"),
    include_str!("../../data/templates/garage.json"),
    include_str!("../../data/templates/parking.json"),
];

/// The most examples of one template.
pub const EXAMPLES_MAX: usize = OPTIONS_MAX;

/// Why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Not the format of templates.
    #[error("公式模板的格式不对：{0}")]
    BadFormat(String),
    /// A constant is refused.
    #[error(transparent)]
    Constant(#[from] ConstantError),
    /// An input is refused.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The formula is wrong.
    #[error("公式有 {} 处错误", .0.len())]
    Formula(Vec<FormulaError>),
}

/// What a template is for, as staff look for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// 住宅
    House,
    /// 商铺
    Shop,
    /// 写字楼
    Office,
    /// 租金与押金
    Rent,
    /// 水电燃气
    Utility,
    /// 采暖
    Heating,
    /// 公摊
    PublicShare,
    /// 违约金
    Late,
    /// 车位
    Garage,
    /// 临时停车
    Parking,
}

/// A price or coefficient of a template with its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateConstant {
    /// Its name in the formula.
    pub name: String,
    /// The default with its unit: `0.5283元/度`.
    pub value: String,
    /// For the person who sets it.
    pub explanation: String,
}

/// A worked example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What is put in.
    pub inputs: Map<String, Value>,
    /// What comes out, rounded to the fen half up; the bare weight where the purpose is a weight.
    #[serde(rename = "expected_yuan", with = "rust_decimal::serde::str")]
    pub expected: Decimal,
    /// The side results that are expected.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub outputs: Map<String, Value>,
}

/// A formula to start from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// The stable name for programs.
    pub id: String,
    /// Where staff find it.
    pub category: Category,
    /// The Chinese name.
    pub name: String,
    /// What its result is for.
    pub purpose: Purpose,
    /// When to use it, and what to mind.
    pub explanation: String,
    /// What a house, a reading or a stay has to give.
    pub inputs: Vec<Field>,
    /// What the tariff sets.
    pub constants: Vec<TemplateConstant>,
    /// The text, by lines.
    pub formula: Vec<String>,
    /// At least one.
    pub examples: Vec<Example>,
}

impl Template {
    /// The templates that come with the program, in the order in which they are offered.
    ///
    /// # Errors
    /// [`TemplateError::BadFormat`] when the program was built from broken files.
    pub fn all() -> Result<Vec<Self>, TemplateError> {
        let mut all = Vec::new();
        for file in FILES {
            let read: Vec<Self> =
                serde_json::from_str(file).map_err(|error| TemplateError::BadFormat(error.to_string()))?;
            all.extend(read);
        }
        Ok(all)
    }

    /// The formula as one text.
    #[must_use]
    pub fn text(&self) -> String {
        self.formula.join("\n")
    }

    /// The constants with their defaults.
    ///
    /// # Errors
    /// [`ConstantError`] names the constant.
    pub fn defaults(&self) -> Result<Constants, ConstantError> {
        let mut constants = Constants::default();
        for constant in &self.constants {
            constants.insert(&constant.name, &constant.value)?;
        }
        Ok(constants)
    }

    /// The formula with these constants.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn compile(&self, constants: &Constants) -> Result<Formula, TemplateError> {
        let names = Names::with(constants).for_purpose(self.purpose).with_fields(&self.inputs)?;
        Formula::compile(&self.text(), &names).map_err(TemplateError::Formula)
    }
}
