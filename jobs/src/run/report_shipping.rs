//! Tells WeChat that what was paid for is delivered.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use service::shipping;
use service::tenancy::ProjectDb;
use service::wechat_apps::WechatApps;

use crate::apart::apart;
use crate::{JobError, ProjectJob, Schedule};

/// Reports paid orders. A mini program that trades must, or its payments may be stopped.
pub(crate) struct ReportShipping {
    pub(crate) apps: WechatApps,
}

#[async_trait]
impl ProjectJob for ReportShipping {
    fn name(&self) -> &'static str {
        "report_shipping"
    }

    fn every(&self) -> Schedule {
        Schedule::EverySeconds(60)
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(600)
    }

    async fn run(&self, project: &ProjectDb, now: DateTime<Utc>) -> Result<Json, JobError> {
        let (project, apps) = (project.clone(), self.apps.clone());
        apart(move || async move { Ok(serde_json::to_value(shipping::report(&project, &apps, now).await?)?) }).await
    }
}
