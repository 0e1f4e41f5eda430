//! Work for the outside world that must follow a commit, exactly because it committed.

use sea_orm::entity::prelude::*;

/// A row of `outbox`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub dedup_key: String,
    pub kind: String,
    /// JSON.
    pub payload: String,
    pub attempts: i64,
    /// Empty when it is done or given up.
    pub next_run_at_ms: Option<i64>,
    /// Rises with every claim: a stale worker's number is refused.
    pub lease_no: i64,
    pub last_error: Option<String>,
    pub created_at_ms: i64,
    pub done_at_ms: Option<i64>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
