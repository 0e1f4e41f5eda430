//! The first tables of the control database, as in `sql/control_0001_spine.sql`.

use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::{dialect, only_forward};

/// Recorded in every control database: never changes.
pub const NAME: &str = "m20261123_000001_control_spine";

const TABLES: &str = include_str!("../../sql/control_0001_spine.sql");

/// Creates the first tables.
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
