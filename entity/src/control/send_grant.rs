//! Leave to send one message: what it took of quota, cap and credit.

use sea_orm::entity::prelude::*;

/// A row of `send_grant`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "send_grant")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub notice_id: Uuid,
    pub project_id: Uuid,
    pub account: String,
    pub channel: String,
    pub day: i64,
    pub contact_hash: Vec<u8>,
    /// With a consent credit: whose, for which template.
    pub openid: Option<String>,
    pub template_id: Option<String>,
    pub state: String,
    pub taken_at_ms: i64,
    pub until_ms: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
