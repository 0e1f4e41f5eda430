//! A version of the project's reminder policy. A change is a new row, never an edit.

use sea_orm::entity::prelude::*;

/// A row of `reminder_policy`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reminder_policy")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    /// JSON: the policy.
    pub body: String,
    pub created_at_ms: i64,
    pub created_by: Option<Uuid>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
