//! A receipt (收据): one payment, one house.

use sea_orm::entity::prelude::*;

/// A row of `receipt`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "receipt")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// As printed.
    pub number: String,
    pub year: i64,
    /// The place in its year, from 1.
    pub serial_no: i64,
    pub payment_id: Uuid,
    pub house_id: Uuid,
    pub amount_fen: i64,
    pub issued_at_ms: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
