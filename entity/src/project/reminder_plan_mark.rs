//! Up to which day planning has looked at every bill of a stage.

use sea_orm::entity::prelude::*;

/// A row of `reminder_plan_mark`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reminder_plan_mark")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub policy_version: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub stage: String,
    pub through_day: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
