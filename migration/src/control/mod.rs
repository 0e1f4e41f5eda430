//! The history of the control database: people, staff, projects and where their rows live, jobs, shared quotas.

use sea_orm_migration::{MigrationTrait, MigratorTrait};

pub mod m20261123_000001_control_spine;
pub mod m20261124_000002_control_reminder_engine;

/// Applies the history, oldest first. Use [`migrate_control`](crate::migrate_control), which takes the lock.
#[derive(Debug, Clone, Copy)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_control_spine::Migration),
            Box::new(m20261124_000002_control_reminder_engine::Migration),
        ]
    }
}
