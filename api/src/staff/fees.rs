//! What is charged for, and by which formula.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use domain::billing::Prorate;
use domain::formula::{Field, Purpose};
use domain::ids::{FeeItemId, HouseId};
use domain::money::Rounding;
use domain::period::Period;
use serde::Deserialize;
use service::bills::{self, TariffEffect};
use service::fees::{self, FeeItem, FeeItemView, NewFeeItem, NewTariff, TariffView};
use service::installation::Installation;
use service::staff::{ManageBills, ViewBills};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Staff, Text};

/// A new fee item.
#[derive(Debug, Deserialize, ToSchema)]
pub struct FeeItemBody {
    /// `[a-z0-9_]`, at most 32 characters; unique in the project.
    #[schema(value_type = String, max_length = 32)]
    pub code: Text<32>,
    /// The name on bills.
    #[schema(value_type = String, max_length = 40)]
    pub name: Text<40>,
    /// 1, 3, 6 or 12.
    pub period_months: u32,
    /// `fen_half_up`, `yuan_half_up` or `fen_down`.
    #[schema(value_type = String, example = "fen_half_up")]
    pub rounding: Rounding,
    /// Parts of months: `calendar_days`, `thirty_days` or `whole_month`.
    #[schema(value_type = String, example = "calendar_days")]
    pub prorate: Prorate,
    /// Days from the bill day to the due day, at most 365.
    pub due_after_days: u64,
}

impl From<FeeItemBody> for NewFeeItem {
    fn from(body: FeeItemBody) -> Self {
        Self {
            code: body.code.into_inner(),
            name: body.name.into_inner(),
            period_months: body.period_months,
            rounding: body.rounding,
            prorate: body.prorate,
            due_after_days: body.due_after_days,
        }
    }
}

/// A new tariff.
#[derive(Debug, Deserialize, ToSchema)]
pub struct TariffBody {
    /// `residence`, `shop`, `storage`, `office`, `other`; without, every kind that has no tariff of its own.
    #[schema(value_type = Option<String>, max_length = 20)]
    pub house_kind: Option<Text<20>>,
    /// Only this building; with a kind, only that kind in it.
    #[schema(value_type = Option<String>, max_length = 40)]
    pub building: Option<Text<40>>,
    /// Only this house.
    pub house_id: Option<Uuid>,
    /// `monthly` (the default): the amount of one month, scaled to the period; `once`: an amount as it is.
    #[schema(value_type = Option<String>, example = "monthly")]
    #[serde(default)]
    pub purpose: Purpose,
    /// The text; without, that of the template.
    #[schema(value_type = Option<String>, max_length = 2000, example = "建筑面积 × 单价")]
    pub formula: Option<Text<2_000>>,
    /// The template to start from: its text, purpose and inputs, and its constants where none are given.
    #[schema(value_type = Option<String>, max_length = 60)]
    pub template: Option<Text<60>>,
    /// Inputs of its own: `[{"name": "用电量", "kind": "number", "unit": "度"}]`.
    #[schema(value_type = Vec<Object>, example = json!([{ "name": "用电量", "kind": "number", "unit": "度" }]))]
    #[serde(default)]
    pub inputs: Vec<Field>,
    /// The constants of the formula with their values: `{"单价": "1.80元/㎡·月"}`.
    #[serde(default)]
    pub constants: BTreeMap<String, String>,
    /// First day in force.
    pub effective_from: NaiveDate,
}

impl TryFrom<TariffBody> for NewTariff {
    type Error = ApiError;
    fn try_from(body: TariffBody) -> Result<Self, ApiError> {
        let (template, formula) = (body.template.map(Text::into_inner), body.formula.map(Text::into_inner));
        let text = match (template, formula) {
            (Some(template), None) => Self::from_template(&template, body.constants)?,
            (template, Some(formula)) => Self {
                template,
                formula,
                purpose: body.purpose,
                inputs: body.inputs,
                constants: body.constants,
                ..Self::default()
            },
            (None, None) => return Err(ApiError::bad_field("formula", "请写公式，或选一个公式模板")),
        };
        Ok(Self {
            house_kind: body.house_kind.map(Text::into_inner),
            building: body.building.map(Text::into_inner),
            house: body.house_id.map(HouseId),
            effective_from: body.effective_from,
            ..text
        })
    }
}

/// A new tariff and the period to look at.
#[derive(Debug, Deserialize, ToSchema)]
pub struct TariffEffectBody {
    /// The tariff.
    pub tariff: TariffBody,
    /// The year of the period.
    pub year: i32,
    /// The first month of the period; how long it is, the fee item says.
    pub month: u32,
}

/// All fee items, the oldest first, at most 200.
#[utoipa::path(
    operation_id = "staff_list_fee_items", tag = "bills", security(("staff" = [])), params(("project" = Uuid, Path)),
    responses((status = 200, body = Vec<FeeItemView>), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/fee-items")]
pub async fn items(staff: Staff<ViewBills>) -> Result<web::Json<Vec<FeeItemView>>, ApiError> {
    let items = staff.project().read("fees.items", async |tx| fees::fee_items(tx).await).await?;
    Ok(web::Json(items.iter().map(FeeItem::view).collect()))
}

/// Makes a fee item. Its code is its natural key: the same code twice is a conflict.
#[utoipa::path(
    operation_id = "staff_create_fee_item", tag = "bills", security(("staff" = [])), params(("project" = Uuid, Path)),
    responses((status = 201, body = FeeItemView), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/fee-items")]
pub async fn create_item(
    installation: web::Data<Installation>,
    staff: Staff<ManageBills>,
    body: Json<FeeItemBody>,
) -> Result<HttpResponse, ApiError> {
    let made = fees::create_fee_item(staff.project(), &body.0.into(), &staff.by(), installation.now()).await?;
    Ok(HttpResponse::Created().json(made))
}

/// All tariffs of a fee item, the oldest version first.
#[utoipa::path(
    operation_id = "staff_list_tariffs", tag = "bills", security(("staff" = [])),
    params(("project" = Uuid, Path), ("item" = Uuid, Path)),
    responses((status = 200, body = Vec<TariffView>), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/fee-items/{item}/tariffs")]
pub async fn tariffs(
    staff: Staff<ViewBills>,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<web::Json<Vec<TariffView>>, ApiError> {
    let found = staff.project().read("fees.tariffs", async |tx| fees::tariffs(tx, FeeItemId(path.1)).await).await?;
    Ok(web::Json(found))
}

/// Makes a tariff. It takes over on its first day; issued bills keep theirs. Every mistake of the formula is named
/// with its place.
#[utoipa::path(
    operation_id = "staff_create_tariff", tag = "bills", security(("staff" = [])),
    params(("project" = Uuid, Path), ("item" = Uuid, Path)),
    responses((status = 201, body = TariffView), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/fee-items/{item}/tariffs")]
pub async fn create_tariff(
    installation: web::Data<Installation>,
    staff: Staff<ManageBills>,
    path: web::Path<(Uuid, Uuid)>,
    body: Json<TariffBody>,
) -> Result<HttpResponse, ApiError> {
    let (item, new) = (FeeItemId(path.1), NewTariff::try_from(body.0)?);
    let made = fees::create_tariff(staff.project(), item, &new, &staff.by(), installation.now()).await?;
    Ok(HttpResponse::Created().json(made))
}

/// What a tariff would change in the run of a period, before it is saved: bills and sum before and after, and the
/// houses with the largest differences. Nothing is written; what stands against saving it is answered the same way.
#[utoipa::path(
    operation_id = "staff_preview_tariff", tag = "bills", security(("staff" = [])),
    params(("project" = Uuid, Path), ("item" = Uuid, Path)),
    responses((status = 200, body = TariffEffect), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/fee-items/{item}/tariff-preview")]
pub async fn preview_tariff(
    installation: web::Data<Installation>,
    staff: Staff<ManageBills>,
    path: web::Path<(Uuid, Uuid)>,
    body: Json<TariffEffectBody>,
) -> Result<web::Json<TariffEffect>, ApiError> {
    let TariffEffectBody { tariff, year, month } = body.0;
    let (item, project, new) = (FeeItemId(path.1), staff.project(), NewTariff::try_from(tariff)?);
    let fee = project.read("fees.item", async |tx| fees::fee_item(tx, item).await).await?;
    let period = Period::new(year, month, fee.period_months)?;
    Ok(web::Json(bills::tariff_effect(project, item, &new, &period, installation.now()).await?))
}
