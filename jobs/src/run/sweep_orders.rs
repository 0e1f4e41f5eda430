//! Asks WeChat Pay about the orders that nobody told us about.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use service::payments::{self, Merchants};
use service::tenancy::ProjectDb;

use crate::apart::apart;
use crate::startup::Pay;
use crate::{JobError, ProjectJob, Schedule};

/// Sweeps payment orders. Each order has its own time for the next question; this only looks whose has come.
pub(crate) struct SweepOrders {
    pub(crate) pay: Pay,
    pub(crate) merchants: Merchants,
}

#[async_trait]
impl ProjectJob for SweepOrders {
    fn name(&self) -> &'static str {
        "sweep_orders"
    }

    fn every(&self) -> Schedule {
        Schedule::EverySeconds(5)
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(300)
    }

    async fn run(&self, project: &ProjectDb, now: DateTime<Utc>) -> Result<Json, JobError> {
        let (project, pay, merchants) = (project.clone(), Arc::clone(&self.pay), self.merchants.clone());
        apart(move || async move {
            Ok(serde_json::to_value(payments::sweep_orders(&project, &pay, &merchants, now).await?)?)
        })
        .await
    }
}
