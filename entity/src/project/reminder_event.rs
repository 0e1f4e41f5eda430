//! History of reminders and notices. Append-only.

use sea_orm::entity::prelude::*;

/// A row of `reminder_event`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reminder_event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub at_ms: i64,
    pub kind: String,
    /// Empty for what happened to a reminder before any message existed.
    pub notice_id: Option<Uuid>,
    pub bill_id: Option<Uuid>,
    pub stage: Option<String>,
    pub detail: String,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
