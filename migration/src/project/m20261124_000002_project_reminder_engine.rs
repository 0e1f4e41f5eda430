//! Sending with limits, campaigns and best hours, as in `sql/project_0002_reminder_engine.sql`.

use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::{dialect, only_forward};

/// Recorded in every database of its kind: never changes.
pub const NAME: &str = "m20261124_000002_project_reminder_engine";

const TABLES: &str = include_str!("../../sql/project_0002_reminder_engine.sql");

/// Adds the tables and columns of the reminder engine.
#[derive(Debug, Clone, Copy)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        NAME
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::execute(manager.get_connection(), TABLES).await
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Err(only_forward(NAME))
    }
}
