//! The first tables of a project's database, as in `sql/project_0001_spine.sql`, and the start of its ledger's chain.

use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::{dialect, only_forward};

/// Recorded in every project's database: never changes.
pub const NAME: &str = "m20261123_000001_project_spine";

const TABLES: &str = include_str!("../../sql/project_0001_spine.sql");

/// The chain before its first posting: number 0, and 32 zero bytes for the first posting to hash over. The row has to
/// be there before any posting, because posting begins by locking it.
const LEDGER_HEAD: &str = "INSERT INTO ledger_head (id, seq, hash)
    VALUES (1, 0, {bytes:0000000000000000000000000000000000000000000000000000000000000000})";

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
        let db = manager.get_connection();
        dialect::execute(db, TABLES).await?;
        dialect::execute(db, LEDGER_HEAD).await
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Err(only_forward(NAME))
    }
}
