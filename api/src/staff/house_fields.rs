//! Fields the company keeps of its houses.

use actix_web::{HttpResponse, delete, get, post, put, web};
use chrono::NaiveDate;
use domain::formula::Field;
use domain::ids::HouseId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::house_fields::{self, HouseFieldView, NewHouseField, NewValue};
use service::installation::Installation;
use service::staff::{ManageBills, ViewBills};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Staff};

/// A field to be declared.
#[derive(Debug, Deserialize, ToSchema)]
pub struct HouseFieldBody {
    /// As formulas declare inputs: `{"name": "用水量", "kind": "number", "unit": "m³"}`. Kinds: `number`, `flag`,
    /// `choice` (with `options`), `day`, `moment`.
    #[schema(value_type = Object)]
    pub field: Field,
    /// Filled in for each period anew; otherwise a value holds until the next.
    #[serde(default)]
    pub per_period: bool,
}

/// A value of a house.
#[derive(Debug, Deserialize, ToSchema)]
pub struct HouseFieldValueBody {
    /// The house.
    pub house_id: Uuid,
    /// The first day it holds; of a field per period the first day of the period.
    pub from: NaiveDate,
    /// A text for numbers and days, true or false for a flag; `null` takes the value away.
    #[schema(value_type = Option<Object>)]
    pub value: Value,
}

/// Values of one field.
#[derive(Debug, Deserialize, ToSchema)]
pub struct HouseFieldValuesBody {
    /// At most 2,000.
    pub values: Vec<HouseFieldValueBody>,
}

/// How many values were set.
#[derive(Debug, Serialize, ToSchema)]
pub struct ValuesSet {
    /// Values written.
    pub written: u64,
}

/// The fields of the project's houses that are in use.
#[utoipa::path(
    operation_id = "staff_list_house_fields", tag = "formulas", security(("staff" = [])),
    params(("project" = Uuid, Path)), responses((status = 200, body = Vec<HouseFieldView>), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/house-fields")]
pub async fn list(staff: Staff<ViewBills>) -> Result<web::Json<Vec<HouseFieldView>>, ApiError> {
    Ok(web::Json(staff.project().read("house_fields.list", async |tx| house_fields::fields(tx).await).await?))
}

/// Declares a field. Formulas use it under its name.
#[utoipa::path(
    operation_id = "staff_create_house_field", tag = "formulas", security(("staff" = [])),
    params(("project" = Uuid, Path)), responses((status = 201, body = HouseFieldView), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/house-fields")]
pub async fn create(
    installation: web::Data<Installation>,
    staff: Staff<ManageBills>,
    body: Json<HouseFieldBody>,
) -> Result<HttpResponse, ApiError> {
    let new = NewHouseField { field: body.0.field, per_period: body.0.per_period };
    let made = house_fields::create_field(staff.project(), &new, &staff.by(), installation.now()).await?;
    Ok(HttpResponse::Created().json(made))
}

/// Takes a field out of use. Its values stay on record; formulas that use it find it missing.
#[utoipa::path(
    operation_id = "staff_retire_house_field", tag = "formulas", security(("staff" = [])),
    params(("project" = Uuid, Path), ("field" = Uuid, Path)),
    responses((status = 204, description = "已停用"), Refusals)
)]
#[delete("/api/staff/v1/projects/{project}/house-fields/{field}")]
pub async fn retire(
    installation: web::Data<Installation>,
    staff: Staff<ManageBills>,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, ApiError> {
    house_fields::retire_field(staff.project(), path.1, &staff.by(), installation.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sets values of a field, all of them or none: a wrong one is refused with its row. The same house and day again
/// replaces what was there.
#[utoipa::path(
    operation_id = "staff_set_house_field_values", tag = "formulas", security(("staff" = [])),
    params(("project" = Uuid, Path), ("field" = Uuid, Path)),
    responses((status = 200, body = ValuesSet), Refusals)
)]
#[put("/api/staff/v1/projects/{project}/house-fields/{field}/values")]
pub async fn set_values(
    installation: web::Data<Installation>,
    staff: Staff<ManageBills>,
    path: web::Path<(Uuid, Uuid)>,
    body: Json<HouseFieldValuesBody>,
) -> Result<web::Json<ValuesSet>, ApiError> {
    let values = body.0.values.into_iter();
    let values: Vec<NewValue> =
        values.map(|one| NewValue { house: HouseId(one.house_id), from: one.from, value: one.value }).collect();
    let now = installation.now();
    let written = house_fields::set_values(staff.project(), path.1, &values, &staff.by(), now).await?;
    Ok(web::Json(ValuesSet { written }))
}
