//! Money given back, or to be.

use sea_orm::entity::prelude::*;

/// A row of `refund`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refund")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub out_refund_no: String,
    pub payment_id: Uuid,
    pub mchid: String,
    pub transaction_id: String,
    pub amount_fen: i64,
    pub total_fen: i64,
    pub state: String,
    pub reason: String,
    pub wechat_refund_id: Option<String>,
    pub requested_by: Option<Uuid>,
    pub requested_at_ms: i64,
    pub decided_by: Option<Uuid>,
    pub decided_at_ms: Option<i64>,
    pub next_look_at_ms: Option<i64>,
    pub looks: i64,
    pub ended_at_ms: Option<i64>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
