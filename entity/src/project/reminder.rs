//! One bill and one stage: the row's existence is the fact "planned". `state` is where its events have led.

use sea_orm::entity::prelude::*;

/// A row of `reminder`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reminder")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub bill_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub stage: String,
    pub stage_day: i64,
    pub payer_party_id: Uuid,
    pub policy_version: i64,
    pub send_at_ms: i64,
    /// `planned`, `held`, `claimed`, `sent`, `suppressed`, `superseded` or `failed`.
    pub state: String,
    pub reason: Option<String>,
    pub notice_id: Option<Uuid>,
    pub planned_at_ms: i64,
    pub state_at_ms: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
