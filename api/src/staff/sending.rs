//! Whether messages leave, and what they leave through.

use actix_web::{HttpResponse, delete, get, put, web};
use chrono::NaiveDate;
use domain::reminder::Channel;
use serde::Deserialize;
use service::installation::Installation;
use service::setup::{self, SendingLimits, SendingState};
use service::staff::{DirectReminders, ViewReminders};
use utoipa::ToSchema;

use crate::error::{ApiError, Refusals};
use crate::extract::{CompanyStaff, Json, Staff, Text};

/// Whether the project only tries.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DryRunBody {
    /// True: everything is decided and written, nothing leaves.
    pub is_dry_run: bool,
}

/// A pause of the whole company.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CompanyPauseBody {
    /// Its last day, today or later, at most a year ahead.
    pub until: NaiveDate,
    /// Why: staff of every project read it.
    #[schema(value_type = String, max_length = 200)]
    pub reason: Text<200>,
}

/// What an account may send in a day, and what a message costs.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SendingLimitsBody {
    /// Messages a day over all projects; the channel's own without.
    pub daily_quota: Option<i64>,
    /// Of these the last so many are for overdue stages; a fifth without.
    pub overdue_reserve: Option<i64>,
    /// Of one message, in fen.
    pub cost_fen: i64,
}

/// Whether the project's messages leave, and the state of the accounts they leave through: what was taken today, what is
/// kept for overdue stages, what a message costs, and whether an account rests or was stopped, with the reason.
#[utoipa::path(
    operation_id = "staff_show_sending", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path)), responses((status = 200, body = SendingState), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/reminders/accounts")]
pub async fn show(
    installation: web::Data<Installation>,
    staff: Staff<ViewReminders>,
) -> Result<web::Json<SendingState>, ApiError> {
    let info = staff.project().info();
    Ok(web::Json(setup::sending_state(&installation.control, info, installation.now()).await?))
}

/// Switches the project to trying only, or back. It holds from the next dispatch on.
#[utoipa::path(
    operation_id = "staff_set_dry_run", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path)), responses((status = 204, description = "已生效"), Refusals)
)]
#[put("/api/staff/v1/projects/{project}/reminders/dry-run")]
pub async fn set_dry_run(
    installation: web::Data<Installation>,
    staff: Staff<DirectReminders>,
    body: Json<DryRunBody>,
) -> Result<HttpResponse, ApiError> {
    let (project, now_ms) = (staff.project().id(), installation.clock.now_ms());
    setup::set_dry_run(&installation.control, project, body.is_dry_run, &staff.by(), now_ms).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Pauses the reminders of every project of the company. What falls due meanwhile waits.
#[utoipa::path(
    operation_id = "staff_pause_company_reminders", tag = "company", security(("staff" = [])),
    responses((status = 204, description = "已暂停"), Refusals)
)]
#[put("/api/staff/v1/reminder-pause")]
pub async fn pause_company(
    installation: web::Data<Installation>,
    staff: CompanyStaff<DirectReminders>,
    body: Json<CompanyPauseBody>,
) -> Result<HttpResponse, ApiError> {
    let (company, until) = (staff.company(), Some(body.until));
    let now = installation.now();
    setup::set_company_pause(&installation.control, company, until, &body.reason, &staff.by(), now).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ends the pause of the company.
#[utoipa::path(
    operation_id = "staff_resume_company_reminders", tag = "company", security(("staff" = [])),
    responses((status = 204, description = "已恢复"), Refusals)
)]
#[delete("/api/staff/v1/reminder-pause")]
pub async fn resume_company(
    installation: web::Data<Installation>,
    staff: CompanyStaff<DirectReminders>,
) -> Result<HttpResponse, ApiError> {
    let (company, now) = (staff.company(), installation.now());
    setup::set_company_pause(&installation.control, company, None, "", &staff.by(), now).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sets what an account of the company may send in a day and what a message costs. Channels: `wechat_template`,
/// `wechat_subscribe`, `wechat_notify`, `sms`, `voice`.
#[utoipa::path(
    operation_id = "staff_set_sending_limits", tag = "company", security(("staff" = [])),
    params(("account" = String, Path), ("channel" = String, Path)),
    responses((status = 204, description = "已生效"), Refusals)
)]
#[put("/api/staff/v1/sending-accounts/{account}/{channel}/limits")]
pub async fn set_limits(
    installation: web::Data<Installation>,
    staff: CompanyStaff<DirectReminders>,
    path: web::Path<(String, String)>,
    body: Json<SendingLimitsBody>,
) -> Result<HttpResponse, ApiError> {
    let (account, channel) = path.into_inner();
    let channel = Channel::parse(&channel).ok_or_else(ApiError::not_found)?;
    let SendingLimitsBody { daily_quota, overdue_reserve, cost_fen } = body.0;
    let limits = SendingLimits { account, channel, daily_quota, overdue_reserve, cost_fen };
    let now_ms = installation.clock.now_ms();
    setup::set_sending_limits(&installation.control, staff.company(), &limits, &staff.by(), now_ms).await?;
    Ok(HttpResponse::NoContent().finish())
}
