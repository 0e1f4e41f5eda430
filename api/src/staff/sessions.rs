//! Signing in and out of the console.

use actix_web::http::header::SET_COOKIE;
use actix_web::{HttpResponse, delete, get, post, web};
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use service::installation::Installation;
use service::staff::{self, PERMISSIONS};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::{ApiError, ErrorEnvelope, Refusals};
use crate::extract::{FromConsole, Json, SignedInStaff, Text, expired_cookie, session_cookie};

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

/// A new session of the console. Its token is in a cookie, where no script reads it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConsoleSignedIn {
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
    /// `staff.manage`, `jobs.view`, …: what they may do in the whole company, whatever the project.
    pub permissions: Vec<&'static str>,
    /// The server's time, which is the one that counts.
    pub now: DateTime<Utc>,
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

/// Signs in to the console. The session is in a cookie that no script reads and no other site's page sends; what changes
/// something must carry the header `x-linli-console`, as this does.
#[utoipa::path(
    operation_id = "staff_console_sign_in", tag = "staff",
    params(("x-linli-console" = String, Header, description = "任意值：说明请求来自控制台页面")),
    responses((status = 201, body = ConsoleSignedIn, description = "会话在 Cookie 里"),
        (status = 400, body = ErrorEnvelope),
        (status = 401, body = ErrorEnvelope, description = "账号或密码不正确，或账号暂时不能登录"),
        (status = 403, body = ErrorEnvelope, description = "不是从控制台发出的"),
        (status = 429, body = ErrorEnvelope), (status = 500, body = ErrorEnvelope))
)]
#[post("/api/staff/v1/console/sessions")]
pub async fn console_sign_in(
    installation: web::Data<Installation>,
    _: FromConsole,
    body: Json<StaffSignIn>,
) -> Result<HttpResponse, ApiError> {
    let Json(StaffSignIn { login, password }) = body;
    let now = installation.now();
    let signed_in = staff::sign_in(&installation.control, &login, &SecretString::from(password), now).await?;
    let lasts = signed_in.expires_at - now;
    let cookie = session_cookie(signed_in.token.expose_secret(), lasts, &installation.public_url);
    let answer = ConsoleSignedIn { staff_id: signed_in.staff_id.uuid(), expires_at: signed_in.expires_at };
    Ok(HttpResponse::Created().insert_header((SET_COOKIE, cookie)).json(answer))
}

/// Ends this session.
#[utoipa::path(
    operation_id = "staff_sign_out", tag = "staff", security(("staff" = [])),
    responses((status = 204, description = "已退出"), Refusals)
)]
#[delete("/api/staff/v1/sessions/current")]
pub async fn sign_out(installation: web::Data<Installation>, staff: SignedInStaff) -> Result<HttpResponse, ApiError> {
    let _ = staff::sign_out(&installation.control, &staff.token, installation.now()).await?;
    Ok(HttpResponse::NoContent().insert_header((SET_COOKIE, expired_cookie(&installation.public_url))).finish())
}

/// Who is signed in.
#[utoipa::path(
    operation_id = "staff_me", tag = "staff", security(("staff" = [])), responses((status = 200, body = Me), Refusals)
)]
#[get("/api/staff/v1/me")]
pub async fn me(installation: web::Data<Installation>, staff: SignedInStaff) -> Result<web::Json<Me>, ApiError> {
    let session = &staff.session;
    let roles = staff::company_roles(&installation.control, session).await?;
    let allowed = |of: &[staff::Role]| roles.iter().any(|role| of.contains(role));
    Ok(web::Json(Me {
        staff_id: session.staff_id().uuid(),
        company_id: session.company_id().uuid(),
        name: session.name().to_owned(),
        permissions: PERMISSIONS.iter().filter(|(_, of)| allowed(of)).map(|(name, _)| *name).collect(),
        now: installation.now(),
    }))
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
