//! A formula with what it is compiled with.

use std::collections::BTreeMap;

use domain::formula::{Constants, Field, Names, Purpose};

use crate::fees::{self, FeesError};

/// A formula with what it is compiled with.
#[derive(Debug, Clone, Default)]
pub struct FormulaText {
    /// What its result is for.
    pub purpose: Purpose,
    /// The text.
    pub formula: String,
    /// Its constants.
    pub constants: BTreeMap<String, String>,
    /// Inputs of its own, beside those every formula of the project may use.
    pub inputs: Vec<Field>,
}

impl FormulaText {
    /// What its names mean.
    pub(super) fn names(&self, offered: &[Field]) -> Result<Names, FeesError> {
        let constants = Constants::try_from(self.constants.clone())?;
        fees::names(&self.formula, self.purpose, &self.inputs, &constants, offered)
    }
}
