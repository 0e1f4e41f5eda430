//! The project's reminder policy.

use actix_web::{get, put, web};
use chrono::NaiveTime;
use domain::reminder::{Channel, Policy, Stage};
use serde::{Deserialize, Serialize};
use service::installation::Installation;
use service::reminders;
use service::staff::{ManageReminders, ViewReminders};
use utoipa::ToSchema;

use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Staff};

/// Which notices follow a bill, when, and through which channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyBody {
    /// 1 to 12, in the order of their offsets.
    pub stages: Vec<StageBody>,
    /// Hours after sending before a message that nobody opened counts as unread, 1 to 720.
    pub unread_after_hours: i64,
}

/// One step of the ladder relative to a bill's due date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StageBody {
    /// Stable name: `pre_due`, `overdue_1`; `[a-z0-9_]`, at most 32 characters.
    pub name: String,
    /// Days from the due date: −3 is three days before.
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
    /// Bills that owe less than this are left alone at this stage, in fen.
    pub minimum_fen: i64,
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
            offset_days: stage.offset_days,
            time_of_day: stage.time_of_day,
            channels: stage.channels,
            escalate_to: stage.escalate_to,
            minimum_fen: stage.minimum_fen,
        });
        Self { stages: stages.collect(), unread_after_hours: policy.unread_after_hours }
    }
}

impl From<PolicyBody> for Policy {
    fn from(body: PolicyBody) -> Self {
        let stages = body.stages.into_iter().map(|stage| Stage {
            name: stage.name,
            offset_days: stage.offset_days,
            time_of_day: stage.time_of_day,
            channels: stage.channels,
            escalate_to: stage.escalate_to,
            minimum_fen: stage.minimum_fen,
        });
        Self { stages: stages.collect(), unread_after_hours: body.unread_after_hours }
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

/// Puts a policy in force for what is planned from now on; everything wrong with it is named. The one in force again
/// makes no new version.
#[utoipa::path(
    operation_id = "staff_put_reminder_policy", tag = "reminders", security(("staff" = [])),
    params(("project" = Uuid, Path)), responses((status = 200, body = PolicyView), Refusals)
)]
#[put("/api/staff/v1/projects/{project}/reminder-policy")]
pub async fn put(
    installation: web::Data<Installation>,
    staff: Staff<ManageReminders>,
    body: Json<PolicyBody>,
) -> Result<web::Json<PolicyView>, ApiError> {
    let policy = Policy::from(body.0);
    let version = reminders::set_policy(staff.project(), &staff.by(), &policy, installation.now()).await?.into_inner();
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
