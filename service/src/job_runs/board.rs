//! What stands where: the newest slot and the lease of every job and project, in one reading per page.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{JobKey, Outcome};
use crate::store::StoreError;
use crate::tenancy::ControlDb;

/// Rows of one page of the board.
pub const BOARD_PAGE_ROWS: usize = 5_000;

/// How a job stands in a project. There is one as soon as it ran once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The job.
    pub job: String,
    /// The project's id, or the nil id.
    pub project_id: Uuid,
    /// The node that holds, or held, the lease.
    pub holder: String,
    /// Until when the lease holds; `None` when it was given back.
    pub lease_until: Option<DateTime<Utc>>,
    /// The newest slot that was begun.
    pub last_slot: Option<DateTime<Utc>>,
    /// How it ended; `None` while it runs.
    pub last_outcome: Option<Outcome>,
}

#[derive(sea_orm::FromQueryResult)]
struct StandingRow {
    job: String,
    project_id: Uuid,
    holder: String,
    lease_until_ms: i64,
    last_slot_at_ms: Option<i64>,
    last_outcome: Option<String>,
}

/// A page of the board, by job and project, after `after`. Fewer than [`BOARD_PAGE_ROWS`] rows: it was the last.
///
/// # Errors
/// [`StoreError`].
pub async fn board_page(control: &ControlDb, after: Option<JobKey<'_>>) -> Result<Vec<Standing>, StoreError> {
    let after = after.unwrap_or(JobKey::in_control(""));
    let limit = i64::try_from(BOARD_PAGE_ROWS).unwrap_or(i64::MAX);
    // The newest slot is the end of a range of the unique key: two steps into an index per row, however many runs.
    let rows: Vec<StandingRow> = control
        .read("job_runs.board", async |tx| {
            tx.rows(
                "SELECT l.job, l.project_id, l.holder, l.lease_until_ms, \
                 (SELECT r.slot_at_ms FROM job_run r WHERE r.job = l.job AND r.project_id = l.project_id \
                 ORDER BY r.slot_at_ms DESC LIMIT 1) AS last_slot_at_ms, \
                 (SELECT r.outcome FROM job_run r WHERE r.job = l.job AND r.project_id = l.project_id \
                 ORDER BY r.slot_at_ms DESC LIMIT 1) AS last_outcome \
                 FROM job_lease l WHERE l.job > $1 OR (l.job = $1 AND l.project_id > $2) \
                 ORDER BY l.job, l.project_id LIMIT $3",
                vec![after.job.into(), after.project_id.into(), limit.into()],
            )
            .await
        })
        .await?;
    rows.into_iter().map(standing).collect()
}

fn standing(row: StandingRow) -> Result<Standing, StoreError> {
    let bad = |what: &str| StoreError::bad_row("job_run", format!("{} {}: {what}", row.job, row.project_id));
    let instant = |ms: i64| DateTime::from_timestamp_millis(ms).ok_or_else(|| bad("an instant out of range"));
    let lease_until = (row.lease_until_ms > 0).then(|| instant(row.lease_until_ms)).transpose()?;
    let last_slot = row.last_slot_at_ms.map(instant).transpose()?;
    let last_outcome =
        row.last_outcome.as_deref().map(|word| Outcome::parse(word).ok_or_else(|| bad("outcome"))).transpose()?;
    Ok(Standing { job: row.job, project_id: row.project_id, holder: row.holder, lease_until, last_slot, last_outcome })
}

/// The newest slot of a job and project that was begun.
///
/// # Errors
/// [`StoreError`].
pub async fn last_slot(control: &ControlDb, key: JobKey<'_>) -> Result<Option<DateTime<Utc>>, StoreError> {
    let slot_at_ms: Option<i64> = control
        .read("job_runs.last_slot", async |tx| {
            tx.value(
                "SELECT slot_at_ms FROM job_run WHERE job = $1 AND project_id = $2 ORDER BY slot_at_ms DESC LIMIT 1",
                vec![key.job.into(), key.project_id.into()],
            )
            .await
        })
        .await?;
    slot_at_ms
        .map(|ms| {
            DateTime::from_timestamp_millis(ms)
                .ok_or_else(|| StoreError::bad_row("job_run", format!("{} {} slot_at_ms", key.job, key.project_id)))
        })
        .transpose()
}
