//! Sends what nobody read on through the next channel.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use service::reminders;
use service::tenancy::ProjectDb;

use crate::{JobError, ProjectJob, Schedule};

/// Messages looked at in one run of one project; the rest waits for the next.
const MESSAGES_PER_RUN: usize = 2_000;

/// Escalates unread reminders.
pub(crate) struct EscalateReminders;

#[async_trait]
impl ProjectJob for EscalateReminders {
    fn name(&self) -> &'static str {
        "escalate_reminders"
    }

    fn every(&self) -> Schedule {
        Schedule::EveryMinutes(1)
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(120)
    }

    async fn run(&self, project: &ProjectDb, now: DateTime<Utc>) -> Result<Json, JobError> {
        Ok(serde_json::to_value(reminders::escalate(project, now, MESSAGES_PER_RUN).await?)?)
    }
}
