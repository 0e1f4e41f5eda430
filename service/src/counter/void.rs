//! Taking back a payment over the desk within its shift.

use chrono::{DateTime, Utc};
use domain::applied::Applied;
use domain::counter::DeskMethod;
use domain::ids::{PartyId, PaymentId, ShiftId, StaffId};
use domain::ledger::Posting;
use domain::money::{Amount, Fen};
use serde_json::json;
use uuid::Uuid;

use super::CounterError;
use super::checkout::REASON_CHARS_MAX;
use super::policy::policy;
use crate::audit::{self, By};
use crate::ledger;
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// Who takes a payment back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoidBy {
    /// The cashier of the shift, up to the project's limit.
    Cashier(StaffId),
    /// Somebody else who may, whatever the sum.
    SecondPerson(StaffId),
}

impl VoidBy {
    const fn staff(self) -> StaffId {
        match self {
            Self::Cashier(staff) | Self::SecondPerson(staff) => staff,
        }
    }
}

#[derive(sea_orm::FromQueryResult)]
struct PaymentRow {
    method: String,
    amount_fen: i64,
    shift_id: Uuid,
    cashier_id: Uuid,
    closed_at_ms: Option<i64>,
    voided_at_ms: Option<i64>,
}

#[derive(sea_orm::FromQueryResult)]
struct PartRow {
    bill_id: Uuid,
    payer_party_id: Uuid,
    amount_fen: i64,
}

/// Takes a payment back while its shift is open: the books are reversed, its bills are owed again, its receipts keep their
/// numbers and are void. A payment taken back before stays as it is.
///
/// # Errors
/// [`CounterError::NotFound`] for another cashier's payment, [`CounterError::ShiftClosed`],
/// [`CounterError::SecondPerson`], [`CounterError::ReasonMissing`], [`CounterError::Store`].
pub async fn void_payment(
    db: &ProjectDb,
    payment: PaymentId,
    who: VoidBy,
    reason: &str,
    by: &By,
    now: DateTime<Utc>,
) -> Result<Applied<()>, CounterError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
        return Err(CounterError::ReasonMissing);
    }
    let now_ms = now.timestamp_millis();
    db.transact("counter.void", async |tx| {
        ledger::lock_head(tx).await?;
        let row = load(tx, payment).await?.ok_or(CounterError::NotFound)?;
        let limit = Fen::new(policy(tx).await?.void_alone_max_fen)?;
        may(&row, who, limit)?;
        if row.voided_at_ms.is_some() {
            return Ok(Applied::Already(()));
        }
        if row.closed_at_ms.is_some() {
            return Err(CounterError::ShiftClosed);
        }
        let method = DeskMethod::parse(&row.method).ok_or_else(|| StoreError::bad_row("payment", &row.method))?;
        let parts = give_back(tx, payment).await?;
        let (total, out_of) = (Amount::try_from(row.amount_fen)?, method.account(ShiftId(row.shift_id)));
        ledger::append(tx, &[Posting::desk_payment_voided(payment, out_of, total, &parts, now)?]).await?;
        tx.execute(
            "INSERT INTO desk_void (payment_id, reason, voided_by, voided_at_ms) VALUES ($1, $2, $3, $4)",
            vec![payment.uuid().into(), reason.into(), who.staff().uuid().into(), now_ms.into()],
        )
        .await?;
        let detail = json!({ "amount_fen": row.amount_fen, "method": row.method, "shift": row.shift_id });
        audit::append(tx, by, "desk.void", &format!("payment:{payment}"), &detail, now_ms).await?;
        Ok(Applied::Done(()))
    })
    .await
}

/// A cashier takes back their own, up to the limit; the second person is somebody else.
fn may(row: &PaymentRow, who: VoidBy, limit: Fen) -> Result<(), CounterError> {
    match who {
        VoidBy::Cashier(staff) if row.cashier_id != staff.uuid() => Err(CounterError::NotFound),
        VoidBy::Cashier(_) if row.amount_fen > limit.get() => Err(CounterError::SecondPerson(limit)),
        VoidBy::SecondPerson(staff) if row.cashier_id == staff.uuid() => Err(CounterError::SecondPerson(limit)),
        VoidBy::Cashier(_) | VoidBy::SecondPerson(_) => Ok(()),
    }
}

async fn load(tx: &ProjectTx<'_>, payment: PaymentId) -> Result<Option<PaymentRow>, StoreError> {
    tx.row(
        "SELECT p.method, p.amount_fen, d.shift_id, s.cashier_id, s.closed_at_ms, v.voided_at_ms \
         FROM desk_payment d JOIN payment p ON p.id = d.payment_id JOIN shift s ON s.id = d.shift_id \
         LEFT JOIN desk_void v ON v.payment_id = p.id WHERE p.id = $1",
        vec![payment.uuid().into()],
    )
    .await
}

/// Takes the money off its bills, in order of id as whoever reserves bills takes them; answers whose they are.
async fn give_back(tx: &ProjectTx<'_>, payment: PaymentId) -> Result<Vec<(PartyId, Amount)>, CounterError> {
    let rows: Vec<PartRow> = tx
        .rows(
            "SELECT a.bill_id, b.payer_party_id, a.amount_fen FROM allocation a JOIN bill b ON b.id = a.bill_id \
             WHERE a.payment_id = $1 ORDER BY a.bill_id",
            vec![payment.uuid().into()],
        )
        .await?;
    let mut parts = Vec::with_capacity(rows.len());
    for row in rows {
        let changed = tx
            .execute(
                "UPDATE bill SET paid_fen = paid_fen - $1, settled_at_ms = NULL \
                 WHERE id = $2 AND voided_at_ms IS NULL AND paid_fen >= $1",
                vec![row.amount_fen.into(), row.bill_id.into()],
            )
            .await?;
        if changed != 1 {
            return Err(CounterError::Refunded);
        }
        parts.push((PartyId(row.payer_party_id), Amount::try_from(row.amount_fen)?));
    }
    Ok(parts)
}
