//! An employee of a company who can sign in to the console.

use sea_orm::entity::prelude::*;

/// A row of `staff`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "staff")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub company_id: Uuid,
    pub login: String,
    pub name: String,
    /// Argon2 in PHC string format, salt included.
    pub password_hash: String,
    pub failed_sign_ins: i64,
    pub locked_until_ms: Option<i64>,
    pub disabled_at_ms: Option<i64>,
    pub created_at_ms: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
