//! Shifts: opening the drawer, counting it at the close, and the lock by finance.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::applied::Applied;
use domain::counter::DeskMethod;
use domain::ids::{ShiftId, StaffId};
use domain::money::Fen;
use serde_json::json;
use uuid::Uuid;

use super::CounterError;
use super::checkout::REASON_CHARS_MAX;
use super::shift_view::booked_of;
use crate::audit::{self, By};
use crate::ledger;
use crate::store::{StoreError, Values};
use crate::tenancy::{ProjectDb, ProjectTx};

/// What was counted at the close.
#[derive(Debug, Clone, Default)]
pub struct ShiftClose {
    /// Fen by method. Cash is the whole drawer, the opening float included; a method without a line was not counted.
    pub counted: BTreeMap<DeskMethod, i64>,
    /// Why it is not what was booked.
    pub difference_reason: Option<String>,
}

#[derive(sea_orm::FromQueryResult)]
struct ShiftRow {
    cashier_id: Uuid,
    opening_float_fen: i64,
    closed_at_ms: Option<i64>,
    locked_at_ms: Option<i64>,
}

/// Opens a cashier's shift with what is in the drawer. Whoever has one open is answered with that one.
///
/// # Errors
/// [`CounterError::BadSum`] for a float below zero; [`CounterError::Store`].
pub async fn open_shift(
    db: &ProjectDb,
    cashier: StaffId,
    opening_float_fen: i64,
    by: &By,
    now: DateTime<Utc>,
) -> Result<Applied<ShiftId>, CounterError> {
    let float = sum(opening_float_fen)?;
    let now_ms = now.timestamp_millis();
    db.transact("counter.open_shift", async |tx| {
        // The head's lock keeps two openings of one cashier apart.
        ledger::lock_head(tx).await?;
        if let Some(open) = open_of(tx, cashier).await? {
            return Ok(Applied::Already(open));
        }
        let shift = ShiftId::new();
        tx.execute(
            "INSERT INTO shift (id, cashier_id, opening_float_fen, opened_at_ms) VALUES ($1, $2, $3, $4)",
            vec![shift.uuid().into(), cashier.uuid().into(), float.get().into(), now_ms.into()],
        )
        .await?;
        let detail = json!({ "opening_float_fen": float.get() });
        audit::append(tx, by, "shift.open", &format!("shift:{shift}"), &detail, now_ms).await?;
        Ok(Applied::Done(shift))
    })
    .await
}

/// The open shift of a cashier.
pub(super) async fn open_of(tx: &ProjectTx<'_>, cashier: StaffId) -> Result<Option<ShiftId>, StoreError> {
    let sql = "SELECT id FROM shift WHERE cashier_id = $1 AND closed_at_ms IS NULL";
    let found: Option<Uuid> = tx.value(sql, vec![cashier.uuid().into()]).await?;
    Ok(found.map(ShiftId))
}

/// Closes a cashier's own shift: what was counted is set against what was booked, method by method, and kept. A shift that
/// is closed stays as it is.
///
/// # Errors
/// [`CounterError::NotFound`] for another's shift, [`CounterError::CountMissing`],
/// [`CounterError::DifferenceReasonMissing`], [`CounterError::BadSum`], [`CounterError::Store`].
pub async fn close_shift(
    db: &ProjectDb,
    cashier: StaffId,
    shift: ShiftId,
    close: &ShiftClose,
    by: &By,
    now: DateTime<Utc>,
) -> Result<Applied<()>, CounterError> {
    let now_ms = now.timestamp_millis();
    db.transact("counter.close_shift", async |tx| {
        // Nothing is booked or voided in this project meanwhile.
        ledger::lock_head(tx).await?;
        let row = load(tx, shift).await?.filter(|row| row.cashier_id == cashier.uuid());
        let row = row.ok_or(CounterError::NotFound)?;
        if row.closed_at_ms.is_some() {
            return Ok(Applied::Already(()));
        }
        let lines = counted(tx, shift, row.opening_float_fen, close).await?;
        let difference = Fen::total(lines.iter().map(|line| line.difference))?;
        let differs = lines.iter().any(|line| line.difference != Fen::ZERO);
        let reason = close.difference_reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
        let is_explained = reason.is_some_and(|reason| reason.chars().count() <= REASON_CHARS_MAX);
        if differs && !is_explained {
            return Err(CounterError::DifferenceReasonMissing(difference));
        }
        let reason = reason.filter(|_| differs);
        tx.execute(
            "UPDATE shift SET closed_at_ms = $1, difference_reason = $2 WHERE id = $3 AND closed_at_ms IS NULL",
            vec![now_ms.into(), reason.map(ToOwned::to_owned).into(), shift.uuid().into()],
        )
        .await?;
        let rows: Vec<Values> = lines.iter().map(|line| line.values(shift)).collect();
        tx.insert_many("shift_count", &["shift_id", "method", "expected_fen", "counted_fen"], rows, "").await?;
        let detail = json!({ "difference_fen": difference.get(), "reason": reason });
        audit::append(tx, by, "shift.close", &format!("shift:{shift}"), &detail, now_ms).await?;
        Ok(Applied::Done(()))
    })
    .await
}

/// One method at the close.
struct CountLine {
    method: DeskMethod,
    expected: Fen,
    counted: Fen,
    difference: Fen,
}

impl CountLine {
    fn values(&self, shift: ShiftId) -> Values {
        vec![shift.uuid().into(), self.method.word().into(), self.expected.get().into(), self.counted.get().into()]
    }
}

async fn counted(
    tx: &ProjectTx<'_>,
    shift: ShiftId,
    opening_float_fen: i64,
    close: &ShiftClose,
) -> Result<Vec<CountLine>, CounterError> {
    let booked = booked_of(tx, &[shift.uuid()]).await?;
    let mut lines = Vec::with_capacity(DeskMethod::ALL.len());
    for method in DeskMethod::ALL {
        let booked_fen: i64 = booked.iter().filter(|row| row.method == method.word()).map(|row| row.booked_fen).sum();
        let float = if method == DeskMethod::Cash { Fen::new(opening_float_fen)? } else { Fen::ZERO };
        let expected = Fen::new(booked_fen)?.plus(float)?;
        let counted = match close.counted.get(&method) {
            Some(fen) => sum(*fen)?,
            None if expected == Fen::ZERO => Fen::ZERO,
            None => return Err(CounterError::CountMissing(method)),
        };
        lines.push(CountLine { method, expected, counted, difference: counted.minus(expected)? });
    }
    Ok(lines)
}

/// Finance accepts the figures of a closed shift, once. Nobody locks their own.
///
/// # Errors
/// [`CounterError::NotFound`], [`CounterError::ShiftOpen`], [`CounterError::OwnShift`], [`CounterError::Store`].
pub async fn lock_shift(
    db: &ProjectDb,
    who: StaffId,
    shift: ShiftId,
    by: &By,
    now: DateTime<Utc>,
) -> Result<Applied<()>, CounterError> {
    let now_ms = now.timestamp_millis();
    db.transact("counter.lock_shift", async |tx| {
        ledger::lock_head(tx).await?;
        let row = load(tx, shift).await?.ok_or(CounterError::NotFound)?;
        if row.cashier_id == who.uuid() {
            return Err(CounterError::OwnShift);
        }
        if row.closed_at_ms.is_none() {
            return Err(CounterError::ShiftOpen);
        }
        if row.locked_at_ms.is_some() {
            return Ok(Applied::Already(()));
        }
        tx.execute(
            "UPDATE shift SET locked_at_ms = $1, locked_by = $2 WHERE id = $3 AND locked_at_ms IS NULL",
            vec![now_ms.into(), who.uuid().into(), shift.uuid().into()],
        )
        .await?;
        audit::append(tx, by, "shift.lock", &format!("shift:{shift}"), &json!({}), now_ms).await?;
        Ok(Applied::Done(()))
    })
    .await
}

async fn load(tx: &ProjectTx<'_>, shift: ShiftId) -> Result<Option<ShiftRow>, StoreError> {
    let sql = "SELECT cashier_id, opening_float_fen, closed_at_ms, locked_at_ms FROM shift WHERE id = $1";
    tx.row(sql, vec![shift.uuid().into()]).await
}

fn sum(fen: i64) -> Result<Fen, CounterError> {
    let sum = Fen::new(fen)?;
    if sum < Fen::ZERO { Err(CounterError::BadSum) } else { Ok(sum) }
}
