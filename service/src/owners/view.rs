//! What owners and staff are shown of a binding.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::{BindingRole, BindingState, PendingCursor};
use crate::store::StoreError;

/// A person's claim to a house, as that person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BindingView {
    /// Its id.
    pub id: Uuid,
    /// The project.
    pub project_id: Uuid,
    /// Its name.
    pub project_name: String,
    /// The house.
    pub house_id: Uuid,
    /// `1-1-101`; nothing while the project cannot be reached or when the house is gone.
    pub house: Option<String>,
    /// As what.
    pub role: BindingRole,
    /// Where the claim stands.
    pub state: BindingState,
    /// The same in words.
    pub words: String,
    /// When it was made.
    pub requested_at: DateTime<Utc>,
    /// When it was decided.
    pub decided_at: Option<DateTime<Utc>>,
}

/// A claim that awaits the staff. Names and phones are masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PendingBindingView {
    /// Its id.
    pub id: Uuid,
    /// The house.
    pub house_id: Uuid,
    /// `1-1-101`; nothing when the house is gone.
    pub house: Option<String>,
    /// The name that was claimed.
    pub claimed_name: Option<String>,
    /// The claimed name is that of a recorded owner or lessee.
    pub name_matches: bool,
    /// Who is recorded, owners first.
    pub recorded_names: Vec<String>,
    /// The phone WeChat vouched for, if the claimant gave one.
    pub phone: Option<String>,
    /// When it was made.
    pub requested_at: DateTime<Utc>,
    /// Where the list goes on after this row.
    pub cursor: PendingCursor,
}

/// An instant of a row.
pub(super) fn instant(ms: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_millis(ms).ok_or_else(|| StoreError::bad_row("house_binding", ms))
}
