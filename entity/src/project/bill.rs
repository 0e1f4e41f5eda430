//! A bill: one house, one fee item, one period, one payer. Issued bills are never edited; a wrong one is voided and
//! issued again.

use sea_orm::entity::prelude::*;

/// A row of `bill`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bill")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub run_id: Uuid,
    pub house_id: Uuid,
    pub payer_party_id: Uuid,
    pub fee_item_id: Uuid,
    pub period_start_day: i64,
    pub period_end_day: i64,
    pub bill_day: i64,
    pub due_day: i64,
    pub total_fen: i64,
    pub paid_fen: i64,
    pub settled_at_ms: Option<i64>,
    pub voided_at_ms: Option<i64>,
    pub created_at_ms: i64,
    /// The bill this one was issued in place of.
    pub corrects_bill_id: Option<Uuid>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
