//! Refunds and shipping reports, as in `sql/project_0006_money.sql`.

use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager};

use crate::{dialect, only_forward};

/// Recorded in every database of its kind: never changes.
pub const NAME: &str = "m20261124_000006_project_money";

const TABLES: &str = include_str!("../../sql/project_0006_money.sql");

/// Until a project says otherwise, a second person agrees to what is above 500 yuan.
const POLICY: &str =
    "INSERT INTO refund_policy (id, approve_above_fen, changed_at_ms, changed_by) VALUES (1, 50000, 0, NULL)";

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
        let db = manager.get_connection();
        dialect::execute(db, TABLES).await?;
        dialect::execute(db, POLICY).await
    }

    async fn down(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Err(only_forward(NAME))
    }
}
