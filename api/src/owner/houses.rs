//! An owner's houses.

use actix_web::{HttpResponse, delete, get, post, web};
use domain::ids::{BindingId, ProjectId};
use serde::{Deserialize, Serialize};
use service::installation::Installation;
use service::owners::{self, BindingView, Claim, Claimed};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Owner};

/// A claim to a house.
#[derive(Debug, Deserialize, ToSchema)]
pub struct HouseClaim {
    /// The community.
    pub project_id: Uuid,
    /// `1栋101`, `1-1-101`, `101`.
    pub house: String,
    /// The name the property company should know.
    pub name: String,
    /// The last four digits of the phone it should know.
    pub phone_tail: Option<String>,
}

/// Where a claim stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimAnswer {
    /// The binding.
    pub id: Uuid,
    /// `active`, or `pending` until staff have looked.
    pub state: &'static str,
    /// In words.
    pub message: &'static str,
}

/// The houses this owner claimed, with where each claim stands.
#[utoipa::path(
    operation_id = "owner_list_houses", tag = "owner", security(("owner" = [])),
    responses((status = 200, body = Vec<BindingView>), Refusals)
)]
#[get("/api/owner/v1/houses")]
pub async fn list(
    installation: web::Data<Installation>,
    owner: Owner,
) -> Result<web::Json<Vec<BindingView>>, ApiError> {
    Ok(web::Json(owners::bindings(&installation.control, &installation.projects, owner.person).await?))
}

/// Claims a house. Bound at once when name and phone agree with the books; otherwise staff look at it.
#[utoipa::path(
    operation_id = "owner_claim_house", tag = "owner", security(("owner" = [])),
    responses((status = 201, body = ClaimAnswer), Refusals)
)]
#[post("/api/owner/v1/houses")]
pub async fn claim(
    installation: web::Data<Installation>,
    owner: Owner,
    body: Json<HouseClaim>,
) -> Result<HttpResponse, ApiError> {
    let project = installation.projects.open(ProjectId(body.project_id)).await?;
    let claim = Claim { house: &body.house, name: &body.name, phone_tail: body.phone_tail.as_deref() };
    let claimed = owners::claim_house(&installation.control, &project, owner.person, claim, installation.now()).await?;
    let answer = match claimed {
        Claimed::Active(id) => ClaimAnswer { id: id.uuid(), state: "active", message: "绑定成功" },
        Claimed::Pending(id) => {
            ClaimAnswer { id: id.uuid(), state: "pending", message: "已提交，物业核对后会通知您" }
        }
    };
    Ok(HttpResponse::Created().json(answer))
}

/// Gives up a house or a claim.
#[utoipa::path(
    operation_id = "owner_end_house", tag = "owner", security(("owner" = [])), params(("binding" = Uuid, Path)),
    responses((status = 204, description = "已完成"), Refusals)
)]
#[delete("/api/owner/v1/houses/{binding}")]
pub async fn end(
    installation: web::Data<Installation>,
    owner: Owner,
    path: web::Path<Uuid>,
) -> Result<HttpResponse, ApiError> {
    let binding = BindingId(path.into_inner());
    let _ = owners::end_own_binding(&installation.control, owner.person, binding, installation.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
