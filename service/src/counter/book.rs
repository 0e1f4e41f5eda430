//! Booking money that was taken over the desk, under the lock of the ledger's head.

use chrono::{DateTime, Utc};
use domain::ids::{PaymentId, ShiftId};
use domain::ledger::Posting;
use domain::money::Amount;
use serde_json::json;
use uuid::Uuid;

use super::CounterError;
use super::checkout::DeskCheckout;
use crate::audit::{self, By};
use crate::ledger;
use crate::payments::{Part, Share, allocate, issue_receipts};
use crate::reminders;
use crate::store::Values;
use crate::tenancy::ProjectTx;

/// What is booked.
pub(super) struct Booking<'a> {
    /// As it was asked for.
    pub new: &'a DeskCheckout,
    /// Tells this request from another.
    pub digest: &'a str,
    /// Whose drawer.
    pub shift: ShiftId,
    /// What each bill takes.
    pub parts: &'a [Part],
    /// Their sum.
    pub total: Amount,
}

/// Payment, allocations, posting, receipts, the silence of reminders and the audit line.
pub(super) async fn book(
    tx: &ProjectTx<'_>,
    booking: &Booking<'_>,
    by: &By,
    now: DateTime<Utc>,
) -> Result<PaymentId, CounterError> {
    let now_ms = now.timestamp_millis();
    let payment = PaymentId::new();
    insert(tx, payment, booking, now_ms).await?;
    allocate(tx, payment, booking.parts, now_ms).await?;

    let sides: Vec<_> = booking.parts.iter().map(|part| (part.payer, part.amount)).collect();
    let into = booking.new.method.account(booking.shift);
    ledger::append(tx, &[Posting::desk_payment(payment, into, booking.total, &sides, now)?]).await?;

    let shares = booking.parts.iter().map(|part| Share { house: part.house, amount: part.amount });
    issue_receipts(tx, payment, shares, now).await?;
    let settled: Vec<Uuid> = booking.parts.iter().filter(|part| part.settles).map(|part| part.bill.uuid()).collect();
    reminders::suppress_paid(tx, &settled, now).await?;

    let overruled: Vec<&str> = booking.new.overruled.iter().map(|one| one.warning.as_str()).collect();
    let detail = json!({
        "amount_fen": booking.total.get(),
        "method": booking.new.method,
        "shift": booking.shift,
        "bills": booking.parts.len(),
        "overruled": overruled,
    });
    audit::append(tx, by, "desk.checkout", &format!("payment:{payment}"), &detail, now_ms).await?;
    Ok(payment)
}

async fn insert(
    tx: &ProjectTx<'_>,
    payment: PaymentId,
    booking: &Booking<'_>,
    now_ms: i64,
) -> Result<(), CounterError> {
    let new = booking.new;
    tx.execute(
        "INSERT INTO payment (id, natural_key, method, order_id, amount_fen, refundable_fen, paid_at_ms, booked_at_ms) \
         VALUES ($1, $2, $3, NULL, $4, 0, $5, $5)",
        vec![
            payment.uuid().into(),
            format!("desk:{payment}").into(),
            new.method.word().into(),
            booking.total.get().into(),
            now_ms.into(),
        ],
    )
    .await?;
    let name = new.payer_name.as_deref().map(str::trim);
    let name = name.map(|name| tx.sealer().seal("desk_payment.payer_name", name)).transpose()?;
    tx.execute(
        "INSERT INTO desk_payment (payment_id, shift_id, idempotency_key, request_digest, tendered_fen, \
         payer_name_sealed, reference) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        vec![
            payment.uuid().into(),
            booking.shift.uuid().into(),
            new.key.into(),
            booking.digest.into(),
            new.tendered.map(Amount::get).into(),
            name.into(),
            new.reference.as_deref().map(|text| text.trim().to_owned()).into(),
        ],
    )
    .await?;
    let rows: Vec<Values> = new
        .overruled
        .iter()
        .map(|one| vec![payment.uuid().into(), one.warning.as_str().into(), one.reason.trim().into()])
        .collect();
    tx.insert_many("desk_overrule", &["payment_id", "warning", "reason"], rows, "").await?;
    Ok(())
}
