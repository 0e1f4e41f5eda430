//! One meter in its place.

use sea_orm::entity::prelude::*;

/// A row of `meter`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "meter")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub house_id: Option<Uuid>,
    pub public_place: Option<String>,
    pub kind: String,
    pub number: String,
    pub multiplier_milli: i64,
    pub limit_micro: Option<i64>,
    pub retired_at_ms: Option<i64>,
    pub created_at_ms: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
