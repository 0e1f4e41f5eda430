//! Formulas on an editor's desk: checked and tried before anything is saved.

mod check;
mod evaluate;
#[cfg(test)]
mod tests;
mod text;

pub use check::{FormulaCheck, FormulaMistake, NameKind, NameUsed, OutputName, check};
pub use evaluate::{Evaluated, FormulaException, NamedValue, evaluate};
pub use text::FormulaText;

use domain::formula::InputError;

use crate::fees::FeesError;
use crate::store::StoreError;

/// Why a formula could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum FormulasError {
    /// Its declarations, its constants, or for an evaluation its text.
    #[error(transparent)]
    Fees(#[from] FeesError),
    /// A value is not what its input takes.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
