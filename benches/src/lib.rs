//! Throughput against a raw limit measured in the same run.
//!
//! Machines are shared and noisy, so a figure is a ratio: ours ÷ what the same database or the same cores do bare, on
//! the same schema and the same rows, measured in turn, the median of several rounds each. [`bar`] says what is
//! printed and stored, [`choice`] what can be asked for; every other module is one bench.
#![allow(
    clippy::disallowed_types,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "ratios for people, no money"
)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what a person at the terminal reads")]

pub mod bar;
mod bill_run;
mod bills;
mod callback;
pub mod choice;
mod client;
mod followers;
mod forged;
mod formula;
mod many_projects;
mod measure;
mod node;
mod outside;
mod projects;
mod raw;
mod reminder_dispatch;
mod reminder_fair;
mod reminder_plan;
mod report;
mod rows;
mod server;
mod vendor;
mod wechat_pay;
mod world;

pub use report::run_all;

/// What stops a bench: an error, or a count that is not what it must be.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A count that must be another one is a wrong result, however fast it came.
fn must_be(what: &str, found: u64, expected: u64) -> Result<(), Failure> {
    if found == expected { Ok(()) } else { Err(format!("WRONG: {what}: {found} instead of {expected}").into()) }
}
