//! Learns when each payer looks at messages.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, NaiveTime, Utc};
use serde_json::Value as Json;
use service::reminders;
use service::tenancy::ProjectDb;

use crate::apart::apart;
use crate::{JobError, ProjectJob, Schedule};

/// 02:15, before anything of the day is planned.
const AT: NaiveTime = match NaiveTime::from_hms_opt(2, 15, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// Learns best hours anew from the last half year. Planning takes them from the next stage on.
pub(crate) struct LearnHours;

#[async_trait]
impl ProjectJob for LearnHours {
    fn name(&self) -> &'static str {
        "learn_hours"
    }

    fn every(&self) -> Schedule {
        Schedule::DailyAt(AT)
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(1_800)
    }

    async fn run(&self, project: &ProjectDb, now: DateTime<Utc>) -> Result<Json, JobError> {
        let project = project.clone();
        apart(move || async move { Ok(serde_json::to_value(reminders::learn_hours(&project, now).await?)?) }).await
    }
}
