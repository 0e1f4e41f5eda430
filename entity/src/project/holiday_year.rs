//! The State Council's arrangement of a year, where staff entered it.

use sea_orm::entity::prelude::*;

/// A row of `holiday_year`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "holiday_year")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub year: i64,
    /// JSON.
    pub arrangement: String,
    pub set_by: Option<Uuid>,
    pub set_at_ms: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
