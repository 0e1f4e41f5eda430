//! A cost of all, split for a month.

use sea_orm::entity::prelude::*;

/// A row of `share_run`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "share_run")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub fee_item_id: Uuid,
    pub period_start_day: i64,
    pub building: Option<String>,
    pub basis: String,
    pub formula: Option<String>,
    pub source: String,
    pub total_fen: i64,
    pub created_at_ms: i64,
    pub created_by: Option<Uuid>,
    pub cancelled_at_ms: Option<i64>,
    pub cancel_reason: Option<String>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
