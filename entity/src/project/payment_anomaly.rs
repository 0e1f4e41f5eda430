//! Money that does not fit: another amount than ordered, an order we do not know. Never dropped, never guessed.

use sea_orm::entity::prelude::*;

/// A row of `payment_anomaly`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_anomaly")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub natural_key: String,
    pub kind: String,
    pub out_trade_no: String,
    pub transaction_id: String,
    /// Empty when the order is unknown.
    pub expected_fen: Option<i64>,
    pub reported_fen: i64,
    pub detail: String,
    pub at_ms: i64,
    pub resolved_at_ms: Option<i64>,
    /// `booked` or `dismissed`.
    pub resolution: Option<String>,
    pub resolved_by: Option<Uuid>,
    pub note: Option<String>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
