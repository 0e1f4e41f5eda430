//! One step in the life of an order. Append-only.

use sea_orm::entity::prelude::*;

/// A row of `payment_order_event`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_order_event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: Uuid,
    pub at_ms: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_no: i64,
    pub kind: String,
    pub detail: String,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
