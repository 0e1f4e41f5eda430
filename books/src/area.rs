//! Areas (rules G11, H1): hundredths of a square metre, rounded half up.

use crate::cell::Value;
use crate::decimal::{self, Found};

/// Units that may stand behind an area, longest first, in lower case.
const UNITS: &[&str] = &["平方米", "平米", "平方", "㎡", "m2", "m²", "平"];
/// The largest area of one house: 1,000,000.00 ㎡.
pub const AREA_CENTI_MAX: i64 = 100_000_000;

/// Why an area is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AreaError {
    /// Below zero.
    #[error("面积是负数")]
    Negative,
    /// Not a number, or beyond [`AREA_CENTI_MAX`].
    #[error("面积不是数字")]
    Invalid,
}

/// Reads an area in 0.01 ㎡; none when blank.
///
/// # Errors
/// [`AreaError`].
pub fn read(value: &Value<'_>) -> Result<Option<i64>, AreaError> {
    let number = match decimal::read(value, UNITS) {
        Found::Blank => return Ok(None),
        Found::NotANumber => return Err(AreaError::Invalid),
        Found::Number(number) => number,
    };
    let centi = decimal::scaled(number, 2).ok_or(AreaError::Invalid)?;
    match centi {
        _ if number.is_sign_negative() && !number.is_zero() => Err(AreaError::Negative),
        _ if centi > AREA_CENTI_MAX => Err(AreaError::Invalid),
        _ => Ok(Some(centi)),
    }
}
