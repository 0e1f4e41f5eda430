//! Begins the campaigns whose time has come, and closes those that are over.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use service::reminders;
use service::tenancy::ProjectDb;

use crate::{JobError, ProjectJob, Schedule};

/// Begins and closes campaigns. The messages go out with all others.
pub(crate) struct StartCampaigns;

#[async_trait]
impl ProjectJob for StartCampaigns {
    fn name(&self) -> &'static str {
        "start_campaigns"
    }

    fn every(&self) -> Schedule {
        Schedule::EveryMinutes(1)
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(120)
    }

    async fn run(&self, project: &ProjectDb, now: DateTime<Utc>) -> Result<Json, JobError> {
        Ok(serde_json::to_value(reminders::run_campaigns(project, now).await?)?)
    }
}
