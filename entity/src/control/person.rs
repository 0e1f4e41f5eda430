//! A human being who signed in, over all projects. Erasure empties the columns and keeps the row.

use sea_orm::entity::prelude::*;

/// A row of `person`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub phone_sealed: Option<Vec<u8>>,
    /// Finds the person by phone number.
    pub phone_hash: Option<Vec<u8>>,
    pub union_id: Option<String>,
    pub created_at_ms: i64,
    pub erased_at_ms: Option<i64>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
