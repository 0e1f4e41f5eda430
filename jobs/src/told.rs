//! A job that does what a story tells it, and a recorder that counts alarms.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, NaiveTime, Utc};
use serde_json::{Value as Json, json};
use service::tenancy::ProjectDb;

use crate::{ControlJob, JobError, ProjectJob, Schedule};

pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<Json, JobError>> + Send>>;

/// A job that does what a story tells it and counts its runs.
pub(crate) struct Told {
    name: &'static str,
    every: Schedule,
    deadline: Duration,
    runs: Arc<AtomicU64>,
    does: Box<dyn Fn() -> Answer + Send + Sync>,
}

impl Told {
    pub(crate) fn new<F>(name: &'static str, does: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Json, JobError>> + Send + 'static,
    {
        Self {
            name,
            every: Schedule::EverySeconds(5),
            deadline: Duration::from_secs(60),
            runs: Arc::new(AtomicU64::new(0)),
            does: Box::new(move || Box::pin(does())),
        }
    }

    pub(crate) fn quick(name: &'static str) -> Self {
        Self::new(name, || async { Ok(json!({})) })
    }

    pub(crate) fn counted(self, runs: &Arc<AtomicU64>) -> Self {
        Self { runs: Arc::clone(runs), ..self }
    }

    pub(crate) fn within(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    pub(crate) fn daily(self) -> Self {
        Self { every: Schedule::DailyAt(NaiveTime::from_hms_opt(2, 0, 0).unwrap()), ..self }
    }

    fn answer(&self) -> Answer {
        self.runs.fetch_add(1, Ordering::SeqCst);
        (self.does)()
    }
}

#[async_trait]
impl ProjectJob for Told {
    fn name(&self) -> &'static str {
        self.name
    }
    fn every(&self) -> Schedule {
        self.every
    }
    fn deadline(&self) -> Duration {
        self.deadline
    }
    async fn run(&self, _project: &ProjectDb, _now: DateTime<Utc>) -> Result<Json, JobError> {
        self.answer().await
    }
}

#[async_trait]
impl ControlJob for Told {
    fn name(&self) -> &'static str {
        self.name
    }
    fn every(&self) -> Schedule {
        self.every
    }
    fn deadline(&self) -> Duration {
        self.deadline
    }
    async fn run(&self, _now: DateTime<Utc>) -> Result<Json, JobError> {
        self.answer().await
    }
}

/// Counts alarms and forgets everything else.
#[derive(Default)]
pub(crate) struct Alarms {
    pub(crate) raised: Arc<AtomicU64>,
}

impl metrics::Recorder for Alarms {
    fn describe_counter(&self, _: metrics::KeyName, _: Option<metrics::Unit>, _: metrics::SharedString) {}
    fn describe_gauge(&self, _: metrics::KeyName, _: Option<metrics::Unit>, _: metrics::SharedString) {}
    fn describe_histogram(&self, _: metrics::KeyName, _: Option<metrics::Unit>, _: metrics::SharedString) {}
    fn register_counter(&self, key: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Counter {
        if key.name() == "jobs_alarms_total" {
            return metrics::Counter::from_arc(Arc::clone(&self.raised));
        }
        metrics::Counter::noop()
    }
    fn register_gauge(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
        metrics::Gauge::noop()
    }
    fn register_histogram(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Histogram {
        metrics::Histogram::noop()
    }
}
