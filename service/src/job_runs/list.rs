//! Runs as staff read them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::{Outcome, RunId};
use crate::store::{StoreError, Values};
use crate::tenancy::ControlDb;

/// Rows of one page.
pub const RUNS_PAGE_MAX: u32 = 200;

/// Which runs. Empty fields do not narrow.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    /// Of this job.
    pub job: Option<String>,
    /// In this project; the nil id for jobs of none.
    pub project_id: Option<Uuid>,
    /// With this end.
    pub outcome: Option<Outcome>,
}

/// Where the next page begins: after this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunCursor {
    /// Its `started_at`, in milliseconds since 1970-01-01T00:00Z.
    pub started_at_ms: i64,
    /// Its id.
    pub run: RunId,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = JobRunView)]
pub struct RunView {
    /// Its id.
    pub id: RunId,
    /// The job.
    pub job: String,
    /// The project's id, or the nil id.
    pub project_id: Uuid,
    /// When it was due.
    pub slot_at: DateTime<Utc>,
    /// The node that ran it.
    pub node: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended; empty while it runs.
    pub finished_at: Option<DateTime<Utc>>,
    /// How it ended; empty while it runs.
    pub outcome: Option<Outcome>,
    /// What it did.
    pub report: Option<serde_json::Value>,
    /// Why it failed.
    pub error: Option<String>,
}

impl RunView {
    /// Where the page after this run begins.
    #[must_use]
    pub const fn cursor(&self) -> RunCursor {
        RunCursor { started_at_ms: self.started_at.timestamp_millis(), run: self.id }
    }
}

#[derive(sea_orm::FromQueryResult)]
struct RunRow {
    id: Uuid,
    job: String,
    project_id: Uuid,
    slot_at_ms: i64,
    node: String,
    started_at_ms: i64,
    finished_at_ms: Option<i64>,
    outcome: Option<String>,
    report: Option<String>,
    error: Option<String>,
}

/// Runs, newest first; at most [`RUNS_PAGE_MAX`].
///
/// # Errors
/// [`StoreError`].
pub async fn list_runs(
    control: &ControlDb,
    filter: &RunFilter,
    after: Option<RunCursor>,
    limit: u32,
) -> Result<Vec<RunView>, StoreError> {
    let mut sql = String::from(
        "SELECT id, job, project_id, slot_at_ms, node, started_at_ms, finished_at_ms, outcome, report, error \
         FROM job_run WHERE 1 = 1",
    );
    let mut values: Values = Vec::new();
    let mut narrow = |clause: &str, value: sea_orm::Value| {
        values.push(value);
        sql.push_str(&clause.replace('?', &format!("${}", values.len())));
    };
    if let Some(job) = &filter.job {
        narrow(" AND job = ?", job.as_str().into());
    }
    if let Some(project_id) = filter.project_id {
        narrow(" AND project_id = ?", project_id.into());
    }
    if let Some(outcome) = filter.outcome {
        narrow(" AND outcome = ?", outcome.word().into());
    }
    if let Some(after) = after {
        narrow(" AND (started_at_ms < ?", after.started_at_ms.into());
        narrow(" OR (started_at_ms = ?", after.started_at_ms.into());
        narrow(" AND id < ?))", after.run.0.into());
    }
    narrow(" ORDER BY started_at_ms DESC, id DESC LIMIT ?", i64::from(limit.clamp(1, RUNS_PAGE_MAX)).into());
    let rows: Vec<RunRow> = control.read("job_runs.list", async |tx| tx.rows(&sql, values).await).await?;
    rows.into_iter().map(view).collect()
}

fn view(row: RunRow) -> Result<RunView, StoreError> {
    let bad = |what: &str| StoreError::bad_row("job_run", format!("{}: {what}", row.id));
    let instant = |ms: i64| DateTime::from_timestamp_millis(ms).ok_or_else(|| bad("an instant out of range"));
    Ok(RunView {
        id: RunId(row.id),
        slot_at: instant(row.slot_at_ms)?,
        started_at: instant(row.started_at_ms)?,
        finished_at: row.finished_at_ms.map(instant).transpose()?,
        outcome: row.outcome.as_deref().map(|word| Outcome::parse(word).ok_or_else(|| bad("outcome"))).transpose()?,
        report: row.report.as_deref().map(|text| serde_json::from_str(text).map_err(|_| bad("report"))).transpose()?,
        job: row.job,
        project_id: row.project_id,
        node: row.node,
        error: row.error,
    })
}
