//! One message to one payer through one channel, over one or many bills.

use sea_orm::entity::prelude::*;

/// A row of `notice`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notice")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub payer_party_id: Uuid,
    pub person_id: Option<Uuid>,
    pub stage: String,
    /// `wechat_template`, `wechat_subscribe`, `wechat_notify`, `sms` or `voice`.
    pub channel: String,
    /// How far up the ladder of channels, from 0.
    pub rung: i64,
    /// The unread notice this one follows.
    pub escalated_from: Option<Uuid>,
    pub policy_version: i64,
    /// `claimed`, `sent`, `in_doubt`, `failed` or `suppressed`.
    pub state: String,
    pub reason: Option<String>,
    /// In the message's link: tells that it was opened.
    pub token: String,
    pub recipient_masked: String,
    pub text_sealed: Vec<u8>,
    pub amount_fen: i64,
    /// Rises with every claim: a stale worker's number is refused.
    pub lease_no: i64,
    pub lease_until_ms: Option<i64>,
    pub attempts: i64,
    pub account: Option<String>,
    /// The vendor's number of the send.
    pub receipt_id: Option<String>,
    pub cost_fen: i64,
    /// When it counts as unread; empty when nothing follows.
    pub escalate_at_ms: Option<i64>,
    pub created_at_ms: i64,
    pub sent_at_ms: Option<i64>,
    pub delivered_at_ms: Option<i64>,
    pub opened_at_ms: Option<i64>,
    pub acknowledged_at_ms: Option<i64>,
    pub paid_at_ms: Option<i64>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
