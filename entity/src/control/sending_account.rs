//! What is known of an account on one channel: its limits, its price, and whether it works now.

use sea_orm::entity::prelude::*;

/// A row of `sending_account`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sending_account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub channel: String,
    /// Messages a day over all projects; empty: the channel's own.
    pub daily_quota: Option<i64>,
    /// Of these only overdue stages may take the last so many.
    pub overdue_reserve: Option<i64>,
    /// Of one message.
    pub cost_fen: i64,
    /// Failures in a row that were the account's; a success sets them to zero.
    pub failures: i64,
    /// The breaker is open until then.
    pub open_until_ms: Option<i64>,
    /// The vendor said stop, and why.
    pub stopped_until_ms: Option<i64>,
    pub stopped_reason: Option<String>,
    pub updated_at_ms: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
