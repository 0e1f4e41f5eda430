//! A phone number of a party.

use sea_orm::entity::prelude::*;

/// A row of `party_phone`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "party_phone")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub party_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub phone_hash: Vec<u8>,
    pub phone_sealed: Vec<u8>,
    /// Order in which numbers are tried, from 0.
    pub position: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
