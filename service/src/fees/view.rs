//! Fee items and tariffs as staff see them.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::formula::Field;
use serde::Serialize;
use uuid::Uuid;

/// A fee item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FeeItemView {
    /// The fee item.
    pub id: Uuid,
    /// Stable within the project.
    pub code: String,
    /// The name on bills.
    pub name: String,
    /// 1, 3, 6 or 12.
    pub period_months: u32,
    /// `fen_half_up`, `yuan_half_up`, `fen_down`.
    pub rounding: String,
    /// `calendar_days`, `thirty_days`, `whole_month`.
    pub prorate: String,
    /// Days from the bill day to the due day.
    pub due_after_days: u64,
    /// No longer billed.
    pub is_retired: bool,
}

/// A tariff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TariffView {
    /// The tariff.
    pub id: Uuid,
    /// Its fee item.
    pub fee_item_id: Uuid,
    /// The only kind of house it is for. The most special tariff holds: a house before a kind in a building before
    /// either alone before all.
    pub house_kind: Option<String>,
    /// The only building it is for.
    pub building: Option<String>,
    /// The only house it is for.
    pub house_id: Option<Uuid>,
    /// `monthly`: the amount of one month, scaled to the period; `once`: the amount as it is.
    pub purpose: String,
    /// As it was written.
    pub formula: String,
    /// The inputs it uses, as they are declared: `{"name": "用电量", "kind": "number", "unit": "度"}`.
    #[schema(value_type = Vec<Object>)]
    pub inputs: Vec<Field>,
    /// The template it was made from.
    pub template: Option<String>,
    /// The constants of the formula.
    pub constants: BTreeMap<String, String>,
    /// 1, 2, … within the fee item.
    pub version: i64,
    /// First day in force.
    pub effective_from: NaiveDate,
    /// Last day in force; open without.
    pub effective_until: Option<NaiveDate>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}
