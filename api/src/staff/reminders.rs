//! One message, the stages of one bill, and what would be sent now.

use actix_web::{get, web};
use domain::ids::BillId;
use service::bills;
use service::installation::Installation;
use service::reminders::{self, BillReminder, Preview, Timeline};
use service::staff::{ManageReminders, ViewReminders};
use uuid::Uuid;

use crate::error::{ApiError, Refusals};
use crate::extract::Staff;

/// One message: its exact text, its bills, every event with its time.
#[utoipa::path(
    operation_id = "staff_show_reminder", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path), ("notice" = Uuid, Path)), responses((status = 200, body = Timeline), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/reminders/{notice}")]
pub async fn show(staff: Staff<ViewReminders>, path: web::Path<(Uuid, Uuid)>) -> Result<web::Json<Timeline>, ApiError> {
    Ok(web::Json(reminders::timeline(staff.project(), path.1).await?))
}

/// All stages of a bill that were planned, in the order of their days.
#[utoipa::path(
    operation_id = "staff_list_bill_reminders", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path), ("bill" = Uuid, Path)),
    responses((status = 200, body = Vec<BillReminder>), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/bills/{bill}/reminders")]
pub async fn of_bill(
    installation: web::Data<Installation>,
    staff: Staff<ViewReminders>,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<web::Json<Vec<BillReminder>>, ApiError> {
    let project = staff.project();
    let today = project.info().today(installation.now());
    // A bill that is not there has no stages either: that would be an empty list and not a 404.
    project.read("bills.one", async |tx| bills::bill(tx, BillId(path.1), today).await).await?;
    Ok(web::Json(reminders::bill_reminders(project, path.1).await?))
}

/// Exactly what would be sent now, and what would stay silent with the reason. Nothing is written.
#[utoipa::path(
    operation_id = "staff_preview_reminders", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path)), responses((status = 200, body = Preview), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/reminder-preview")]
pub async fn preview(
    installation: web::Data<Installation>,
    staff: Staff<ManageReminders>,
) -> Result<web::Json<Preview>, ApiError> {
    Ok(web::Json(reminders::preview(staff.project(), &installation.control, installation.now()).await?))
}
