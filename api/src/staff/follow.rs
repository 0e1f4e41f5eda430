//! The code by which somebody follows the service account as themselves, shown to them by staff.

use actix_web::{HttpResponse, post, web};
use domain::ids::PersonId;
use service::installation::Installation;
use service::owners::{self, FollowQr};
use service::staff::ManageBindings;
use uuid::Uuid;

use crate::error::{ApiError, Refusals};
use crate::extract::Staff;

/// A code to scan, for one person who is bound to a house of the project: whoever scans it first is taken for them.
#[utoipa::path(
    operation_id = "staff_follow_qr", tag = "houses", security(("staff" = [])),
    params(("project" = Uuid, Path), ("person" = Uuid, Path)), responses((status = 201, body = FollowQr), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/people/{person}/follow-qr")]
pub async fn create(
    installation: web::Data<Installation>,
    staff: Staff<ManageBindings>,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, ApiError> {
    let (control, apps, now) = (&installation.control, &installation.apps, installation.now());
    let person = PersonId(path.1);
    let made = owners::follow_qr(control, apps, staff.project().info(), person, &staff.by(), now).await?;
    Ok(HttpResponse::Created().json(made))
}
