//! Sends the reminders whose time has come.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use service::clock::Clock;
use service::reminders::{self, Senders};
use service::tenancy::ControlDb;
use service::tenancy::ProjectDb;

use crate::{JobError, ProjectJob, Schedule};

/// Messages sent in one run of one project; the rest waits for the next.
const MESSAGES_PER_RUN: usize = 2_000;

/// Sends reminders. It reads the clock itself: sending takes so long that quiet hours may begin meanwhile.
pub(crate) struct DispatchReminders {
    pub(crate) control: ControlDb,
    pub(crate) senders: Senders,
    pub(crate) clock: Clock,
}

#[async_trait]
impl ProjectJob for DispatchReminders {
    fn name(&self) -> &'static str {
        "dispatch_reminders"
    }

    fn every(&self) -> Schedule {
        Schedule::EverySeconds(15)
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(600)
    }

    async fn run(&self, project: &ProjectDb, _now: DateTime<Utc>) -> Result<Json, JobError> {
        let Self { control, senders, clock } = self;
        let report = reminders::dispatch(project, control, senders, clock, MESSAGES_PER_RUN).await?;
        Ok(serde_json::to_value(report)?)
    }
}
