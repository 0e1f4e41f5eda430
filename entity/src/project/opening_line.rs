//! A line of the books kept before.

use sea_orm::entity::prelude::*;

/// A row of `opening_line`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "opening_line")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub natural_key: String,
    pub import_batch_id: Uuid,
    pub section: String,
    pub house_id: Uuid,
    pub payer_party_id: Uuid,
    pub item: String,
    pub start_day: Option<i64>,
    pub end_day: Option<i64>,
    pub amount_fen: i64,
    pub taken_day: Option<i64>,
    pub remark: Option<String>,
    pub bill_id: Option<Uuid>,
    pub posting_key: String,
    pub created_at_ms: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
