//! A party's part in a house: owner or lessee. Exactly one of a house is the payer, or none.

use sea_orm::entity::prelude::*;

/// A row of `house_party`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "house_party")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub house_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub party_id: Uuid,
    /// `owner` or `lessee`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub role: String,
    /// Order in the books, from 0.
    pub position: i64,
    pub is_payer: bool,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
