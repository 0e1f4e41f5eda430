//! The history of a project's database: its houses, bills, money and reminders.

use sea_orm_migration::{MigrationTrait, MigratorTrait};

pub mod m20261123_000001_project_spine;
pub mod m20261124_000002_project_reminder_engine;
pub mod m20261124_000003_project_reminder_reading;
pub mod m20261124_000004_project_formulas;
pub mod m20261124_000005_project_meters;
pub mod m20261124_000006_project_money;
pub mod m20261124_000007_project_counter;

/// Applies the history, oldest first. Use [`migrate_project`](crate::migrate_project), which takes the lock.
#[derive(Debug, Clone, Copy)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_project_spine::Migration),
            Box::new(m20261124_000002_project_reminder_engine::Migration),
            Box::new(m20261124_000003_project_reminder_reading::Migration),
            Box::new(m20261124_000004_project_formulas::Migration),
            Box::new(m20261124_000005_project_meters::Migration),
            Box::new(m20261124_000006_project_money::Migration),
            Box::new(m20261124_000007_project_counter::Migration),
        ]
    }
}
