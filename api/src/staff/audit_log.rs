//! Who did what.

use actix_web::{get, web};
use serde::Deserialize;
use service::audit::{self, AuditCursor, AuditView};
use service::staff::ViewAudit;
use utoipa::IntoParams;
use uuid::Uuid;

use super::PAGE_ROWS;
use crate::error::{ApiError, Refusals};
use crate::extract::{Query, Staff};

/// Which page of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// `at_ms` of the last row of the page before.
    pub before_ms: Option<i64>,
    /// `id` of the last row of the page before.
    pub before_id: Option<Uuid>,
    /// Rows of the page, at most 200.
    pub limit: Option<u32>,
}

/// Every dangerous act in this project, the newest first.
#[utoipa::path(
    operation_id = "staff_list_audit_log", tag = "audit", security(("staff" = [])),
    params(("project" = Uuid, Path), AuditQuery), responses((status = 200, body = Vec<AuditView>), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/audit-log")]
pub async fn list(staff: Staff<ViewAudit>, query: Query<AuditQuery>) -> Result<web::Json<Vec<AuditView>>, ApiError> {
    let before = query.before_ms.map(|at_ms| AuditCursor { at_ms, id: query.before_id.unwrap_or(Uuid::nil()) });
    let limit = query.limit.unwrap_or(PAGE_ROWS);
    let rows = staff.project().read("audit.list", async |tx| audit::list(tx, before, limit).await).await?;
    Ok(web::Json(rows))
}
