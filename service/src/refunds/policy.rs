//! From what sum on a second person has to agree.

use chrono::{DateTime, Utc};
use domain::money::Fen;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::RefundError;
use crate::audit::{self, By};
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// The rule of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RefundPolicy {
    /// Above this many fen of all refunds of one payment together, a second person has to agree; 0: always.
    pub approve_above_fen: i64,
}

/// The rule in force.
///
/// # Errors
/// [`StoreError`].
pub async fn policy(db: &ProjectDb) -> Result<RefundPolicy, StoreError> {
    db.read("refunds.policy", async |tx| current(tx).await).await
}

pub(super) async fn current(tx: &ProjectTx<'_>) -> Result<RefundPolicy, StoreError> {
    let above: Option<i64> = tx.value("SELECT approve_above_fen FROM refund_policy WHERE id = 1", vec![]).await?;
    let approve_above_fen = above.ok_or_else(|| StoreError::bad_row("refund_policy", 1))?;
    Ok(RefundPolicy { approve_above_fen })
}

/// Changes the rule. What waits for approval goes on waiting.
///
/// # Errors
/// [`RefundError::Money`] below zero or out of range; [`RefundError::Store`].
pub async fn set_policy(db: &ProjectDb, new: RefundPolicy, by: &By, now: DateTime<Utc>) -> Result<(), RefundError> {
    if Fen::new(new.approve_above_fen)? < Fen::ZERO {
        return Err(RefundError::Money(domain::money::MoneyError::OutOfRange));
    }
    let now_ms = now.timestamp_millis();
    db.transact("refunds.set_policy", async |tx| {
        let old = current(tx).await?;
        tx.execute(
            "UPDATE refund_policy SET approve_above_fen = $1, changed_at_ms = $2, changed_by = $3 WHERE id = 1",
            vec![new.approve_above_fen.into(), now_ms.into(), by.actor.id().into()],
        )
        .await?;
        let detail = json!({ "from_fen": old.approve_above_fen, "to_fen": new.approve_above_fen });
        audit::append(tx, by, "refund.policy", "refund_policy", &detail, now_ms).await?;
        Ok(())
    })
    .await
}
