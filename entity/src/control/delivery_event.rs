//! A delivery event as a vendor told it, kept until the send it belongs to is known.

use sea_orm::entity::prelude::*;

/// A row of `delivery_event`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery_event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub dedup_key: String,
    pub receipt_id: String,
    pub kind: String,
    /// The vendor's own words.
    pub detail: Option<String>,
    pub received_at_ms: i64,
    pub applied_at_ms: Option<i64>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
