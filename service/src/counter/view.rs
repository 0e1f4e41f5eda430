//! A payment over the desk as staff see it.

use chrono::{DateTime, Utc};
use domain::ids::PaymentId;
use serde::Serialize;
use uuid::Uuid;

use super::CounterError;
use super::shift_view::instant;
use crate::payments::{ReceiptView, receipts_of_payment};
use crate::tenancy::ProjectTx;

/// A payment over the desk with its receipts.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct DeskPaymentView {
    /// The payment.
    pub id: Uuid,
    /// The shift it was taken in.
    pub shift_id: Uuid,
    /// `cash`, `card`, `transfer` or `other`.
    pub method: String,
    /// What was taken, fen.
    pub amount_fen: i64,
    /// What was handed over in cash, fen.
    pub tendered_fen: Option<i64>,
    /// What was given back of it, fen.
    pub change_fen: i64,
    /// The number on the slip or of the transfer.
    pub reference: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// When it was taken back.
    pub voided_at: Option<DateTime<Utc>>,
    /// Why.
    pub void_reason: Option<String>,
    /// One for each house. Of a payment taken back they keep their numbers and are void.
    pub receipts: Vec<ReceiptView>,
}

#[derive(sea_orm::FromQueryResult)]
struct PaymentRow {
    id: Uuid,
    shift_id: Uuid,
    method: String,
    amount_fen: i64,
    tendered_fen: Option<i64>,
    reference: Option<String>,
    booked_at_ms: i64,
    voided_at_ms: Option<i64>,
    void_reason: Option<String>,
}

/// One payment over the desk.
///
/// # Errors
/// [`CounterError::NotFound`], [`CounterError::Store`].
pub async fn payment_view(tx: &ProjectTx<'_>, payment: PaymentId) -> Result<DeskPaymentView, CounterError> {
    let row: Option<PaymentRow> = tx
        .row(
            "SELECT p.id, d.shift_id, p.method, p.amount_fen, d.tendered_fen, d.reference, p.booked_at_ms, \
             v.voided_at_ms, v.reason AS void_reason FROM desk_payment d JOIN payment p ON p.id = d.payment_id \
             LEFT JOIN desk_void v ON v.payment_id = p.id WHERE p.id = $1",
            vec![payment.uuid().into()],
        )
        .await?;
    let row = row.ok_or(CounterError::NotFound)?;
    Ok(DeskPaymentView {
        id: row.id,
        shift_id: row.shift_id,
        method: row.method,
        amount_fen: row.amount_fen,
        tendered_fen: row.tendered_fen,
        change_fen: row.tendered_fen.map_or(0, |tendered_fen| tendered_fen - row.amount_fen),
        reference: row.reference,
        at: instant(row.booked_at_ms)?,
        voided_at: row.voided_at_ms.map(instant).transpose()?,
        void_reason: row.void_reason,
        receipts: receipts_of_payment(tx, payment).await?,
    })
}
