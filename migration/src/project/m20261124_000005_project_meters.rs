//! Meters, shared costs and opening balances, as in `sql/project_0005_meters.sql`.

use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::{dialect, only_forward};

/// Recorded in every database of its kind: never changes.
pub const NAME: &str = "m20261124_000005_project_meters";

const TABLES: &str = include_str!("../../sql/project_0005_meters.sql");

/// Adds the tables.
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
