//! Sends refunds, and asks WeChat Pay about those that nobody told us the end of.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use service::installation::refund_notify_url;
use service::payments::Merchants;
use service::refunds;
use service::tenancy::ProjectDb;

use crate::apart::apart;
use crate::startup::Pay;
use crate::{JobError, ProjectJob, Schedule};

/// Sweeps refunds. Each has its own time for the next look; this only looks whose has come.
pub(crate) struct SweepRefunds {
    pub(crate) pay: Pay,
    pub(crate) merchants: Merchants,
    pub(crate) public_url: String,
}

#[async_trait]
impl ProjectJob for SweepRefunds {
    fn name(&self) -> &'static str {
        "sweep_refunds"
    }

    fn every(&self) -> Schedule {
        Schedule::EverySeconds(30)
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(300)
    }

    async fn run(&self, project: &ProjectDb, now: DateTime<Utc>) -> Result<Json, JobError> {
        let (project, pay, merchants) = (project.clone(), Arc::clone(&self.pay), self.merchants.clone());
        let url = refund_notify_url(&self.public_url, project.id());
        apart(move || async move {
            Ok(serde_json::to_value(refunds::sweep_refunds(&project, &pay, &merchants, &url, now).await?)?)
        })
        .await
    }
}
