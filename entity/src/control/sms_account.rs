//! A company's account with an SMS and voice vendor.

use sea_orm::entity::prelude::*;

/// A row of `sms_account`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sms_account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub company_id: Uuid,
    /// `tencent` or `aliyun`.
    pub vendor: String,
    pub secret_id_sealed: Vec<u8>,
    pub secret_key_sealed: Vec<u8>,
    pub sdk_app_id: String,
    pub sign_name: String,
    /// Hash of the secret part of the URL that delivery reports come to.
    pub report_path_hash: Vec<u8>,
    pub created_at_ms: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
