//! Houses as staff see them: names and phones masked.

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

/// A person or organisation at a house, masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PartyView {
    /// The party.
    pub party_id: Uuid,
    /// `owner` or `lessee`.
    pub role: String,
    /// `person` or `organisation`.
    pub kind: String,
    /// `张*`.
    pub name_masked: String,
    /// `138****1234`, the primary one first.
    pub phones_masked: Vec<String>,
    /// The one who is billed.
    pub is_payer: bool,
}

/// A house in a list or a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HouseHit {
    /// The house.
    pub id: Uuid,
    /// `1-1-101`.
    pub key: String,
    /// The building.
    pub building: String,
    /// The entrance, where there is one.
    pub entrance: Option<String>,
    /// The room.
    pub room: String,
    /// `residence`, `shop`, …
    pub kind: String,
    /// Built-up area, 0.01 ㎡.
    pub area_centi: i64,
    /// `occupied`, `let`, …
    pub occupancy: String,
    /// Owners, then lessees, masked.
    pub parties: Vec<PartyView>,
}

/// Everything about one house.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HouseView {
    /// As in lists.
    #[serde(flatten)]
    pub hit: HouseHit,
    /// The storey, if known.
    pub floor: Option<String>,
    /// Inner area, 0.01 ㎡.
    pub inner_area_centi: Option<i64>,
    /// The house's own price, 0.0001 yuan per ㎡ and month.
    pub unit_price_e4: Option<i64>,
    /// Handed over to the owner.
    pub handover: Option<NaiveDate>,
}

/// A page of houses with the totals of the whole list, both by the same condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HousePage {
    /// The houses of this page.
    pub houses: Vec<HouseHit>,
    /// Houses in the whole list.
    pub count: i64,
    /// Their built-up area, 0.01 ㎡.
    pub area_centi: i64,
}

/// A building with what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sea_orm::FromQueryResult, utoipa::ToSchema)]
pub struct BuildingView {
    /// The building.
    pub building: String,
    /// Its houses.
    pub houses: i64,
    /// Their built-up area, 0.01 ㎡.
    pub area_centi: i64,
}
