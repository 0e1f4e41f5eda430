//! HTTP, thin: extract, call, view.
//!
//! - [`startup`]: the server; [`routes`]: the whole URL map on one screen;
//! - [`error`]: every error that leaves, in one table; [`middleware`]: what happens to every request;
//! - [`extract`]: who asks, and which project: a handler that takes one of these cannot run without the check;
//! - [`owner`], [`staff`], [`callback`], [`health`]: the handlers; [`console`]: the files of the staff console.

pub mod callback;
pub mod console;
pub mod error;
pub mod extract;
pub mod health;
pub mod middleware;
pub mod owner;
pub mod routes;
pub mod staff;
pub mod startup;
