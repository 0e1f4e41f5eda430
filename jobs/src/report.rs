//! What a tick and a run did.

use chrono::{DateTime, Utc};
use domain::ids::ProjectId;
use serde::Serialize;
use service::job_runs::{Outcome, RunId};

/// One run of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunReport {
    /// The run.
    pub run: RunId,
    /// The job.
    pub job: &'static str,
    /// The project; empty for a job of none.
    pub project: Option<ProjectId>,
    /// When it was due.
    pub slot_at: DateTime<Utc>,
    /// How it ended.
    pub outcome: Outcome,
    /// False: the lease was lost before the end, and another node has the say about this run.
    pub recorded: bool,
    /// What it did.
    pub report: Option<serde_json::Value>,
    /// Why it failed; no personal data.
    pub error: Option<String>,
}

/// One look at the clock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TickReport {
    /// True: another tick of this process was looking, and this one did nothing.
    pub skipped: bool,
    /// Jobs and projects that were due and not in hand.
    pub due: usize,
    /// Of those, how many another node had or took first.
    pub elsewhere: usize,
    /// Runs of stopped nodes that were marked as abandoned.
    pub abandoned: u64,
    /// Pages read to know what is due: one for each 5,000 jobs and projects, however many runs there are.
    pub pages_read: usize,
    /// The runs, in no order.
    pub runs: Vec<RunReport>,
}

impl TickReport {
    /// How many runs ended so.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> usize {
        self.runs.iter().filter(|run| run.outcome == outcome).count()
    }
}
