//! How a part of a bill was computed: one stretch of days under one tariff.

use sea_orm::entity::prelude::*;

/// A row of `bill_line`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "bill_line")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub bill_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub line_no: i64,
    pub tariff_id: Uuid,
    pub from_day: i64,
    pub until_day: i64,
    /// The unrounded decimal, in yuan.
    pub exact_yuan: String,
    pub amount_fen: i64,
    /// JSON: the steps of the computation.
    pub trace: String,
    /// JSON object: what the formula was given.
    pub inputs: String,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
