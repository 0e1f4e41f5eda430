//! The lease of a job and project.

use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{CLOCK_SKEW_MAX_MS, JobKey};
use crate::store::{StoreError, Tx};
use crate::tenancy::ControlDb;

/// A lease that was taken. Every change it makes is conditional on its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The job.
    pub job: String,
    /// The project's id, or the nil id.
    pub project_id: Uuid,
    /// The node that holds it.
    pub holder: String,
    /// Rises with every taking.
    pub lease_no: i64,
    /// Until when it holds, unless renewed.
    pub until: DateTime<Utc>,
}

/// Takes the lease when it is free, has run out, or is this node's own from before a restart. `None`: another node
/// holds it.
///
/// A lease that reaches further ahead than any lease is given was taken by a clock that has been put back since; it
/// counts as run out.
///
/// # Errors
/// [`StoreError`].
pub async fn take_lease(
    control: &ControlDb,
    key: JobKey<'_>,
    node: &str,
    now: DateTime<Utc>,
    lease_for: Duration,
) -> Result<Option<Lease>, StoreError> {
    control.transact("job_runs.take_lease", async |tx| take(tx, key, node, now, lease_for).await).await
}

/// As [`take_lease`], in an open transaction.
pub(super) async fn take(
    tx: &Tx,
    key: JobKey<'_>,
    node: &str,
    now: DateTime<Utc>,
    lease_for: Duration,
) -> Result<Option<Lease>, StoreError> {
    let until = now + lease_for;
    let lease_no: Option<i64> = tx
        .value(
            "INSERT INTO job_lease (job, project_id, holder, lease_no, lease_until_ms) VALUES ($1, $2, $3, 1, $4) \
             ON CONFLICT (job, project_id) DO UPDATE SET holder = excluded.holder, \
             lease_no = job_lease.lease_no + 1, lease_until_ms = excluded.lease_until_ms \
             WHERE job_lease.lease_until_ms <= $5 OR job_lease.lease_until_ms > $6 \
             OR job_lease.holder = excluded.holder RETURNING lease_no",
            vec![
                key.job.into(),
                key.project_id.into(),
                node.into(),
                until.timestamp_millis().into(),
                now.timestamp_millis().into(),
                until.timestamp_millis().saturating_add(CLOCK_SKEW_MAX_MS).into(),
            ],
        )
        .await?;
    Ok(lease_no.map(|lease_no| Lease {
        job: key.job.to_owned(),
        project_id: key.project_id,
        holder: node.to_owned(),
        lease_no,
        until,
    }))
}

/// Holds a lease for longer; answers until when. `None`: it was taken over or given up, and its holder must stop.
///
/// # Errors
/// [`StoreError`].
pub async fn renew(
    control: &ControlDb,
    lease: &Lease,
    now: DateTime<Utc>,
    lease_for: Duration,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let until = now + lease_for;
    let changed = control
        .transact("job_runs.renew", async |tx| {
            // A released lease is free: renewing it would take it back without a new number.
            tx.execute(
                "UPDATE job_lease SET lease_until_ms = $1 WHERE job = $2 AND project_id = $3 AND lease_no = $4 \
                 AND lease_until_ms > 0",
                vec![
                    until.timestamp_millis().into(),
                    lease.job.as_str().into(),
                    lease.project_id.into(),
                    lease.lease_no.into(),
                ],
            )
            .await
        })
        .await?;
    Ok((changed == 1).then_some(until))
}

/// Gives a lease back. False: it was no longer this holder's, and nothing was changed.
///
/// # Errors
/// [`StoreError`].
pub async fn release(control: &ControlDb, lease: &Lease) -> Result<bool, StoreError> {
    control.transact("job_runs.release", async |tx| give_back(tx, lease_key(lease), lease.lease_no).await).await
}

pub(super) fn lease_key(lease: &Lease) -> JobKey<'_> {
    JobKey { job: &lease.job, project_id: lease.project_id }
}

/// As [`release`], in an open transaction. The row stays, so that numbers only rise.
pub(super) async fn give_back(tx: &Tx, key: JobKey<'_>, lease_no: i64) -> Result<bool, StoreError> {
    let changed = tx
        .execute(
            "UPDATE job_lease SET lease_until_ms = 0 WHERE job = $1 AND project_id = $2 AND lease_no = $3",
            vec![key.job.into(), key.project_id.into(), lease_no.into()],
        )
        .await?;
    Ok(changed == 1)
}
