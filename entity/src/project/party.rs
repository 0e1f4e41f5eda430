//! A person or organisation as the company's books know them: who owes and pays.

use sea_orm::entity::prelude::*;

/// A row of `party`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "party")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `person` or `organisation`.
    pub kind: String,
    pub name_sealed: Vec<u8>,
    pub name_hash: Vec<u8>,
    pub id_no_sealed: Option<Vec<u8>>,
    pub id_no_hash: Option<Vec<u8>>,
    pub created_at_ms: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
