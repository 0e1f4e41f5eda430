//! One line of a posting.

use sea_orm::entity::prelude::*;

/// A row of `entry`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub posting_seq: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub line_no: i64,
    pub account_id: i64,
    /// Debit above zero, credit below.
    pub amount_fen: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
