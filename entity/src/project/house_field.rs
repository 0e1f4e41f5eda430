//! A field the company keeps of every house, as formulas know it.

use sea_orm::entity::prelude::*;

/// A row of `house_field`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "house_field")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    /// JSON: its declaration.
    pub definition: String,
    /// Entered for each period anew.
    pub per_period: bool,
    pub created_by: Option<Uuid>,
    pub created_at_ms: i64,
    pub retired_at_ms: Option<i64>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
