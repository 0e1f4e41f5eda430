//! What reminders achieve.

use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use service::reminders::{self, Effect, EffectFilter};
use service::staff::ViewReminders;
use tokio::sync::Semaphore;
use utoipa::IntoParams;

use crate::error::{ApiError, Refusals};
use crate::extract::{Query, Staff, Text};

/// Computations at the same time: each walks all bills and messages of its days.
const AT_ONCE: usize = 2;
/// How soon to ask again when others are under way, in seconds.
const RETRY_AFTER_S: u64 = 5;

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);

/// Which days, and which reminders.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EffectQuery {
    /// From this day of the project's zone.
    pub from: NaiveDate,
    /// To this day, included; at most 366 days.
    pub to: NaiveDate,
    /// Only this stage, by name.
    #[param(value_type = Option<String>, max_length = 32)]
    pub stage: Option<Text<32>>,
    /// Only this campaign, by number.
    #[param(minimum = 1)]
    pub campaign: Option<u32>,
}

/// What reminders achieved, by stage and channel: sent, delivered, opened, followed by a payment, at what cost, and how
/// much more of the bills was paid than of those of payers who get no reminders.
#[utoipa::path(
    operation_id = "staff_show_reminder_effect", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path), EffectQuery), responses((status = 200, body = Effect), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/reminder-effect")]
pub async fn show(staff: Staff<ViewReminders>, query: Query<EffectQuery>) -> Result<web::Json<Effect>, ApiError> {
    let _turn = TURNS.try_acquire().map_err(|_| ApiError::too_many_requests(RETRY_AFTER_S))?;
    let filter = EffectFilter {
        from: query.from,
        to: query.to,
        stage: query.stage.clone().map(Text::into_inner),
        campaign: query.campaign.map(i64::from),
    };
    Ok(web::Json(reminders::effect(staff.project(), &filter).await?))
}
