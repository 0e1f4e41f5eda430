//! Money that came in.

use sea_orm::entity::prelude::*;

/// A row of `payment`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub natural_key: String,
    pub method: String,
    pub order_id: Option<Uuid>,
    pub amount_fen: i64,
    /// What of it was not allocated to a bill and waits to be given back.
    pub refundable_fen: i64,
    /// When the payer paid, as the channel says.
    pub paid_at_ms: i64,
    /// When we booked it.
    pub booked_at_ms: i64,
    /// Who received it, when it came without an order.
    pub mchid: Option<String>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
