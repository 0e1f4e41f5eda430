//! Costs of all, split over houses.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get, post, web};
use chrono::NaiveDate;
use domain::ids::FeeItemId;
use domain::money::Amount;
use rust_decimal::Decimal;
use serde::Deserialize;
use service::installation::Installation;
use service::shares::{self, ShareBasis, ShareListing, ShareReport, ShareRequest, ShareSource};
use service::staff::{ManageBills, ViewBills};
use utoipa::ToSchema;
use uuid::Uuid;

use super::import::ImportModeWanted;
use super::meters::month_of;
use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Staff, Text};

/// By what a cost is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// By built-up area.
    Area,
    /// Every house alike.
    Household,
    /// By `coefficients`; houses without one pay nothing.
    Coefficient,
    /// By `formula`, which gives each house's weight.
    Formula,
}

/// A cost to be split.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ShareBody {
    /// `dry_run` or `apply`.
    pub mode: ImportModeWanted,
    /// What it is charged as.
    pub fee_item: Uuid,
    /// A day of the month it is of.
    pub month: NaiveDate,
    /// Only houses of this building.
    #[schema(value_type = Option<String>, max_length = 40)]
    pub building: Option<Text<40>>,
    /// By what.
    pub basis: Basis,
    /// House id by house id; for `coefficient`.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub coefficients: BTreeMap<Uuid, Decimal>,
    /// `min(建筑面积, 144㎡)`; for `formula`.
    #[schema(value_type = Option<String>, max_length = 2000)]
    pub formula: Option<Text<2_000>>,
    /// The sum; or else `meters` and `unit_price`.
    pub total_fen: Option<i64>,
    /// Public meters whose usage of the month is split.
    #[serde(default)]
    pub meters: Vec<Uuid>,
    /// Yuan a unit of that usage.
    #[schema(value_type = Option<String>, example = "0.5483")]
    pub unit_price: Option<Decimal>,
}

impl ShareBody {
    fn request(self) -> Result<ShareRequest, ApiError> {
        let source = match (self.total_fen, self.unit_price) {
            (Some(fen), None) => {
                let total =
                    Amount::try_from(fen).map_err(|error| ApiError::bad_field("total_fen", error.to_string()))?;
                ShareSource::Sum(total)
            }
            (None, Some(unit_price)) => ShareSource::Meters { meters: self.meters, unit_price },
            _ => return Err(ApiError::bad_field("total_fen", "请填写总金额，或公共表与单价")),
        };
        let basis = match self.basis {
            Basis::Area => ShareBasis::Area,
            Basis::Household => ShareBasis::Household,
            Basis::Coefficient => ShareBasis::Coefficient(self.coefficients.into_iter().collect()),
            Basis::Formula => ShareBasis::Formula(self.formula.map(Text::into_inner).unwrap_or_default()),
        };
        Ok(ShareRequest {
            fee_item: FeeItemId(self.fee_item),
            month: month_of(self.month)?,
            building: self.building.map(Text::into_inner),
            basis,
            source,
        })
    }
}

/// Splits a cost over houses so that the parts add up to the fen, and publishes it when asked to. The same item, month
/// and building are shared once.
#[utoipa::path(
    operation_id = "staff_share_cost", tag = "shares", security(("staff" = [])), params(("project" = Uuid, Path)),
    responses((status = 200, body = ShareReport), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/shares")]
pub async fn share(
    installation: web::Data<Installation>,
    staff: Staff<ManageBills>,
    body: Json<ShareBody>,
) -> Result<web::Json<ShareReport>, ApiError> {
    let mode = body.0.mode.into();
    let request = body.0.request()?;
    Ok(web::Json(shares::share(staff.project(), &request, mode, &staff.by(), installation.now()).await?))
}

/// The shares of the project, the newest first, at most 500.
#[utoipa::path(
    operation_id = "staff_list_shares", tag = "shares", security(("staff" = [])), params(("project" = Uuid, Path)),
    responses((status = 200, body = Vec<ShareListing>), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/shares")]
pub async fn list(staff: Staff<ViewBills>) -> Result<web::Json<Vec<ShareListing>>, ApiError> {
    Ok(web::Json(staff.project().read("shares.list", async |tx| shares::list(tx).await).await?))
}

/// Why a share is taken back.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CancelShareBody {
    /// Kept with the share.
    #[schema(value_type = String, max_length = 200)]
    pub reason: Text<200>,
}

/// Takes a share back that is not billed, so that it can be split anew. Twice is once.
#[utoipa::path(
    operation_id = "staff_cancel_share", tag = "shares", security(("staff" = [])),
    params(("project" = Uuid, Path), ("share" = Uuid, Path)),
    responses((status = 204, description = "已撤销"), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/shares/{share}/cancel")]
pub async fn cancel(
    installation: web::Data<Installation>,
    staff: Staff<ManageBills>,
    path: web::Path<(Uuid, Uuid)>,
    body: Json<CancelShareBody>,
) -> Result<HttpResponse, ApiError> {
    let _ = shares::cancel(staff.project(), path.1, &body.reason, &staff.by(), installation.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
