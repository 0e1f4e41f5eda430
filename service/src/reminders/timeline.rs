//! One message with everything that happened to it, and all stages of one bill.

use chrono::{DateTime, NaiveDate, Utc};
use domain::calendar::day_of_number;
use domain::reminder::Channel;
use uuid::Uuid;

use super::history::{show, stage_words};
use super::history_sql::{ListRow, SHOWN, message_columns};
use super::view::{BillReminder, Timeline, TimelineBill, TimelineEvent};
use super::{ReminderError, digest, policy, words};
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// Events shown of one message.
const EVENTS_MAX: usize = 200;
/// Bills shown of one message.
const BILLS_MAX: usize = 500;

#[derive(sea_orm::FromQueryResult)]
struct NoticeRow {
    text_sealed: Vec<u8>,
    attempts: i64,
    receipt_id: Option<String>,
    escalated_from: Option<Uuid>,
}

#[derive(sea_orm::FromQueryResult)]
struct EventRow {
    at_ms: i64,
    kind: String,
    detail: String,
}

#[derive(sea_orm::FromQueryResult)]
struct BillRow {
    bill_id: Uuid,
    house: String,
    fee_item: String,
    due_day: i64,
    amount_fen: i64,
    owed_fen: i64,
}

/// Everything about one message: its exact text, its bills, every event with its time.
///
/// # Errors
/// [`ReminderError::NotFound`], [`ReminderError::Store`], [`ReminderError::Vault`] when the text does not open.
pub async fn timeline(db: &ProjectDb, notice_id: Uuid) -> Result<Timeline, ReminderError> {
    let sql = format!("SELECT {} FROM notice n WHERE n.id = $1", message_columns());
    db.read("reminders.timeline", async |tx| {
        let listed: Option<ListRow> = tx.row(&sql, vec![notice_id.into()]).await?;
        let listed = listed.ok_or(ReminderError::NotFound)?;
        let row = show(tx, vec![listed]).await?.pop().ok_or(ReminderError::NotFound)?;
        let notice: Option<NoticeRow> = tx
            .row(
                "SELECT text_sealed, attempts, receipt_id, escalated_from FROM notice WHERE id = $1",
                vec![notice_id.into()],
            )
            .await?;
        let notice = notice.ok_or(ReminderError::NotFound)?;
        let payer = row.payer_party_id;
        let followed_by: Option<Uuid> = tx
            .value(
                "SELECT id FROM notice WHERE payer_party_id = $1 AND escalated_from = $2 LIMIT 1",
                vec![payer.into(), notice_id.into()],
            )
            .await?;
        Ok(Timeline {
            row,
            text: digest::unseal(tx, &notice.text_sealed)?.text,
            attempts: notice.attempts,
            receipt_id: notice.receipt_id,
            escalated_from: notice.escalated_from,
            followed_by,
            items: items(tx, notice_id).await?,
            events: events(tx, notice_id).await?,
        })
    })
    .await
}

async fn items(tx: &ProjectTx<'_>, notice_id: Uuid) -> Result<Vec<TimelineBill>, StoreError> {
    let sql = format!(
        "SELECT b.id AS bill_id, h.house_key AS house, f.name AS fee_item, b.due_day, nb.amount_fen, \
         b.total_fen - b.paid_fen AS owed_fen FROM notice_bill nb JOIN bill b ON b.id = nb.bill_id \
         JOIN house h ON h.id = b.house_id JOIN fee_item f ON f.id = b.fee_item_id WHERE nb.notice_id = $1 \
         ORDER BY b.due_day, h.house_key, b.id LIMIT {BILLS_MAX}"
    );
    let rows: Vec<BillRow> = tx.rows(&sql, vec![notice_id.into()]).await?;
    rows.into_iter()
        .map(|row| {
            Ok(TimelineBill {
                due: day(row.due_day, "bill", row.bill_id)?,
                bill_id: row.bill_id,
                house: row.house,
                fee_item: row.fee_item,
                amount_fen: row.amount_fen,
                owed_fen: row.owed_fen,
            })
        })
        .collect()
}

async fn events(tx: &ProjectTx<'_>, notice_id: Uuid) -> Result<Vec<TimelineEvent>, StoreError> {
    // Ids are made in the order things happen, so they part what shares a millisecond.
    let sql = format!(
        "SELECT at_ms, kind, detail FROM reminder_event WHERE notice_id = $1 ORDER BY at_ms, id LIMIT {EVENTS_MAX}"
    );
    let rows: Vec<EventRow> = tx.rows(&sql, vec![notice_id.into()]).await?;
    rows.into_iter()
        .map(|row| {
            Ok(TimelineEvent {
                at: instant(row.at_ms, "reminder_event", notice_id)?,
                words: words::event(&row.kind),
                detail_words: detail_words(&row.kind, &row.detail),
                kind: row.kind,
                detail: row.detail,
            })
        })
        .collect()
}

/// What an event's detail means to people: a channel by its name, a reason in words with the vendor's code behind it.
pub(super) fn detail_words(kind: &str, detail: &str) -> String {
    match kind {
        "claimed" | "resent" | "next_channel" | "escalated" => {
            Channel::parse(detail).map_or(detail, |channel| channel.words()).to_owned()
        }
        // The vendor's own number.
        "sent" => detail.to_owned(),
        _ => {
            let (code, rest) = detail.split_once(' ').unwrap_or((detail, ""));
            match (words::reason(code), rest) {
                // No reason of ours: a vendor's code, or nothing.
                ("未发送", _) => detail.to_owned(),
                (words, "") => words.to_owned(),
                (words, rest) => format!("{words}（{rest}）"),
            }
        }
    }
}

#[derive(sea_orm::FromQueryResult)]
struct StageRow {
    stage: String,
    stage_day: i64,
    policy_version: i64,
    send_at_ms: i64,
    shown: String,
    reason: Option<String>,
    notice_id: Option<Uuid>,
    planned_at_ms: i64,
    state_at_ms: i64,
}

/// All stages of a bill that were planned, in the order of their days.
///
/// # Errors
/// [`ReminderError::Store`]; an unknown bill has no stages.
pub async fn bill_reminders(db: &ProjectDb, bill_id: Uuid) -> Result<Vec<BillReminder>, ReminderError> {
    let sql = format!(
        "SELECT r.stage, r.stage_day, r.policy_version, r.send_at_ms, \
         CASE WHEN n.id IS NOT NULL AND r.state NOT IN ('suppressed', 'superseded', 'failed') THEN {SHOWN} \
         ELSE r.state END AS shown, COALESCE(r.reason, n.reason) AS reason, r.notice_id, r.planned_at_ms, \
         r.state_at_ms FROM reminder r LEFT JOIN notice n ON n.id = r.notice_id WHERE r.bill_id = $1 \
         ORDER BY r.stage_day, r.stage LIMIT 100"
    );
    db.read("reminders.of_bill", async |tx| {
        let rows: Vec<StageRow> = tx.rows(&sql, vec![bill_id.into()]).await?;
        let policies = policy::of_versions(tx, rows.iter().map(|row| row.policy_version)).await?;
        rows.into_iter()
            .map(|row| {
                Ok(BillReminder {
                    stage_words: stage_words(&policies, row.policy_version, &row.stage),
                    stage_day: day(row.stage_day, "reminder", bill_id)?,
                    send_at: instant(row.send_at_ms, "reminder", bill_id)?,
                    state_words: words::state(&row.shown),
                    reason_words: row.reason.as_deref().map(words::reason),
                    planned_at: instant(row.planned_at_ms, "reminder", bill_id)?,
                    state_at: instant(row.state_at_ms, "reminder", bill_id)?,
                    notice_id: row.notice_id,
                    stage: row.stage,
                    state: row.shown,
                    reason: row.reason,
                })
            })
            .collect()
    })
    .await
}

fn day(number: i64, table: &'static str, id: Uuid) -> Result<NaiveDate, StoreError> {
    day_of_number(number).map_err(|e| StoreError::bad_row(table, format!("{id}: {e}")))
}

fn instant(at_ms: i64, table: &'static str, id: Uuid) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_millis(at_ms).ok_or_else(|| StoreError::bad_row(table, format!("{id}: {at_ms}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_is_shown_in_words_and_never_lost() {
        assert_eq!(detail_words("claimed", "sms"), "短信");
        assert_eq!(detail_words("failed", "not_follower 43004"), "对方未关注服务号（43004）");
        assert_eq!(detail_words("suppressed", "paid"), "发送前已缴清");
        assert_eq!(detail_words("sent", "123 45"), "123 45");
        assert_eq!(detail_words("unknown", "read_timeout"), "read_timeout");
        assert_eq!(detail_words("opened", ""), "");
    }
}
