//! Tariffs with the whole language, and what runs need around them, as in `sql/project_0004_formulas.sql`.

use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::{dialect, only_forward};

/// Recorded in every database of its kind: never changes.
pub const NAME: &str = "m20261124_000004_project_formulas";

const TABLES: &str = include_str!("../../sql/project_0004_formulas.sql");

/// Adds the tables and columns.
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
