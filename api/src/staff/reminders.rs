//! What was sent to whom, and why something was not.

use actix_web::{get, web};
use chrono::NaiveDate;
use domain::ids::BillId;
use domain::reminder::Channel;
use serde::Deserialize;
use service::bills;
use service::installation::Installation;
use service::reminders::{self, BillReminder, HistoryFilter, HistoryPage, Preview, Timeline};
use service::staff::{ManageReminders, ViewReminders};
use utoipa::IntoParams;
use uuid::Uuid;

use super::PAGE_ROWS;
use crate::error::{ApiError, Refusals};
use crate::extract::{Query, Staff, Text};

/// Which page of the history. Filters that are left out do not narrow.
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
    /// This channel: `wechat_template`, `wechat_subscribe`, `wechat_notify`, `sms`, `voice`.
    #[param(value_type = Option<String>)]
    pub channel: Option<Channel>,
    /// This state, as rows show it.
    #[param(value_type = Option<String>, max_length = 32)]
    pub state: Option<Text<32>>,
    /// From this day of the project's zone.
    pub from: Option<NaiveDate>,
    /// To this day, included.
    pub to: Option<NaiveDate>,
    /// Rows to skip, at most 100,000.
    #[serde(default)]
    pub offset: u64,
    /// Rows of the page, at most 200.
    pub limit: Option<u64>,
}

impl HistoryQuery {
    fn filter(&self) -> HistoryFilter {
        HistoryFilter {
            building: self.building.clone().map(Text::into_inner),
            house_id: self.house,
            payer_party_id: self.payer,
            stage: self.stage.clone().map(Text::into_inner),
            channel: self.channel,
            state: self.state.clone().map(Text::into_inner),
            from: self.from,
            to: self.to,
        }
    }
}

/// Every message, and every due stage that sent none with the reason; the newest first.
#[utoipa::path(
    operation_id = "staff_list_reminders", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path), HistoryQuery), responses((status = 200, body = HistoryPage), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/reminders")]
pub async fn history(
    staff: Staff<ViewReminders>,
    query: Query<HistoryQuery>,
) -> Result<web::Json<HistoryPage>, ApiError> {
    let limit = query.limit.unwrap_or(u64::from(PAGE_ROWS));
    Ok(web::Json(reminders::history(staff.project(), &query.filter(), query.offset, limit).await?))
}

/// One message: its exact text, its bills, every event with its time.
#[utoipa::path(
    operation_id = "staff_show_reminder", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path), ("notice" = Uuid, Path)), responses((status = 200, body = Timeline), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/reminders/{notice}")]
pub async fn show(staff: Staff<ViewReminders>, path: web::Path<(Uuid, Uuid)>) -> Result<web::Json<Timeline>, ApiError> {
    Ok(web::Json(reminders::timeline(staff.project(), path.1).await?))
}

/// All stages of a bill that were planned, in the order of their days.
#[utoipa::path(
    operation_id = "staff_list_bill_reminders", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path), ("bill" = Uuid, Path)),
    responses((status = 200, body = Vec<BillReminder>), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/bills/{bill}/reminders")]
pub async fn of_bill(
    installation: web::Data<Installation>,
    staff: Staff<ViewReminders>,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<web::Json<Vec<BillReminder>>, ApiError> {
    let project = staff.project();
    let today = project.info().today(installation.now());
    // A bill that is not there has no stages either: that would be an empty list and not a 404.
    project.read("bills.one", async |tx| bills::bill(tx, BillId(path.1), today).await).await?;
    Ok(web::Json(reminders::bill_reminders(project, path.1).await?))
}

/// Exactly what would be sent now, and what would stay silent with the reason. Nothing is written.
#[utoipa::path(
    operation_id = "staff_preview_reminders", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path)), responses((status = 200, body = Preview), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/reminder-preview")]
pub async fn preview(
    installation: web::Data<Installation>,
    staff: Staff<ManageReminders>,
) -> Result<web::Json<Preview>, ApiError> {
    Ok(web::Json(reminders::preview(staff.project(), &installation.control, installation.now()).await?))
}
