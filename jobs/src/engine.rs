//! The engine: what is due is claimed, run under a lease and recorded, a bounded number at a time.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::ProjectId;
use service::clock::Clock;
use service::job_runs::{self, Claim, JobKey};
use service::store::StoreError;
use service::tenancy::{ControlDb, Projects, TenancyError};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use uuid::Uuid;

use crate::attempt::{Surroundings, attempt};
use crate::board::{Board, Due};
use crate::registered::{Body, Registered};
use crate::{ControlJob, JobError, ProjectJob, RunReport, TickReport};

/// Runs begun by one tick; what waited longest comes first, the rest waits for the next.
const RUNS_PER_TICK: usize = 20_000;
/// Instants tried for a run on demand when others were asked for in the same millisecond.
const ON_DEMAND_SLOTS: i64 = 1_000;

/// Why the engine could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No job has this name.
    #[error("没有名为 {0} 的任务")]
    UnknownJob(String),
    /// A job of a project was asked for without one, or a job of none with one.
    #[error("任务 {0} 的项目参数有误")]
    WrongProject(&'static str),
    /// The job is running, here or on another node.
    #[error("任务 {0} 正在执行，请稍后再试")]
    Busy(&'static str),
    /// The engine is shutting down.
    #[error("系统正在停止")]
    Stopping,
    /// The project cannot be served.
    #[error(transparent)]
    Tenancy(#[from] TenancyError),
    /// The control database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The alarm clock failed.
    #[error("定时器无法启动")]
    Scheduler(#[from] tokio_cron_scheduler::JobSchedulerError),
}

impl EngineError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownJob(_) => "unknown_job",
            Self::WrongProject(_) => "wrong_project",
            Self::Busy(_) => "job_busy",
            Self::Stopping => "stopping",
            Self::Tenancy(_) => "project_unavailable",
            Self::Store(_) | Self::Scheduler(_) => "internal",
        }
    }
}

/// How much the engine does at once.
#[derive(Debug, Clone, Copy)]
pub struct EngineSettings {
    /// Time between two looks at the clock: whole seconds, 1 to 60.
    pub tick: Duration,
    /// Runs of this process at once, over all jobs.
    pub jobs_at_once: usize,
    /// Runs of one job at once, over all projects.
    pub projects_at_once: usize,
    /// How long a run is protected after its node stops.
    pub lease_for: Duration,
    /// So many failures in a row of one job in one project raise one alarm.
    pub alarm_after_failures: u32,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            tick: Duration::from_secs(5),
            jobs_at_once: 16,
            projects_at_once: 4,
            lease_for: Duration::from_secs(60),
            alarm_after_failures: 5,
        }
    }
}

/// The engine of one node. Clones share everything but the jobs added to them later.
#[derive(Clone)]
pub struct Engine {
    pub(crate) shared: Arc<Shared>,
    jobs: Vec<Arc<Registered>>,
}

/// What all clones of an engine have in common.
pub(crate) struct Shared {
    around: Surroundings,
    node: String,
    pub(crate) settings: EngineSettings,
    turns: Semaphore,
    looking: tokio::sync::Mutex<()>,
    in_hand: Mutex<HashSet<(&'static str, Uuid)>>,
    /// No run begins any more.
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

/// A job and project that this process works on; dropped with the work.
struct InHand {
    shared: Arc<Shared>,
    key: (&'static str, Uuid),
}

impl Drop for InHand {
    fn drop(&mut self) {
        self.shared.in_hand.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

impl Engine {
    /// An engine without jobs. `node` names this node in leases and records; no two running nodes share a name.
    #[must_use]
    pub fn new(control: ControlDb, projects: Projects, clock: Clock, node: &str, settings: EngineSettings) -> Self {
        let around = Surroundings {
            control,
            projects,
            clock,
            lease_for: settings.lease_for,
            alarm_after_failures: settings.alarm_after_failures,
            cancel: CancellationToken::new(),
        };
        let shared = Shared {
            around,
            node: node.to_owned(),
            settings,
            turns: Semaphore::new(settings.jobs_at_once.max(1)),
            looking: tokio::sync::Mutex::new(()),
            in_hand: Mutex::new(HashSet::new()),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        Self { shared: Arc::new(shared), jobs: Vec::new() }
    }

    /// Adds a job that runs in each project.
    #[must_use]
    pub fn project_job(self, job: impl ProjectJob) -> Self {
        let registered = Registered::of_project(job, self.shared.settings.projects_at_once);
        self.with(registered)
    }

    /// Adds a job that belongs to no project.
    #[must_use]
    pub fn control_job(self, job: impl ControlJob) -> Self {
        self.with(Registered::of_control(job))
    }

    fn with(mut self, job: Registered) -> Self {
        if self.job(job.name).is_some() {
            tracing::error!(job = job.name, "two jobs have one name: the second is left out");
        } else {
            self.jobs.push(Arc::new(job));
        }
        self
    }

    /// The names of its jobs, in the order they were added.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.jobs.iter().map(|job| job.name).collect()
    }

    fn job(&self, name: &str) -> Option<&Arc<Registered>> {
        self.jobs.iter().find(|job| job.name == name)
    }

    /// Runs all that is due and waits for it. A tick while another one of this process is looking does nothing; what
    /// an earlier tick has in hand is left to it, so a slow job delays no other.
    ///
    /// # Errors
    /// [`EngineError`] when the control database does not answer. What goes wrong in a run is in the report.
    pub async fn tick(&self) -> Result<TickReport, EngineError> {
        let Ok(looking) = self.shared.looking.try_lock() else {
            return Ok(TickReport { skipped: true, ..TickReport::default() });
        };
        if self.shared.stop.is_cancelled() {
            return Ok(TickReport { skipped: true, ..TickReport::default() });
        }
        let (due, mut report) = self.look().await?;
        let runs: Vec<_> = due
            .into_iter()
            .take(RUNS_PER_TICK)
            .filter_map(|due| {
                let held = self.take_in_hand(due.job.name, due.project)?;
                Some(self.shared.tasks.spawn(run_due(Arc::clone(&self.shared), due, held)))
            })
            .collect();
        report.due = runs.len();
        drop(looking);
        for run in runs {
            match run.await {
                Ok(Ok(Some(run))) => report.runs.push(run),
                Ok(Ok(None)) => report.elsewhere += 1,
                Ok(Err(error)) => {
                    tracing::error!(error = JobError::from(error).text(), "a run could not be recorded");
                }
                Err(error) => tracing::error!(%error, "a run ended without a word"),
            }
        }
        Ok(report)
    }

    /// Works out what is due. Reads a page per 5,000 jobs and projects, whatever is due or not.
    async fn look(&self) -> Result<(Vec<Due>, TickReport), EngineError> {
        let Surroundings { control, projects, clock, lease_for, .. } = &self.shared.around;
        let now = clock.now();
        let abandoned = job_runs::abandon_stale(control, now).await?;
        let infos = if self.jobs.iter().any(|job| matches!(job.body, Body::Project(_))) {
            projects.list().await?
        } else {
            Vec::new()
        };
        let mut board = Board::load(control).await?;
        let mut pages_read = board.pages_read;
        if board.has_future(now) {
            let forgotten = job_runs::forget_future(control, now).await?;
            if forgotten > 0 {
                tracing::warn!(forgotten, "the clock was put back: records of runs that lie ahead are dropped");
                board = Board::load(control).await?;
                pages_read += board.pages_read;
            }
        }
        let due = board.due(&self.jobs, &infos, &self.shared.node, now, *lease_for);
        if let Ok(seconds) = u32::try_from(now.timestamp()) {
            metrics::gauge!("jobs_last_tick_timestamp_seconds").set(seconds);
        }
        Ok((due, TickReport { abandoned, pages_read, ..TickReport::default() }))
    }

    /// Runs a job now, whatever its schedule says, under the same lock and with a record. The project is given for a
    /// job of projects and not for a job of none.
    ///
    /// # Errors
    /// [`EngineError`]; [`EngineError::Busy`] when it is running. What goes wrong in the run is in the report.
    pub async fn run_now(&self, job: &str, project: Option<ProjectId>) -> Result<RunReport, EngineError> {
        let job = Arc::clone(self.job(job).ok_or_else(|| EngineError::UnknownJob(job.to_owned()))?);
        if matches!(job.body, Body::Project(_)) != project.is_some() {
            return Err(EngineError::WrongProject(job.name));
        }
        if let Some(id) = project {
            // A broken project is this run's failure; one that does not exist gets no record.
            if let Err(TenancyError::NotFound) = Box::pin(self.shared.around.projects.open(id)).await {
                return Err(TenancyError::NotFound.into());
            }
        }
        if self.shared.stop.is_cancelled() {
            return Err(EngineError::Stopping);
        }
        let held = self.take_in_hand(job.name, project).ok_or(EngineError::Busy(job.name))?;
        let name = job.name;
        // In a task of its own: the caller may go away, the run goes on and the shutdown waits for it.
        let run = self.shared.tasks.spawn(run_on_demand(Arc::clone(&self.shared), job, project, held));
        run.await.map_err(|_| EngineError::Stopping)??.ok_or(EngineError::Busy(name))
    }

    fn take_in_hand(&self, job: &'static str, project: Option<ProjectId>) -> Option<InHand> {
        let key = (job, key_of(job, project).project_id);
        let fresh = self.shared.in_hand.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        fresh.then(|| InHand { shared: Arc::clone(&self.shared), key })
    }

    /// Stops what is running; see [`crate::RunningEngine::shutdown`].
    pub(crate) fn cancel(&self) {
        self.shared.around.cancel.cancel();
    }
}

fn key_of(job: &'static str, project: Option<ProjectId>) -> JobKey<'static> {
    project.map_or(JobKey::in_control(job), |id| JobKey::in_project(job, id))
}

/// Waits for its turn and runs the slot. `None`: another node was first, or the engine is stopping.
async fn run_due(shared: Arc<Shared>, due: Due, _held: InHand) -> Result<Option<RunReport>, StoreError> {
    let Due { job, project, slot_at, .. } = due;
    let turn = async {
        let own = job.turns.acquire().await;
        (own, shared.turns.acquire().await)
    };
    let _turn = tokio::select! {
        biased;
        () = shared.stop.cancelled() => return Ok(None),
        turn = turn => turn,
    };
    match claim(&shared, &job, project, slot_at).await? {
        Some(claim) => run_claimed(&shared, &job, project, slot_at, claim).await.map(Some),
        None => Ok(None),
    }
}

/// Runs a slot of its own: now, or the next free millisecond.
async fn run_on_demand(
    shared: Arc<Shared>,
    job: Arc<Registered>,
    project: Option<ProjectId>,
    _held: InHand,
) -> Result<Option<RunReport>, StoreError> {
    let now = shared.around.clock.now();
    let last = job_runs::last_slot(&shared.around.control, key_of(job.name, project)).await?;
    // Only a slot of this very moment is stepped over; one far ahead is of a clock that was put back.
    let near = now + TimeDelta::milliseconds(ON_DEMAND_SLOTS);
    let slot_at = match last {
        Some(last) if last >= now && last < near => last + TimeDelta::milliseconds(1),
        _ => now,
    };
    match claim(&shared, &job, project, slot_at).await? {
        Some(claim) => run_claimed(&shared, &job, project, slot_at, claim).await.map(Some),
        None => Ok(None),
    }
}

async fn claim(
    shared: &Shared,
    job: &Registered,
    project: Option<ProjectId>,
    slot_at: DateTime<Utc>,
) -> Result<Option<Claim>, StoreError> {
    let Surroundings { control, clock, lease_for, .. } = &shared.around;
    job_runs::claim(control, key_of(job.name, project), slot_at, &shared.node, clock.now(), *lease_for).await
}

async fn run_claimed(
    shared: &Shared,
    job: &Registered,
    project: Option<ProjectId>,
    slot_at: DateTime<Utc>,
    claim: Claim,
) -> Result<RunReport, StoreError> {
    let project_id = project.map(tracing::field::display);
    let span = tracing::info_span!("job", job = job.name, project = project_id, run = %claim.run.0);
    let (ended, recorded) = attempt(&shared.around, job, project, &claim).instrument(span).await?;
    Ok(RunReport {
        run: claim.run,
        job: job.name,
        project,
        slot_at,
        outcome: ended.outcome,
        recorded,
        report: ended.report,
        error: ended.error,
    })
}
