//! Amounts of money (rule G11), for the books that hold them.

use domain::money::{Fen, Rounding};

use crate::cell::Value;
use crate::decimal::{self, Found};

/// Why an amount is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not a number, or beyond what the ledger takes.
    #[error("金额不是数字")]
    Invalid,
}

/// Reads yuan, float noise rounded away, half up to the fen; none when blank. The sign is the caller's to judge.
///
/// # Errors
/// [`AmountError`].
pub fn read(value: &Value<'_>) -> Result<Option<Fen>, AmountError> {
    match decimal::read(value, &["元"]) {
        Found::Blank => Ok(None),
        Found::NotANumber => Err(AmountError::Invalid),
        Found::Number(yuan) => Fen::from_yuan(yuan, Rounding::FenHalfUp).map(Some).map_err(|_| AmountError::Invalid),
    }
}
