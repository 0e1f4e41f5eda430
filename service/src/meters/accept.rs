//! Accepting a reading that looks odd: somebody looked, and says why it is right.

use chrono::{DateTime, Utc};
use domain::applied::Applied;
use serde_json::json;
use uuid::Uuid;

use super::{MetersError, REASON_CHARS_MAX};
use crate::audit::{self, By};
use crate::tenancy::ProjectDb;

#[derive(sea_orm::FromQueryResult)]
struct Row {
    anomalies: String,
    accepted_at_ms: Option<i64>,
    accept_reason: Option<String>,
}

/// A reason as it may be kept.
pub(super) fn checked_reason(reason: &str) -> Result<&str, MetersError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
        return Err(MetersError::Invalid { field: "reason", words: "请填写原因，最多 200 个字" });
    }
    Ok(reason)
}

/// Accepts a reading with its anomalies, so that it may be billed. With the same reason again it writes nothing.
///
/// # Errors
/// [`MetersError::NotFound`], [`MetersError::NothingToAccept`], [`MetersError::Invalid`] without a reason.
pub async fn accept(
    db: &ProjectDb,
    reading_id: Uuid,
    reason: &str,
    by: &By,
    now: DateTime<Utc>,
) -> Result<Applied<()>, MetersError> {
    let reason = checked_reason(reason)?;
    db.transact("meters.accept", async |tx| {
        let sql = format!(
            "SELECT anomalies, accepted_at_ms, accept_reason FROM meter_reading WHERE id = $1 \
             AND superseded_at_ms IS NULL{}",
            tx.for_update()
        );
        let row: Row = tx.row(&sql, vec![reading_id.into()]).await?.ok_or(MetersError::NotFound)?;
        if row.accepted_at_ms.is_some() && row.accept_reason.as_deref() == Some(reason) {
            return Ok(Applied::Already(()));
        }
        if row.anomalies.is_empty() || row.accepted_at_ms.is_some() {
            return Err(MetersError::NothingToAccept);
        }
        let now_ms = now.timestamp_millis();
        tx.execute(
            "UPDATE meter_reading SET accepted_at_ms = $2, accepted_by = $3, accept_reason = $4 WHERE id = $1",
            vec![reading_id.into(), now_ms.into(), by.actor.id().into(), reason.into()],
        )
        .await?;
        let detail = json!({ "anomalies": row.anomalies, "reason": reason });
        audit::append(tx, by, "meters.accept", &format!("meter_reading:{reading_id}"), &detail, now_ms).await?;
        Ok(Applied::Done(()))
    })
    .await
}
