//! A reminder's own link: whoever has it may see what it is about, and say that they saw it.

use actix_web::{HttpResponse, get, post, web};
use service::installation::Installation;
use service::reminders::{self, OpenedReminder};
use service::tenancy::ProjectDb;

use crate::error::{ApiError, ErrorEnvelope};

/// Opens a reminder by the token of its message, without signing in: no names, no phones. It counts as read.
#[utoipa::path(
    operation_id = "owner_open_reminder", tag = "owner",
    params(("token" = String, Path, description = "消息链接中的编号")),
    responses((status = 200, body = OpenedReminder),
        (status = 404, body = ErrorEnvelope, description = "没有这条提醒，或已超过 180 天"),
        (status = 429, body = ErrorEnvelope), (status = 500, body = ErrorEnvelope), (status = 503, body = ErrorEnvelope))
)]
#[get("/api/owner/v1/reminders/{token}")]
pub async fn open(
    installation: web::Data<Installation>,
    token: web::Path<String>,
) -> Result<web::Json<OpenedReminder>, ApiError> {
    let project = project_of(&installation, &token).await?;
    Ok(web::Json(reminders::open_by_token(&project, &token, installation.now()).await?))
}

/// 已知晓. Pressed twice, counted once.
#[utoipa::path(
    operation_id = "owner_acknowledge_reminder", tag = "owner",
    params(("token" = String, Path, description = "消息链接中的编号")),
    responses((status = 204, description = "已记录"),
        (status = 404, body = ErrorEnvelope, description = "没有这条提醒，或已超过 180 天"),
        (status = 429, body = ErrorEnvelope), (status = 500, body = ErrorEnvelope), (status = 503, body = ErrorEnvelope))
)]
#[post("/api/owner/v1/reminders/{token}/acknowledgement")]
pub async fn acknowledge(
    installation: web::Data<Installation>,
    token: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let project = project_of(&installation, &token).await?;
    reminders::acknowledge(&project, &token, installation.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The project whose code the token begins with.
async fn project_of(installation: &Installation, token: &str) -> Result<ProjectDb, ApiError> {
    let code = reminders::project_code_of(token).ok_or_else(ApiError::not_found)?;
    let info = installation.projects.by_code(code).await?;
    Ok(installation.projects.open(info.id).await?)
}
