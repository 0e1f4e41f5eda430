//! A company's own WeChat Pay merchant number with what signs requests and opens callbacks.

use sea_orm::entity::prelude::*;

/// A row of `merchant`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "merchant")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub company_id: Uuid,
    pub mchid: String,
    /// Serial number of the merchant's own API certificate.
    pub serial_no: String,
    pub private_key_sealed: Vec<u8>,
    pub api_v3_key_sealed: Vec<u8>,
    pub created_at_ms: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
