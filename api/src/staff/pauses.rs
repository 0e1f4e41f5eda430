//! Pauses of reminders.

use actix_web::{HttpResponse, delete, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use service::installation::Installation;
use service::reminders::{self, PauseLevel, PauseReason, PauseView};
use service::staff::{DirectReminders, ManageReminders, StaffError, ViewReminders};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Staff};

/// What to pause, why and until when.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PauseBody {
    /// `{"level": "project"}`, or `building`, `house`, `payer`, `bill` with its `subject`.
    pub target: PauseLevel,
    /// `dispute`, `promise_to_pay` (needs `until`) or `staff`.
    pub reason: PauseReason,
    /// The last day of it; until somebody ends it without.
    pub until: Option<NaiveDate>,
}

/// A new pause.
#[derive(Debug, Serialize, ToSchema)]
pub struct PauseMade {
    /// Its id, to end it.
    pub id: Uuid,
}

/// The pauses in force, the newest first, at most 1,000.
#[utoipa::path(
    operation_id = "staff_list_reminder_pauses", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path)), responses((status = 200, body = Vec<PauseView>), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/reminder-pauses")]
pub async fn list(
    installation: web::Data<Installation>,
    staff: Staff<ViewReminders>,
) -> Result<web::Json<Vec<PauseView>>, ApiError> {
    Ok(web::Json(reminders::pauses(staff.project(), installation.now()).await?))
}

/// Pauses reminders. What is being sent at this moment still goes out; nothing after. The whole project is paused by
/// whoever directs its reminders.
#[utoipa::path(
    operation_id = "staff_pause_reminders", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path)), responses((status = 201, body = PauseMade), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/reminder-pauses")]
pub async fn create(
    installation: web::Data<Installation>,
    staff: Staff<ManageReminders>,
    director: Option<Staff<DirectReminders>>,
    body: Json<PauseBody>,
) -> Result<HttpResponse, ApiError> {
    director_for(body.target.is_whole_project(), director.as_ref())?;
    let (by, now) = (staff.by(), installation.now());
    let id = reminders::pause(staff.project(), &by, &body.target, body.reason, body.until, now).await?;
    Ok(HttpResponse::Created().json(PauseMade { id }))
}

/// Silence of a whole project is not a matter of one house.
fn director_for(is_whole_project: bool, director: Option<&Staff<DirectReminders>>) -> Result<(), ApiError> {
    if is_whole_project && director.is_none() { Err(StaffError::Forbidden.into()) } else { Ok(()) }
}

/// Ends a pause; that of the whole project, whoever directs its reminders.
#[utoipa::path(
    operation_id = "staff_end_reminder_pause", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path), ("pause" = Uuid, Path)),
    responses((status = 204, description = "已恢复"), Refusals)
)]
#[delete("/api/staff/v1/projects/{project}/reminder-pauses/{pause}")]
pub async fn end(
    installation: web::Data<Installation>,
    staff: Staff<ManageReminders>,
    director: Option<Staff<DirectReminders>>,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, ApiError> {
    director_for(reminders::is_of_whole_project(staff.project(), path.1).await?, director.as_ref())?;
    reminders::resume(staff.project(), &staff.by(), path.1, installation.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
