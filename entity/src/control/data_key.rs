//! A data key, wrapped by the root key. Many rows may be there for one scope and purpose: the highest `version`
//! that is not retired seals, older ones still open.

use sea_orm::entity::prelude::*;

/// A row of `data_key`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "data_key")]
pub struct Model {
    /// `control`, or a project's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: String,
    /// `seal` (rotates) or `index` (for keyed hashes, stays).
    #[sea_orm(primary_key, auto_increment = false)]
    pub purpose: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    /// The key under the root key's wrapping.
    pub wrapped: Vec<u8>,
    pub created_at_ms: i64,
    pub retired_at_ms: Option<i64>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
