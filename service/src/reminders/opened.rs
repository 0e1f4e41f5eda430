//! What a message's own link shows, and what opening it proves.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::calendar::day_of_number;
use domain::reminder::Channel;
use serde::Serialize;
use uuid::Uuid;

use super::events::{self, Event};
use super::{ReminderError, measured};
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// A link opens this long; later the owner signs in.
const TOKEN_LIFE: TimeDelta = TimeDelta::days(180);
/// Hex digits after the dot of a token.
const TOKEN_DIGITS: usize = 32;
/// Characters of a project's code.
const CODE_CHARS_MAX: usize = 6;
/// Bills shown for one message; the rest are in the app.
const BILLS_MAX: usize = 200;

/// What a message's link shows without signing in: no names, no phones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OpenedReminder {
    /// The notice.
    pub notice_id: Uuid,
    /// The community.
    pub project_id: Uuid,
    /// Its name.
    pub project_name: String,
    /// Whom to call.
    pub service_phone: String,
    /// Houses of the message, in reading order.
    pub houses: Vec<String>,
    /// The bills that are still open, by due date.
    pub bills: Vec<OpenedBill>,
    /// What is still owed on them.
    pub owed_fen: i64,
    /// `open`, or `paid` when nothing of it is owed any more.
    pub state: &'static str,
    /// 已知晓 was pressed.
    pub acknowledged: bool,
}

/// One open bill of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OpenedBill {
    /// Its id, to tick it on the pay page.
    pub bill_id: Uuid,
    /// The house.
    pub house: String,
    /// What it is for.
    pub fee_item: String,
    /// First day of the period.
    pub period_start: NaiveDate,
    /// Last day of the period.
    pub period_end: NaiveDate,
    /// The day it is due.
    pub due: NaiveDate,
    /// What is still owed.
    pub owed_fen: i64,
}

#[derive(sea_orm::FromQueryResult)]
struct NoticeRow {
    id: Uuid,
    channel: String,
    created_at_ms: i64,
    opened_at_ms: Option<i64>,
    acknowledged_at_ms: Option<i64>,
}

#[derive(sea_orm::FromQueryResult)]
struct BillRow {
    bill_id: Uuid,
    house: String,
    fee_item: String,
    period_start_day: i64,
    period_end_day: i64,
    due_day: i64,
    owed_fen: i64,
    settled_at_ms: Option<i64>,
    voided_at_ms: Option<i64>,
}

/// The project a token belongs to, if it has the form of a token: `ch.` and 32 hex digits.
#[must_use]
pub fn project_code_of(token: &str) -> Option<&str> {
    let (code, rest) = token.split_once('.')?;
    let code_fits = (2..=CODE_CHARS_MAX).contains(&code.len())
        && code.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let rest_fits = rest.len() == TOKEN_DIGITS && rest.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
    (code_fits && rest_fits).then_some(code)
}

/// Shows a message's bills to whoever has its link, and records that it was opened: once. Opening ends the escalation
/// of the message.
///
/// # Errors
/// [`ReminderError::NotFound`] for an unknown or old token, [`ReminderError::Store`].
pub async fn open_by_token(db: &ProjectDb, token: &str, now: DateTime<Utc>) -> Result<OpenedReminder, ReminderError> {
    let (notice, opened) = db
        .read("reminders.open", async |tx| {
            let notice = find(tx, token, now).await?;
            let opened = show(tx, &notice).await?;
            Ok::<_, ReminderError>((notice, opened))
        })
        .await?;
    if notice.opened_at_ms.is_none() {
        db.transact("reminders.opened", async |tx| touch(tx, &notice, "opened_at_ms", "opened", now).await.map(|_| ()))
            .await?;
    }
    Ok(opened)
}

/// Records that 已知晓 was pressed: once. It ends the escalation of the message. Answers whether this call did it.
///
/// # Errors
/// As [`open_by_token`].
pub async fn acknowledge(db: &ProjectDb, token: &str, now: DateTime<Utc>) -> Result<bool, ReminderError> {
    db.transact("reminders.acknowledge", async |tx| {
        let notice = find(tx, token, now).await?;
        Ok(touch(tx, &notice, "acknowledged_at_ms", "acknowledged", now).await?)
    })
    .await
}

async fn find(tx: &ProjectTx<'_>, token: &str, now: DateTime<Utc>) -> Result<NoticeRow, ReminderError> {
    if project_code_of(token) != Some(tx.info().code.as_str()) {
        return Err(ReminderError::NotFound);
    }
    let row: Option<NoticeRow> = tx
        .row(
            "SELECT id, channel, created_at_ms, opened_at_ms, acknowledged_at_ms FROM notice WHERE token = $1",
            vec![token.into()],
        )
        .await?;
    let oldest_ms = (now - TOKEN_LIFE).timestamp_millis();
    row.filter(|row| row.created_at_ms >= oldest_ms).ok_or(ReminderError::NotFound)
}

async fn touch(
    tx: &ProjectTx<'_>,
    notice: &NoticeRow,
    column: &str,
    kind: &'static str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let now_ms = now.timestamp_millis();
    let sql = format!("UPDATE notice SET {column} = $1, escalate_at_ms = NULL WHERE id = $2 AND {column} IS NULL");
    let changed = tx.execute(&sql, vec![now_ms.into(), notice.id.into()]).await?;
    if changed > 0 {
        if let Some(channel) = Channel::parse(&notice.channel) {
            measured::told(channel, kind);
        }
        events::append(tx, &[Event::of_notice(kind, notice.id, "")], now_ms).await?;
    }
    Ok(changed > 0)
}

async fn show(tx: &ProjectTx<'_>, notice: &NoticeRow) -> Result<OpenedReminder, ReminderError> {
    let sql = format!(
        "SELECT b.id AS bill_id, h.house_key AS house, f.name AS fee_item, b.period_start_day, b.period_end_day, \
         b.due_day, b.total_fen - b.paid_fen AS owed_fen, b.settled_at_ms, b.voided_at_ms FROM notice_bill nb \
         JOIN bill b ON b.id = nb.bill_id JOIN house h ON h.id = b.house_id JOIN fee_item f ON f.id = b.fee_item_id \
         WHERE nb.notice_id = $1 ORDER BY b.due_day, h.house_key, b.id LIMIT {BILLS_MAX}"
    );
    let rows: Vec<BillRow> = tx.rows(&sql, vec![notice.id.into()]).await?;
    let mut houses: Vec<String> = rows.iter().map(|row| row.house.clone()).collect();
    houses.sort();
    houses.dedup();
    let open = rows.into_iter().filter(|row| row.settled_at_ms.is_none() && row.voided_at_ms.is_none());
    let bills: Vec<OpenedBill> = open.map(opened_bill).collect::<Result<_, _>>()?;
    Ok(OpenedReminder {
        notice_id: notice.id,
        project_id: tx.info().id.uuid(),
        project_name: tx.info().name.clone(),
        service_phone: tx.info().service_phone.clone(),
        houses,
        owed_fen: bills.iter().map(|bill| bill.owed_fen).sum(),
        state: if bills.is_empty() { "paid" } else { "open" },
        bills,
        acknowledged: notice.acknowledged_at_ms.is_some(),
    })
}

fn opened_bill(row: BillRow) -> Result<OpenedBill, StoreError> {
    let day = |number| day_of_number(number).map_err(|e| StoreError::bad_row("bill", format!("{}: {e}", row.bill_id)));
    Ok(OpenedBill {
        bill_id: row.bill_id,
        period_start: day(row.period_start_day)?,
        period_end: day(row.period_end_day)?,
        due: day(row.due_day)?,
        owed_fen: row.owed_fen,
        house: row.house,
        fee_item: row.fee_item,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_the_form_of_a_token_names_a_project() {
        let digits = "0123456789abcdef0123456789abcdef";
        assert_eq!(project_code_of(&format!("ch.{digits}")), Some("ch"));
        for bad in
            ["", "ch", "ch.", "ch.0123", &format!("CH.{digits}"), &format!("c.{digits}"), &format!("ch.{digits}0")]
        {
            assert_eq!(project_code_of(bad), None, "{bad}");
        }
    }
}
