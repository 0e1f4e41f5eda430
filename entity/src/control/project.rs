//! A project (项目, 小区) and where its database lives.

use sea_orm::entity::prelude::*;

/// A row of `project`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub company_id: Uuid,
    /// 2 to 6 characters: the prefix of its numbers.
    pub code: String,
    pub name: String,
    /// IANA name, such as `Asia/Shanghai`.
    pub time_zone: String,
    pub service_phone: String,
    /// Where the project's database lives.
    pub placement_sealed: Vec<u8>,
    /// `active` or `closed`.
    pub state: String,
    pub mini_program_app_id: Option<String>,
    pub service_account_app_id: Option<String>,
    pub merchant_id: Option<Uuid>,
    pub sms_account_id: Option<Uuid>,
    pub created_at_ms: i64,
    /// Asked when the first account certainly did not send.
    pub sms_backup_account_id: Option<Uuid>,
    pub voice_account_id: Option<Uuid>,
    pub voice_backup_account_id: Option<Uuid>,
    /// Everything is decided and written, nothing leaves.
    pub is_dry_run: bool,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
