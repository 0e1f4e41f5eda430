//! What one cashier takes between opening and closing the drawer.

use sea_orm::entity::prelude::*;

/// A row of `shift`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "shift")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub cashier_id: Uuid,
    /// What was in the drawer before anything was taken.
    pub opening_float_fen: i64,
    pub opened_at_ms: i64,
    pub closed_at_ms: Option<i64>,
    /// Why the count was not what was booked.
    pub difference_reason: Option<String>,
    pub locked_at_ms: Option<i64>,
    pub locked_by: Option<Uuid>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
