//! The schema versions this program works with. A test holds them against the migrations.

/// The last migration a control database must have.
pub const CONTROL_SCHEMA: &str = "m20261124_000002_control_reminder_engine";
/// The last migration a project's database must have.
pub const PROJECT_SCHEMA: &str = "m20261124_000007_project_counter";
