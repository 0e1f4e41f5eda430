//! Ending what a campaign has not sent.
//!
//! Order of locks: notices, then reminders, as everybody here. What a claim holds at this moment is being sent and
//! stays; what waits was certainly not sent.

use chrono::{DateTime, Utc};
use domain::reminder::SilenceReason;
use uuid::Uuid;

use super::draft::stage_name;
use crate::reminders::ReminderError;
use crate::reminders::events::{self, Event};
use crate::reminders::rows::{IDS_PER_QUERY, numbered, uuids};
use crate::store::{StoreError, Values};
use crate::tenancy::ProjectTx;

#[derive(sea_orm::FromQueryResult)]
struct Waiting {
    id: Uuid,
    stage: String,
}

#[derive(sea_orm::FromQueryResult)]
struct Key {
    bill_id: Uuid,
}

/// Turns every row of the campaign that was not sent into `suppressed`. Rows that waited keep their reason when
/// `keeps_reason`; all others say that the campaign was called off. Answers how many bills.
pub(super) async fn silence(
    tx: &ProjectTx<'_>,
    no: i64,
    keeps_reason: bool,
    now: DateTime<Utc>,
) -> Result<u64, ReminderError> {
    let waiting = waiting(tx, no).await?;
    let stage = stage_name(no);
    let (own, mixed): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|notice| notice.stage == stage);
    let ids = |notices: Vec<Waiting>| notices.into_iter().map(|notice| notice.id).collect::<Vec<_>>();
    let mut bills = 0;
    for chunk in ids(own).chunks(IDS_PER_QUERY) {
        bills += end_own(tx, no, chunk, now).await?;
    }
    for chunk in ids(mixed).chunks(IDS_PER_QUERY) {
        bills += leave_mixed(tx, no, chunk, now).await?;
    }
    Ok(bills + end_unclaimed(tx, no, keeps_reason, now).await?)
}

/// Messages about bills of the campaign that wait for another try or another channel.
async fn waiting(tx: &ProjectTx<'_>, no: i64) -> Result<Vec<Waiting>, StoreError> {
    let sql = format!(
        "SELECT n.id, n.stage FROM notice n WHERE n.state = 'claimed' AND n.reason IS NOT NULL AND n.id IN \
         (SELECT r.notice_id FROM reminder r WHERE r.policy_version = $1 AND r.policy_version < 0 \
         AND r.state = 'held' AND r.notice_id IS NOT NULL) ORDER BY n.id{}",
        if tx.is_postgres() { " FOR UPDATE OF n" } else { "" }
    );
    tx.rows(&sql, vec![(-no).into()]).await
}

/// Messages in the campaign's own words end; what else they carried is planned again.
async fn end_own(tx: &ProjectTx<'_>, no: i64, notices: &[Uuid], now: DateTime<Utc>) -> Result<u64, StoreError> {
    let (now_ms, cancelled) = (now.timestamp_millis(), SilenceReason::Cancelled.as_str());
    let sql = format!(
        "UPDATE notice SET state = 'suppressed', reason = $1, lease_until_ms = NULL WHERE id IN ({})",
        numbered(2, notices.len())
    );
    let mut values: Values = vec![cancelled.into()];
    values.extend(uuids(notices));
    tx.execute(&sql, values).await?;
    let events: Vec<Event> = notices.iter().map(|id| Event::of_notice("suppressed", *id, cancelled)).collect();
    events::append(tx, &events, now_ms).await?;
    let ids = numbered(4, notices.len());
    let sql = format!(
        "UPDATE reminder SET state = 'suppressed', reason = $1, state_at_ms = $2 \
         WHERE policy_version = $3 AND policy_version < 0 AND state = 'held' AND notice_id IN ({ids})"
    );
    let mut values: Values = vec![cancelled.into(), now_ms.into(), (-no).into()];
    values.extend(uuids(notices));
    let ended = tx.execute(&sql, values).await?;
    let ids = numbered(3, notices.len());
    let sql = format!(
        "UPDATE reminder SET state = 'planned', reason = NULL, notice_id = NULL, state_at_ms = $1 \
         WHERE policy_version <> $2 AND state = 'held' AND notice_id IN ({ids})"
    );
    let mut values: Values = vec![now_ms.into(), (-no).into()];
    values.extend(uuids(notices));
    tx.execute(&sql, values).await?;
    Ok(ended)
}

/// Messages in the ladder's words go on without the campaign's bills.
async fn leave_mixed(tx: &ProjectTx<'_>, no: i64, notices: &[Uuid], now: DateTime<Utc>) -> Result<u64, StoreError> {
    let (now_ms, cancelled, stage) = (now.timestamp_millis(), SilenceReason::Cancelled.as_str(), stage_name(no));
    let sql = format!(
        "UPDATE reminder SET state = 'suppressed', reason = $1, notice_id = NULL, state_at_ms = $2 \
         WHERE policy_version = $3 AND policy_version < 0 AND state = 'held' AND notice_id IN ({}) RETURNING bill_id",
        numbered(4, notices.len())
    );
    let mut values: Values = vec![cancelled.into(), now_ms.into(), (-no).into()];
    values.extend(uuids(notices));
    let left: Vec<Key> = tx.rows(&sql, values).await?;
    let sql = format!("DELETE FROM notice_bill WHERE stage = $1 AND notice_id IN ({})", numbered(2, notices.len()));
    let mut values: Values = vec![stage.as_str().into()];
    values.extend(uuids(notices));
    tx.execute(&sql, values).await?;
    let events: Vec<Event> =
        left.iter().map(|row| Event::of_bill("suppressed", row.bill_id, &stage, cancelled)).collect();
    events::append(tx, &events, now_ms).await?;
    Ok(u64::try_from(left.len()).unwrap_or(0))
}

/// What no message carries yet: one statement for the rows, one for their history, however many there are.
async fn end_unclaimed(tx: &ProjectTx<'_>, no: i64, keeps_reason: bool, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let (now_ms, cancelled) = (now.timestamp_millis(), SilenceReason::Cancelled.as_str());
    let reason = if keeps_reason { "COALESCE(reason, $1)" } else { "$1" };
    let lock = if tx.is_postgres() { " ORDER BY bill_id FOR UPDATE" } else { "" };
    let sql = format!(
        "UPDATE reminder SET state = 'suppressed', reason = {reason}, state_at_ms = $2 WHERE stage = $4 AND bill_id IN \
         (SELECT bill_id FROM reminder WHERE policy_version = $3 AND policy_version < 0 \
         AND state IN ('planned', 'held') AND notice_id IS NULL{lock})"
    );
    let stage = stage_name(no);
    let values: Values = vec![cancelled.into(), now_ms.into(), (-no).into(), stage.as_str().into()];
    let ended = tx.execute(&sql, values).await?;
    let id = if tx.is_postgres() { "gen_random_uuid()" } else { "randomblob(16)" };
    let sql = format!(
        "INSERT INTO reminder_event (id, at_ms, kind, notice_id, bill_id, stage, detail) \
         SELECT {id}, CAST($1 AS BIGINT), 'suppressed', NULL, bill_id, stage, reason FROM reminder \
         WHERE policy_version = $2 AND policy_version < 0 AND state = 'suppressed' AND state_at_ms = $1 \
         AND notice_id IS NULL AND NOT EXISTS (SELECT 1 FROM reminder_event e WHERE e.bill_id = reminder.bill_id \
         AND e.stage = reminder.stage AND e.kind = 'suppressed')"
    );
    tx.execute(&sql, vec![now_ms.into(), (-no).into()]).await?;
    Ok(ended)
}
