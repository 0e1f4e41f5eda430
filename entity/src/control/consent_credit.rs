//! How many one-time subscribe messages a template may still send to a person.

use sea_orm::entity::prelude::*;

/// A row of `consent_credit`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consent_credit")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub app_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub openid: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub template_id: String,
    pub credits: i64,
    pub updated_at_ms: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
