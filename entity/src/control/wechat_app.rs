//! A WeChat account of a company: a mini program or a service account, with its secrets.

use sea_orm::entity::prelude::*;

/// A row of `wechat_app`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "wechat_app")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub app_id: String,
    pub company_id: Uuid,
    /// `mini_program` or `service_account`.
    pub kind: String,
    pub secret_sealed: Vec<u8>,
    pub push_token_sealed: Option<Vec<u8>>,
    pub push_aes_key_sealed: Option<Vec<u8>>,
    pub created_at_ms: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
