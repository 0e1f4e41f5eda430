//! A formula in force between two dates, for one kind of house or for all. A change is a new row, never an edit.

use sea_orm::entity::prelude::*;

/// A row of `tariff`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tariff")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub fee_item_id: Uuid,
    /// Empty: every kind.
    pub house_kind: Option<String>,
    pub formula: String,
    /// JSON object: name -> decimal as text.
    pub constants: String,
    pub version: i64,
    pub effective_from_day: i64,
    /// Empty: until a later one.
    pub effective_until_day: Option<i64>,
    pub created_at_ms: i64,
    pub created_by: Option<Uuid>,
    /// `monthly` or `once`.
    pub purpose: String,
    /// JSON array: the inputs the formula declares.
    pub inputs: String,
    /// Empty: every building.
    pub building: Option<String>,
    /// Empty: every house.
    pub house_id: Option<Uuid>,
    /// The template it was made from.
    pub template: Option<String>,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
