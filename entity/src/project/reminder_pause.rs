//! No reminders for a while, for the project or a part of it.

use sea_orm::entity::prelude::*;

/// A row of `reminder_pause`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reminder_pause")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `project`, `building`, `house`, `payer` or `bill`.
    pub level: String,
    /// Which one of its level.
    pub subject: String,
    pub reason: String,
    /// Empty: until someone ends it.
    pub until_day: Option<i64>,
    pub created_by: Option<Uuid>,
    pub created_at_ms: i64,
    pub ended_at_ms: Option<i64>,
    /// `staff` or `owner`.
    pub origin: String,
    /// The owner who set it.
    pub person_id: Option<Uuid>,
    /// What they say in a dispute.
    pub words_sealed: Option<Vec<u8>>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
