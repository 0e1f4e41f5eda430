//! A business event in the ledger, append-only. Its entries sum to zero.

use sea_orm::entity::prelude::*;

/// A row of `posting`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "posting")]
pub struct Model {
    /// 1, 2, 3, … without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// What makes a repeated event the same posting: `wechat:4200…`.
    pub natural_key: String,
    pub kind: String,
    pub at_ms: i64,
    /// Covers the posting, its entries and the hash before it.
    pub hash: Vec<u8>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
