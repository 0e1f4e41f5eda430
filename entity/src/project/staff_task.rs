//! Something only a person can settle.

use sea_orm::entity::prelude::*;

/// A row of `staff_task`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "staff_task")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub natural_key: String,
    pub kind: String,
    pub subject: String,
    /// What is to be done, in Chinese.
    pub words: String,
    pub created_at_ms: i64,
    pub done_at_ms: Option<i64>,
    pub done_by: Option<Uuid>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
