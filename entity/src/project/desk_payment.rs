//! What the desk knows of a payment.

use sea_orm::entity::prelude::*;

/// A row of `desk_payment`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "desk_payment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub payment_id: Uuid,
    pub shift_id: Uuid,
    pub idempotency_key: Uuid,
    /// Tells the same request sent twice from another under its key.
    pub request_digest: String,
    /// What the payer handed over in cash.
    pub tendered_fen: Option<i64>,
    /// Who paid, when it was somebody else.
    pub payer_name_sealed: Option<Vec<u8>>,
    /// The number on a slip or of a transfer.
    pub reference: Option<String>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
