//! The constants of a tariff: prices and coefficients under a name, kept as a small JSON object of texts.
//!
//! `{"单价": "1.80", "电梯费": "15元", "系数": "1.2"}`: a unit may follow the number; without one the constant
//! adapts to what it is added to or compared with, as a number written in the formula does.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::ast::{Op, Suffix};
use super::field;
use super::function::Function;
use super::lexer::{self, TokenKind};
use super::names::Variable;
use super::unit::Unit;

/// The most constants one tariff may have.
pub const CONSTANTS_MAX: usize = 50;
/// The longest name of a constant, in characters.
pub const CONSTANT_NAME_CHARS_MAX: usize = 20;

/// Why constants were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConstantError {
    /// Not a JSON object of texts.
    #[error("常数的格式不对")]
    NotAnObject,
    /// More than [`CONSTANTS_MAX`].
    #[error("常数太多，最多 {CONSTANTS_MAX} 个")]
    TooMany,
    /// Not a name: letters, digits and underscores, not beginning with a digit, at most
    /// [`CONSTANT_NAME_CHARS_MAX`] characters.
    #[error("「{0}」不能作为常数名：请用文字、数字和下划线，不以数字开头，最多 {CONSTANT_NAME_CHARS_MAX} 个字")]
    BadName(String),
    /// The name of a function, or of a variable that is a fact of the house or the bill.
    #[error("「{0}」是系统已有的名称，请换一个名字")]
    Reserved(String),
    /// The same constant under two spellings.
    #[error("常数「{0}」重复了")]
    Duplicate(String),
    /// Not a number with an optional unit.
    #[error("常数「{0}」的值不是数字，请写成如 1.80 或 15元")]
    BadValue(String),
    /// A price in yuan, a sum in square metres.
    #[error("常数「{name}」的单位应是 {expected}")]
    WrongUnit {
        /// The constant.
        name: String,
        /// The unit it must have.
        expected: String,
    },
}

impl ConstantError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAnObject => "constants_not_an_object",
            Self::TooMany => "constants_too_many",
            Self::BadName(_) => "constant_bad_name",
            Self::Reserved(_) => "constant_reserved_name",
            Self::Duplicate(_) => "constant_duplicate",
            Self::BadValue(_) => "constant_bad_value",
            Self::WrongUnit { .. } => "constant_wrong_unit",
        }
    }
}

/// One value with its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Constant {
    /// The exact value.
    pub value: Decimal,
    /// What it measures; none adapts.
    pub unit: Option<Unit>,
}

impl Constant {
    /// Reads `1.80`, `15元`, `1.8元/㎡·月`, `-3`, `5%`; none when the text is not one number with at most one unit.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let tokens = lexer::tokens(text).ok()?;
        let mut kinds = tokens.iter().map(|token| &token.kind);
        let (negative, number) = match kinds.next()? {
            TokenKind::Op(Op::Subtract) => (true, kinds.next()?),
            other => (false, other),
        };
        match (number, kinds.next()) {
            (TokenKind::Number { written, suffix }, Some(TokenKind::End)) => {
                let (value, unit) = suffix.value(*written)?;
                Some(Self { value: if negative { -value } else { value }, unit })
            }
            _ => None,
        }
    }
}

/// The constants of one tariff by canonical name, in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Constants(BTreeMap<String, Constant>);

impl Constants {
    /// Reads a JSON object of texts.
    ///
    /// # Errors
    /// [`ConstantError`] names the constant that is wrong.
    pub fn parse(json: &str) -> Result<Self, ConstantError> {
        let texts: BTreeMap<String, String> = serde_json::from_str(json).map_err(|_| ConstantError::NotAnObject)?;
        Self::try_from(texts)
    }

    /// Adds one; `unit_price` and `单价` are the same.
    ///
    /// # Errors
    /// [`ConstantError`].
    pub fn insert(&mut self, name: &str, text: &str) -> Result<(), ConstantError> {
        let name = name.trim();
        let mut constant = Constant::parse(text).ok_or_else(|| ConstantError::BadValue(name.to_owned()))?;
        let canonical = match Variable::parse(name) {
            Some(variable) if variable.is_set_by_tariff() => {
                if constant.unit.is_some_and(|unit| unit != variable.unit()) {
                    return Err(ConstantError::WrongUnit {
                        name: name.to_owned(),
                        expected: variable.unit().words().into_owned(),
                    });
                }
                constant.unit = Some(variable.unit());
                variable.name()
            }
            Some(_) => return Err(ConstantError::Reserved(name.to_owned())),
            None if Function::parse(name).is_some() => return Err(ConstantError::Reserved(name.to_owned())),
            None if !field::is_name(name) => return Err(ConstantError::BadName(name.to_owned())),
            None => name,
        };
        if self.0.contains_key(canonical) {
            return Err(ConstantError::Duplicate(canonical.to_owned()));
        }
        if self.0.len() >= CONSTANTS_MAX {
            return Err(ConstantError::TooMany);
        }
        self.0.insert(canonical.to_owned(), constant);
        Ok(())
    }

    /// The constant of that canonical name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Constant> {
        self.0.get(name).copied()
    }

    /// All of them in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Constant)> {
        self.0.iter().map(|(name, constant)| (name.as_str(), *constant))
    }
}

impl TryFrom<BTreeMap<String, String>> for Constants {
    type Error = ConstantError;
    fn try_from(texts: BTreeMap<String, String>) -> Result<Self, ConstantError> {
        let mut constants = Self::default();
        for (name, text) in texts {
            constants.insert(&name, &text)?;
        }
        Ok(constants)
    }
}

impl From<Constants> for BTreeMap<String, String> {
    fn from(constants: Constants) -> Self {
        let suffix = |constant: Constant| constant.unit.map_or(Suffix::None, Suffix::Unit).words();
        let text = |constant: Constant| format!("{}{}", constant.value, suffix(constant));
        constants.0.into_iter().map(|(name, constant)| (name, text(constant))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_read_with_and_without_units_and_written_back() {
        let constants =
            Constants::parse(r#"{"unit_price":"1.80","电梯费":"15元","系数":"１．２","折扣":"5%"}"#).unwrap();
        assert_eq!(constants.get("单价").unwrap().value.to_string(), "1.80");
        assert_eq!(constants.get("电梯费").unwrap().unit, Some(Unit::Yuan));
        assert_eq!(constants.get("系数").unwrap().unit, None);
        assert_eq!(constants.get("折扣").unwrap().value, Decimal::new(5, 2));
        let json = serde_json::to_string(&constants).unwrap();
        assert_eq!(Constants::parse(&json).unwrap(), constants);
    }

    #[test]
    fn a_wrong_constant_is_refused_by_name() {
        let refusal = |json: &str| Constants::parse(json).unwrap_err().code();
        assert_eq!(refusal(r#"{"建筑面积":"100"}"#), "constant_reserved_name");
        assert_eq!(refusal(r#"{"最大":"100"}"#), "constant_reserved_name");
        assert_eq!(refusal(r#"{"单价":"1.8元"}"#), "constant_wrong_unit");
        assert_eq!(refusal(r#"{"单价":"一块八"}"#), "constant_bad_value");
        assert_eq!(refusal(r#"{"单价":"1.8","unit_price":"2"}"#), "constant_duplicate");
        assert_eq!(refusal(r#"{"1楼":"1.8"}"#), "constant_bad_name");
        assert_eq!(refusal(r#"{"a b":"1.8"}"#), "constant_bad_name");
        assert_eq!(refusal(r#"{"":"1.8"}"#), "constant_bad_name");
        assert_eq!(refusal(r#"{"单价":1.8}"#), "constants_not_an_object");
    }
}
