//! The second person.

use chrono::{DateTime, Utc};
use domain::ids::RefundId;
use domain::refund::RefundState;
use serde_json::json;

use super::RefundError;
use super::repo::{self, StoredRefund as _};
use crate::audit::{self, By};
use crate::tasks;
use crate::tenancy::ProjectDb;

/// Agrees to a refund: it will be sent. Whoever asked for it cannot.
///
/// # Errors
/// [`RefundError::NotFound`], [`RefundError::OwnRequest`], [`RefundError::AlreadyDecided`], [`RefundError::Store`].
pub async fn approve(db: &ProjectDb, id: RefundId, by: &By, now: DateTime<Utc>) -> Result<(), RefundError> {
    decide(db, id, RefundState::Queued, "", by, now).await
}

/// Does not agree: nothing is sent, and what was held is free again. Whoever asked for it may take it back so.
///
/// # Errors
/// [`RefundError::NotFound`], [`RefundError::AlreadyDecided`], [`RefundError::Reason`], [`RefundError::Store`].
pub async fn reject(db: &ProjectDb, id: RefundId, why: &str, by: &By, now: DateTime<Utc>) -> Result<(), RefundError> {
    let why = why.trim();
    if why.is_empty() || why.chars().count() > domain::refund::REASON_CHARS_MAX {
        return Err(RefundError::Reason);
    }
    decide(db, id, RefundState::Rejected, why, by, now).await
}

async fn decide(
    db: &ProjectDb,
    id: RefundId,
    next: RefundState,
    why: &str,
    by: &By,
    now: DateTime<Utc>,
) -> Result<(), RefundError> {
    let now_ms = now.timestamp_millis();
    db.transact("refunds.decide", async |tx| {
        let row = repo::lock(tx, id).await?.ok_or(RefundError::NotFound)?;
        let is_own = row.requested_by.is_some() && row.requested_by == by.actor.id();
        if next == RefundState::Queued && is_own {
            return Err(RefundError::OwnRequest);
        }
        if !repo::transition(tx, id, next, now_ms).await? {
            return Err(RefundError::AlreadyDecided);
        }
        let next_look_at_ms = (next == RefundState::Queued).then_some(now_ms);
        tx.execute(
            "UPDATE refund SET decided_by = $1, decided_at_ms = $2, next_look_at_ms = $3 WHERE id = $4",
            vec![by.actor.id().into(), now_ms.into(), next_look_at_ms.into(), id.uuid().into()],
        )
        .await?;
        let kind = if next == RefundState::Queued { "approved" } else { "rejected" };
        repo::event(tx, id, kind, why, now_ms).await?;
        tasks::settle(tx, &format!("{}:approval", row.subject()), by.actor.id(), now_ms).await?;
        let action = if next == RefundState::Queued { "refund.approve" } else { "refund.reject" };
        audit::append(tx, by, action, &row.subject(), &json!({ "why": why }), now_ms).await?;
        Ok(())
    })
    .await
}
