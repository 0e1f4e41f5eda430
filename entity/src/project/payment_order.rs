//! An order towards WeChat Pay: written before WeChat hears of it.

use sea_orm::entity::prelude::*;

/// A row of `payment_order`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_order")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub out_trade_no: String,
    pub person_id: Uuid,
    pub app_id: String,
    pub openid: String,
    pub mchid: String,
    pub total_fen: i64,
    /// `created`, `prepay_unknown`, `awaiting`, `paid`, `closed` or `expired`.
    pub state: String,
    pub prepay_id: Option<String>,
    pub prepay_at_ms: Option<i64>,
    pub transaction_id: Option<String>,
    pub expires_at_ms: i64,
    /// When to ask WeChat next; empty when there is nothing to ask.
    pub next_query_at_ms: Option<i64>,
    /// How often WeChat was asked.
    pub queries: i64,
    pub created_at_ms: i64,
    pub ended_at_ms: Option<i64>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
