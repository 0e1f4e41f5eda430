//! Voiding a bill: reversed in the books, kept on record, free to be billed again.

use chrono::{DateTime, Utc};
use domain::applied::Applied;
use domain::ids::{BillId, FeeItemId, PartyId};
use domain::ledger::{LedgerError, OPENING_ARREARS, Posting};
use domain::money::Amount;
use serde_json::json;
use uuid::Uuid;

use super::BillsError;
use crate::audit::{self, By};
use crate::ledger;
use crate::reminders;
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// Characters of a reason.
const REASON_CHARS_MAX: usize = 200;

#[derive(sea_orm::FromQueryResult)]
struct BillRow {
    payer_party_id: Uuid,
    fee_item_id: Uuid,
    total_fen: i64,
    paid_fen: i64,
    voided_at_ms: Option<i64>,
}

/// Voids a bill nobody has paid anything on. Its reminders are not sent any more. A bill voided before stays as it is.
///
/// # Errors
/// [`BillsError::NotFound`], [`BillsError::Paid`], [`BillsError::Reserved`], [`BillsError::ReasonMissing`].
pub async fn void(
    db: &ProjectDb,
    bill: BillId,
    reason: &str,
    by: &By,
    now: DateTime<Utc>,
) -> Result<Applied<()>, BillsError> {
    let reason = checked_reason(reason)?;
    db.transact("bills.void", async |tx| {
        ledger::lock_head(tx).await?;
        let row = locked(tx, bill).await?;
        if row.voided_at_ms.is_some() {
            return Ok(Applied::Already(()));
        }
        if row.paid_fen > 0 {
            return Err(BillsError::Paid);
        }
        if is_reserved(tx, bill).await? {
            return Err(BillsError::Reserved);
        }
        let now_ms = now.timestamp_millis();
        let total = Amount::try_from(row.total_fen)?;
        withdraw(tx, bill, now_ms).await?;
        reminders::suppress_voided(tx, &[bill.uuid()], now).await?;
        let (payer, item) = (PartyId(row.payer_party_id), FeeItemId(row.fee_item_id));
        let reversed = reversal(is_opening(tx, bill).await?, bill, payer, item, total, now)?;
        ledger::append(tx, &[reversed]).await?;
        let detail = json!({ "reason": reason, "total_fen": row.total_fen });
        audit::append(tx, by, "bill.void", &format!("bill:{bill}"), &detail, now_ms).await?;
        Ok(Applied::Done(()))
    })
    .await
}

/// A reason without the blanks around it.
pub(super) fn checked_reason(reason: &str) -> Result<&str, BillsError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
        return Err(BillsError::ReasonMissing);
    }
    Ok(reason)
}

async fn locked(tx: &ProjectTx<'_>, bill: BillId) -> Result<BillRow, BillsError> {
    let sql = format!(
        "SELECT payer_party_id, fee_item_id, total_fen, paid_fen, voided_at_ms FROM bill WHERE id = $1{}",
        tx.for_no_key_update()
    );
    tx.row(&sql, vec![bill.uuid().into()]).await?.ok_or(BillsError::NotFound)
}

/// The reverse of a bill's issue.
pub(super) fn reversal(
    is_opening: bool,
    bill: BillId,
    payer: PartyId,
    item: FeeItemId,
    total: Amount,
    now: DateTime<Utc>,
) -> Result<Posting, LedgerError> {
    if is_opening {
        Posting::opening_voided(bill, payer, total, now)
    } else {
        Posting::bill_voided(bill, payer, item, total, now)
    }
}

/// Whether the bill was made of a debt of the old books, which no fee item has earned here.
pub(super) async fn is_opening(tx: &ProjectTx<'_>, bill: BillId) -> Result<bool, StoreError> {
    let sql = "SELECT kind FROM posting WHERE natural_key = $1";
    let kind: Option<String> = tx.value(sql, vec![format!("bill:{bill}").into()]).await?;
    Ok(kind.as_deref() == Some(OPENING_ARREARS))
}

pub(super) async fn is_reserved(tx: &ProjectTx<'_>, bill: BillId) -> Result<bool, StoreError> {
    let order: Option<Uuid> = tx
        .value("SELECT order_id FROM payment_order_bill WHERE bill_id = $1 AND live", vec![bill.uuid().into()])
        .await?;
    Ok(order.is_some())
}

pub(super) async fn withdraw(tx: &ProjectTx<'_>, bill: BillId, now_ms: i64) -> Result<(), BillsError> {
    let voided = tx
        .execute(
            "UPDATE bill SET voided_at_ms = $1 WHERE id = $2 AND voided_at_ms IS NULL AND paid_fen = 0",
            vec![now_ms.into(), bill.uuid().into()],
        )
        .await?;
    if voided != 1 {
        return Err(BillsError::Paid);
    }
    Ok(())
}
