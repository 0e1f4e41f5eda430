//! Issuing bills.

use actix_web::{get, post, web};
use chrono::NaiveDate;
use domain::ids::FeeItemId;
use domain::period::Period;
use serde::Deserialize;
use service::bills::{self, CancelReport, RunDetail, RunMode, RunOrigin, RunReport, RunRequest, RunView};
use service::fees;
use service::installation::Installation;
use service::staff::{ManageBills, ViewBills};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::PAGE_ROWS;
use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Query, Staff, Text};

/// Whether bills are issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunModeWanted {
    /// Everything is computed and nothing written.
    DryRun,
    /// Bills are issued.
    Publish,
    /// Bills are issued but those of at least twice the last one, which are exceptions.
    PublishUsual,
}

impl From<RunModeWanted> for RunMode {
    fn from(wanted: RunModeWanted) -> Self {
        match wanted {
            RunModeWanted::DryRun => Self::DryRun,
            RunModeWanted::Publish => Self::Publish,
            RunModeWanted::PublishUsual => Self::PublishUsual,
        }
    }
}

/// What to issue.
#[derive(Debug, Deserialize, ToSchema)]
pub struct BillRunBody {
    /// `dry_run`, `publish` or `publish_usual`.
    pub mode: RunModeWanted,
    /// What is charged for.
    pub fee_item_id: Uuid,
    /// The year of the period.
    pub year: i32,
    /// The first month of the period, 1 to 12; how long it is, the fee item says.
    pub month: u32,
    /// The day on the bills; today without.
    pub bill_day: Option<NaiveDate>,
}

/// Which page of the runs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RunsQuery {
    /// Runs to skip.
    #[serde(default)]
    pub offset: i64,
    /// Runs of the page, at most 200.
    pub limit: Option<i64>,
}

/// Issues a bill for every house that has none for the fee item and the period, or computes what would be issued.
/// Asked again it issues nothing: every house has its bill. Houses without one are in `exceptions`, with the remedy.
#[utoipa::path(
    operation_id = "staff_run_bills", tag = "bills", security(("staff" = [])), params(("project" = Uuid, Path)),
    responses((status = 200, body = RunReport), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/bill-runs")]
pub async fn run(
    installation: web::Data<Installation>,
    staff: Staff<ManageBills>,
    body: Json<BillRunBody>,
) -> Result<web::Json<RunReport>, ApiError> {
    let (project, now) = (staff.project(), installation.now());
    let fee_item = FeeItemId(body.fee_item_id);
    let item = project.read("fees.item", async |tx| fees::fee_item(tx, fee_item).await).await?;
    let request = RunRequest {
        fee_item,
        period: Period::new(body.year, body.month, item.period_months)?,
        bill_day: body.bill_day.unwrap_or_else(|| project.info().today(now)),
        origin: RunOrigin::Staff,
    };
    Ok(web::Json(bills::run(project, &request, body.mode.into(), &staff.by(), now).await?))
}

/// Past runs, the newest first.
#[utoipa::path(
    operation_id = "staff_list_bill_runs", tag = "bills", security(("staff" = [])),
    params(("project" = Uuid, Path), RunsQuery), responses((status = 200, body = Vec<RunView>), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/bill-runs")]
pub async fn list(staff: Staff<ViewBills>, query: Query<RunsQuery>) -> Result<web::Json<Vec<RunView>>, ApiError> {
    let limit = query.limit.unwrap_or(i64::from(PAGE_ROWS));
    let runs = staff.project().read("bills.runs", async |tx| bills::runs(tx, query.offset, limit).await).await?;
    Ok(web::Json(runs))
}

/// Why a run is taken back.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CancelRunBody {
    /// For the audit log.
    #[schema(value_type = String, max_length = 200)]
    pub reason: Text<200>,
}

/// One run, also while it goes on: `bills` of its `houses` have theirs so far.
#[utoipa::path(
    operation_id = "staff_show_bill_run", tag = "bills", security(("staff" = [])),
    params(("project" = Uuid, Path), ("run" = Uuid, Path)), responses((status = 200, body = RunDetail), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/bill-runs/{run}")]
pub async fn show(staff: Staff<ViewBills>, path: web::Path<(Uuid, Uuid)>) -> Result<web::Json<RunDetail>, ApiError> {
    Ok(web::Json(staff.project().read("bills.run", async |tx| bills::one_run(tx, path.1).await).await?))
}

/// Voids the bills of a run nobody has paid anything on; a new run of the period bills the houses again. Asked again it
/// goes on where it stopped.
#[utoipa::path(
    operation_id = "staff_cancel_bill_run", tag = "bills", security(("staff" = [])),
    params(("project" = Uuid, Path), ("run" = Uuid, Path)), responses((status = 200, body = CancelReport), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/bill-runs/{run}/cancel")]
pub async fn cancel(
    installation: web::Data<Installation>,
    staff: Staff<ManageBills>,
    path: web::Path<(Uuid, Uuid)>,
    body: Json<CancelRunBody>,
) -> Result<web::Json<CancelReport>, ApiError> {
    let now = installation.now();
    Ok(web::Json(bills::cancel_run(staff.project(), path.1, &body.reason, &staff.by(), now).await?))
}
