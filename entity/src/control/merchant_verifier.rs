//! What checks WeChat Pay's signatures for a merchant: a WeChat Pay public key, a platform certificate, or both
//! while the merchant moves from one to the other.

use sea_orm::entity::prelude::*;

/// A row of `merchant_verifier`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "merchant_verifier")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub merchant_id: Uuid,
    /// What the `Wechatpay-Serial` header says.
    #[sea_orm(primary_key, auto_increment = false)]
    pub serial: String,
    /// `public_key` or `platform_certificate`.
    pub kind: String,
    pub pem: String,
    pub expires_at_ms: Option<i64>,
    pub created_at_ms: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
