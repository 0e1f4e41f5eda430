//! A vendor's account that calls and reads a text aloud.

use sea_orm::entity::prelude::*;

/// A row of `voice_account`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "voice_account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub company_id: Uuid,
    pub vendor: String,
    pub secret_id_sealed: Vec<u8>,
    pub secret_key_sealed: Vec<u8>,
    /// Tencent's VoiceSdkAppid; empty at Aliyun.
    pub sdk_app_id: String,
    /// The bought number that is shown.
    pub show_number: String,
    pub report_path_hash: Vec<u8>,
    pub created_at_ms: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
