//! What is due, worked out in memory from a few readings of the control database.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::{Asia, Tz};
use domain::ids::ProjectId;
use service::job_runs::{self, BOARD_PAGE_ROWS, JobKey, Standing};
use service::store::StoreError;
use service::tenancy::{ControlDb, ProjectInfo};
use uuid::Uuid;

use crate::registered::{Body, Registered};

/// Pages of the board read at most: half a million jobs and projects.
const PAGES_MAX: usize = 100;
/// The zone of jobs that belong to no project.
const CONTROL_ZONE: Tz = Asia::Shanghai;

/// How every job stands in every project.
pub(crate) struct Board {
    standings: HashMap<Uuid, HashMap<String, Standing>>,
    pub(crate) pages_read: usize,
}

/// A job that is due somewhere.
pub(crate) struct Due {
    pub(crate) job: Arc<Registered>,
    pub(crate) project: Option<ProjectId>,
    pub(crate) slot_at: DateTime<Utc>,
    last_slot: Option<DateTime<Utc>>,
}

impl Board {
    pub(crate) async fn load(control: &ControlDb) -> Result<Self, StoreError> {
        let mut board = Self { standings: HashMap::new(), pages_read: 0 };
        let mut last: Option<(String, Uuid)> = None;
        for _ in 0..PAGES_MAX {
            let after = last.as_ref().map(|(job, project_id)| JobKey { job, project_id: *project_id });
            let page = job_runs::board_page(control, after).await?;
            board.pages_read += 1;
            let is_last = page.len() < BOARD_PAGE_ROWS;
            last = page.last().map(|standing| (standing.job.clone(), standing.project_id));
            for standing in page {
                board.standings.entry(standing.project_id).or_default().insert(standing.job.clone(), standing);
            }
            if is_last {
                break;
            }
        }
        Ok(board)
    }

    /// True: some slot lies ahead, so the clock was put back.
    pub(crate) fn has_future(&self, now: DateTime<Utc>) -> bool {
        self.standings.values().flat_map(HashMap::values).any(|s| s.last_slot.is_some_and(|slot| slot > now))
    }

    /// All that is due, what waited longest first. `node` may take over its own leases at once; `lease_for` is the
    /// furthest a lease reaches.
    pub(crate) fn due(
        &self,
        jobs: &[Arc<Registered>],
        projects: &[ProjectInfo],
        node: &str,
        now: DateTime<Utc>,
        lease_for: Duration,
    ) -> Vec<Due> {
        let mut due = Vec::new();
        for job in jobs {
            let places: Vec<(Option<ProjectId>, Tz)> = match job.body {
                Body::Project(_) => projects.iter().map(|info| (Some(info.id), info.zone)).collect(),
                Body::Control(_) => vec![(None, CONTROL_ZONE)],
            };
            for (project, zone) in places {
                let standing = self.standing(job.name, project);
                if standing.is_some_and(|s| held_elsewhere(s, node, now, lease_for)) {
                    continue;
                }
                let last_slot = standing.and_then(|s| s.last_slot);
                let slot_at = job
                    .schedule
                    .due_slot(last_slot, now, zone)
                    .or_else(|| job.schedule.retry_slot(last_slot?, standing.and_then(|s| s.last_outcome), now));
                if let Some(slot_at) = slot_at {
                    due.push(Due { job: Arc::clone(job), project, slot_at, last_slot });
                }
            }
        }
        due.sort_by_key(|d| d.last_slot);
        due
    }

    fn standing(&self, job: &str, project: Option<ProjectId>) -> Option<&Standing> {
        self.standings.get(&project.map_or(Uuid::nil(), ProjectId::uuid))?.get(job)
    }
}

fn held_elsewhere(standing: &Standing, node: &str, now: DateTime<Utc>, lease_for: Duration) -> bool {
    standing.holder != node && standing.lease_until.is_some_and(|until| until > now && until <= now + lease_for)
}
