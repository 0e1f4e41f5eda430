//! A fee item (收费项目): how often it is billed, how it is rounded and prorated, when it falls due.

use sea_orm::entity::prelude::*;

/// A row of `fee_item`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "fee_item")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub code: String,
    pub name: String,
    /// 1, 3, 6 or 12.
    pub period_months: i64,
    /// `fen_half_up`, `yuan_half_up` or `fen_down`.
    pub rounding: String,
    /// `calendar_days`, `thirty_days` or `whole_month`.
    pub prorate: String,
    /// Days from the bill date to the due date.
    pub due_after_days: i64,
    pub retired_at_ms: Option<i64>,
    pub created_at_ms: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
