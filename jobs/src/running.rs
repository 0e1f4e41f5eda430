//! The alarm clock: one job of `tokio-cron-scheduler` per process, which ticks the engine.

use std::time::Duration;

use chrono_tz::Asia;
use tokio_cron_scheduler::{Job, JobScheduler};

use crate::{Engine, EngineError};

/// Messages the scheduler keeps before it loses them; one job never comes near.
const CHANNEL_SIZE: usize = 4_096;
/// Stopped runs have this long to record their end.
const GRACE: Duration = Duration::from_secs(10);
/// Seconds between two ticks at most: the cron expression has one minute.
const TICK_SECONDS_MAX: u64 = 60;

/// An engine that ticks until it is shut down.
pub struct RunningEngine {
    engine: Engine,
    scheduler: JobScheduler,
}

/// How a shutdown went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShutdownReport {
    /// Runs that did not end in time and were stopped.
    pub stopped: usize,
    /// Runs that did not even stop: blocked outside any `.await`. Their leases run out by themselves.
    pub left: usize,
}

impl Engine {
    /// Starts ticking.
    ///
    /// # Errors
    /// [`EngineError::Scheduler`].
    pub async fn start(self) -> Result<RunningEngine, EngineError> {
        let mut scheduler = JobScheduler::new_with_channel_size(CHANNEL_SIZE).await?;
        let engine = self.clone();
        let job = Job::new_async_tz(cron(self.shared.settings.tick), Asia::Shanghai, move |_, _| {
            let engine = engine.clone();
            Box::pin(async move { tick_and_say(engine).await })
        })?;
        scheduler.add(job).await?;
        if let Err(error) = scheduler.start().await {
            let _ = scheduler.shutdown().await;
            return Err(error.into());
        }
        Ok(RunningEngine { engine: self, scheduler })
    }

    /// Begins no run any more, waits for what is running, stops what takes longer than `drain`, and waits for it to
    /// record its end and give its leases back. For an engine that was not started too.
    pub async fn stop(&self, drain: Duration) -> ShutdownReport {
        let tasks = &self.shared.tasks;
        self.shared.stop.cancel();
        tasks.close();
        if tokio::time::timeout(drain, tasks.wait()).await.is_ok() {
            return ShutdownReport { stopped: 0, left: 0 };
        }
        let stopped = tasks.len();
        self.cancel();
        let left = if tokio::time::timeout(GRACE, tasks.wait()).await.is_ok() { 0 } else { tasks.len() };
        ShutdownReport { stopped: stopped.saturating_sub(left), left }
    }
}

impl RunningEngine {
    /// The engine, to run a job on demand.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Stops ticking, then [`Engine::stop`].
    pub async fn shutdown(mut self, drain: Duration) -> ShutdownReport {
        if let Err(error) = self.scheduler.shutdown().await {
            tracing::warn!(%error, "the alarm clock did not stop: its ticks do nothing from here on");
        }
        self.engine.stop(drain).await
    }
}

/// The scheduler swallows a panic, so the tick runs in a task that tells.
async fn tick_and_say(engine: Engine) {
    match tokio::spawn(async move { engine.tick().await }).await {
        Ok(Ok(report)) if report.due > 0 => {
            tracing::debug!(due = report.due, runs = report.runs.len(), elsewhere = report.elsewhere, "tick");
        }
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::error!(error = crate::JobError::from(error).text(), "a tick failed"),
        Err(error) => tracing::error!(%error, "a tick panicked"),
    }
}

fn cron(tick: Duration) -> String {
    match tick.as_secs().max(1) {
        TICK_SECONDS_MAX.. => "0 * * * * *".to_owned(),
        seconds => format!("*/{seconds} * * * * *"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_is_a_cron_expression_of_six_fields() {
        assert_eq!(cron(Duration::from_millis(10)), "*/1 * * * * *");
        assert_eq!(cron(Duration::from_secs(5)), "*/5 * * * * *");
        assert_eq!(cron(Duration::from_secs(300)), "0 * * * * *");
    }
}
