//! Who is let in to a house.

use actix_web::{get, post, web};
use domain::ids::BindingId;
use serde::{Deserialize, Serialize};
use service::installation::Installation;
use service::owners::{self, BindingState, Decision, PendingBindingView, PendingCursor};
use service::staff::ManageBindings;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::PAGE_ROWS;
use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Query, Staff, Text};

/// Which page of the claims.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PendingQuery {
    /// `cursor.requested_at_ms` of the last row of the page before.
    pub after_ms: Option<i64>,
    /// `cursor.id` of the last row of the page before.
    pub after_id: Option<Uuid>,
    /// Rows of the page, at most 200.
    pub limit: Option<u32>,
}

/// What the staff say to a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecisionWanted {
    /// Let them in.
    Approve,
    /// Do not; needs a reason, which the owner reads.
    Refuse,
}

impl From<DecisionWanted> for Decision {
    fn from(wanted: DecisionWanted) -> Self {
        match wanted {
            DecisionWanted::Approve => Self::Approve,
            DecisionWanted::Refuse => Self::Refuse,
        }
    }
}

/// A decision.
#[derive(Debug, Deserialize, ToSchema)]
pub struct BindingDecision {
    /// `approve` or `refuse`.
    pub decision: DecisionWanted,
    /// Why; the owner reads it.
    #[schema(value_type = Option<String>, max_length = 200)]
    pub reason: Option<Text<200>>,
}

/// Where the claim stands now.
#[derive(Debug, Serialize, ToSchema)]
pub struct BindingDecided {
    /// `active` or `refused`.
    pub state: BindingState,
}

/// The claims that await a decision, the oldest first.
#[utoipa::path(
    operation_id = "staff_list_pending_bindings", tag = "houses", security(("staff" = [])),
    params(("project" = Uuid, Path), PendingQuery), responses((status = 200, body = Vec<PendingBindingView>), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/bindings/pending")]
pub async fn pending(
    installation: web::Data<Installation>,
    staff: Staff<ManageBindings>,
    query: Query<PendingQuery>,
) -> Result<web::Json<Vec<PendingBindingView>>, ApiError> {
    let after = query.after_ms.zip(query.after_id);
    let after = after.map(|(requested_at_ms, id)| PendingCursor { requested_at_ms, id });
    let limit = query.limit.unwrap_or(PAGE_ROWS);
    Ok(web::Json(owners::pending_bindings(&installation.control, staff.project(), after, limit).await?))
}

/// Decides a claim. The same decision twice is one.
#[utoipa::path(
    operation_id = "staff_decide_binding", tag = "houses", security(("staff" = [])),
    params(("project" = Uuid, Path), ("binding" = Uuid, Path)),
    responses((status = 200, body = BindingDecided), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/bindings/{binding}/decision")]
pub async fn decide(
    installation: web::Data<Installation>,
    staff: Staff<ManageBindings>,
    path: web::Path<(Uuid, Uuid)>,
    body: Json<BindingDecision>,
) -> Result<web::Json<BindingDecided>, ApiError> {
    let decided = owners::decide_binding(
        &installation.control,
        staff.project(),
        BindingId(path.1),
        &staff.by(),
        body.decision.into(),
        body.reason.as_deref(),
        installation.now(),
    )
    .await?;
    Ok(web::Json(BindingDecided { state: decided.into_inner() }))
}
