//! What of a payment may still be given back, and where it is.

use domain::ids::{BillId, PaymentId};
use uuid::Uuid;

use super::RefundError;
use super::repo::HOLDING;
use crate::store::StoreError;
use crate::tenancy::ProjectTx;

/// The method whose money goes back the way it came.
const WECHAT: &str = "wechat";

/// A payment, held until the end of the transaction, with what is free of it.
pub(super) struct Available {
    pub payment: PaymentId,
    pub mchid: String,
    pub transaction_id: String,
    pub total_fen: i64,
    /// What all refunds hold of it.
    pub held_fen: i64,
    /// Refunds it ever had.
    pub refunds: i64,
    free_surplus_fen: i64,
    free_of_bills: Vec<(Uuid, i64)>,
}

#[derive(sea_orm::FromQueryResult)]
struct PaymentRow {
    natural_key: String,
    method: String,
    amount_fen: i64,
    refundable_fen: i64,
    mchid: Option<String>,
}

#[derive(sea_orm::FromQueryResult)]
struct FreeRow {
    bill_id: Uuid,
    free_fen: i64,
}

impl Available {
    /// Reads a payment; two requests about one payment wait for each other here.
    pub(super) async fn lock(tx: &ProjectTx<'_>, payment: PaymentId) -> Result<Self, RefundError> {
        let lock = if tx.is_postgres() { " FOR UPDATE OF p" } else { "" };
        let sql = format!(
            "SELECT p.natural_key, p.method, p.amount_fen, p.refundable_fen, COALESCE(p.mchid, o.mchid) AS mchid \
             FROM payment p LEFT JOIN payment_order o ON o.id = p.order_id WHERE p.id = $1{lock}"
        );
        let row: Option<PaymentRow> = tx.row(&sql, vec![payment.uuid().into()]).await?;
        let row = row.ok_or(RefundError::NotFound)?;
        let transaction_id = row.natural_key.strip_prefix("wechat:").filter(|_| row.method == WECHAT);
        let transaction_id = transaction_id.ok_or(RefundError::NotByWechat)?.to_owned();
        let mchid = row.mchid.ok_or_else(|| StoreError::bad_row("payment", payment))?;
        let held_fen = sum(tx, payment, "1 = 1").await?;
        let held_surplus_fen = sum(tx, payment, "t.bill_id IS NULL").await?;
        let refunds: Option<i64> =
            tx.value("SELECT COUNT(*) FROM refund WHERE payment_id = $1", vec![payment.uuid().into()]).await?;
        Ok(Self {
            payment,
            mchid,
            transaction_id,
            total_fen: row.amount_fen,
            held_fen,
            refunds: refunds.unwrap_or(0),
            free_surplus_fen: row.refundable_fen - held_surplus_fen,
            free_of_bills: free_of_bills(tx, payment).await?,
        })
    }

    /// What may still be taken of a bill, or of what the payment had left over; in fen.
    pub(super) fn free_fen(&self, bill: Option<BillId>) -> i64 {
        let Some(bill) = bill else { return self.free_surplus_fen };
        self.free_of_bills.iter().find(|(id, _)| *id == bill.uuid()).map_or(0, |(_, free_fen)| *free_fen)
    }
}

async fn sum(tx: &ProjectTx<'_>, payment: PaymentId, which: &str) -> Result<i64, StoreError> {
    let sql = format!(
        "SELECT CAST(COALESCE(SUM(t.amount_fen), 0) AS BIGINT) FROM refund_part t JOIN refund r ON r.id = t.refund_id \
         WHERE r.payment_id = $1 AND r.state IN {HOLDING} AND {which}"
    );
    Ok(tx.value(&sql, vec![payment.uuid().into()]).await?.unwrap_or(0))
}

async fn free_of_bills(tx: &ProjectTx<'_>, payment: PaymentId) -> Result<Vec<(Uuid, i64)>, StoreError> {
    let sql = format!(
        "SELECT a.bill_id, CAST(a.amount_fen - COALESCE((SELECT SUM(t.amount_fen) FROM refund_part t \
         JOIN refund r ON r.id = t.refund_id WHERE r.payment_id = a.payment_id AND t.bill_id = a.bill_id \
         AND r.state IN {HOLDING}), 0) AS BIGINT) AS free_fen FROM allocation a WHERE a.payment_id = $1"
    );
    let rows: Vec<FreeRow> = tx.rows(&sql, vec![payment.uuid().into()]).await?;
    Ok(rows.into_iter().map(|row| (row.bill_id, row.free_fen)).collect())
}
