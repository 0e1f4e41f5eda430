//! What an owner says to a bill before paying it: it is wrong, or it will be paid by a day.

use actix_web::{HttpResponse, delete, get, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use service::installation::Installation;
use service::reminders::{self, HoldsView};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Owner, Project, Text};

/// What is wrong with a bill.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DisputeBody {
    /// In the owner's words; staff read it.
    #[schema(value_type = String, max_length = 200)]
    pub words: Text<200>,
}

/// By when a bill will be paid.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PromiseBody {
    /// The last day, today at the earliest and 30 days ahead at the latest.
    pub until: NaiveDate,
}

/// A new hold.
#[derive(Debug, Serialize, ToSchema)]
pub struct HoldMade {
    /// Its id, to withdraw it.
    pub id: Uuid,
}

/// Disputes a bill. No reminder of it is sent until staff have looked.
#[utoipa::path(
    operation_id = "owner_dispute_bill", tag = "owner", security(("owner" = [])),
    params(("project" = Uuid, Path), ("bill" = Uuid, Path)), responses((status = 201, body = HoldMade), Refusals)
)]
#[post("/api/owner/v1/projects/{project}/bills/{bill}/dispute")]
pub async fn dispute(
    installation: web::Data<Installation>,
    owner: Owner,
    project: Project,
    path: web::Path<(Uuid, Uuid)>,
    body: Json<DisputeBody>,
) -> Result<HttpResponse, ApiError> {
    let houses = owner.houses(&installation, &project).await?;
    let id = reminders::dispute(&project, &owner.by(), &houses, path.1, &body.words, installation.now()).await?;
    Ok(HttpResponse::Created().json(HoldMade { id }))
}

/// Promises to pay a bill by a day. No reminder of it is sent until that day is over.
#[utoipa::path(
    operation_id = "owner_promise_bill", tag = "owner", security(("owner" = [])),
    params(("project" = Uuid, Path), ("bill" = Uuid, Path)), responses((status = 201, body = HoldMade), Refusals)
)]
#[post("/api/owner/v1/projects/{project}/bills/{bill}/promise")]
pub async fn promise(
    installation: web::Data<Installation>,
    owner: Owner,
    project: Project,
    path: web::Path<(Uuid, Uuid)>,
    body: Json<PromiseBody>,
) -> Result<HttpResponse, ApiError> {
    let houses = owner.houses(&installation, &project).await?;
    let id = reminders::promise(&project, &owner.by(), &houses, path.1, body.until, installation.now()).await?;
    Ok(HttpResponse::Created().json(HoldMade { id }))
}

/// The disputes and promises of a bill, the newest first.
#[utoipa::path(
    operation_id = "owner_list_holds", tag = "owner", security(("owner" = [])),
    params(("project" = Uuid, Path), ("bill" = Uuid, Path)), responses((status = 200, body = HoldsView), Refusals)
)]
#[get("/api/owner/v1/projects/{project}/bills/{bill}/holds")]
pub async fn list(
    installation: web::Data<Installation>,
    owner: Owner,
    project: Project,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<web::Json<HoldsView>, ApiError> {
    let houses = owner.houses(&installation, &project).await?;
    Ok(web::Json(reminders::holds(&project, owner.person, &houses, path.1, installation.now()).await?))
}

/// Withdraws a dispute or a promise. Withdrawn twice is withdrawn.
#[utoipa::path(
    operation_id = "owner_withdraw_hold", tag = "owner", security(("owner" = [])),
    params(("project" = Uuid, Path), ("hold" = Uuid, Path)),
    responses((status = 204, description = "已撤回"), Refusals)
)]
#[delete("/api/owner/v1/projects/{project}/holds/{hold}")]
pub async fn withdraw(
    installation: web::Data<Installation>,
    owner: Owner,
    project: Project,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, ApiError> {
    let houses = owner.houses(&installation, &project).await?;
    let _ = reminders::withdraw(&project, &owner.by(), &houses, path.1, installation.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
