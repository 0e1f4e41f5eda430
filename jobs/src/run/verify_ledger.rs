//! Checks the books of a project: the chain of postings and every invariant between money and bills.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, NaiveTime, Utc};
use serde_json::{Value as Json, json};
use service::ledger;
use service::tenancy::ProjectDb;

use crate::{JobError, ProjectJob, Schedule};

/// 03:00, when nobody pays.
const AT: NaiveTime = match NaiveTime::from_hms_opt(3, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};
/// Findings kept in the record; the command that verifies shows them all.
const FINDINGS_REPORTED: usize = 20;

/// Verifies the ledger. A finding is no failure of this job: it did what it is there for, and says so loudly.
pub(crate) struct VerifyLedger;

#[async_trait]
impl ProjectJob for VerifyLedger {
    fn name(&self) -> &'static str {
        "verify_ledger"
    }

    fn every(&self) -> Schedule {
        Schedule::DailyAt(AT)
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(1_800)
    }

    async fn run(&self, project: &ProjectDb, now: DateTime<Utc>) -> Result<Json, JobError> {
        let report = ledger::verify(project).await?;
        let found = report.findings.len();
        if found > 0 {
            metrics::counter!("jobs_alarms_total", "job" => self.name()).increment(1);
            tracing::error!(alarm = "ledger_unsound", project = %project.id(), found, "the books do not add up");
            ledger::raise_alarm(project, &report, now).await?;
        }
        let first = report.findings.get(..FINDINGS_REPORTED).unwrap_or(&report.findings);
        Ok(json!({ "postings": report.postings, "found": found, "findings": first }))
    }
}
