//! Cancelling a run: its bills are voided, and it can be done again.

use chrono::{DateTime, Utc};
use domain::ids::{BillId, FeeItemId, PartyId};
use domain::ledger::{LedgerError, Posting};
use domain::money::Amount;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::BillsError;
use super::void::{checked_reason, reversal};
use crate::audit::{self, By};
use crate::ledger;
use crate::reminders;
use crate::tenancy::{ProjectDb, ProjectTx};

/// Bills of one transaction.
const BILLS_PER_PAGE: i64 = 500;

/// What cancelling a run did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CancelReport {
    /// The run.
    pub run_id: Uuid,
    /// Bills voided by this call.
    pub voided: u64,
    /// Their sum, fen.
    pub voided_fen: i64,
    /// Bills that stay, because money is on them or a payment holds them: each is to be corrected by itself.
    pub kept: u64,
}

#[derive(sea_orm::FromQueryResult)]
struct BillRow {
    id: Uuid,
    payer_party_id: Uuid,
    fee_item_id: Uuid,
    total_fen: i64,
    is_opening: bool,
}

/// Voids every bill of a run nobody has paid anything on, some hundreds in a transaction. The run issues nothing from
/// then on; a new run of the period bills the houses again. Asked again it goes on where it stopped.
///
/// # Errors
/// [`BillsError::RunNotFound`], [`BillsError::ReasonMissing`].
pub async fn cancel_run(
    db: &ProjectDb,
    run: Uuid,
    reason: &str,
    by: &By,
    now: DateTime<Utc>,
) -> Result<CancelReport, BillsError> {
    let reason = checked_reason(reason)?;
    db.transact("bills.cancel_run", async |tx| mark(tx, run, reason, by, now).await).await?;
    let mut report = CancelReport { run_id: run, voided: 0, voided_fen: 0, kept: 0 };
    let mut after = Uuid::nil();
    loop {
        let page = db.transact("bills.cancel_page", async |tx| void_page(tx, run, after, now).await).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        report.voided += u64::try_from(page.len()).unwrap_or(u64::MAX);
        report.voided_fen = page.iter().fold(report.voided_fen, |sum, bill| sum.saturating_add(bill.total_fen));
    }
    let kept: Option<i64> = db
        .read("bills.cancel_kept", async |tx| {
            let sql = "SELECT COUNT(*) FROM bill WHERE run_id = $1 AND voided_at_ms IS NULL";
            Ok::<_, BillsError>(tx.value(sql, vec![run.into()]).await?)
        })
        .await?;
    report.kept = kept.and_then(|kept| u64::try_from(kept).ok()).unwrap_or(0);
    Ok(report)
}

/// From here on the run issues nothing.
async fn mark(tx: &ProjectTx<'_>, run: Uuid, reason: &str, by: &By, now: DateTime<Utc>) -> Result<(), BillsError> {
    ledger::lock_head(tx).await?;
    let found: Option<Uuid> = tx.value("SELECT id FROM bill_run WHERE id = $1", vec![run.into()]).await?;
    found.ok_or(BillsError::RunNotFound)?;
    let now_ms = now.timestamp_millis();
    let sql = "UPDATE bill_run SET cancelled_at_ms = $1, cancel_reason = $2 WHERE id = $3 AND cancelled_at_ms IS NULL";
    if tx.execute(sql, vec![now_ms.into(), reason.into(), run.into()]).await? == 1 {
        let detail = json!({ "reason": reason });
        audit::append(tx, by, "bill_run.cancel", &format!("bill_run:{run}"), &detail, now_ms).await?;
    }
    Ok(())
}

async fn void_page(tx: &ProjectTx<'_>, run: Uuid, after: Uuid, now: DateTime<Utc>) -> Result<Vec<BillRow>, BillsError> {
    ledger::lock_head(tx).await?;
    let sql = format!(
        "SELECT b.id, b.payer_party_id, b.fee_item_id, b.total_fen, \
         EXISTS (SELECT 1 FROM opening_line o WHERE o.bill_id = b.id) AS is_opening \
         FROM bill b WHERE b.run_id = $1 AND b.id > $2 \
         AND b.voided_at_ms IS NULL AND b.paid_fen = 0 AND NOT EXISTS (SELECT 1 FROM payment_order_bill ob \
         WHERE ob.bill_id = b.id AND ob.live) ORDER BY b.id LIMIT {BILLS_PER_PAGE}{}",
        tx.for_no_key_update()
    );
    let page: Vec<BillRow> = tx.rows(&sql, vec![run.into(), after.into()]).await?;
    if page.is_empty() {
        return Ok(page);
    }
    let ids: Vec<Uuid> = page.iter().map(|bill| bill.id).collect();
    let sql = format!("UPDATE bill SET voided_at_ms = $2 WHERE id {} AND paid_fen = 0", tx.among(1));
    let voided = tx.execute(&sql, vec![tx.listed(&ids), now.timestamp_millis().into()]).await?;
    if voided != u64::try_from(page.len()).unwrap_or(u64::MAX) {
        return Err(BillsError::Busy);
    }
    reminders::suppress_voided(tx, &ids, now).await?;
    let postings = page.iter().map(|bill| -> Result<Posting, BillsError> {
        let amount = Amount::try_from(bill.total_fen)?;
        Ok(posting(bill, amount, now)?)
    });
    let postings: Vec<Posting> = postings.collect::<Result<_, _>>()?;
    ledger::append(tx, &postings).await?;
    Ok(page)
}

fn posting(bill: &BillRow, amount: Amount, now: DateTime<Utc>) -> Result<Posting, LedgerError> {
    let (payer, item) = (PartyId(bill.payer_party_id), FeeItemId(bill.fee_item_id));
    reversal(bill.is_opening, BillId(bill.id), payer, item, amount, now)
}
