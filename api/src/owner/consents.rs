//! Consents to subscribe messages, as the mini program saw them given.

use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use service::installation::Installation;
use service::owners::{self, ConsentAnswer};
use service::wechat_push::consent_key;
use utoipa::ToSchema;

use crate::error::{ApiError, Refusals};
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
    #[schema(value_type = String, max_length = 64)]
    pub template_id: Text<64>,
    /// As WeChat says it.
    pub answer: ConsentWord,
}

/// What WeChat calls an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ConsentWord {
    /// Once.
    Accept,
    /// Once, with a sound.
    AcceptWithAudio,
    /// Once, with an alert.
    AcceptWithAlert,
    /// No.
    Reject,
    /// The template is banned.
    Ban,
    /// Hidden by WeChat: the owner was not asked.
    Filter,
}

impl ConsentWord {
    /// What the owner answered; nothing when they were not asked.
    const fn answer(self) -> Option<ConsentAnswer> {
        match self {
            Self::Accept | Self::AcceptWithAudio | Self::AcceptWithAlert => Some(ConsentAnswer::Accept),
            Self::Reject | Self::Ban => Some(ConsentAnswer::Reject),
            Self::Filter => None,
        }
    }
}

impl ConsentReport {
    fn answered(&self) -> Result<impl Iterator<Item = (&str, ConsentAnswer)>, ApiError> {
        if self.answers.is_empty() || self.answers.len() > ANSWERS_MAX {
            return Err(ApiError::bad_field("answers", "应为 1 至 5 项"));
        }
        Ok(self.answers.iter().filter_map(|item| Some((&*item.template_id, item.answer.answer()?))))
    }
}

/// Reports what the owner answered. Told twice, counted once.
#[utoipa::path(
    operation_id = "owner_report_consents", tag = "owner", security(("owner" = [])),
    responses((status = 204, description = "已记录"), Refusals)
)]
#[post("/api/owner/v1/consents")]
pub async fn report(
    installation: web::Data<Installation>,
    owner: Owner,
    body: Json<ConsentReport>,
) -> Result<HttpResponse, ApiError> {
    let (control, now) = (&installation.control, installation.now());
    for (template, answer) in body.answered()? {
        let key = consent_key(&owner.openid, template, body.answered_at_s);
        let _ = owners::record_consent(control, &owner.app_id, &owner.openid, template, answer, &key, now).await?;
    }
    Ok(HttpResponse::NoContent().finish())
}
