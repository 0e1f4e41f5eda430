//! The end of reminding, in the transaction that ends the debt.

use chrono::{DateTime, Utc};
use domain::reminder::SilenceReason;
use uuid::Uuid;

use super::events::{self, Event};
use super::rows::{IDS_PER_QUERY, numbered, uuids};
use crate::store::{StoreError, Values};
use crate::tenancy::ProjectTx;

/// Ends what was planned for these bills, and what hangs on them, because they are settled. Call it in the
/// transaction that settled them, after the bills' own rows say so; bills that are not settled are left alone.
///
/// What was planned or waits is `suppressed`. A message that was sent gets `paid`; one that is on its way right now
/// gets `crossed`. A message over several bills is paid when the last of them is. No stage or channel follows.
///
/// # Errors
/// [`StoreError`].
pub async fn suppress_paid(tx: &ProjectTx<'_>, bill_ids: &[Uuid], now: DateTime<Utc>) -> Result<(), StoreError> {
    end(tx, bill_ids, SilenceReason::Paid, now).await
}

/// As [`suppress_paid`], because the bills were voided.
///
/// # Errors
/// [`StoreError`].
pub async fn suppress_voided(tx: &ProjectTx<'_>, bill_ids: &[Uuid], now: DateTime<Utc>) -> Result<(), StoreError> {
    end(tx, bill_ids, SilenceReason::Voided, now).await
}

#[derive(sea_orm::FromQueryResult)]
struct ReminderKey {
    bill_id: Uuid,
    stage: String,
}

/// A row that is ours until the end of the transaction.
#[derive(sea_orm::FromQueryResult)]
struct Locked {
    #[sea_orm(from_alias = "id")]
    _id: Uuid,
}

#[derive(sea_orm::FromQueryResult)]
struct NoticeState {
    id: Uuid,
    state: String,
    reason: Option<String>,
}

/// Notices that may still do something about these bills.
const LIVE_NOTICES: &str = "FROM notice n WHERE n.state IN ('claimed', 'sent', 'in_doubt') AND n.paid_at_ms IS NULL \
     AND n.id IN (SELECT nb.notice_id FROM notice_bill nb WHERE nb.bill_id IN";

async fn end(
    tx: &ProjectTx<'_>,
    bill_ids: &[Uuid],
    reason: SilenceReason,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let column = if reason == SilenceReason::Paid { "settled_at_ms" } else { "voided_at_ms" };
    for bill_ids in bill_ids.chunks(IDS_PER_QUERY) {
        let ids = numbered(1, bill_ids.len());
        if tx.is_postgres() {
            lock(tx, bill_ids, &ids).await?;
        }
        silence_planned(tx, bill_ids, column, reason, now).await?;
        end_notices(tx, bill_ids, reason, now).await?;
    }
    Ok(())
}

/// Payers, then notices, then reminders: the order of everybody here. With its payers held no claim is under way, so
/// every notice that exists is seen.
async fn lock(tx: &ProjectTx<'_>, bill_ids: &[Uuid], ids: &str) -> Result<(), StoreError> {
    let payers = format!(
        "SELECT id FROM party WHERE id IN (SELECT payer_party_id FROM bill WHERE id IN ({ids})) ORDER BY id \
         FOR NO KEY UPDATE"
    );
    let notices = format!("SELECT n.id {LIVE_NOTICES} ({ids})) ORDER BY n.id FOR UPDATE OF n");
    let reminders = format!(
        "SELECT bill_id AS id FROM reminder WHERE bill_id IN ({ids}) AND state IN ('planned', 'held') \
         ORDER BY bill_id, stage FOR UPDATE"
    );
    for sql in [payers, notices, reminders] {
        tx.rows::<Locked>(&sql, uuids(bill_ids)).await?;
    }
    Ok(())
}

async fn silence_planned(
    tx: &ProjectTx<'_>,
    bill_ids: &[Uuid],
    column: &str,
    reason: SilenceReason,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let now_ms = now.timestamp_millis();
    let sql = format!(
        "UPDATE reminder SET state = 'suppressed', reason = $1, state_at_ms = $2, \
         notice_id = CASE WHEN {} THEN NULL ELSE notice_id END WHERE bill_id IN ({}) \
         AND state IN ('planned', 'held') \
         AND EXISTS (SELECT 1 FROM bill b WHERE b.id = reminder.bill_id AND b.{column} IS NOT NULL) \
         RETURNING bill_id, stage",
        speaks_for_others("reminder"),
        numbered(3, bill_ids.len())
    );
    let mut values: Values = vec![reason.as_str().into(), now_ms.into()];
    values.extend(uuids(bill_ids));
    let silenced: Vec<ReminderKey> = tx.rows(&sql, values).await?;
    if !silenced.is_empty() {
        leave_waiting(tx, bill_ids, column).await?;
    }
    let events: Vec<Event> =
        silenced.iter().map(|row| Event::of_bill("suppressed", row.bill_id, &row.stage, reason.as_str())).collect();
    events::append(tx, &events, now_ms).await
}

/// The message of a row of `table` has another bill that is open: it goes on without this one, whose silence the history
/// shows as a row of its own.
fn speaks_for_others(table: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM notice_bill o JOIN bill b ON b.id = o.bill_id WHERE o.notice_id = {table}.notice_id \
         AND b.settled_at_ms IS NULL AND b.voided_at_ms IS NULL)"
    )
}

/// Takes these bills out of messages that wait and go on for others. A message that waits for these alone ends with
/// them and keeps them.
async fn leave_waiting(tx: &ProjectTx<'_>, bill_ids: &[Uuid], column: &str) -> Result<(), StoreError> {
    let sql = format!(
        "DELETE FROM notice_bill WHERE bill_id IN ({}) \
         AND EXISTS (SELECT 1 FROM bill b WHERE b.id = notice_bill.bill_id AND b.{column} IS NOT NULL) \
         AND EXISTS (SELECT 1 FROM notice n WHERE n.id = notice_bill.notice_id AND n.state = 'claimed' \
         AND n.reason IS NOT NULL) AND {}",
        numbered(1, bill_ids.len()),
        speaks_for_others("notice_bill")
    );
    tx.execute(&sql, uuids(bill_ids)).await?;
    Ok(())
}

/// Messages of which no bill is open any more.
async fn end_notices(
    tx: &ProjectTx<'_>,
    bill_ids: &[Uuid],
    reason: SilenceReason,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let now_ms = now.timestamp_millis();
    let sql = format!(
        "SELECT n.id, n.state, n.reason {LIVE_NOTICES} ({})) \
         AND NOT EXISTS (SELECT 1 FROM notice_bill o JOIN bill b ON b.id = o.bill_id \
         WHERE o.notice_id = n.id AND b.settled_at_ms IS NULL AND b.voided_at_ms IS NULL) ORDER BY n.id",
        numbered(1, bill_ids.len())
    );
    let done: Vec<NoticeState> = tx.rows(&sql, uuids(bill_ids)).await?;
    let is_waiting = |notice: &NoticeState| notice.state == "claimed" && notice.reason.is_some();
    let (waiting, spoken): (Vec<_>, Vec<_>) = done.iter().partition(|notice| is_waiting(notice));
    let ids = |notices: &[&NoticeState]| notices.iter().map(|notice| notice.id).collect::<Vec<_>>();

    let (waiting_ids, spoken_ids) = (ids(&waiting), ids(&spoken));
    if !waiting_ids.is_empty() {
        let sql = format!(
            "UPDATE notice SET state = 'suppressed', reason = $1, lease_until_ms = NULL WHERE id IN ({})",
            numbered(2, waiting_ids.len())
        );
        let mut values: Values = vec![reason.as_str().into()];
        values.extend(uuids(&waiting_ids));
        tx.execute(&sql, values).await?;
    }
    if !spoken_ids.is_empty() {
        // Voided is not paid: the ladder ends, and nobody is counted as having paid.
        let paid_at_ms = (reason == SilenceReason::Paid).then_some(now_ms);
        let sql = format!(
            "UPDATE notice SET paid_at_ms = $1, escalate_at_ms = NULL WHERE id IN ({})",
            numbered(2, spoken_ids.len())
        );
        let mut values: Values = vec![paid_at_ms.into()];
        values.extend(uuids(&spoken_ids));
        tx.execute(&sql, values).await?;
    }
    let events: Vec<Event> = done
        .iter()
        .map(|notice| {
            let kind = match (is_waiting(notice), reason, notice.state.as_str()) {
                (true, ..) => "suppressed",
                (false, SilenceReason::Paid, "claimed") => "crossed",
                (false, SilenceReason::Paid, _) => "paid",
                _ => "voided",
            };
            Event::of_notice(kind, notice.id, reason.as_str())
        })
        .collect();
    events::append(tx, &events, now_ms).await
}
