//! Which clock job runs where, and how it went: leases that keep two nodes from running one job at once, and a record
//! of every run that staff can read.
//!
//! A lease (`job_lease`) belongs to a job and a project; its number rises with every taking, so that a holder that
//! slept past its lease can no longer say anything about the run (a fencing number). A run (`job_run`) belongs to a
//! slot, the instant it was due; the slot is unique, so that a slot is run once however many nodes there are.

mod board;
mod lease;
mod list;
mod run;
#[cfg(test)]
mod stories;

pub use board::{BOARD_PAGE_ROWS, Standing, board_page, last_slot};
pub use lease::{Lease, release, renew, take_lease};
pub use list::{RUNS_PAGE_MAX, RunCursor, RunFilter, RunView, list_runs};
pub use run::{
    Claim, Finish, Finished, Keep, abandon_stale, claim, finish_claim, finish_run, forget_future, start_run,
};

use domain::ids::ProjectId;
use uuid::Uuid;

/// How far the clocks of two nodes may be apart before one of them is taken for wrong: ten minutes. WeChat Pay refuses
/// signatures that are five minutes off, so such a node serves nobody anyway.
const CLOCK_SKEW_MAX_MS: i64 = 10 * 60 * 1000;

/// A job, in a project or (the nil id) in none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JobKey<'a> {
    /// The job's name: `snake_case`, stable.
    pub job: &'a str,
    /// The project's id, or the nil id.
    pub project_id: Uuid,
}

impl<'a> JobKey<'a> {
    /// The job in a project.
    #[must_use]
    pub const fn in_project(job: &'a str, project: ProjectId) -> Self {
        Self { job, project_id: project.uuid() }
    }

    /// A job that belongs to no project.
    #[must_use]
    pub const fn in_control(job: &'a str) -> Self {
        Self { job, project_id: Uuid::nil() }
    }
}

/// The id of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct RunId(pub Uuid);

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It did its work.
    Ok,
    /// It answered an error.
    Failed,
    /// It panicked.
    Panicked,
    /// It was stopped at its deadline.
    TimedOut,
    /// Its node stopped or lost the lease before the end.
    Abandoned,
}

impl Outcome {
    /// The stable word, as columns and metrics have it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Panicked => "panicked",
            Self::TimedOut => "timed_out",
            Self::Abandoned => "abandoned",
        }
    }

    /// Reads the stable word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Ok, Self::Failed, Self::Panicked, Self::TimedOut, Self::Abandoned]
            .into_iter()
            .find(|outcome| outcome.word() == word)
    }
}
