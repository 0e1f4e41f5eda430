//! A receipt that went to paper.

use sea_orm::entity::prelude::*;

/// A row of `receipt_print`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "receipt_print")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub receipt_id: Uuid,
    /// From 1; from 2 on the paper says that it is a copy.
    #[sea_orm(primary_key, auto_increment = false)]
    pub print_no: i64,
    pub printed_at_ms: i64,
    pub printed_by: Option<Uuid>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
