//! The demo's time: both clocks move together, a day at a step, and the jobs do their work after each.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::ProjectId;
use jobs::{Engine, EngineError};
use serde::Deserialize;
use service::installation::Installation;
use sim::Sim;
use tokio::runtime::Handle;

use super::vendors::{MINI_PROGRAM, SERVICE_ACCOUNT};
use super::world::DemoWorld;

/// The furthest one request moves the clock.
const HOURS_MAX: i64 = 31 * 24;
/// The jobs see every day: a jump over several would look to them like an outage, after which only the newest of the
/// missed messages is sent.
const HOURS_PER_STEP: i64 = 24;
/// What is done after each step, in this order: what escalates is sent in the second round, and a campaign of which
/// nothing is left is closed.
const WORK: [&str; 6] = [
    "plan_reminders",
    "start_campaigns",
    "dispatch_reminders",
    "escalate_reminders",
    "dispatch_reminders",
    "start_campaigns",
];
/// How often a job that the engine has in hand is waited for, and how long each time.
const BUSY_TRIES_MAX: usize = 100;
const BUSY_WAIT: Duration = Duration::from_millis(100);

/// By how much to move on; both are added.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct Step {
    /// Days of 24 hours.
    #[serde(default)]
    pub days: i64,
    /// Hours.
    #[serde(default)]
    pub hours: i64,
}

/// Why the clock was not moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Backwards, not at all, or too far.
    #[error("时间只能往后拨，一次最多 31 天")]
    OutOfRange,
    /// It is moving.
    #[error("时间正在往后走，请稍候再拨")]
    Moving,
}

/// Moves the clocks of the system and of the outside world.
#[derive(Clone)]
pub struct Time {
    installation: Installation,
    sim: Arc<Sim>,
    project: ProjectId,
    engine: Engine,
    runtime: Handle,
    moving_to: Arc<Mutex<Option<DateTime<Utc>>>>,
}

impl Time {
    /// The time of this world. Must be called within the runtime that is to do the work.
    #[must_use]
    pub fn new(world: &DemoWorld, engine: Engine) -> Self {
        Self {
            installation: world.installation.clone(),
            sim: Arc::clone(&world.sim),
            project: world.project,
            engine,
            runtime: Handle::current(),
            moving_to: Arc::default(),
        }
    }

    /// Where the clock is on its way to, if it is.
    #[must_use]
    pub fn moving_to(&self) -> Option<DateTime<Utc>> {
        *self.target()
    }

    fn target(&self) -> MutexGuard<'_, Option<DateTime<Utc>>> {
        self.moving_to.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to move and answers where to; [`Self::moving_to`] tells when it is there.
    ///
    /// # Errors
    /// [`TimeError`].
    pub fn advance(&self, step: Step) -> Result<DateTime<Utc>, TimeError> {
        let hours = step.days.checked_mul(24).and_then(|hours| hours.checked_add(step.hours));
        let hours = hours.filter(|hours| (1..=HOURS_MAX).contains(hours)).ok_or(TimeError::OutOfRange)?;
        let to = self.installation.now() + TimeDelta::hours(hours);
        {
            let mut target = self.target();
            if target.is_some() {
                return Err(TimeError::Moving);
            }
            *target = Some(to);
        }
        let time = self.clone();
        self.runtime.spawn(async move { time.walk(hours).await });
        Ok(to)
    }

    async fn walk(&self, hours: i64) {
        let mut left = hours;
        while left > 0 {
            let step = left.min(HOURS_PER_STEP);
            let by_ms = TimeDelta::hours(step).num_milliseconds();
            self.sim.clock().advance_ms(by_ms);
            self.installation.clock.advance_ms(by_ms);
            self.forget_tokens().await;
            self.work().await;
            left -= step;
        }
        *self.target() = None;
    }

    /// Access tokens are kept by the system's own clock, which did not move: WeChat would call them expired.
    async fn forget_tokens(&self) {
        for app_id in [MINI_PROGRAM, SERVICE_ACCOUNT] {
            if let Ok(token) = self.installation.apps.token(app_id).await {
                self.installation.apps.forget(app_id, &token).await;
            }
        }
    }

    async fn work(&self) {
        for job in WORK {
            if let Err(error) = self.run(job).await {
                tracing::error!(job, %error, "the demo could not run a job");
            }
        }
    }

    async fn run(&self, job: &str) -> Result<(), EngineError> {
        for _ in 0..BUSY_TRIES_MAX {
            match self.engine.run_now(job, Some(self.project)).await {
                Err(EngineError::Busy(_)) => tokio::time::sleep(BUSY_WAIT).await,
                done => return done.map(|_| ()),
            }
        }
        Ok(())
    }
}
