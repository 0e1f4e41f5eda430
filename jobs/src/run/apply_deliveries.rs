//! Joins what the vendors told of a message with the message.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use service::reminders;
use service::tenancy::{ControlDb, Projects};

use crate::{ControlJob, JobError, Schedule};

/// Events applied in one run; the rest waits for the next.
const EVENTS_PER_RUN: usize = 500;

/// Applies delivery events: they come by account, not by project.
pub(crate) struct ApplyDeliveries {
    pub(crate) control: ControlDb,
    pub(crate) projects: Projects,
}

#[async_trait]
impl ControlJob for ApplyDeliveries {
    fn name(&self) -> &'static str {
        "apply_deliveries"
    }

    fn every(&self) -> Schedule {
        Schedule::EverySeconds(15)
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(120)
    }

    async fn run(&self, now: DateTime<Utc>) -> Result<Json, JobError> {
        let applied = reminders::apply_deliveries(&self.control, &self.projects, now, EVENTS_PER_RUN);
        let report = Box::pin(applied).await?;
        Ok(serde_json::to_value(report)?)
    }
}
