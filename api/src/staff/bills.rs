//! Bills of a house.

use actix_web::{HttpResponse, get, post, web};
use domain::ids::{BillId, HouseId};
use serde::Deserialize;
use service::bills::{self, BillDetail, BillPage, Correction};
use service::houses;
use service::installation::Installation;
use service::staff::{ManageBills, ViewBills};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::PAGE_ROWS;
use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Query, Staff, Text};
use crate::owner::BillsWanted;

/// Which page of whose bills.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HouseBillsQuery {
    /// The house.
    pub house: Uuid,
    /// `open` (the default) or `all`.
    #[param(inline)]
    #[serde(default)]
    pub state: BillsWanted,
    /// Bills to skip.
    #[serde(default)]
    pub offset: i64,
    /// Bills of the page, at most 200.
    pub limit: Option<i64>,
}

/// Why a bill is withdrawn.
#[derive(Debug, Deserialize, ToSchema)]
pub struct VoidBody {
    /// For the audit log.
    #[schema(value_type = String, max_length = 200)]
    pub reason: Text<200>,
}

/// The bills of a house, the oldest due day first.
#[utoipa::path(
    operation_id = "staff_list_bills", tag = "bills", security(("staff" = [])),
    params(("project" = Uuid, Path), HouseBillsQuery), responses((status = 200, body = BillPage), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/bills")]
pub async fn list(
    installation: web::Data<Installation>,
    staff: Staff<ViewBills>,
    query: Query<HouseBillsQuery>,
) -> Result<web::Json<BillPage>, ApiError> {
    let today = staff.project().info().today(installation.now());
    let (houses, limit) = ([HouseId(query.house)], query.limit.unwrap_or(i64::from(PAGE_ROWS)));
    let page = staff
        .project()
        .read("bills.of_house", async |tx| {
            // A house that is not there has no bills either: that would be an empty page and not a 404.
            houses::house(tx, HouseId(query.house)).await?;
            let page = bills::bills_of_houses(tx, &houses, query.state.into(), query.offset, limit, today).await?;
            Ok::<_, ApiError>(page)
        })
        .await?;
    Ok(web::Json(page))
}

/// One bill with every line and how it came about, in words.
#[utoipa::path(
    operation_id = "staff_show_bill", tag = "bills", security(("staff" = [])),
    params(("project" = Uuid, Path), ("bill" = Uuid, Path)), responses((status = 200, body = BillDetail), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/bills/{bill}")]
pub async fn show(
    installation: web::Data<Installation>,
    staff: Staff<ViewBills>,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<web::Json<BillDetail>, ApiError> {
    let today = staff.project().info().today(installation.now());
    let found = staff.project().read("bills.one", async |tx| bills::bill(tx, BillId(path.1), today).await).await?;
    Ok(web::Json(found))
}

/// Withdraws a bill nobody has paid anything on. Twice is once.
#[utoipa::path(
    operation_id = "staff_void_bill", tag = "bills", security(("staff" = [])),
    params(("project" = Uuid, Path), ("bill" = Uuid, Path)),
    responses((status = 204, description = "已作废"), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/bills/{bill}/void")]
pub async fn void(
    installation: web::Data<Installation>,
    staff: Staff<ManageBills>,
    path: web::Path<(Uuid, Uuid)>,
    body: Json<VoidBody>,
) -> Result<HttpResponse, ApiError> {
    let _ = bills::void(staff.project(), BillId(path.1), &body.reason, &staff.by(), installation.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Withdraws a wrong bill and issues a new one in its place by the facts and tariffs as they are now, linked to it:
/// same house, period and payer, dated today. Where no new bill comes about, nothing is changed.
#[utoipa::path(
    operation_id = "staff_correct_bill", tag = "bills", security(("staff" = [])),
    params(("project" = Uuid, Path), ("bill" = Uuid, Path)), responses((status = 200, body = Correction), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/bills/{bill}/correct")]
pub async fn correct(
    installation: web::Data<Installation>,
    staff: Staff<ManageBills>,
    path: web::Path<(Uuid, Uuid)>,
    body: Json<VoidBody>,
) -> Result<web::Json<Correction>, ApiError> {
    let now = installation.now();
    Ok(web::Json(bills::correct(staff.project(), BillId(path.1), &body.reason, &staff.by(), now).await?))
}
