//! Signing in and out of the console.

use actix_web::{HttpResponse, delete, get, post, web};
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use service::installation::Installation;
use service::staff;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::{ApiError, ErrorEnvelope, Refusals};
use crate::extract::{Json, SignedInStaff, Text};

/// A login with its password.
#[derive(Deserialize, ToSchema)]
pub struct StaffSignIn {
    /// The login.
    #[schema(value_type = String, max_length = 64)]
    pub login: Text<64>,
    /// The password.
    pub password: String,
}

/// A new session of the console.
#[derive(Serialize, ToSchema)]
pub struct StaffSignedIn {
    /// For `Authorization: Bearer …`; shown this once.
    pub token: String,
    /// Who.
    pub staff_id: Uuid,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
}

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    /// Who.
    pub staff_id: Uuid,
    /// The company they work for.
    pub company_id: Uuid,
    /// Their name, as colleagues see it.
    pub name: String,
}

/// A change of one's own password.
#[derive(Deserialize, ToSchema)]
pub struct PasswordChange {
    /// The one that works now.
    pub old_password: String,
    /// 10 to 128 characters, not the login.
    pub password: String,
}

/// Signs in with a login and a password. After 5 wrong passwords in a row the account rests for 15 minutes.
#[utoipa::path(
    operation_id = "staff_sign_in", tag = "staff",
    responses((status = 201, body = StaffSignedIn), (status = 400, body = ErrorEnvelope),
        (status = 401, body = ErrorEnvelope, description = "账号或密码不正确，或账号暂时不能登录"),
        (status = 429, body = ErrorEnvelope), (status = 500, body = ErrorEnvelope))
)]
#[post("/api/staff/v1/sessions")]
pub async fn sign_in(installation: web::Data<Installation>, body: Json<StaffSignIn>) -> Result<HttpResponse, ApiError> {
    let Json(StaffSignIn { login, password }) = body;
    let signed_in =
        staff::sign_in(&installation.control, &login, &SecretString::from(password), installation.now()).await?;
    Ok(HttpResponse::Created().json(StaffSignedIn {
        token: signed_in.token.expose_secret().to_owned(),
        staff_id: signed_in.staff_id.uuid(),
        expires_at: signed_in.expires_at,
    }))
}

/// Ends this session.
#[utoipa::path(
    operation_id = "staff_sign_out", tag = "staff", security(("staff" = [])),
    responses((status = 204, description = "已退出"), Refusals)
)]
#[delete("/api/staff/v1/sessions/current")]
pub async fn sign_out(installation: web::Data<Installation>, staff: SignedInStaff) -> Result<HttpResponse, ApiError> {
    let _ = staff::sign_out(&installation.control, &staff.token, installation.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Who is signed in.
#[utoipa::path(
    operation_id = "staff_me", tag = "staff", security(("staff" = [])), responses((status = 200, body = Me), Refusals)
)]
#[get("/api/staff/v1/me")]
pub async fn me(staff: SignedInStaff) -> web::Json<Me> {
    let session = &staff.session;
    web::Json(Me {
        staff_id: session.staff_id().uuid(),
        company_id: session.company_id().uuid(),
        name: session.name().to_owned(),
    })
}

/// Changes one's own password and ends one's other sessions.
#[utoipa::path(
    operation_id = "staff_change_password", tag = "staff", security(("staff" = [])),
    responses((status = 204, description = "已修改"), Refusals)
)]
#[post("/api/staff/v1/password")]
pub async fn change_password(
    installation: web::Data<Installation>,
    staff: SignedInStaff,
    body: Json<PasswordChange>,
) -> Result<HttpResponse, ApiError> {
    let Json(PasswordChange { old_password, password }) = body;
    let (old, new) = (SecretString::from(old_password), SecretString::from(password));
    staff::change_password(&installation.control, &staff.session, &old, &new, installation.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
