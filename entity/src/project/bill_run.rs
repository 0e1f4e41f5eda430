//! A billing run (出账批次): one fee item, one period, all its bills.

use sea_orm::entity::prelude::*;

/// A row of `bill_run`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bill_run")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub fee_item_id: Uuid,
    pub period_start_day: i64,
    pub period_end_day: i64,
    pub bill_day: i64,
    /// `staff` or `schedule`.
    pub origin: String,
    /// `publishing` or `published`.
    pub state: String,
    /// How many.
    pub bills: i64,
    pub total_fen: i64,
    /// JSON: the houses that got no bill, and why.
    pub exceptions: String,
    pub created_by: Option<Uuid>,
    pub created_at_ms: i64,
    pub published_at_ms: Option<i64>,
    /// To be looked at when it began.
    pub houses: i64,
    pub cancelled_at_ms: Option<i64>,
    pub cancel_reason: Option<String>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
