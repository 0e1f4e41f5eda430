//! An owner's receipts.

use actix_web::{get, web};
use service::installation::Installation;
use service::payments::{self, ReceiptView};

use crate::error::{ApiError, Refusals};
use crate::extract::{Owner, Project};

/// The newest receipts of the owner's houses.
#[utoipa::path(
    operation_id = "owner_list_receipts", tag = "owner", security(("owner" = [])), params(("project" = Uuid, Path)),
    responses((status = 200, body = Vec<ReceiptView>), Refusals)
)]
#[get("/api/owner/v1/projects/{project}/receipts")]
pub async fn list(
    installation: web::Data<Installation>,
    owner: Owner,
    project: Project,
) -> Result<web::Json<Vec<ReceiptView>>, ApiError> {
    let houses = owner.houses(&installation, &project).await?;
    Ok(web::Json(payments::receipts_of_houses(&project, &houses).await?))
}
