//! A person's claim to act for a house, and what staff decided. At most one that is pending or active per person
//! and house.

use sea_orm::entity::prelude::*;

/// A row of `house_binding`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "house_binding")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub person_id: Uuid,
    pub project_id: Uuid,
    pub house_id: Uuid,
    /// The party in the project's books that the claim matched.
    pub party_id: Option<Uuid>,
    /// `owner`, `lessee` or `family`.
    pub role: String,
    /// `pending`, `active`, `refused` or `ended`.
    pub state: String,
    pub claimed_name_sealed: Option<Vec<u8>>,
    pub reason: Option<String>,
    pub requested_at_ms: i64,
    pub decided_at_ms: Option<i64>,
    /// The employee, or nobody when the books decided.
    pub decided_by: Option<Uuid>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
