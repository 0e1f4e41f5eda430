//! What a project lets its desk do.

use sea_orm::entity::prelude::*;

/// A row of `desk_policy`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "desk_policy")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// `oldest_first`, `past_first` or `free_choice`.
    pub allocation: String,
    /// A bill may be paid in parts.
    pub partial_allowed: bool,
    /// The largest payment a cashier may void without a second person.
    pub void_alone_max_fen: i64,
    pub changed_at_ms: i64,
    pub changed_by: Option<Uuid>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
