//! Meters, and what they showed in a month.

use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use domain::period::Period;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};
use service::installation::Installation;
use service::meters::{self, MeterKind, MeterPage, NewMeter, ReadingFilter, ReadingState};
use service::staff::{ManageBills, ViewBills};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::PAGE_ROWS;
use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Query, Staff, Text};

/// What a meter measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 水
    Water,
    /// 热水
    HotWater,
    /// 电
    Electricity,
    /// 燃气
    Gas,
    /// 热量
    Heat,
}

impl From<Kind> for MeterKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Water => Self::Water,
            Kind::HotWater => Self::HotWater,
            Kind::Electricity => Self::Electricity,
            Kind::Gas => Self::Gas,
            Kind::Heat => Self::Heat,
        }
    }
}

/// The month a day lies in; people send its first day.
pub(super) fn month_of(day: NaiveDate) -> Result<Period, ApiError> {
    Period::containing(day, 1).map_err(|error| ApiError::bad_field("month", error.to_string()))
}

/// A decimal in whole steps of its last place; refused when it has more places.
pub(super) fn scaled(field: &str, value: Decimal, places: u32) -> Result<i64, ApiError> {
    let refused = || ApiError::bad_field(field, format!("请填写数字，最多 {places} 位小数"));
    if value.normalize().scale() > places {
        return Err(refused());
    }
    let scaled = value.checked_mul(Decimal::from(10_u64.pow(places))).and_then(|value| value.to_i64());
    scaled.ok_or_else(refused)
}

/// Which meters of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StateWanted {
    /// All of them.
    #[default]
    All,
    /// Those read.
    Read,
    /// Those not read.
    Missing,
    /// Those not read, and those whose reading looks odd and was not accepted.
    Exceptions,
}

impl From<StateWanted> for ReadingState {
    fn from(wanted: StateWanted) -> Self {
        match wanted {
            StateWanted::All => Self::All,
            StateWanted::Read => Self::Read,
            StateWanted::Missing => Self::Missing,
            StateWanted::Exceptions => Self::Exceptions,
        }
    }
}

/// Which meters.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MetersQuery {
    /// A day of the month.
    pub month: NaiveDate,
    /// Only this kind.
    #[param(inline)]
    pub kind: Option<Kind>,
    /// Only this state.
    #[serde(default)]
    #[param(inline)]
    pub state: StateWanted,
    /// Meters to skip.
    #[serde(default)]
    pub offset: i64,
    /// Meters of the page, at most 200.
    pub limit: Option<i64>,
}

/// Meters with what they showed in a month, houses first; `exceptions` are those somebody must look at before bills are
/// made.
#[utoipa::path(
    operation_id = "staff_list_meters", tag = "meters", security(("staff" = [])),
    params(("project" = Uuid, Path), MetersQuery), responses((status = 200, body = MeterPage), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/meters")]
pub async fn list(staff: Staff<ViewBills>, query: Query<MetersQuery>) -> Result<web::Json<MeterPage>, ApiError> {
    let month = month_of(query.month)?;
    let filter = ReadingFilter { month, kind: query.kind.map(Into::into), state: query.state.into() };
    let (offset, limit) = (query.offset, query.limit.unwrap_or(i64::from(PAGE_ROWS)));
    let page = staff.project().read("meters.list", async |tx| meters::list(tx, &filter, offset, limit).await).await?;
    Ok(web::Json(page))
}

/// A meter to be registered.
#[derive(Debug, Deserialize, ToSchema)]
pub struct MeterBody {
    /// The house it measures for.
    pub house: Option<Uuid>,
    /// Or the place of all it is in, such as `公区-2栋电梯`.
    #[schema(value_type = Option<String>, max_length = 40)]
    pub public_place: Option<Text<40>>,
    /// What it measures.
    pub kind: Kind,
    /// Its number.
    #[serde(default = "empty")]
    #[schema(value_type = String, max_length = 40)]
    pub number: Text<40>,
    /// Its multiplier, at most three decimals; 1 without.
    #[schema(value_type = Option<String>, example = "20")]
    pub multiplier: Option<Decimal>,
    /// A month's usage above which somebody must look.
    #[schema(value_type = Option<String>, example = "500")]
    pub limit: Option<Decimal>,
}

fn empty() -> Text<40> {
    Text::default()
}

/// A registered meter.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeterMade {
    /// Its id.
    pub id: Uuid,
}

/// Registers a meter. Place, kind and number are its natural key: the same one twice is a conflict.
#[utoipa::path(
    operation_id = "staff_register_meter", tag = "meters", security(("staff" = [])), params(("project" = Uuid, Path)),
    responses((status = 201, body = MeterMade), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/meters")]
pub async fn register(
    installation: web::Data<Installation>,
    staff: Staff<ManageBills>,
    body: Json<MeterBody>,
) -> Result<HttpResponse, ApiError> {
    let body = body.0;
    let new = NewMeter {
        house_id: body.house,
        public_place: body.public_place.map(Text::into_inner),
        kind: body.kind.into(),
        number: body.number.into_inner(),
        multiplier_milli: scaled("multiplier", body.multiplier.unwrap_or(Decimal::ONE), 3)?,
        limit_micro: body.limit.map(|limit| scaled("limit", limit, 6)).transpose()?,
    };
    let id = meters::register(staff.project(), &new, &staff.by(), installation.now()).await?;
    Ok(HttpResponse::Created().json(MeterMade { id }))
}

/// Takes a meter out of use. Its readings stay. Twice is once.
#[utoipa::path(
    operation_id = "staff_retire_meter", tag = "meters", security(("staff" = [])),
    params(("project" = Uuid, Path), ("meter" = Uuid, Path)),
    responses((status = 204, description = "已停用"), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/meters/{meter}/retire")]
pub async fn retire(
    installation: web::Data<Installation>,
    staff: Staff<ManageBills>,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, ApiError> {
    let _ = meters::retire(staff.project(), path.1, &staff.by(), installation.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
