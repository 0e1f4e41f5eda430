//! One run of a job: begun once per slot, ended once by who holds its lease.

use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::lease::{self, Lease};
use super::{CLOCK_SKEW_MAX_MS, JobKey, Outcome, RunId};
use crate::store::{StoreError, Tx};
use crate::tenancy::ControlDb;

/// Leases of stopped nodes cleared in one call.
const STALE_PER_CALL: i64 = 500;
/// How far back failures in a row are counted.
const STREAK_MAX: i64 = 50;
/// Old records go with every so-many-th run, not with each.
const PRUNE_EVERY: i64 = 50;

/// A slot that is this node's to run: the lease and the run's record.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The run.
    pub run: RunId,
    /// What protects it.
    pub lease: Lease,
}

/// How a run ended, for its record.
#[derive(Debug, Clone, Copy)]
pub struct Finish<'a> {
    /// How.
    pub outcome: Outcome,
    /// What it did, for staff to read; JSON.
    pub report: Option<&'a serde_json::Value>,
    /// Why it failed; no personal data.
    pub error: Option<&'a str>,
}

/// Which records of a job and project are kept: those of slots at or after these instants.
#[derive(Debug, Clone, Copy)]
pub struct Keep {
    /// For runs that did their work.
    pub ok_since: DateTime<Utc>,
    /// For all others.
    pub failed_since: DateTime<Utc>,
}

/// What became of an ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// It is recorded. `failures_in_a_row` is 0 after success and counts this run otherwise, up to 50.
    Recorded {
        /// How many of the newest runs of this job and project, this one among them, went wrong without a break.
        failures_in_a_row: u32,
    },
    /// The lease was lost or the run was ended by somebody else: nothing was changed.
    Stale,
}

/// Begins a run. `None`: some node ran this slot. A run of this job and project that never ended is marked as
/// abandoned: call this with the lease in hand.
///
/// # Errors
/// [`StoreError`].
pub async fn start_run(
    control: &ControlDb,
    key: JobKey<'_>,
    slot_at: DateTime<Utc>,
    node: &str,
    now: DateTime<Utc>,
) -> Result<Option<RunId>, StoreError> {
    control.transact("job_runs.start", async |tx| start(tx, key, slot_at, node, now).await).await
}

async fn start(
    tx: &Tx,
    key: JobKey<'_>,
    slot_at: DateTime<Utc>,
    node: &str,
    now: DateTime<Utc>,
) -> Result<Option<RunId>, StoreError> {
    tx.execute(
        "UPDATE job_run SET outcome = 'abandoned', finished_at_ms = $1 WHERE finished_at_ms IS NULL AND id = \
         (SELECT id FROM job_run WHERE job = $2 AND project_id = $3 ORDER BY slot_at_ms DESC LIMIT 1)",
        vec![now.timestamp_millis().into(), key.job.into(), key.project_id.into()],
    )
    .await?;
    let id = Uuid::now_v7();
    let inserted = tx
        .execute(
            "INSERT INTO job_run (id, job, project_id, slot_at_ms, node, started_at_ms) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (job, project_id, slot_at_ms) DO NOTHING",
            vec![
                id.into(),
                key.job.into(),
                key.project_id.into(),
                slot_at.timestamp_millis().into(),
                node.into(),
                now.timestamp_millis().into(),
            ],
        )
        .await?;
    Ok((inserted == 1).then_some(RunId(id)))
}

/// Takes the lease and begins the run in one transaction. `None`: another node holds the lease, or ran the slot.
///
/// # Errors
/// [`StoreError`].
pub async fn claim(
    control: &ControlDb,
    key: JobKey<'_>,
    slot_at: DateTime<Utc>,
    node: &str,
    now: DateTime<Utc>,
    lease_for: Duration,
) -> Result<Option<Claim>, StoreError> {
    control
        .transact("job_runs.claim", async |tx| {
            let Some(lease) = lease::take(tx, key, node, now, lease_for).await? else { return Ok(None) };
            if let Some(run) = start(tx, key, slot_at, node, now).await? {
                return Ok(Some(Claim { run, lease }));
            }
            lease::give_back(tx, key, lease.lease_no).await?;
            Ok(None)
        })
        .await
}

/// Ends a run, if `lease_no` is still the number of its lease. False: it is not, or the run has ended; nothing is
/// changed.
///
/// # Errors
/// [`StoreError`].
pub async fn finish_run(
    control: &ControlDb,
    run: RunId,
    lease_no: i64,
    finish: Finish<'_>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    control.transact("job_runs.finish", async |tx| end(tx, run, lease_no, finish, now).await).await
}

async fn end(tx: &Tx, run: RunId, lease_no: i64, finish: Finish<'_>, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let changed = tx
        .execute(
            "UPDATE job_run SET outcome = $1, report = $2, error = $3, finished_at_ms = $4 \
             WHERE id = $5 AND finished_at_ms IS NULL AND EXISTS (SELECT 1 FROM job_lease l \
             WHERE l.job = job_run.job AND l.project_id = job_run.project_id AND l.lease_no = $6)",
            vec![
                finish.outcome.word().into(),
                finish.report.map(ToString::to_string).into(),
                finish.error.map(str::to_owned).into(),
                now.timestamp_millis().into(),
                run.0.into(),
                lease_no.into(),
            ],
        )
        .await?;
    Ok(changed == 1)
}

/// Ends a run, gives its lease back and drops records that are too old, in one transaction.
///
/// # Errors
/// [`StoreError`].
pub async fn finish_claim(
    control: &ControlDb,
    claim: &Claim,
    finish: Finish<'_>,
    keep: Keep,
    now: DateTime<Utc>,
) -> Result<Finished, StoreError> {
    let lease = &claim.lease;
    let key = lease::lease_key(lease);
    control
        .transact("job_runs.finish", async |tx| {
            if !end(tx, claim.run, lease.lease_no, finish, now).await? {
                return Ok(Finished::Stale);
            }
            lease::give_back(tx, key, lease.lease_no).await?;
            if lease.lease_no % PRUNE_EVERY == 0 {
                prune(tx, key, keep).await?;
            }
            let failures_in_a_row = match finish.outcome {
                Outcome::Ok => 0,
                _ => streak(tx, key).await?,
            };
            Ok(Finished::Recorded { failures_in_a_row })
        })
        .await
}

async fn streak(tx: &Tx, key: JobKey<'_>) -> Result<u32, StoreError> {
    let outcomes: Vec<OutcomeRow> = tx
        .rows(
            "SELECT outcome FROM job_run WHERE job = $1 AND project_id = $2 AND outcome IS NOT NULL \
             ORDER BY slot_at_ms DESC LIMIT $3",
            vec![key.job.into(), key.project_id.into(), STREAK_MAX.into()],
        )
        .await?;
    let failed = outcomes.iter().take_while(|row| row.outcome != Outcome::Ok.word()).count();
    Ok(u32::try_from(failed).unwrap_or(u32::MAX))
}

#[derive(sea_orm::FromQueryResult)]
struct OutcomeRow {
    outcome: String,
}

async fn prune(tx: &Tx, key: JobKey<'_>, keep: Keep) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM job_run WHERE job = $1 AND project_id = $2 AND finished_at_ms IS NOT NULL \
         AND ((outcome = 'ok' AND slot_at_ms < $3) OR slot_at_ms < $4)",
        vec![
            key.job.into(),
            key.project_id.into(),
            keep.ok_since.timestamp_millis().into(),
            keep.failed_since.timestamp_millis().into(),
        ],
    )
    .await?;
    Ok(())
}

#[derive(sea_orm::FromQueryResult)]
struct StaleRow {
    job: String,
    project_id: Uuid,
    lease_no: i64,
}

/// Marks runs without an end whose lease ran out as abandoned, and frees the leases; answers how many runs.
///
/// # Errors
/// [`StoreError`].
pub async fn abandon_stale(control: &ControlDb, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let now_ms = now.timestamp_millis();
    let stale: Vec<StaleRow> = control
        .read("job_runs.stale", async |tx| {
            tx.rows(
                "SELECT job, project_id, lease_no FROM job_lease WHERE lease_until_ms > 0 AND lease_until_ms <= $1 \
                 LIMIT $2",
                vec![now_ms.into(), STALE_PER_CALL.into()],
            )
            .await
        })
        .await?;
    if stale.is_empty() {
        return Ok(0);
    }
    control
        .transact("job_runs.abandon", async |tx| {
            let mut abandoned = 0;
            for row in stale {
                // It may have been renewed, or taken over, since it was read.
                let freed = tx
                    .execute(
                        "UPDATE job_lease SET lease_until_ms = 0 WHERE job = $1 AND project_id = $2 \
                         AND lease_no = $3 AND lease_until_ms <= $4",
                        vec![row.job.as_str().into(), row.project_id.into(), row.lease_no.into(), now_ms.into()],
                    )
                    .await?;
                if freed == 1 {
                    abandoned += tx
                        .execute(
                            "UPDATE job_run SET outcome = 'abandoned', finished_at_ms = $1 \
                             WHERE job = $2 AND project_id = $3 AND finished_at_ms IS NULL",
                            vec![now_ms.into(), row.job.into(), row.project_id.into()],
                        )
                        .await?;
                }
            }
            Ok(abandoned)
        })
        .await
}

/// Drops the records of ended runs that lie further ahead than clocks may differ; answers how many. The clock was put
/// back: without this, slots that "have been run" would block every job until the old time is reached again.
///
/// # Errors
/// [`StoreError`].
pub async fn forget_future(control: &ControlDb, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let limit_ms = now.timestamp_millis().saturating_add(CLOCK_SKEW_MAX_MS);
    control
        .transact("job_runs.forget_future", async |tx| {
            tx.execute(
                "DELETE FROM job_run WHERE started_at_ms > $1 AND slot_at_ms > $1 AND finished_at_ms IS NOT NULL",
                vec![limit_ms.into()],
            )
            .await
        })
        .await
}
