//! A correction of a billed reading.

use sea_orm::entity::prelude::*;

/// A row of `meter_correction`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "meter_correction")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub reading_id: Uuid,
    pub was_milli: i64,
    pub now_milli: i64,
    pub difference_micro: i64,
    pub counts_in_start_day: i64,
    pub reason: String,
    pub created_at_ms: i64,
    pub created_by: Option<Uuid>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
