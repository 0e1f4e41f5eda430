//! Consents to subscribe messages, as the mini program saw them given.

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use service::installation::Installation;
use service::owners::{self, ConsentAnswer};
use service::wechat_push::consent_key;
use utoipa::ToSchema;

use crate::error::{ApiError, ErrorEnvelope};
use crate::extract::{Json, Owner, Text};

/// Templates `wx.requestSubscribeMessage` may ask for at once, with room to spare.
const ANSWERS_MAX: usize = 5;

/// The answers of one `wx.requestSubscribeMessage`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ConsentReport {
    /// The second the owner answered, Unix time: WeChat tells the same one.
    pub answered_at_s: i64,
    /// One per template.
    pub answers: Vec<ConsentItem>,
}

/// The answer to one template.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ConsentItem {
    /// The template.
    pub template_id: String,
    /// `accept`, `acceptWithAudio`, `acceptWithAlert`, `reject`, `ban`, `filter`: as WeChat says it.
    pub answer: String,
}

/// Reports what the owner answered. Told twice, counted once.
#[utoipa::path(
    operation_id = "owner_report_consents", tag = "owner", security(("owner" = [])),
    responses((status = 204), (status = 400, body = ErrorEnvelope), (status = 401, body = ErrorEnvelope))
)]
#[post("/api/owner/v1/consents")]
pub async fn report(
    installation: web::Data<Installation>,
    owner: Owner,
    body: Json<ConsentReport>,
) -> Result<HttpResponse, ApiError> {
    if body.answers.is_empty() || body.answers.len() > ANSWERS_MAX {
        return Err(ApiError::bad_field("answers", "应为 1 至 5 项"));
    }
    for item in &body.answers {
        if item.template_id.is_empty() || item.template_id.len() > 64 {
            return Err(ApiError::bad_field("answers.template_id", "模板编号不正确"));
        }
        let answer = match item.answer.as_str() {
            "accept" | "acceptWithAudio" | "acceptWithAlert" => ConsentAnswer::Accept,
            "reject" | "ban" => ConsentAnswer::Reject,
            // Not shown to the owner: no answer at all.
            _ => continue,
        };
        let key = consent_key(&owner.openid, &item.template_id, body.answered_at_s);
        let _ = owners::record_consent(
            &installation.control,
            &owner.app_id,
            &owner.openid,
            &item.template_id,
            answer,
            &key,
            installation.now(),
        )
        .await?;
    }
    Ok(HttpResponse::NoContent().finish())
}
