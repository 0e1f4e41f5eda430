//! Issues the bills of houses that came after the run of a period.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, NaiveTime, Utc};
use serde_json::Value as Json;
use service::bills;
use service::tenancy::ProjectDb;

use crate::apart::apart;
use crate::{JobError, ProjectJob, Schedule};

/// 02:00, when nobody pays.
const AT: NaiveTime = match NaiveTime::from_hms_opt(2, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// Catches up with bills.
pub(crate) struct CatchUpBills;

#[async_trait]
impl ProjectJob for CatchUpBills {
    fn name(&self) -> &'static str {
        "catch_up_bills"
    }

    fn every(&self) -> Schedule {
        Schedule::DailyAt(AT)
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(1_800)
    }

    async fn run(&self, project: &ProjectDb, now: DateTime<Utc>) -> Result<Json, JobError> {
        let project = project.clone();
        apart(move || async move { Ok(serde_json::to_value(bills::catch_up(&project, now).await?)?) }).await
    }
}
