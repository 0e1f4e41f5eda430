//! Signing in and out of the mini program.

use actix_web::{HttpResponse, delete, post, web};
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use service::installation::Installation;
use service::owners::{self, OwnerSession};
use service::wechat_login;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::{ApiError, ErrorEnvelope, Refusals};
use crate::extract::{Json, Owner};

/// A `wx.login` code.
#[derive(Deserialize, ToSchema)]
pub struct SignIn {
    /// The mini program.
    pub app_id: String,
    /// From `wx.login`, works once.
    pub code: String,
}

/// A new session.
#[derive(Serialize, ToSchema)]
pub struct SignedIn {
    /// For `Authorization: Bearer …`; shown this once.
    pub token: String,
    /// Who.
    pub person_id: Uuid,
    /// False: show the phone-number button.
    pub has_phone: bool,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
}

/// The code of a phone-number button.
#[derive(Deserialize, ToSchema)]
pub struct PhoneCode {
    /// From `getPhoneNumber`, works once.
    pub code: String,
}

/// What the phone number led to.
#[derive(Debug, Serialize, ToSchema)]
pub struct PhoneTaken {
    /// Who the session belongs to now.
    pub person_id: Uuid,
    /// Houses bound by the number.
    pub houses_bound: usize,
}

/// Signs in with WeChat.
#[utoipa::path(
    operation_id = "owner_sign_in", tag = "owner",
    responses((status = 201, body = SignedIn), (status = 400, body = ErrorEnvelope), (status = 429, body = ErrorEnvelope),
        (status = 503, body = ErrorEnvelope))
)]
#[post("/api/owner/v1/sessions")]
pub async fn sign_in(installation: web::Data<Installation>, body: Json<SignIn>) -> Result<HttpResponse, ApiError> {
    let signed_in = wechat_login::sign_in(&installation, &body.app_id, &body.code, installation.now()).await?;
    Ok(HttpResponse::Created().json(SignedIn {
        token: signed_in.token.expose_secret().to_owned(),
        person_id: signed_in.person_id.uuid(),
        has_phone: signed_in.has_phone,
        expires_at: signed_in.expires_at,
    }))
}

/// Ends this session.
#[utoipa::path(
    operation_id = "owner_sign_out", tag = "owner", security(("owner" = [])),
    responses((status = 204, description = "已完成"), Refusals)
)]
#[delete("/api/owner/v1/sessions/current")]
pub async fn sign_out(installation: web::Data<Installation>, owner: Owner) -> Result<HttpResponse, ApiError> {
    let _ = owners::sign_out(&installation.control, &owner.token, installation.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes the owner's phone number from WeChat and binds every house that knows it.
#[utoipa::path(
    operation_id = "owner_take_phone", tag = "owner", security(("owner" = [])),
    responses((status = 200, body = PhoneTaken), Refusals)
)]
#[post("/api/owner/v1/phone")]
pub async fn take_phone(
    installation: web::Data<Installation>,
    owner: Owner,
    body: Json<PhoneCode>,
) -> Result<web::Json<PhoneTaken>, ApiError> {
    let session = OwnerSession { person_id: owner.person, app_id: owner.app_id, openid: owner.openid };
    let taken = wechat_login::take_phone(&installation, &session, &body.code, installation.now()).await?;
    Ok(web::Json(PhoneTaken { person_id: taken.person_id.uuid(), houses_bound: taken.bound.houses }))
}
