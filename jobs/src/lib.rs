//! Time, thin: clock jobs around the use cases.
//!
//! A job takes no input: it looks at the rows and decides, so the usual case, the restart and the second node are one
//! code path, and running it twice does nothing the second time. The [`Engine`] adds, once for all jobs: a lock per
//! job and project, a deadline, caught panics, a run record that staff can read, catch-up after downtime, and drain on
//! shutdown.

mod apart;
mod attempt;
mod board;
mod catalogue;
mod engine;
mod job;
mod registered;
mod report;
mod run;
mod running;
mod schedule;
mod scrub;
pub mod startup;

pub use catalogue::catalogue;
pub use engine::{Engine, EngineError, EngineSettings};
pub use job::{ControlJob, JobError, ProjectJob};
pub use report::{RunReport, TickReport};
pub use running::{RunningEngine, ShutdownReport};
pub use schedule::Schedule;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod told;
