//! A property company (物业公司): the customer, under which projects, merchant numbers, WeChat accounts and staff
//! stand.

use sea_orm::entity::prelude::*;

/// A row of `company`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "company")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub created_at_ms: i64,
    pub logo_url: Option<String>,
    /// The last day on which no project of the company reminds anybody.
    pub reminders_paused_until_day: Option<i64>,
    pub reminders_pause_reason: Option<String>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
