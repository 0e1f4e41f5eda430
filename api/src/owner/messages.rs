//! What was sent to an owner.

use actix_web::{get, web};
use service::installation::Installation;
use service::reminders::{self, OwnMessage};

use crate::error::{ApiError, Refusals};
use crate::extract::{Owner, Project};

/// The newest messages that were sent to this owner about their houses, with their exact text.
#[utoipa::path(
    operation_id = "owner_list_messages", tag = "owner", security(("owner" = [])), params(("project" = Uuid, Path)),
    responses((status = 200, body = Vec<OwnMessage>), Refusals)
)]
#[get("/api/owner/v1/projects/{project}/messages")]
pub async fn list(
    installation: web::Data<Installation>,
    owner: Owner,
    project: Project,
) -> Result<web::Json<Vec<OwnMessage>>, ApiError> {
    let houses = owner.houses(&installation, &project).await?;
    Ok(web::Json(reminders::sent_to(&project, owner.person, &houses).await?))
}
