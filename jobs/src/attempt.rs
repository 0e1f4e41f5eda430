//! One run: under a lease that is renewed while it lasts, with a deadline, its panics caught.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use domain::ids::ProjectId;
use futures_util::FutureExt;
use serde_json::Value as Json;
use service::clock::Clock;
use service::job_runs::{self, Claim, Finish, Finished, Lease, Outcome};
use service::store::StoreError;
use service::tenancy::{ControlDb, Projects};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::JobError;
use crate::registered::Registered;
use crate::scrub::scrub;

/// A lease is renewed so many times before it would run out.
const BEATS_PER_LEASE: u32 = 3;

/// A longer report is left out of the record.
const REPORT_BYTES_MAX: usize = 64 * 1024;

/// What a run works with.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) control: ControlDb,
    pub(crate) projects: Projects,
    pub(crate) clock: Clock,
    pub(crate) lease_for: Duration,
    pub(crate) alarm_after_failures: u32,
    /// Stops what is running.
    pub(crate) cancel: CancellationToken,
}

/// How a run ended, before it is recorded.
pub(crate) struct Ended {
    pub(crate) outcome: Outcome,
    pub(crate) report: Option<Json>,
    pub(crate) error: Option<String>,
}

impl Ended {
    fn wrong(outcome: Outcome, error: &str) -> Self {
        Self { outcome, report: None, error: Some(error.to_owned()) }
    }
}

/// Runs a claimed slot to its end and records it. The flag is false when the lease was lost meanwhile.
pub(crate) async fn attempt(
    around: &Surroundings,
    job: &Registered,
    project: Option<ProjectId>,
    claim: &Claim,
) -> Result<(Ended, bool), StoreError> {
    let began = Instant::now();
    let ended = {
        let lost = CancellationToken::new();
        let _beat = AbortOnDropHandle::new(tokio::spawn(beat(around.clone(), claim.lease.clone(), lost.clone())));
        tokio::select! {
            biased;
            () = around.cancel.cancelled() => Ended::wrong(Outcome::Abandoned, "stopped by the shutdown of its node"),
            () = lost.cancelled() => Ended::wrong(Outcome::Abandoned, "its lease was lost"),
            ended = within_deadline(around, job, project) => ended,
        }
    };
    metrics::counter!("jobs_runs_total", "job" => job.name, "outcome" => ended.outcome.word()).increment(1);
    metrics::histogram!("jobs_run_seconds", "job" => job.name, "outcome" => ended.outcome.word())
        .record(began.elapsed());
    let recorded = record(around, job, claim, &ended).await?;
    Ok((ended, recorded))
}

async fn within_deadline(around: &Surroundings, job: &Registered, project: Option<ProjectId>) -> Ended {
    let now = around.clock.now();
    let caught = AssertUnwindSafe(job.run(&around.projects, project, now)).catch_unwind();
    match tokio::time::timeout(job.deadline, caught).await {
        Err(_) => Ended::wrong(Outcome::TimedOut, &format!("stopped after {} ms", job.deadline.as_millis())),
        Ok(Err(payload)) => Ended::wrong(Outcome::Panicked, &panic_words(payload.as_ref())),
        Ok(Ok(Err(error))) => Ended::wrong(Outcome::Failed, error.text()),
        Ok(Ok(Ok(report))) => Ended { outcome: Outcome::Ok, report: Some(bounded(report)), error: None },
    }
}

fn bounded(report: Json) -> Json {
    let bytes = report.to_string().len();
    if bytes > REPORT_BYTES_MAX { serde_json::json!({ "left_out_bytes": bytes }) } else { report }
}

fn panic_words(payload: &(dyn std::any::Any + Send)) -> String {
    let words = payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("panicked");
    scrub(words)
}

/// Renews the lease until it is stopped; says when it was lost.
async fn beat(around: Surroundings, lease: Lease, lost: CancellationToken) {
    let mut until = lease.until;
    loop {
        tokio::time::sleep(around.lease_for / BEATS_PER_LEASE).await;
        match renewed(&around, &lease, until).await {
            Some(longer) => until = longer,
            None => return lost.cancel(),
        }
    }
}

/// A database that does not answer is asked again until the lease has run out.
async fn renewed(around: &Surroundings, lease: &Lease, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let now = around.clock.now();
    match job_runs::renew(&around.control, lease, now, around.lease_for).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::warn!(error = JobError::from(error).text(), job = lease.job, "a lease could not be renewed");
            (now < until).then_some(until)
        }
    }
}

async fn record(around: &Surroundings, job: &Registered, claim: &Claim, ended: &Ended) -> Result<bool, StoreError> {
    let now = around.clock.now();
    let finish = Finish { outcome: ended.outcome, report: ended.report.as_ref(), error: ended.error.as_deref() };
    match job_runs::finish_claim(&around.control, claim, finish, job.schedule.keep(now), now).await? {
        Finished::Stale => {
            tracing::warn!("the lease was lost before the end of the run: its end is not recorded");
            Ok(false)
        }
        Finished::Recorded { failures_in_a_row } => {
            if let Some(error) = &ended.error {
                tracing::warn!(outcome = ended.outcome.word(), error, failures_in_a_row, "a job went wrong");
            }
            // Equal, not more: one alarm for one row of failures, whichever nodes they were on.
            if failures_in_a_row == around.alarm_after_failures {
                metrics::counter!("jobs_alarms_total", "job" => job.name).increment(1);
                tracing::error!(alarm = "job_keeps_failing", failures_in_a_row, "a job keeps failing");
            }
            Ok(true)
        }
    }
}
