//! What the clock did.

use std::collections::BTreeSet;

use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use service::installation::Installation;
use service::job_runs::{self, Outcome, RunCursor, RunFilter, RunId, RunView};
use service::staff::{self, ViewJobs};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::PAGE_ROWS;
use crate::error::{ApiError, Refusals};
use crate::extract::{CompanyStaff, Query, Staff, Text};

/// Which page of which runs. Filters that are left out do not narrow.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct JobRunsQuery {
    /// Of this job.
    #[param(value_type = Option<String>, max_length = 64)]
    pub job: Option<Text<64>>,
    /// With this end: `ok`, `failed`, `panicked`, `timed_out`, `abandoned`.
    #[param(inline)]
    pub outcome: Option<Outcome>,
    /// `next.after_ms` of the page before.
    pub after_ms: Option<i64>,
    /// `next.after_id` of the page before.
    pub after_id: Option<Uuid>,
    /// Rows of the page, at most 200.
    pub limit: Option<u32>,
}

impl JobRunsQuery {
    fn filter(&self, project_id: Option<Uuid>) -> RunFilter {
        RunFilter { job: self.job.clone().map(Text::into_inner), project_id, outcome: self.outcome }
    }

    fn after(&self) -> Option<RunCursor> {
        let after = self.after_ms.zip(self.after_id);
        after.map(|(started_at_ms, id)| RunCursor { started_at_ms, run: RunId(id) })
    }

    fn limit(&self) -> u32 {
        self.limit.unwrap_or(PAGE_ROWS)
    }
}

/// A page of runs, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobRunPage {
    /// The runs.
    pub runs: Vec<RunView>,
    /// Where the next page begins; nothing when this one was the last.
    pub next: Option<JobRunNext>,
}

/// Where a page begins.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobRunNext {
    /// For `after_ms`.
    pub after_ms: i64,
    /// For `after_id`.
    pub after_id: Uuid,
}

impl From<Vec<RunView>> for JobRunPage {
    fn from(runs: Vec<RunView>) -> Self {
        let last = runs.last().map(RunView::cursor);
        let next = last.map(|cursor| JobRunNext { after_ms: cursor.started_at_ms, after_id: cursor.run.0 });
        Self { runs, next }
    }
}

/// Runs of jobs in this project, the newest first.
#[utoipa::path(
    operation_id = "staff_list_project_job_runs", tag = "jobs", security(("staff" = [])),
    params(("project" = Uuid, Path), JobRunsQuery), responses((status = 200, body = JobRunPage), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/job-runs")]
pub async fn of_project(
    installation: web::Data<Installation>,
    staff: Staff<ViewJobs>,
    query: Query<JobRunsQuery>,
) -> Result<web::Json<JobRunPage>, ApiError> {
    let filter = query.filter(Some(staff.project().id().uuid()));
    let runs = job_runs::list_runs(&installation.control, &filter, query.after(), query.limit()).await?;
    Ok(web::Json(runs.into()))
}

/// Runs of jobs in the company's projects and of jobs that belong to no project, the newest first. A page may be
/// shorter than asked for, since other companies' runs are left out; `next` leads on.
#[utoipa::path(
    operation_id = "staff_list_job_runs", tag = "jobs", security(("staff" = [])), params(JobRunsQuery),
    responses((status = 200, body = JobRunPage), Refusals)
)]
#[get("/api/staff/v1/job-runs")]
pub async fn of_company(
    installation: web::Data<Installation>,
    staff: CompanyStaff<ViewJobs>,
    query: Query<JobRunsQuery>,
) -> Result<web::Json<JobRunPage>, ApiError> {
    let control = &installation.control;
    let projects = staff::projects_of(control, staff.staff()).await?;
    let theirs: BTreeSet<Uuid> = projects.iter().map(|one| one.project_id).chain([Uuid::nil()]).collect();
    let runs = job_runs::list_runs(control, &query.filter(None), query.after(), query.limit()).await?;
    let mut page = JobRunPage::from(runs);
    page.runs.retain(|run| theirs.contains(&run.project_id));
    Ok(web::Json(page))
}
