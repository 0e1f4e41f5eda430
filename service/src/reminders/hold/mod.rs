//! Holds that owners set: a bill is disputed, or payment is promised by a day. No reminder of the bill is sent while
//! one stands; what fell due meanwhile waits, and goes out on the day after.
//!
//! A hold is a pause of one bill with the origin `owner`, so everything that looks at pauses looks at it. Whoever is
//! bound to the bill's house may set one and withdraw it; staff see it and may end it.

mod error;
mod list;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::applied::Applied;
use domain::calendar::day_number;
use domain::ids::HouseId;
use serde_json::json;
use uuid::Uuid;

pub use error::HoldError;
pub(super) use list::open_words;
pub use list::{HoldView, HoldsView, holds};

use super::pause::PauseReason;
use crate::audit::{self, By};
use crate::store::{StoreError, Values};
use crate::tenancy::{ProjectDb, ProjectTx};

/// The longest text of a dispute, in characters.
pub const DISPUTE_CHARS_MAX: usize = 200;
/// How far ahead a promise may lie.
pub const PROMISE_DAYS_MAX: i64 = 30;
/// Promises of one bill, kept, broken and withdrawn ones included.
pub const PROMISES_PER_BILL_MAX: i64 = 2;
/// Disputes of one bill, ended ones included: whoever was answered so often must talk to somebody.
pub const DISPUTES_PER_BILL_MAX: i64 = 3;
/// What the words of a dispute are sealed for.
const WORDS_COLUMN: &str = "reminder_pause.words";

/// An owner disputes a bill: reminders of it wait until staff have looked or the owner withdraws. The words are
/// sealed; staff are given a task.
///
/// # Errors
/// [`HoldError::BadWords`], [`HoldError::NotFound`] for a bill of another house, [`HoldError::BillClosed`],
/// [`HoldError::AlreadyDisputed`], [`HoldError::TooManyDisputes`], [`HoldError::Vault`], [`HoldError::Store`].
pub async fn dispute(
    db: &ProjectDb,
    by: &By,
    houses: &[HouseId],
    bill: Uuid,
    words: &str,
    now: DateTime<Utc>,
) -> Result<Uuid, HoldError> {
    let words = words.trim();
    if words.is_empty() || words.chars().nth(DISPUTE_CHARS_MAX).is_some() {
        return Err(HoldError::BadWords);
    }
    let sealed = db.sealer().seal(WORDS_COLUMN, words)?;
    let now_ms = now.timestamp_millis();
    db.transact("reminders.dispute", async |tx| {
        let holds = lock_bill(tx, houses, bill, now).await?;
        if holds.disputes_standing > 0 {
            return Err(HoldError::AlreadyDisputed);
        }
        if holds.disputes >= DISPUTES_PER_BILL_MAX {
            return Err(HoldError::TooManyDisputes);
        }
        let id = insert(tx, by, bill, PauseReason::Dispute, None, Some(sealed), now_ms).await?;
        event(tx, id, "disputed", bill, "", now_ms).await?;
        tx.execute(
            "INSERT INTO staff_task (id, natural_key, kind, subject, words, created_at_ms) \
             VALUES ($1, $2, 'bill_dispute', $3, '业主对账单提出异议，请核对并答复；处理完后结束该暂停', $4)",
            vec![Uuid::now_v7().into(), task_key(id).into(), format!("bill:{bill}").into(), now_ms.into()],
        )
        .await?;
        audit::append(tx, by, "dispute.bill", &format!("bill:{bill}"), &json!({ "hold": id }), now_ms).await?;
        Ok(id)
    })
    .await
}

/// An owner promises to pay a bill by the end of a day: reminders of it wait until then. A new promise takes the place
/// of the one that stands.
///
/// # Errors
/// [`HoldError::DayPast`], [`HoldError::DayTooFar`], [`HoldError::NotFound`] for a bill of another house,
/// [`HoldError::BillClosed`], [`HoldError::TooManyPromises`], [`HoldError::Store`].
pub async fn promise(
    db: &ProjectDb,
    by: &By,
    houses: &[HouseId],
    bill: Uuid,
    until: NaiveDate,
    now: DateTime<Utc>,
) -> Result<Uuid, HoldError> {
    let today = db.info().today(now);
    let now_ms = now.timestamp_millis();
    db.transact("reminders.promise", async |tx| {
        // The bill comes first: whoever names another's learns nothing, not even that the day was wrong.
        let holds = lock_bill(tx, houses, bill, now).await?;
        if until < today {
            return Err(HoldError::DayPast);
        }
        if until > last_promise(today) {
            return Err(HoldError::DayTooFar);
        }
        if holds.promises >= PROMISES_PER_BILL_MAX {
            return Err(HoldError::TooManyPromises);
        }
        tx.execute(
            "UPDATE reminder_pause SET ended_at_ms = $1 WHERE level = 'bill' AND subject = $2 AND origin = 'owner' \
             AND reason = $3 AND ended_at_ms IS NULL",
            vec![now_ms.into(), bill.to_string().into(), PauseReason::PromiseToPay.as_str().into()],
        )
        .await?;
        let id = insert(tx, by, bill, PauseReason::PromiseToPay, Some(until), None, now_ms).await?;
        event(tx, id, "promised", bill, &until.to_string(), now_ms).await?;
        let detail = json!({ "hold": id, "until": until });
        audit::append(tx, by, "promise.bill", &format!("bill:{bill}"), &detail, now_ms).await?;
        Ok(id)
    })
    .await
}

/// Somebody of the house takes a hold back. One that has ended is `Already`. Reminders that waited go out on the next
/// day.
///
/// # Errors
/// [`HoldError::NotFound`] for a hold that is not of one of these houses, or was set by staff; [`HoldError::Store`].
pub async fn withdraw(
    db: &ProjectDb,
    by: &By,
    houses: &[HouseId],
    hold: Uuid,
    now: DateTime<Utc>,
) -> Result<Applied<()>, HoldError> {
    let now_ms = now.timestamp_millis();
    db.transact("reminders.withdraw", async |tx| {
        let subject: Option<String> = tx
            .value(
                "SELECT subject FROM reminder_pause WHERE id = $1 AND level = 'bill' AND origin = 'owner'",
                vec![hold.into()],
            )
            .await?;
        let bill = subject.and_then(|subject| Uuid::parse_str(&subject).ok()).ok_or(HoldError::NotFound)?;
        theirs(tx, houses, bill).await?;
        let ended = tx
            .execute(
                "UPDATE reminder_pause SET ended_at_ms = $1 WHERE id = $2 AND ended_at_ms IS NULL \
                 AND (until_day IS NULL OR until_day >= $3)",
                vec![now_ms.into(), hold.into(), day_number(tx.info().today(now)).into()],
            )
            .await?;
        if ended == 0 {
            return Ok(Applied::Already(()));
        }
        close_task(tx, hold, None, now_ms).await?;
        event(tx, Uuid::now_v7(), "hold_withdrawn", bill, "", now_ms).await?;
        audit::append(tx, by, "withdraw.hold", &format!("bill:{bill}"), &json!({ "hold": hold }), now_ms).await?;
        Ok(Applied::Done(()))
    })
    .await
}

/// Ends the task that a dispute gave to staff.
pub(super) async fn close_task(
    tx: &ProjectTx<'_>,
    hold: Uuid,
    done_by: Option<Uuid>,
    now_ms: i64,
) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE staff_task SET done_at_ms = $1, done_by = $2 WHERE natural_key = $3 AND done_at_ms IS NULL",
        vec![now_ms.into(), done_by.into(), task_key(hold).into()],
    )
    .await
}

fn task_key(hold: Uuid) -> String {
    format!("bill_dispute:{hold}")
}

fn last_promise(today: NaiveDate) -> NaiveDate {
    today.checked_add_signed(TimeDelta::days(PROMISE_DAYS_MAX)).unwrap_or(today)
}

#[derive(sea_orm::FromQueryResult)]
struct BillRow {
    house_id: Uuid,
    settled_at_ms: Option<i64>,
    voided_at_ms: Option<i64>,
}

/// How often a bill was held by its owners.
#[derive(sea_orm::FromQueryResult)]
struct Counts {
    promises: i64,
    disputes: i64,
    disputes_standing: i64,
}

/// Takes an open bill of one of these houses, so that two owners count one after the other.
async fn lock_bill(
    tx: &ProjectTx<'_>,
    houses: &[HouseId],
    bill: Uuid,
    now: DateTime<Utc>,
) -> Result<Counts, HoldError> {
    let sql = format!("SELECT house_id, settled_at_ms, voided_at_ms FROM bill WHERE id = $1{}", tx.for_no_key_update());
    let row: Option<BillRow> = tx.row(&sql, vec![bill.into()]).await?;
    let row = row.filter(|row| houses.contains(&HouseId(row.house_id))).ok_or(HoldError::NotFound)?;
    if row.settled_at_ms.is_some() || row.voided_at_ms.is_some() {
        return Err(HoldError::BillClosed);
    }
    let counts: Option<Counts> = tx
        .row(
            "SELECT COUNT(CASE WHEN reason = 'promise_to_pay' THEN 1 END) AS promises, \
             COUNT(CASE WHEN reason = 'dispute' THEN 1 END) AS disputes, \
             COUNT(CASE WHEN reason = 'dispute' AND ended_at_ms IS NULL AND (until_day IS NULL OR until_day >= $2) \
             THEN 1 END) AS disputes_standing \
             FROM reminder_pause WHERE level = 'bill' AND subject = $1 AND origin = 'owner'",
            vec![bill.to_string().into(), day_number(tx.info().today(now)).into()],
        )
        .await?;
    Ok(counts.ok_or_else(|| StoreError::bad_row("reminder_pause", bill))?)
}

async fn theirs(tx: &ProjectTx<'_>, houses: &[HouseId], bill: Uuid) -> Result<(), HoldError> {
    let house: Option<Uuid> = tx.value("SELECT house_id FROM bill WHERE id = $1", vec![bill.into()]).await?;
    house.filter(|house| houses.contains(&HouseId(*house))).map(|_| ()).ok_or(HoldError::NotFound)
}

async fn insert(
    tx: &ProjectTx<'_>,
    by: &By,
    bill: Uuid,
    reason: PauseReason,
    until: Option<NaiveDate>,
    words_sealed: Option<Vec<u8>>,
    now_ms: i64,
) -> Result<Uuid, StoreError> {
    let id = Uuid::now_v7();
    tx.execute(
        "INSERT INTO reminder_pause (id, level, subject, reason, until_day, created_at_ms, origin, person_id, \
         words_sealed) VALUES ($1, 'bill', $2, $3, $4, $5, 'owner', $6, $7)",
        vec![
            id.into(),
            bill.to_string().into(),
            reason.as_str().into(),
            until.map(day_number).into(),
            now_ms.into(),
            by.actor.id().into(),
            words_sealed.into(),
        ],
    )
    .await?;
    Ok(id)
}

/// What happened to the bill, in the history. The event of a hold has the hold's own id.
async fn event(
    tx: &ProjectTx<'_>,
    id: Uuid,
    kind: &'static str,
    bill: Uuid,
    detail: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    let values: Values = vec![id.into(), now_ms.into(), kind.into(), bill.into(), detail.into()];
    tx.execute("INSERT INTO reminder_event (id, at_ms, kind, bill_id, detail) VALUES ($1, $2, $3, $4, $5)", values)
        .await?;
    Ok(())
}
