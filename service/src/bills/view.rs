//! Bills as owners and staff see them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

/// Where a bill stands. Derived, never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BillState {
    /// Nothing or not everything is paid.
    Open,
    /// Paid in full.
    Settled,
    /// Withdrawn.
    Voided,
}

/// A bill in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BillView {
    /// The bill.
    pub id: Uuid,
    /// Its house.
    pub house_id: Uuid,
    /// `1-1-101`.
    pub house_key: String,
    /// Who owes it.
    pub payer_party_id: Uuid,
    /// What is charged for.
    pub fee_item_id: Uuid,
    /// Its name.
    pub fee_item_name: String,
    /// `2026年11月`.
    pub period: String,
    /// First day of the period.
    pub period_start: NaiveDate,
    /// Last day of the period.
    pub period_end: NaiveDate,
    /// The day on the bill.
    pub bill_day: NaiveDate,
    /// To be paid by.
    pub due_day: NaiveDate,
    /// Where it stands.
    pub state: BillState,
    /// Open, and the due day is over.
    pub is_overdue: bool,
    /// A payment order holds it.
    pub is_reserved: bool,
    /// The sum, fen.
    pub total_fen: i64,
    /// Paid so far, fen.
    pub paid_fen: i64,
    /// Still owed, fen; 0 once voided.
    pub open_fen: i64,
    /// When it was issued.
    pub created_at: DateTime<Utc>,
}

/// Totals of a whole list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BillTotals {
    /// Bills.
    pub count: i64,
    /// Their sum without the voided, fen.
    pub total_fen: i64,
    /// Paid, fen.
    pub paid_fen: i64,
    /// Still owed, fen.
    pub open_fen: i64,
}

/// A page of bills with the totals of the whole list, from one statement: they cannot disagree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BillPage {
    /// Oldest due day first.
    pub bills: Vec<BillView>,
    /// Of the whole list.
    pub totals: BillTotals,
}

/// A line of a bill with the words of how it came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BillLineView {
    /// The tariff.
    pub tariff_id: Uuid,
    /// Its version within the fee item.
    pub tariff_version: i64,
    /// First day charged.
    pub from: NaiveDate,
    /// Last day charged.
    pub until: NaiveDate,
    /// Yuan before rounding.
    pub exact_yuan: String,
    /// Rounded once, fen.
    pub amount_fen: i64,
    /// One line a step: `建筑面积 102.94㎡ × 单价 1.80元/㎡·月 = 185.29元`.
    pub words: Vec<String>,
    /// What the formula was given; empty on bills of before it was kept.
    #[schema(value_type = Object)]
    pub inputs: serde_json::Map<String, serde_json::Value>,
}

/// A bill with its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BillDetail {
    /// As in lists.
    #[serde(flatten)]
    pub bill: BillView,
    /// In the order of their days.
    pub lines: Vec<BillLineView>,
    /// The wrong bill this one was issued in place of.
    pub corrects_bill_id: Option<Uuid>,
    /// The bill that was issued in place of this one.
    pub corrected_by_bill_id: Option<Uuid>,
}

/// A run with the houses that have no bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = BillRunDetail)]
pub struct RunDetail {
    /// As in lists.
    #[serde(flatten)]
    pub run: RunView,
    /// `{"houses": 3, "counts": [{"code": "no_payer", "houses": 3}]}`; empty while it goes on.
    #[schema(value_type = Object)]
    pub exceptions: serde_json::Map<String, serde_json::Value>,
}

/// A run of the past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = BillRunView)]
pub struct RunView {
    /// The run.
    pub id: Uuid,
    /// What was charged for.
    pub fee_item_id: Uuid,
    /// First day of the period.
    pub period_start: NaiveDate,
    /// Last day of the period.
    pub period_end: NaiveDate,
    /// The day on the bills.
    pub bill_day: NaiveDate,
    /// `staff` or `schedule`.
    pub origin: String,
    /// `publishing`, `published` or `cancelled`.
    pub state: String,
    /// Houses of the project when it began: `bills` of them have theirs so far.
    pub houses: i64,
    /// Bills issued.
    pub bills: i64,
    /// Their sum, fen.
    pub total_fen: i64,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was complete.
    pub published_at: Option<DateTime<Utc>>,
    /// When its bills were taken back.
    pub cancelled_at: Option<DateTime<Utc>>,
    /// Why.
    pub cancel_reason: Option<String>,
}
