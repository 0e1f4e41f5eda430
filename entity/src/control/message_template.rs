//! The one approved message template of an account for a purpose.

use sea_orm::entity::prelude::*;

/// A row of `message_template`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "message_template")]
pub struct Model {
    /// The sending account: a WeChat app id, or an SMS account's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub purpose: String,
    pub template_id: String,
    /// JSON object: the template's key -> our field name.
    pub fields: String,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
