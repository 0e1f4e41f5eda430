//! When a payer looks at messages.

use sea_orm::entity::prelude::*;

/// A row of `payer_hour`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payer_hour")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub payer_party_id: Uuid,
    pub minute_of_day: i64,
    /// From whose facts.
    pub basis: String,
    pub facts: i64,
    pub learned_at_ms: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
