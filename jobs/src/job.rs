//! What a clock job is.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use service::tenancy::ProjectDb;

use crate::Schedule;
use crate::scrub::scrub;

/// Errors of a chain that are recorded.
const CHAIN_MAX: usize = 8;

/// A job that runs in each project.
///
/// It looks at the project's rows and decides, running it twice does nothing the second time, it has a batch limit,
/// and it may be stopped at any `.await` (at its deadline, on shutdown, when its lease is lost).
#[async_trait]
pub trait ProjectJob: Send + Sync + 'static {
    /// Its name: `snake_case`, unique, stable, since run records are kept under it.
    fn name(&self) -> &'static str;
    /// When it is due.
    fn every(&self) -> Schedule;
    /// How long it may take, opening the project's database included.
    fn deadline(&self) -> Duration;
    /// Does the work; answers what it did, for staff to read, without personal data.
    ///
    /// # Errors
    /// [`JobError`], made of any error by `?`.
    async fn run(&self, project: &ProjectDb, now: DateTime<Utc>) -> Result<serde_json::Value, JobError>;
}

/// A job that belongs to no project; it holds its own handles. As [`ProjectJob`] in everything else; its days are days
/// of `Asia/Shanghai`.
#[async_trait]
pub trait ControlJob: Send + Sync + 'static {
    /// Its name: `snake_case`, unique, stable, since run records are kept under it.
    fn name(&self) -> &'static str;
    /// When it is due.
    fn every(&self) -> Schedule;
    /// How long it may take.
    fn deadline(&self) -> Duration;
    /// Does the work; answers what it did, for staff to read, without personal data.
    ///
    /// # Errors
    /// [`JobError`], made of any error by `?`.
    async fn run(&self, now: DateTime<Utc>) -> Result<serde_json::Value, JobError>;
}

/// Why a job failed: the chain of errors as text, with whatever looks like personal data masked.
///
/// It is no `std::error::Error` itself, so that `?` makes it of every error that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobError {
    text: String,
}

impl JobError {
    /// An error in words.
    #[must_use]
    pub fn words(words: &str) -> Self {
        Self { text: scrub(words) }
    }

    /// The chain of errors, outermost first.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl<E: std::error::Error> From<E> for JobError {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        for _ in 1..CHAIN_MAX {
            let Some(inner) = source else { break };
            let words = inner.to_string();
            // Many errors repeat their source's words in their own.
            if !text.ends_with(&words) {
                text.push_str(": ");
                text.push_str(&words);
            }
            source = inner.source();
        }
        Self::words(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the file {0}")]
    struct Inner(&'static str);

    #[derive(Debug, thiserror::Error)]
    #[error("no answer")]
    struct Outer(#[source] Inner);

    #[test]
    fn the_chain_is_kept_and_a_phone_number_is_not() {
        let failed = || -> Result<(), JobError> { Err(Outer(Inner("of 13812345678")))? };
        assert_eq!(failed().unwrap_err().text(), "no answer: the file of 138****5678");
    }
}
