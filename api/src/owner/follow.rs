//! The code by which an owner follows the service account as themselves.

use actix_web::{HttpResponse, post, web};
use service::installation::Installation;
use service::owners::{self, FollowQr};

use crate::error::{ApiError, Refusals};
use crate::extract::{Owner, Project};

/// A code to scan, for this owner alone: whoever scans it first is taken for them.
#[utoipa::path(
    operation_id = "owner_follow_qr", tag = "owner", security(("owner" = [])),
    params(("project" = Uuid, Path)), responses((status = 201, body = FollowQr), Refusals)
)]
#[post("/api/owner/v1/projects/{project}/follow-qr")]
pub async fn create(
    installation: web::Data<Installation>,
    owner: Owner,
    project: Project,
) -> Result<HttpResponse, ApiError> {
    let (control, apps, now) = (&installation.control, &installation.apps, installation.now());
    let made = owners::follow_qr(control, apps, project.info(), owner.person, &owner.by(), now).await?;
    Ok(HttpResponse::Created().json(made))
}
