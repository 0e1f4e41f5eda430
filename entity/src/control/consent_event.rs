//! One event of the credit ledger of one-time subscribe messages: +1 for an accept, -1 for a message spent, 0 when
//! refused or exhausted.

use sea_orm::entity::prelude::*;

/// A row of `consent_event`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consent_event")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub dedup_key: String,
    pub app_id: String,
    pub openid: String,
    pub template_id: String,
    /// `accept`, `reject`, `spent` or `exhausted`.
    pub kind: String,
    pub at_ms: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
