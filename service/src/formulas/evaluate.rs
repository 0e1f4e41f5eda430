//! Evaluating a formula on values somebody typed in.

use std::sync::Arc;

use domain::billing::BillException;
use domain::formula::{Formula, Inputs, Purpose};
use domain::money::{Fen, Rounding};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{FormulaText, FormulasError};
use crate::fees::{self, FeesError};
use crate::holidays;
use crate::tenancy::ProjectTx;

/// Why the values give no amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FormulaException {
    /// Stable, for programs: `missing_value`, `division_by_zero`, …
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

impl From<BillException> for FormulaException {
    fn from(exception: BillException) -> Self {
        Self { code: exception.code(), message: exception.to_string(), remedy: exception.remedy() }
    }
}

/// A side result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct NamedValue {
    /// Its name.
    pub name: String,
    /// Exact.
    pub value: String,
    /// What it measures; empty for a count.
    pub unit: String,
}

/// What a formula gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Evaluated {
    /// Exact: yuan, or a bare weight.
    pub value: Option<String>,
    /// Rounded to the fen, half up; none for a weight.
    pub amount_fen: Option<i64>,
    /// Its side results.
    pub outputs: Vec<NamedValue>,
    /// One line a step: `前180度 × 0.5283元/度 = 95.094元`.
    pub words: Vec<String>,
    /// What it was given, defaults and constants among them: evaluates to the same again.
    #[schema(value_type = Object)]
    pub inputs: Map<String, Value>,
    /// Why there is no value.
    pub exception: Option<FormulaException>,
}

/// Evaluates a formula on given values: `{"用电量": "300", "停热": true, "入场": "2026-03-02T08:00"}`.
///
/// # Errors
/// [`FormulasError::Fees`] with every mistake of the text, [`FormulasError::Input`] with the value that is wrong. What
/// is missing is the answer.
pub async fn evaluate(
    tx: &ProjectTx<'_>,
    text: &FormulaText,
    values: &Map<String, Value>,
) -> Result<Evaluated, FormulasError> {
    let offered = fees::offered(tx).await?;
    let formula = Formula::compile(&text.formula, &text.names(&offered)?).map_err(FeesError::Formula)?;
    let mut inputs = formula.bind_json(values)?;
    inputs.set_calendar(Arc::new(holidays::calendar(tx).await?));
    Ok(evaluated(&formula, &inputs, text.purpose))
}

fn evaluated(formula: &Formula, inputs: &Inputs, purpose: Purpose) -> Evaluated {
    let snapshot = formula.snapshot(inputs);
    let found = formula.explain(inputs).and_then(|told| Ok((told, formula.outcome(inputs)?)));
    let ((value, trace), outcome) = match found {
        Ok(found) => found,
        Err(error) => {
            let exception = Some(BillException::from(error).into());
            let (outputs, words) = (Vec::new(), Vec::new());
            return Evaluated { value: None, amount_fen: None, outputs, words, inputs: snapshot, exception };
        }
    };
    let is_money = purpose != Purpose::Weight;
    let amount = is_money.then(|| Fen::from_yuan(value, Rounding::FenHalfUp).ok()).flatten();
    let named = outcome.outputs.into_iter().map(|one| NamedValue {
        name: one.name,
        value: one.value.to_string(),
        unit: one.unit.words().into_owned(),
    });
    Evaluated {
        value: Some(value.to_string()),
        amount_fen: amount.map(Fen::get),
        outputs: named.collect(),
        words: trace.words(),
        inputs: snapshot,
        exception: None,
    }
}
