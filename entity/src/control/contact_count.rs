//! How often one contact was addressed on a day, over all projects.

use sea_orm::entity::prelude::*;

/// A row of `contact_count`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_count")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub contact_hash: Vec<u8>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: i64,
    pub taken: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
