//! Consents to subscribe messages, as the mini program saw them given.

use actix_web::{HttpResponse, post, web};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use service::installation::Installation;
use service::owners::{self, Consent, ConsentAnswer, ConsentSource};
use utoipa::ToSchema;

use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Owner, Text};

/// Templates `wx.requestSubscribeMessage` may ask for at once, with room to spare.
const ANSWERS_MAX: usize = 5;

/// A report that comes later than this after the answer is dated by its arrival: WeChat has told of it long ago.
const LATE_MAX: TimeDelta = TimeDelta::days(1);

/// The answers of one `wx.requestSubscribeMessage`.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ConsentReport {
    /// Made up by the page for each tap, and the same when the report is sent again. Without it the second of the
    /// answer takes its place.
    #[schema(value_type = Option<String>, max_length = 64)]
    pub tap_id: Option<Text<64>>,
    /// The second the owner answered, Unix time.
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

impl ConsentReport {
    /// What tells one tap from another.
    fn tap(&self) -> String {
        self.tap_id.as_deref().map_or_else(|| self.answered_at_s.to_string(), ToOwned::to_owned)
    }

    /// When it was answered. A telephone's clock may be wrong: it is believed for a time that has just passed.
    fn answered_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let told = DateTime::from_timestamp(self.answered_at_s, 0);
        told.filter(|told| *told <= now && *told > now - LATE_MAX).unwrap_or(now)
    }
}

/// Reports what the owner answered. Told twice, counted once, though WeChat tells of it too.
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
    let (tap, at) = (body.tap(), body.answered_at(installation.now()));
    let (app_id, openid) = (owner.app_id.as_str(), owner.openid.as_str());
    for (template_id, answer) in body.answered()? {
        let consent = Consent { app_id, openid, template_id, answer, source: ConsentSource::Page(&tap), at };
        let _ = owners::record_consent(&installation.control, &consent).await?;
    }
    Ok(HttpResponse::NoContent().finish())
}
