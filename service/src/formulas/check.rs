//! Checking a formula: everything wrong with it, with its place, and what it uses.

use domain::formula::{Formula, FormulaError, Source, tidy};
use serde::Serialize;

use super::{FormulaText, FormulasError};
use crate::bills::inputs::{self, InputSource, OfferedInput};
use crate::tenancy::ProjectTx;

/// A mistake or a warning with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FormulaMistake {
    /// Stable, for programs.
    pub code: &'static str,
    /// The first character, from 0.
    pub start: usize,
    /// The first character behind.
    pub end: usize,
    /// What is wrong.
    pub message: String,
    /// What to do, with the likely name for a misspelt one.
    pub remedy: String,
}

impl From<&FormulaError> for FormulaMistake {
    fn from(error: &FormulaError) -> Self {
        Self {
            code: error.code(),
            start: error.span.start,
            end: error.span.end,
            message: error.problem.to_string(),
            remedy: error.problem.remedy(),
        }
    }
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NameKind {
    /// A fact of the house or the bill.
    Variable,
    /// Set by the tariff.
    Constant,
    /// Declared.
    Input,
}

/// A name the formula uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct NameUsed {
    /// In Chinese.
    pub name: String,
    /// What it measures; empty for a count.
    pub unit: String,
    /// What it stands for.
    pub kind: NameKind,
    /// Who answers for an input. None: nobody does yet, and every house without it would be an exception.
    pub source: Option<InputSource>,
    /// An input that has a value where none is given.
    pub has_default: bool,
}

/// A result beside the amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OutputName {
    /// Its name.
    pub name: String,
    /// What it measures; empty for a count.
    pub unit: String,
}

/// All there is to say of a formula before it is saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FormulaCheck {
    /// Whether it can be saved.
    pub is_sound: bool,
    /// In one spelling, with the brackets it needs; none where the grammar is wrong.
    pub tidy: Option<String>,
    /// What is wrong, in the order of the text; at most 20.
    pub mistakes: Vec<FormulaMistake>,
    /// What can go wrong at some house.
    pub warnings: Vec<FormulaMistake>,
    /// What it uses, where it is sound.
    pub uses: Vec<NameUsed>,
    /// Its side results.
    pub outputs: Vec<OutputName>,
}

/// Checks a formula with everything the project offers.
///
/// # Errors
/// [`FormulasError::Fees`] when its constants or its declared inputs are wrong; mistakes of the text are the answer.
pub async fn check(tx: &ProjectTx<'_>, text: &FormulaText) -> Result<FormulaCheck, FormulasError> {
    let offered = inputs::offered(tx).await?;
    let fields: Vec<_> = offered.iter().map(|one| one.field.clone()).collect();
    let compiled = Formula::compile(&text.formula, &text.names(&fields)?);
    let tidy = tidy(&text.formula).ok();
    Ok(match compiled {
        Ok(formula) => FormulaCheck {
            is_sound: true,
            tidy,
            mistakes: Vec::new(),
            warnings: formula.warnings().iter().map(FormulaMistake::from).collect(),
            uses: uses(&formula, text, &offered),
            outputs: formula
                .outputs()
                .map(|(name, unit)| OutputName { name: name.to_owned(), unit: unit.words().into_owned() })
                .collect(),
        },
        Err(mistakes) => FormulaCheck {
            is_sound: false,
            tidy,
            mistakes: mistakes.iter().map(FormulaMistake::from).collect(),
            warnings: Vec::new(),
            uses: Vec::new(),
            outputs: Vec::new(),
        },
    })
}

fn uses(formula: &Formula, text: &FormulaText, offered: &[OfferedInput]) -> Vec<NameUsed> {
    let source_of = |name: &str| offered.iter().find(|one| one.field.is_named(name)).map(|one| one.source);
    let has_default = |name: &str| {
        let own = text.inputs.iter().chain(offered.iter().map(|one| &one.field));
        own.into_iter().find(|field| field.is_named(name)).is_some_and(|field| field.default.is_some())
    };
    let plain = formula.variables().iter().map(|(source, unit)| {
        let kind = match source {
            Source::Variable(_) => NameKind::Variable,
            Source::Constant(_) => NameKind::Constant,
            Source::Field(_) => NameKind::Input,
        };
        (source.name(), unit.words().into_owned(), kind)
    });
    let tables = formula.tables().iter().map(|table| (table.name.as_str(), String::new(), NameKind::Input));
    let of = |(name, unit, kind): (&str, String, NameKind)| {
        let is_input = kind == NameKind::Input;
        NameUsed {
            name: name.to_owned(),
            unit,
            kind,
            source: source_of(name).filter(|_| is_input),
            has_default: is_input && has_default(name),
        }
    };
    plain.chain(tables).map(of).collect()
}
