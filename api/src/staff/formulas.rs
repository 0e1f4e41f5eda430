//! Formulas on the desk: checked, evaluated, tried on real houses, started from a template.

use std::collections::BTreeMap;

use actix_web::{get, post, web};
use domain::formula::{Field, Purpose, Template};
use domain::ids::{FeeItemId, HouseId};
use domain::period::Period;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use service::bills::{self, OfferedInput, TrialHouse};
use service::fees::{self, NewTariff};
use service::formulas::{self, Evaluated, FormulaCheck, FormulaText};
use service::staff::{ManageBills, ViewBills};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Staff, Text};

/// A formula with what it is compiled with.
#[derive(Debug, Deserialize, ToSchema)]
pub struct FormulaBody {
    /// `monthly` (the default): the amount of one month; `once`: an amount as it is; `settlement`: one that may be below
    /// zero; `weight`: the weight of a house in a shared cost.
    #[schema(value_type = Option<String>, example = "monthly")]
    #[serde(default)]
    pub purpose: Purpose,
    /// The text.
    #[schema(value_type = String, max_length = 2000, example = "建筑面积 × 单价")]
    pub formula: Text<2_000>,
    /// The constants of the formula with their values: `{"单价": "1.80元/㎡·月"}`.
    #[serde(default)]
    pub constants: BTreeMap<String, String>,
    /// Inputs of its own: `[{"name": "用电量", "kind": "number", "unit": "度"}]`.
    #[schema(value_type = Vec<Object>, example = json!([{ "name": "用电量", "kind": "number", "unit": "度" }]))]
    #[serde(default)]
    pub inputs: Vec<Field>,
}

impl From<FormulaBody> for FormulaText {
    fn from(body: FormulaBody) -> Self {
        let (purpose, constants, inputs) = (body.purpose, body.constants, body.inputs);
        Self { purpose, formula: body.formula.into_inner(), constants, inputs }
    }
}

/// A formula and the values to evaluate it on.
#[derive(Debug, Deserialize, ToSchema)]
pub struct EvaluateBody {
    /// The formula.
    pub draft: FormulaBody,
    /// By name: `{"用电量": "300", "停热": true, "入场": "2026-03-02T08:00"}`.
    #[schema(value_type = Object)]
    #[serde(default)]
    pub values: Map<String, Value>,
}

/// A formula and the houses to try it on.
#[derive(Debug, Deserialize, ToSchema)]
pub struct TrialBody {
    /// The formula.
    pub draft: FormulaBody,
    /// What is charged for: its rounding and its parts of months.
    pub fee_item_id: Uuid,
    /// The year of the period.
    pub year: i32,
    /// The first month of the period.
    pub month: u32,
    /// The houses, at most 20; without, some of every building and kind.
    #[serde(default)]
    pub house_ids: Vec<Uuid>,
}

/// A worked example of a template.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExampleView {
    /// What is put in.
    #[schema(value_type = Object)]
    pub inputs: Map<String, Value>,
    /// What comes out, yuan, or a bare weight.
    pub expected: String,
}

/// A constant of a template.
#[derive(Debug, Serialize, ToSchema)]
pub struct TemplateConstantView {
    /// Its name.
    pub name: String,
    /// Its default with the unit.
    pub value: String,
    /// For whoever sets it.
    pub explanation: String,
}

/// A formula to start from.
#[derive(Debug, Serialize, ToSchema)]
pub struct TemplateView {
    /// Stable, for programs.
    pub id: String,
    /// `house`, `shop`, `office`, `rent`, `utility`, `heating`, `public_share`, `late`, `garage`, `parking`.
    #[schema(value_type = String)]
    pub category: domain::formula::Category,
    /// Its Chinese name.
    pub name: String,
    /// `monthly`, `once`, `settlement`, `weight`. A tariff takes the first two.
    #[schema(value_type = String)]
    pub purpose: Purpose,
    /// When to use it, and what to mind.
    pub explanation: String,
    /// What a house, a reading or a stay has to give.
    #[schema(value_type = Vec<Object>, example = json!([{ "name": "用电量", "kind": "number", "unit": "度" }]))]
    pub inputs: Vec<Field>,
    /// What the tariff sets.
    pub constants: Vec<TemplateConstantView>,
    /// The text.
    pub formula: String,
    /// Worked examples.
    pub examples: Vec<ExampleView>,
}

impl From<Template> for TemplateView {
    fn from(template: Template) -> Self {
        let constants = template.constants.iter().map(|one| TemplateConstantView {
            name: one.name.clone(),
            value: one.value.clone(),
            explanation: one.explanation.clone(),
        });
        let examples = template
            .examples
            .iter()
            .map(|one| ExampleView { inputs: one.inputs.clone(), expected: one.expected.to_string() });
        Self {
            constants: constants.collect(),
            examples: examples.collect(),
            formula: template.text(),
            id: template.id,
            category: template.category,
            name: template.name,
            purpose: template.purpose,
            explanation: template.explanation,
            inputs: template.inputs,
        }
    }
}

/// The formulas to start from, each with its inputs, constants and worked examples.
#[utoipa::path(
    operation_id = "staff_list_formula_templates", tag = "formulas", security(("staff" = [])),
    params(("project" = Uuid, Path)), responses((status = 200, body = Vec<TemplateView>), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/formula-templates")]
pub async fn templates(_staff: Staff<ViewBills>) -> Result<web::Json<Vec<TemplateView>>, ApiError> {
    let all = Template::all().map_err(fees::FeesError::from)?;
    Ok(web::Json(all.into_iter().map(TemplateView::from).collect()))
}

/// What every formula of the project may use without declaring it, beside the area and the price.
#[utoipa::path(
    operation_id = "staff_list_formula_inputs", tag = "formulas", security(("staff" = [])),
    params(("project" = Uuid, Path)), responses((status = 200, body = Vec<OfferedInput>), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/formula-inputs")]
pub async fn offered_inputs(staff: Staff<ViewBills>) -> Result<web::Json<Vec<OfferedInput>>, ApiError> {
    let found = staff.project().read("formulas.inputs", async |tx| bills::offered_inputs(tx).await).await?;
    Ok(web::Json(found))
}

/// Everything wrong with a formula with its place in characters and a remedy, what can go wrong at some house, what it
/// uses and who answers for that, and its text in one spelling.
#[utoipa::path(
    operation_id = "staff_check_formula", tag = "formulas", security(("staff" = [])),
    params(("project" = Uuid, Path)), responses((status = 200, body = FormulaCheck), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/formulas/check")]
pub async fn check(staff: Staff<ViewBills>, body: Json<FormulaBody>) -> Result<web::Json<FormulaCheck>, ApiError> {
    let text = FormulaText::from(body.0);
    let checked = staff.project().read("formulas.check", async |tx| formulas::check(tx, &text).await).await?;
    Ok(web::Json(checked))
}

/// The value of a formula on given values, with every step in words. What is missing is in `exception`.
#[utoipa::path(
    operation_id = "staff_evaluate_formula", tag = "formulas", security(("staff" = [])),
    params(("project" = Uuid, Path)), responses((status = 200, body = Evaluated), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/formulas/evaluate")]
pub async fn evaluate(staff: Staff<ViewBills>, body: Json<EvaluateBody>) -> Result<web::Json<Evaluated>, ApiError> {
    let EvaluateBody { draft, values } = body.0;
    let text = FormulaText::from(draft);
    let work = async |tx: &service::tenancy::ProjectTx<'_>| formulas::evaluate(tx, &text, &values).await;
    Ok(web::Json(staff.project().read("formulas.evaluate", work).await?))
}

/// What real houses would pay by a formula for a period, with every step in words. Nothing is saved.
#[utoipa::path(
    operation_id = "staff_try_formula", tag = "formulas", security(("staff" = [])),
    params(("project" = Uuid, Path)), responses((status = 200, body = Vec<TrialHouse>), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/formulas/try")]
pub async fn try_on_houses(
    staff: Staff<ManageBills>,
    body: Json<TrialBody>,
) -> Result<web::Json<Vec<TrialHouse>>, ApiError> {
    let TrialBody { draft, fee_item_id, year, month, house_ids } = body.0;
    let (item, text) = (FeeItemId(fee_item_id), FormulaText::from(draft));
    let houses: Vec<HouseId> = house_ids.into_iter().map(HouseId).collect();
    let FormulaText { purpose, formula, constants, inputs } = text;
    let new = NewTariff { purpose, formula, constants, inputs, ..NewTariff::default() };
    let tried = staff
        .project()
        .read("formulas.try", async |tx| {
            let period = Period::new(year, month, fees::fee_item(tx, item).await?.period_months)?;
            Ok::<_, ApiError>(bills::trial(tx, item, &new, &period, &houses).await?)
        })
        .await?;
    Ok(web::Json(tried))
}
