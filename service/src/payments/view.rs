//! What owners see of orders and receipts.

use chrono::{DateTime, Utc};
use domain::ids::{HouseId, OrderId, PaymentId, PersonId};
use serde::Serialize;
use uuid::Uuid;

use super::repo::marks;
use crate::store::{StoreError, Values};
use crate::tenancy::{ProjectDb, ProjectTx};

/// Rows of one page.
const PAGE_MAX: i64 = 100;

/// An order as its payer sees it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct OrderView {
    /// The order.
    pub id: Uuid,
    /// Its number at WeChat.
    pub out_trade_no: String,
    /// `created`, `prepay_unknown`, `awaiting`, `paid`, `closed`, `expired`.
    pub state: String,
    /// The sum in fen.
    pub total_fen: i64,
    /// Until when it can be paid.
    pub expires_at: DateTime<Utc>,
    /// The bills it pays.
    pub bill_ids: Vec<Uuid>,
    /// Its receipts, once paid.
    pub receipts: Vec<ReceiptView>,
}

/// A row in a list of orders for staff.
#[derive(Debug, Clone, Serialize, sea_orm::FromQueryResult, utoipa::ToSchema)]
pub struct OrderListRow {
    /// The order.
    pub id: Uuid,
    /// Its number at WeChat.
    pub out_trade_no: String,
    /// Where it stands.
    pub state: String,
    /// The sum in fen.
    pub total_fen: i64,
    /// WeChat's number, once paid.
    pub transaction_id: Option<String>,
    /// When it was placed, milliseconds since 1970-01-01T00:00Z.
    pub created_at_ms: i64,
    /// When it ended.
    pub ended_at_ms: Option<i64>,
}

/// A receipt.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ReceiptView {
    /// The receipt.
    pub id: Uuid,
    /// Its gapless number.
    pub number: String,
    /// The house it is for.
    pub house_id: Uuid,
    /// The house's number.
    pub house: String,
    /// The sum in fen.
    pub amount_fen: i64,
    /// What of it went back, in fen: a receipt of which all went back is void.
    pub refunded_fen: i64,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// The payment was taken back: it proves nothing any more.
    pub is_void: bool,
    /// What it pays.
    pub lines: Vec<ReceiptLine>,
}

/// One bill on a receipt.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ReceiptLine {
    /// The bill.
    pub bill_id: Uuid,
    /// The fee item's name.
    pub fee_item: String,
    /// First day of the billing period, days since 1970-01-01.
    pub period_start_day: i64,
    /// Last day of the billing period.
    pub period_end_day: i64,
    /// What was paid on it, in fen.
    pub amount_fen: i64,
}

#[derive(sea_orm::FromQueryResult)]
struct OrderRow {
    id: Uuid,
    out_trade_no: String,
    state: String,
    total_fen: i64,
    expires_at_ms: i64,
}

#[derive(sea_orm::FromQueryResult)]
struct ReceiptRow {
    id: Uuid,
    number: String,
    payment_id: Uuid,
    house_id: Uuid,
    house: String,
    amount_fen: i64,
    refunded_fen: i64,
    issued_at_ms: i64,
    is_void: bool,
}

#[derive(sea_orm::FromQueryResult)]
struct LineRow {
    payment_id: Uuid,
    house_id: Uuid,
    bill_id: Uuid,
    fee_item: String,
    period_start_day: i64,
    period_end_day: i64,
    amount_fen: i64,
}

/// Who looks at an order.
#[derive(Debug, Clone, Copy)]
pub struct Payer<'a> {
    /// The person.
    pub person: PersonId,
    /// The mini program they are signed in to.
    pub app_id: &'a str,
    /// Their openid there. It stays when the person turns out to be another one we know, so what was ordered with it
    /// stays theirs.
    pub openid: &'a str,
}

/// The order, if it is this payer's.
///
/// # Errors
/// [`StoreError`].
pub async fn order_view(db: &ProjectDb, id: OrderId, payer: Payer<'_>) -> Result<Option<OrderView>, StoreError> {
    db.read("payments.order_view", async |tx| {
        let row: Option<OrderRow> = tx
            .row(
                "SELECT id, out_trade_no, state, total_fen, expires_at_ms FROM payment_order \
                 WHERE id = $1 AND (person_id = $2 OR (app_id = $3 AND openid = $4))",
                vec![id.uuid().into(), payer.person.uuid().into(), payer.app_id.into(), payer.openid.into()],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        let bills: Vec<BillIdRow> = tx
            .rows("SELECT bill_id FROM payment_order_bill WHERE order_id = $1 ORDER BY bill_id", vec![id.uuid().into()])
            .await?;
        let receipts = receipts(tx, "p.order_id = $1", vec![id.uuid().into()]).await?;
        Ok(Some(OrderView {
            id: row.id,
            out_trade_no: row.out_trade_no,
            state: row.state,
            total_fen: row.total_fen,
            expires_at: instant(row.expires_at_ms)?,
            bill_ids: bills.into_iter().map(|bill| bill.bill_id).collect(),
            receipts,
        }))
    })
    .await
}

#[derive(sea_orm::FromQueryResult)]
struct BillIdRow {
    bill_id: Uuid,
}

/// The receipts of an order.
///
/// # Errors
/// [`StoreError`].
pub async fn receipts_of_order(db: &ProjectDb, order: OrderId) -> Result<Vec<ReceiptView>, StoreError> {
    db.read("payments.receipts", async |tx| receipts(tx, "p.order_id = $1", vec![order.uuid().into()]).await).await
}

/// The newest receipts of these houses.
///
/// # Errors
/// [`StoreError`].
pub async fn receipts_of_houses(db: &ProjectDb, houses: &[HouseId]) -> Result<Vec<ReceiptView>, StoreError> {
    if houses.is_empty() {
        return Ok(Vec::new());
    }
    let condition = format!("r.house_id IN ({})", marks(1, houses.len()));
    let values: Values = houses.iter().map(|house| house.uuid().into()).collect();
    db.read("payments.receipts", async |tx| receipts(tx, &condition, values).await).await
}

/// The receipts of one payment.
pub(crate) async fn receipts_of_payment(
    tx: &ProjectTx<'_>,
    payment: PaymentId,
) -> Result<Vec<ReceiptView>, StoreError> {
    receipts(tx, "r.payment_id = $1", vec![payment.uuid().into()]).await
}

async fn receipts(tx: &ProjectTx<'_>, condition: &str, values: Values) -> Result<Vec<ReceiptView>, StoreError> {
    let sql = format!(
        "SELECT r.id, r.number, r.payment_id, r.house_id, h.house_key AS house, r.amount_fen, r.issued_at_ms, \
         CAST(COALESCE((SELECT SUM(v.amount_fen) FROM receipt_reversal v WHERE v.receipt_id = r.id), 0) AS BIGINT) \
         AS refunded_fen, \
         EXISTS (SELECT 1 FROM desk_void v WHERE v.payment_id = r.payment_id) AS is_void \
         FROM receipt r JOIN house h ON h.id = r.house_id JOIN payment p ON p.id = r.payment_id \
         WHERE {condition} ORDER BY r.issued_at_ms DESC, r.number DESC LIMIT {PAGE_MAX}"
    );
    let rows: Vec<ReceiptRow> = tx.rows(&sql, values).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let lines = lines(tx, &rows).await?;
    rows.into_iter()
        .map(|row| {
            let own = lines.iter().filter(|l| l.payment_id == row.payment_id && l.house_id == row.house_id);
            Ok(ReceiptView {
                id: row.id,
                number: row.number,
                house_id: row.house_id,
                house: row.house,
                amount_fen: row.amount_fen,
                refunded_fen: row.refunded_fen,
                issued_at: instant(row.issued_at_ms)?,
                is_void: row.is_void,
                lines: own.map(LineRow::view).collect(),
            })
        })
        .collect()
}

/// The allocations behind these receipts, in one query.
async fn lines(tx: &ProjectTx<'_>, receipts: &[ReceiptRow]) -> Result<Vec<LineRow>, StoreError> {
    let sql = format!(
        "SELECT a.payment_id, b.house_id, a.bill_id, f.name AS fee_item, b.period_start_day, b.period_end_day, \
         a.amount_fen FROM allocation a JOIN bill b ON b.id = a.bill_id JOIN fee_item f ON f.id = b.fee_item_id \
         WHERE a.payment_id IN ({}) ORDER BY b.period_start_day, f.code",
        marks(1, receipts.len())
    );
    tx.rows(&sql, receipts.iter().map(|receipt| receipt.payment_id.into()).collect()).await
}

impl LineRow {
    fn view(&self) -> ReceiptLine {
        ReceiptLine {
            bill_id: self.bill_id,
            fee_item: self.fee_item.clone(),
            period_start_day: self.period_start_day,
            period_end_day: self.period_end_day,
            amount_fen: self.amount_fen,
        }
    }
}

pub(super) fn instant(at_ms: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_millis(at_ms).ok_or_else(|| StoreError::bad_row("payment_order", at_ms))
}
