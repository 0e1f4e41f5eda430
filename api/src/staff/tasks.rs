//! What staff must look at.

use actix_web::{HttpResponse, get, post, web};
use serde::Deserialize;
use service::installation::Installation;
use service::staff::{ManagePayments, ViewPayments};
use service::tasks::{self, TaskView};
use utoipa::IntoParams;
use uuid::Uuid;

use super::PAGE_ROWS;
use crate::error::{ApiError, Refusals};
use crate::extract::{Query, Staff};

/// Which page of which tasks.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TasksQuery {
    /// Only what is not done.
    pub open: Option<bool>,
    /// The last task of the page before.
    pub before: Option<Uuid>,
    /// Rows of the page, at most 200.
    pub limit: Option<i64>,
}

/// The tasks over money, the newest first.
#[utoipa::path(
    operation_id = "staff_list_tasks", tag = "payments", security(("staff" = [])),
    params(("project" = Uuid, Path), TasksQuery), responses((status = 200, body = Vec<TaskView>), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/tasks")]
pub async fn list(staff: Staff<ViewPayments>, query: Query<TasksQuery>) -> Result<web::Json<Vec<TaskView>>, ApiError> {
    let (only_open, limit) = (query.open.unwrap_or(false), query.limit.unwrap_or(i64::from(PAGE_ROWS)));
    Ok(web::Json(tasks::list(staff.project(), only_open, query.before, limit).await?))
}

/// Says that a task is done.
#[utoipa::path(
    operation_id = "staff_finish_task", tag = "payments", security(("staff" = [])),
    params(("project" = Uuid, Path), ("task" = Uuid, Path)), responses((status = 204, description = "已完成"), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/tasks/{task}/done")]
pub async fn finish(
    installation: web::Data<Installation>,
    staff: Staff<ManagePayments>,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, ApiError> {
    if tasks::finish(staff.project(), path.1, &staff.by(), installation.now()).await? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(ApiError::not_found())
    }
}
