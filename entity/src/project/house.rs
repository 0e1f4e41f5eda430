//! Any billable object: a flat, shop, office or storage room.

use sea_orm::entity::prelude::*;

/// A row of `house`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "house")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What a house is found by, whichever way it is written.
    pub house_key: String,
    pub building: String,
    pub entrance: Option<String>,
    pub room: String,
    pub kind: String,
    /// As written: may be `-1` or `B1`.
    pub floor: Option<String>,
    pub area_centi: i64,
    pub inner_area_centi: Option<i64>,
    /// The house's own price, where it differs from the tariff's.
    pub unit_price_e4: Option<i64>,
    /// `occupied`, `let`, `vacant`, `fitting_out`, `not_handed_over` or `unknown`.
    pub occupancy: String,
    pub handover_day: Option<i64>,
    pub import_batch_id: Option<Uuid>,
    pub created_at_ms: i64,
    pub updated_at_ms: i64,
}

/// Joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
