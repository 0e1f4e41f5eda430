//! What the one binary does: reads its configuration, puts an installation together, runs a role.

pub mod cli;
pub mod commands;
pub mod config;
pub mod demo;
pub mod import;
pub mod roles;
pub mod setup_file;
pub mod start;
