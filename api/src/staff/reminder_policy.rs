//! The project's reminder policy.

use actix_web::{get, post, put, web};
use chrono::{DateTime, NaiveTime, Utc};
use domain::reminder::{Anchor, Caps, Channel, Policy, QuietHours, Span, Stage};
use serde::{Deserialize, Serialize};
use service::installation::Installation;
use service::reminders::{self, Preview};
use service::staff::{DirectReminders, ViewReminders};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Query, Staff};

/// Which notices follow a bill, when, and through which channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyBody {
    /// 1 to 12, in the order of their offsets.
    pub stages: Vec<StageBody>,
    /// Hours after sending before a message that nobody opened counts as unread, 1 to 720.
    pub unread_after_hours: i64,
    /// When nobody is disturbed; what falls into it waits for its end.
    #[serde(default)]
    pub quiet: QuietBody,
    /// How often one person is spoken to, over all houses and projects.
    #[serde(default)]
    pub caps: CapsBody,
    /// The share of payers without reminders, in thousandths, 0 to 200: measures what reminders achieve.
    #[serde(default)]
    pub holdout_permille: i64,
    /// Each payer's own best hour in place of the stage's time of day, once it is known.
    #[serde(default)]
    pub uses_best_hour: bool,
}

/// Spans of the day in which nobody is disturbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuietBody {
    /// No message at all; at least 21:00 to 08:00.
    pub all: SpanBody,
    /// No call.
    pub voice: SpanBody,
}

/// From the first minute up to, not including, the last; over midnight when `to` is earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SpanBody {
    /// First instant inside.
    #[schema(value_type = String, example = "20:00:00")]
    pub from: NaiveTime,
    /// First instant after it.
    #[schema(value_type = String, example = "09:00:00")]
    pub to: NaiveTime,
}

/// Messages that one person gets at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CapsBody {
    /// On one day.
    pub per_day: i64,
    /// On seven days in a row.
    pub per_week: i64,
}

impl Default for QuietBody {
    fn default() -> Self {
        QuietHours::default().into()
    }
}

impl Default for CapsBody {
    fn default() -> Self {
        Caps::default().into()
    }
}

impl From<Span> for SpanBody {
    fn from(span: Span) -> Self {
        Self { from: span.from, to: span.to }
    }
}

impl From<QuietHours> for QuietBody {
    fn from(quiet: QuietHours) -> Self {
        Self { all: quiet.all.into(), voice: quiet.voice.into() }
    }
}

impl From<QuietBody> for QuietHours {
    fn from(body: QuietBody) -> Self {
        let span = |body: SpanBody| Span { from: body.from, to: body.to };
        Self { all: span(body.all), voice: span(body.voice) }
    }
}

impl From<Caps> for CapsBody {
    fn from(caps: Caps) -> Self {
        Self { per_day: caps.per_day, per_week: caps.per_week }
    }
}

/// What a stage's days are counted from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnchorBody {
    /// The day the bill was published.
    Issued,
    /// The bill's due date.
    #[default]
    Due,
}

/// One step of the ladder relative to a bill's due date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StageBody {
    /// Stable name: `pre_due`, `overdue_1`; `[a-z0-9_]`, at most 32 characters.
    pub name: String,
    /// What the days are counted from.
    #[serde(default)]
    pub anchor: AnchorBody,
    /// Days from the anchor: −3 is three days before.
    pub offset_days: i64,
    /// Time of day in the project's zone.
    #[schema(value_type = String, example = "10:00:00")]
    pub time_of_day: NaiveTime,
    /// Channels in the order they are tried when one cannot reach the payer at all: `wechat_template`,
    /// `wechat_subscribe`, `wechat_notify`, `sms`, `voice`.
    #[schema(value_type = Vec<String>, example = json!(["wechat_template", "sms"]))]
    pub channels: Vec<Channel>,
    /// Where to go when nobody looked at the message, or nothing.
    #[schema(value_type = Option<String>, example = "sms")]
    pub escalate_to: Option<Channel>,
    /// Hours after sending before it counts as unread, where it differs from the policy's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread_after_hours: Option<i64>,
    /// Bills that owe less than this are left alone at this stage, in fen.
    pub minimum_fen: i64,
    /// Only bills of these fee items; empty: of all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fee_items: Vec<Uuid>,
    /// The purpose under which the accounts have their template registered.
    #[serde(default = "bill_notice")]
    pub template: String,
}

fn bill_notice() -> String {
    Stage::BILL_NOTICE.to_owned()
}

/// A policy with the version that reminders keep.
#[derive(Debug, Serialize, ToSchema)]
pub struct PolicyView {
    /// 1, 2, …
    pub version: i64,
    /// The rules.
    pub policy: PolicyBody,
}

impl From<Policy> for PolicyBody {
    fn from(policy: Policy) -> Self {
        let stages = policy.stages.into_iter().map(|stage| StageBody {
            name: stage.name,
            anchor: if stage.anchor == Anchor::Issued { AnchorBody::Issued } else { AnchorBody::Due },
            offset_days: stage.offset_days,
            time_of_day: stage.time_of_day,
            channels: stage.channels,
            escalate_to: stage.escalate_to,
            unread_after_hours: stage.unread_after_hours,
            minimum_fen: stage.minimum_fen,
            fee_items: stage.fee_items,
            template: stage.template,
        });
        Self {
            stages: stages.collect(),
            unread_after_hours: policy.unread_after_hours,
            quiet: policy.quiet.into(),
            caps: policy.caps.into(),
            holdout_permille: policy.holdout_permille,
            uses_best_hour: policy.uses_best_hour,
        }
    }
}

impl From<PolicyBody> for Policy {
    fn from(body: PolicyBody) -> Self {
        let stages = body.stages.into_iter().map(|stage| Stage {
            name: stage.name,
            anchor: if stage.anchor == AnchorBody::Issued { Anchor::Issued } else { Anchor::Due },
            offset_days: stage.offset_days,
            time_of_day: stage.time_of_day,
            channels: stage.channels,
            escalate_to: stage.escalate_to,
            unread_after_hours: stage.unread_after_hours,
            minimum_fen: stage.minimum_fen,
            fee_items: stage.fee_items,
            template: stage.template,
            note: None,
        });
        Self {
            stages: stages.collect(),
            unread_after_hours: body.unread_after_hours,
            quiet: body.quiet.into(),
            caps: Caps { per_day: body.caps.per_day, per_week: body.caps.per_week },
            holdout_permille: body.holdout_permille,
            uses_best_hour: body.uses_best_hour,
        }
    }
}

/// The policy in force.
#[utoipa::path(
    operation_id = "staff_show_reminder_policy", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path)), responses((status = 200, body = PolicyView), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/reminder-policy")]
pub async fn show(
    installation: web::Data<Installation>,
    staff: Staff<ViewReminders>,
) -> Result<web::Json<PolicyView>, ApiError> {
    let current = reminders::current(staff.project(), installation.now()).await?;
    Ok(web::Json(PolicyView { version: current.version, policy: current.policy.into() }))
}

/// What the one who changes a policy had before them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PolicySeen {
    /// The version that was changed. Given, a policy that a colleague put in force meanwhile is not overwritten.
    pub seen_version: Option<i64>,
}

/// A policy to try, and when to look.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PolicyTrialBody {
    /// The rules.
    pub policy: PolicyBody,
    /// What would have gone out by then, at most 31 days ahead; now when it is not given.
    #[serde(default)]
    pub at: Option<DateTime<Utc>>,
}

/// Exactly what would go out by an instant if this policy were in force from now on, and what would stay silent with
/// the reason. Nothing is written; everything wrong with the policy is named.
#[utoipa::path(
    operation_id = "staff_preview_reminder_policy", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path)), responses((status = 200, body = Preview), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/reminder-policy-preview")]
pub async fn preview(
    installation: web::Data<Installation>,
    staff: Staff<DirectReminders>,
    body: Json<PolicyTrialBody>,
) -> Result<web::Json<Preview>, ApiError> {
    let Json(PolicyTrialBody { policy, at }) = body;
    let now = installation.now();
    let times = (now, at.unwrap_or(now));
    let policy = Policy::from(policy);
    Ok(web::Json(reminders::preview_policy(staff.project(), &installation.control, &policy, times).await?))
}

/// Puts a policy in force for what is planned from now on; everything wrong with it is named. The one in force again
/// makes no new version.
#[utoipa::path(
    operation_id = "staff_put_reminder_policy", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path), PolicySeen), responses((status = 200, body = PolicyView), Refusals)
)]
#[put("/api/staff/v1/projects/{project}/reminder-policy")]
pub async fn put(
    installation: web::Data<Installation>,
    staff: Staff<DirectReminders>,
    seen: Query<PolicySeen>,
    body: Json<PolicyBody>,
) -> Result<web::Json<PolicyView>, ApiError> {
    let policy = Policy::from(body.0);
    let (project, by, now) = (staff.project(), staff.by(), installation.now());
    let version = reminders::replace_policy(project, &by, &policy, seen.seen_version, now).await?.into_inner();
    Ok(web::Json(PolicyView { version, policy: policy.into() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_of_the_api_is_the_policy_that_is_stored() {
        let policy = Policy::default();
        let body = PolicyBody::from(policy.clone());
        assert_eq!(serde_json::to_value(&body).unwrap(), serde_json::to_value(&policy).unwrap());
        assert_eq!(Policy::from(body), policy);
    }
}
