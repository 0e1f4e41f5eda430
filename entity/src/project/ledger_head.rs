//! The one row that is the end of the chain of postings. Taking it for update is what puts postings in order.

use sea_orm::entity::prelude::*;

/// A row of `ledger_head`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_head")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// The last posting's, or 0.
    pub seq: i64,
    /// The last posting's, or 32 zero bytes.
    pub hash: Vec<u8>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
