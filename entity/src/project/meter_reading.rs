//! What a meter showed for a month.

use sea_orm::entity::prelude::*;

/// A row of `meter_reading`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "meter_reading")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub meter_id: Uuid,
    pub period_start_day: i64,
    pub previous_milli: Option<i64>,
    pub current_milli: i64,
    pub multiplier_milli: i64,
    pub step: String,
    pub old_end_milli: Option<i64>,
    pub new_start_milli: Option<i64>,
    pub usage_micro: i64,
    pub is_estimated: bool,
    pub read_day: Option<i64>,
    pub reader: Option<String>,
    pub photo: Option<String>,
    pub remark: Option<String>,
    pub anomalies: String,
    pub accepted_at_ms: Option<i64>,
    pub accepted_by: Option<Uuid>,
    pub accept_reason: Option<String>,
    pub import_batch_id: Option<Uuid>,
    pub superseded_at_ms: Option<i64>,
    pub created_at_ms: i64,
    pub created_by: Option<Uuid>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
