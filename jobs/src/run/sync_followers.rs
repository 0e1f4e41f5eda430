//! Reads who follows the service accounts.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, NaiveTime, Utc};
use serde_json::Value as Json;
use service::clock::Clock;
use service::owners;
use service::tenancy::ControlDb;
use service::wechat_apps::WechatApps;

use crate::apart::apart;
use crate::{ControlJob, JobError, Schedule};

/// 02:30, when nobody is sent anything.
const AT: NaiveTime = match NaiveTime::from_hms_opt(2, 30, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};
/// Pages of 10,000 followers read in one run.
const PAGES_PER_RUN: u64 = 500;

/// Reads the followers of every service account in use. A run that was cut off goes on where it was; a run in which
/// WeChat did not answer has failed, so that it is tried again in the same night.
pub(crate) struct SyncFollowers {
    pub(crate) control: ControlDb,
    pub(crate) apps: WechatApps,
    pub(crate) clock: Clock,
}

#[async_trait]
impl ControlJob for SyncFollowers {
    fn name(&self) -> &'static str {
        "sync_followers"
    }

    fn every(&self) -> Schedule {
        Schedule::DailyAt(AT)
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(3_600)
    }

    async fn run(&self, _now: DateTime<Utc>) -> Result<Json, JobError> {
        let (control, apps, clock) = (self.control.clone(), self.apps.clone(), self.clock.clone());
        apart(move || async move {
            let report = owners::sync_followers(&control, &apps, &clock, PAGES_PER_RUN).await?;
            let told = serde_json::to_value(report)?;
            if report.failed > 0 {
                return Err(JobError::words(&format!("WeChat did not answer for every account: {told}")));
            }
            Ok(told)
        })
        .await
    }
}
