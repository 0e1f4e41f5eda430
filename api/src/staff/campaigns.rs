//! Messages that staff send beside the ladder.

use actix_web::{HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use domain::applied::Applied;
use domain::reminder::Channel;
use serde::{Deserialize, Serialize};
use service::installation::Installation;
use service::reminders::{
    self, Audience, CampaignError, CampaignPage, CampaignState, CampaignView, NewCampaign, Preview, SendTarget,
};
use service::staff::{DirectReminders, ViewReminders};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::PAGE_ROWS;
use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Query, Staff, Text};

/// A campaign to write.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct CampaignBody {
    /// What staff call it.
    #[schema(value_type = String, max_length = 40)]
    pub name: Text<40>,
    /// Whom it is for: the open bills that meet everything that is said. Nothing said: all open bills.
    #[serde(default)]
    pub audience: Audience,
    /// Channels in the order they are tried when one cannot reach the payer: `wechat_template`, `wechat_subscribe`,
    /// `wechat_notify`, `sms`, `voice`.
    #[schema(value_type = Vec<String>, example = json!(["wechat_template", "sms"]))]
    pub channels: Vec<Channel>,
    /// A short line in front of the facts of the bills; without one the message is the bill notice of the day.
    #[schema(value_type = Option<String>, max_length = 20)]
    pub note: Option<Text<40>>,
    /// When to send; without one, when it is sent off.
    pub send_at: Option<DateTime<Utc>>,
}

impl From<CampaignBody> for NewCampaign {
    fn from(body: CampaignBody) -> Self {
        Self {
            name: body.name.into_inner(),
            audience: body.audience,
            channels: body.channels,
            note: body.note.map(Text::into_inner),
            send_at: body.send_at,
        }
    }
}

/// A message to a house or a building, now.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct SendBody {
    /// `{"kind": "house", "subject": "<id>"}` or `{"kind": "building", "subject": "3"}`.
    pub target: SendTarget,
    /// Channels in the order they are tried when one cannot reach the payer.
    #[schema(value_type = Vec<String>, example = json!(["wechat_template", "sms"]))]
    pub channels: Vec<Channel>,
    /// A short line in front of the facts of the bills.
    #[schema(value_type = Option<String>, max_length = 20)]
    pub note: Option<Text<40>>,
}

/// A campaign that was written.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignMade {
    /// Its number in the project.
    pub no: i64,
}

/// A campaign that was sent off.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignSent {
    /// `running`, or `scheduled` when its instant is ahead.
    pub state: CampaignState,
}

/// A campaign that was called off.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignCancelled {
    /// Bills that are not spoken of because of it.
    pub bills: u64,
}

/// Which page of the campaigns.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CampaignsQuery {
    /// Only campaigns with a lower number: the last of the page before.
    pub before: Option<i64>,
    /// Campaigns of the page, at most 200.
    pub limit: Option<u64>,
}

/// Writes a draft; nothing is sent. An audience without an open bill is refused.
#[utoipa::path(
    operation_id = "staff_create_campaign", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path)), responses((status = 201, body = CampaignMade), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/reminder-campaigns")]
pub async fn create(
    installation: web::Data<Installation>,
    staff: Staff<DirectReminders>,
    body: Json<CampaignBody>,
) -> Result<HttpResponse, ApiError> {
    let (by, now) = (staff.by(), installation.now());
    let no = reminders::create_campaign(staff.project(), &by, body.0.into(), now).await?;
    Ok(HttpResponse::Created().json(CampaignMade { no }))
}

/// Campaigns, the newest first.
#[utoipa::path(
    operation_id = "staff_list_campaigns", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path), CampaignsQuery), responses((status = 200, body = CampaignPage), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/reminder-campaigns")]
pub async fn list(
    staff: Staff<ViewReminders>,
    query: Query<CampaignsQuery>,
) -> Result<web::Json<CampaignPage>, ApiError> {
    let limit = query.limit.unwrap_or(u64::from(PAGE_ROWS));
    Ok(web::Json(reminders::campaigns(staff.project(), query.before, limit).await?))
}

/// One campaign, with its bills counted by where they stand.
#[utoipa::path(
    operation_id = "staff_show_campaign", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path), ("no" = i64, Path)), responses((status = 200, body = CampaignView), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/reminder-campaigns/{no}")]
pub async fn show(
    staff: Staff<ViewReminders>,
    path: web::Path<(Uuid, i64)>,
) -> Result<web::Json<CampaignView>, ApiError> {
    Ok(web::Json(reminders::campaign(staff.project(), path.1).await?))
}

/// Exactly what a draft or a scheduled campaign would send, to whom, through which channel and at what cost, and who
/// gets nothing and why. Nothing is written.
#[utoipa::path(
    operation_id = "staff_preview_campaign", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path), ("no" = i64, Path)), responses((status = 200, body = Preview), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/reminder-campaigns/{no}/preview")]
pub async fn preview(
    installation: web::Data<Installation>,
    staff: Staff<DirectReminders>,
    path: web::Path<(Uuid, i64)>,
) -> Result<web::Json<Preview>, ApiError> {
    let (control, now) = (&installation.control, installation.now());
    Ok(web::Json(reminders::preview_campaign(staff.project(), control, path.1, now).await?))
}

/// The same for a campaign that nobody has written yet.
#[utoipa::path(
    operation_id = "staff_preview_new_campaign", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path)), responses((status = 200, body = Preview), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/reminder-campaign-preview")]
pub async fn preview_new(
    installation: web::Data<Installation>,
    staff: Staff<DirectReminders>,
    body: Json<CampaignBody>,
) -> Result<web::Json<Preview>, ApiError> {
    let (control, now) = (&installation.control, installation.now());
    Ok(web::Json(reminders::preview_new_campaign(staff.project(), control, body.0.into(), now).await?))
}

/// Sends a draft off: at its instant, or now. Asked again it does nothing more.
#[utoipa::path(
    operation_id = "staff_send_campaign", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path), ("no" = i64, Path)), responses((status = 200, body = CampaignSent), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/reminder-campaigns/{no}/send")]
pub async fn send(
    installation: web::Data<Installation>,
    staff: Staff<DirectReminders>,
    path: web::Path<(Uuid, i64)>,
) -> Result<web::Json<CampaignSent>, ApiError> {
    let (by, now) = (staff.by(), installation.now());
    let state = reminders::send_campaign(staff.project(), &by, path.1, now).await?.into_inner();
    Ok(web::Json(CampaignSent { state }))
}

/// Calls a campaign off. What was sent stays, what is being sent at this moment still goes out, nothing after.
#[utoipa::path(
    operation_id = "staff_cancel_campaign", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path), ("no" = i64, Path)),
    responses((status = 200, body = CampaignCancelled), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/reminder-campaigns/{no}/cancel")]
pub async fn cancel(
    installation: web::Data<Installation>,
    staff: Staff<DirectReminders>,
    path: web::Path<(Uuid, i64)>,
) -> Result<web::Json<CampaignCancelled>, ApiError> {
    let (by, now) = (staff.by(), installation.now());
    let bills = reminders::cancel_campaign(staff.project(), &by, path.1, now).await?.into_inner();
    Ok(web::Json(CampaignCancelled { bills }))
}

/// Sends a message to a house or a building now: a campaign with that audience, begun in one call. The same again
/// within ten minutes is answered with the first one's number and 200.
#[utoipa::path(
    operation_id = "staff_send_reminders", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path)),
    responses((status = 201, body = CampaignMade), (status = 200, body = CampaignMade), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/reminder-sends")]
pub async fn send_now(
    installation: web::Data<Installation>,
    staff: Staff<DirectReminders>,
    body: Json<SendBody>,
) -> Result<HttpResponse, ApiError> {
    let (by, now, body) = (staff.by(), installation.now(), body.0);
    let note = body.note.map(Text::into_inner);
    let sent = reminders::send_to(staff.project(), &by, &body.target, body.channels, note, now).await?;
    Ok(match sent {
        Applied::Done(no) => HttpResponse::Created().json(CampaignMade { no }),
        Applied::Already(no) => HttpResponse::Ok().json(CampaignMade { no }),
    })
}

impl From<CampaignError> for ApiError {
    fn from(error: CampaignError) -> Self {
        let (code, words) = (error.code(), error.to_string());
        let field = |field: &'static str| Self::bad_request(code, words.clone()).with_field(field, words.clone());
        match error {
            CampaignError::NotFound => Self::not_found(),
            CampaignError::Invalid { field: name, .. } => field(name),
            CampaignError::Note(_) => field("note"),
            CampaignError::UnknownHouses { .. } => field("audience.house_keys"),
            CampaignError::NoAccount | CampaignError::CallBeforeDue => field("channels"),
            CampaignError::NoBills | CampaignError::TooManyBills { .. } => field("audience"),
            CampaignError::Past | CampaignError::TooFar { .. } | CampaignError::Quiet { .. } => field("send_at"),
            CampaignError::Started | CampaignError::Ended => Self::conflict(code, words),
            CampaignError::Reminder(error) => error.into(),
            CampaignError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_the_audience_is_refused_and_an_empty_one_means_everybody() {
        let body = |audience: &str| {
            let text = format!(r#"{{"name":"通知","audience":{audience},"channels":["sms"]}}"#);
            serde_json::from_str::<CampaignBody>(&text)
        };
        assert_eq!(body("{}").unwrap().audience, Audience::default());
        assert!(body(r#"{"building":["1"]}"#).is_err());
        let one = body(r#"{"buildings":["1"],"overdue_days":{"from":7}}"#).unwrap();
        assert_eq!(NewCampaign::from(one).audience.buildings, ["1"]);
    }

    #[test]
    fn every_refusal_says_its_field_and_its_reason() {
        let error = ApiError::from(CampaignError::NoBills);
        assert_eq!((error.code(), error.fields()[0].field.as_str()), ("campaign_no_bills", "audience"));
        assert_eq!(error.fields()[0].message, "没有符合条件的账单");
        assert_eq!(ApiError::from(CampaignError::Past).fields()[0].field, "send_at");
    }
}
