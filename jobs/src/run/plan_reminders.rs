//! Writes the reminders that have become due to be sent: one row per bill and stage.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use service::reminders;
use service::tenancy::ProjectDb;

use crate::{JobError, ProjectJob, Schedule};

/// Plans reminders. What was planned before is left alone, so it may also be run on demand.
pub(crate) struct PlanReminders;

#[async_trait]
impl ProjectJob for PlanReminders {
    fn name(&self) -> &'static str {
        "plan_reminders"
    }

    fn every(&self) -> Schedule {
        Schedule::EveryMinutes(10)
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(300)
    }

    async fn run(&self, project: &ProjectDb, now: DateTime<Utc>) -> Result<Json, JobError> {
        Ok(serde_json::to_value(reminders::plan(project, now).await?)?)
    }
}
