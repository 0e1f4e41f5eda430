//! A job the engine knows, whichever kind it is.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::ids::ProjectId;
use serde_json::Value as Json;
use service::tenancy::Projects;
use tokio::sync::Semaphore;

use crate::{ControlJob, JobError, ProjectJob, Schedule};

/// A job with what is asked of it at every tick.
pub(crate) struct Registered {
    pub(crate) name: &'static str,
    pub(crate) schedule: Schedule,
    pub(crate) deadline: Duration,
    pub(crate) body: Body,
    /// In how many projects it may run at once, so that one slow job leaves room for the others.
    pub(crate) turns: Arc<Semaphore>,
}

/// Where a job's code is.
pub(crate) enum Body {
    Project(Arc<dyn ProjectJob>),
    Control(Arc<dyn ControlJob>),
}

impl Registered {
    pub(crate) fn of_project(job: impl ProjectJob, projects_at_once: usize) -> Self {
        Self {
            name: job.name(),
            schedule: job.every(),
            deadline: job.deadline(),
            body: Body::Project(Arc::new(job)),
            turns: Arc::new(Semaphore::new(projects_at_once.max(1))),
        }
    }

    pub(crate) fn of_control(job: impl ControlJob) -> Self {
        Self {
            name: job.name(),
            schedule: job.every(),
            deadline: job.deadline(),
            body: Body::Control(Arc::new(job)),
            turns: Arc::new(Semaphore::new(1)),
        }
    }

    /// Runs its code. A project's database is opened here, so that what is wrong with it is this run's failure.
    pub(crate) async fn run(
        &self,
        projects: &Projects,
        project: Option<ProjectId>,
        now: DateTime<Utc>,
    ) -> Result<Json, JobError> {
        match (&self.body, project) {
            (Body::Project(job), Some(id)) => job.run(&Box::pin(projects.open(id)).await?, now).await,
            (Body::Project(_), None) => Err(JobError::words("a job of a project was run without one")),
            (Body::Control(job), _) => job.run(now).await,
        }
    }
}
