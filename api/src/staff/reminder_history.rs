//! What was sent to whom, what waits, and why something was not sent: as a list and as a spreadsheet.

use actix_web::http::header::ContentEncoding;
use actix_web::{HttpResponse, get, web};
use chrono::NaiveDate;
use domain::reminder::Channel;
use serde::Deserialize;
use service::installation::Installation;
use service::reminders::{self, HistoryCursor, HistoryFilter, HistoryPage};
use service::staff::ViewReminders;
use tokio::sync::Semaphore;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::PAGE_ROWS;
use super::download::{self, attached};
use crate::error::{ApiError, Refusals};
use crate::extract::{Query, Staff, Text};

/// Spreadsheets written at the same time: each reads a whole history.
const EXPORTS_AT_ONCE: usize = 1;
/// How soon to ask again when another is being written, in seconds.
const RETRY_AFTER_S: u64 = 15;
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

static TURNS: Semaphore = Semaphore::const_new(EXPORTS_AT_ONCE);

/// Which rows of the history. Filters that are left out do not narrow.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// Houses of this building.
    #[param(value_type = Option<String>, max_length = 40)]
    pub building: Option<Text<40>>,
    /// This house.
    pub house: Option<Uuid>,
    /// This payer.
    pub payer: Option<Uuid>,
    /// This stage, by name.
    #[param(value_type = Option<String>, max_length = 32)]
    pub stage: Option<Text<32>>,
    /// This campaign, by number.
    #[param(minimum = 1)]
    pub campaign: Option<u32>,
    /// This channel: `wechat_template`, `wechat_subscribe`, `wechat_notify`, `sms`, `voice`.
    #[param(value_type = Option<String>)]
    pub channel: Option<Channel>,
    /// This state, as rows show it; `held` is what waits.
    #[param(value_type = Option<String>, max_length = 32)]
    pub state: Option<Text<32>>,
    /// This reason, by its code, as rows show it.
    #[param(value_type = Option<String>, max_length = 32)]
    pub reason: Option<Text<32>>,
    /// `true`: only messages that cost something.
    #[serde(default)]
    pub has_cost: bool,
    /// From this day of the project's zone.
    pub from: Option<NaiveDate>,
    /// To this day, included.
    pub to: Option<NaiveDate>,
    /// `next` of the page before. Of no meaning for a spreadsheet.
    #[param(value_type = Option<String>, max_length = 120)]
    pub before: Option<Text<120>>,
    /// Rows of the page, at most 200. Of no meaning for a spreadsheet.
    pub limit: Option<u64>,
}

impl HistoryQuery {
    fn filter(&self) -> HistoryFilter {
        let text = |given: &Option<Text<32>>| given.clone().map(Text::into_inner);
        HistoryFilter {
            building: self.building.clone().map(Text::into_inner),
            house_id: self.house,
            payer_party_id: self.payer,
            stage: text(&self.stage),
            campaign: self.campaign.map(i64::from),
            channel: self.channel,
            state: text(&self.state),
            reason: text(&self.reason),
            has_cost: self.has_cost,
            from: self.from,
            to: self.to,
        }
    }

    fn before(&self) -> Result<Option<HistoryCursor>, ApiError> {
        let before = self.before.clone().map(|text| text.into_inner().parse());
        before.transpose().map_err(|error: reminders::BadCursor| ApiError::bad_field("before", error.to_string()))
    }
}

/// A file.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct FileBody(#[expect(dead_code, reason = "only its schema is used")] Vec<u8>);

/// Every message, every due stage that sent none with the reason, and what waits and until when; the newest first.
#[utoipa::path(
    operation_id = "staff_list_reminders", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path), HistoryQuery), responses((status = 200, body = HistoryPage), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/reminders")]
pub async fn list(staff: Staff<ViewReminders>, query: Query<HistoryQuery>) -> Result<web::Json<HistoryPage>, ApiError> {
    let limit = query.limit.unwrap_or(u64::from(PAGE_ROWS));
    let before = query.before()?;
    Ok(web::Json(reminders::history(staff.project(), &query.filter(), before.as_ref(), limit).await?))
}

/// The same rows as a spreadsheet (xlsx), at most 1,000,000. Who asked for it is kept in the audit log.
#[utoipa::path(
    operation_id = "staff_export_reminders", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path), HistoryQuery),
    responses((status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body = FileBody), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/reminder-export")]
pub async fn export(
    installation: web::Data<Installation>,
    staff: Staff<ViewReminders>,
    query: Query<HistoryQuery>,
) -> Result<HttpResponse, ApiError> {
    let _turn = TURNS.try_acquire().map_err(|_| ApiError::too_many_requests(RETRY_AFTER_S))?;
    let now = installation.now();
    let file = reminders::export(staff.project(), &staff.by(), &query.filter(), now).await?;
    let name = format!("reminders-{}.xlsx", staff.project().info().today(now).format("%Y%m%d"));
    Ok(HttpResponse::Ok()
        .content_type(XLSX)
        .insert_header(attached(&name))
        // It is packed already.
        .insert_header(ContentEncoding::Identity)
        .body(download::body(file.file, file.bytes)))
}
