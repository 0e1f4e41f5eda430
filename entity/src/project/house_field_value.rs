//! What a field is at a house from a day on.

use sea_orm::entity::prelude::*;

/// A row of `house_field_value`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "house_field_value")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub house_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub field_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub from_day: i64,
    /// JSON; `null` takes the value away.
    pub value: String,
    pub set_by: Option<Uuid>,
    pub set_at_ms: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
