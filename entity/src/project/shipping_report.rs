//! What WeChat is told of a paid order.

use sea_orm::entity::prelude::*;

/// A row of `shipping_report`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "shipping_report")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: Uuid,
    pub paid_at_ms: i64,
    pub state: String,
    pub attempts: i64,
    pub next_try_at_ms: Option<i64>,
    pub ended_at_ms: Option<i64>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
