//! What a project lets its desk do.

use chrono::{DateTime, Utc};
use domain::counter::{AllocationRule, DeskRule};
use domain::money::Fen;
use serde::Serialize;
use serde_json::json;

use super::CounterError;
use crate::audit::{self, By};
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// Without a policy of its own a project lets a cashier void up to 1,000 yuan alone.
const VOID_ALONE_MAX_FEN: i64 = 100_000;

/// What a project lets its desk do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DeskPolicy {
    /// `oldest_first`, `past_first` or `free_choice`.
    #[schema(value_type = String)]
    pub allocation: AllocationRule,
    /// A bill may be paid in parts.
    pub partial_allowed: bool,
    /// The largest payment a cashier may void without a second person, fen.
    pub void_alone_max_fen: i64,
}

#[derive(sea_orm::FromQueryResult)]
struct PolicyRow {
    allocation: String,
    partial_allowed: bool,
    void_alone_max_fen: i64,
}

impl Default for DeskPolicy {
    fn default() -> Self {
        Self { allocation: AllocationRule::OldestFirst, partial_allowed: false, void_alone_max_fen: VOID_ALONE_MAX_FEN }
    }
}

impl DeskPolicy {
    /// The part of it that spreads money.
    #[must_use]
    pub const fn rule(&self) -> DeskRule {
        DeskRule { allocation: self.allocation, partial_allowed: self.partial_allowed }
    }
}

/// The policy in force.
///
/// # Errors
/// [`StoreError`].
pub async fn policy(tx: &ProjectTx<'_>) -> Result<DeskPolicy, StoreError> {
    let row: Option<PolicyRow> =
        tx.row("SELECT allocation, partial_allowed, void_alone_max_fen FROM desk_policy WHERE id = 1", vec![]).await?;
    let Some(row) = row else { return Ok(DeskPolicy::default()) };
    let allocation =
        AllocationRule::parse(&row.allocation).ok_or_else(|| StoreError::bad_row("desk_policy", &row.allocation))?;
    Ok(DeskPolicy { allocation, partial_allowed: row.partial_allowed, void_alone_max_fen: row.void_alone_max_fen })
}

/// Sets the policy from now on; what is booked stays.
///
/// # Errors
/// [`CounterError::BadSum`], [`CounterError::Store`].
pub async fn put_policy(db: &ProjectDb, new: &DeskPolicy, by: &By, now: DateTime<Utc>) -> Result<(), CounterError> {
    if Fen::new(new.void_alone_max_fen)? < Fen::ZERO {
        return Err(CounterError::BadSum);
    }
    let now_ms = now.timestamp_millis();
    db.transact("counter.policy", async |tx| {
        tx.execute(
            "INSERT INTO desk_policy (id, allocation, partial_allowed, void_alone_max_fen, changed_at_ms, changed_by) \
             VALUES (1, $1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE SET allocation = $1, partial_allowed = $2, \
             void_alone_max_fen = $3, changed_at_ms = $4, changed_by = $5",
            vec![
                new.allocation.word().into(),
                new.partial_allowed.into(),
                new.void_alone_max_fen.into(),
                now_ms.into(),
                by.actor.id().into(),
            ],
        )
        .await?;
        audit::append(tx, by, "desk.policy", "desk_policy", &json!(new), now_ms).await?;
        Ok(())
    })
    .await
}
