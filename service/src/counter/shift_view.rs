//! Shifts as staff see them: the figures of the hand-over sheet.

use chrono::{DateTime, Utc};
use domain::counter::DeskMethod;
use domain::ids::{ShiftId, StaffId};
use serde::Serialize;
use uuid::Uuid;

use super::CounterError;
use crate::store::{StoreError, Values};
use crate::tenancy::ProjectTx;

/// Shifts of one page.
const PAGE_MAX: i64 = 50;

/// One method of a shift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ShiftLine {
    /// `cash`, `card`, `transfer` or `other`.
    pub method: String,
    /// `现金`, `刷卡`, …
    pub title: String,
    /// Payments that stand.
    pub payments: i64,
    /// Their sum, fen.
    pub booked_fen: i64,
    /// What should be there: for cash with the opening float, fen.
    pub expected_fen: i64,
    /// What was counted at the close, fen.
    pub counted_fen: Option<i64>,
    /// Counted less expected, fen.
    pub difference_fen: Option<i64>,
}

/// Receipts and voids of a shift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sea_orm::FromQueryResult, utoipa::ToSchema)]
pub struct ShiftFigures {
    /// Receipts issued, the void ones among them.
    pub receipts: i64,
    /// The first number.
    pub first_receipt: Option<String>,
    /// The last number.
    pub last_receipt: Option<String>,
    /// Payments taken back.
    pub voided_payments: i64,
    /// Their sum, fen.
    pub voided_fen: i64,
    /// Warnings that the cashier overruled.
    pub overruled_warnings: i64,
}

/// A shift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ShiftView {
    /// The shift.
    pub id: Uuid,
    /// The employee.
    pub cashier_id: Uuid,
    /// In the drawer before anything was taken, fen.
    pub opening_float_fen: i64,
    /// When it began.
    pub opened_at: DateTime<Utc>,
    /// When it was counted.
    pub closed_at: Option<DateTime<Utc>>,
    /// Why the count was not what was booked.
    pub difference_reason: Option<String>,
    /// When finance accepted it.
    pub locked_at: Option<DateTime<Utc>>,
    /// Who accepted it.
    pub locked_by: Option<Uuid>,
    /// Every method.
    pub lines: Vec<ShiftLine>,
    /// Receipts and voids.
    pub figures: ShiftFigures,
}

#[derive(sea_orm::FromQueryResult)]
struct ShiftRow {
    id: Uuid,
    cashier_id: Uuid,
    opening_float_fen: i64,
    opened_at_ms: i64,
    closed_at_ms: Option<i64>,
    difference_reason: Option<String>,
    locked_at_ms: Option<i64>,
    locked_by: Option<Uuid>,
}

/// What was booked in a shift by one method.
#[derive(sea_orm::FromQueryResult)]
pub(super) struct BookedRow {
    pub shift_id: Uuid,
    pub method: String,
    pub payments: i64,
    pub booked_fen: i64,
}

#[derive(sea_orm::FromQueryResult)]
struct CountRow {
    shift_id: Uuid,
    method: String,
    expected_fen: i64,
    counted_fen: i64,
}

const COLUMNS: &str = "id, cashier_id, opening_float_fen, opened_at_ms, closed_at_ms, difference_reason, locked_at_ms, \
     locked_by";

/// The open shift of a cashier, if there is one.
///
/// # Errors
/// [`CounterError::Store`].
pub async fn my_shift(tx: &ProjectTx<'_>, cashier: StaffId) -> Result<Option<ShiftView>, CounterError> {
    let condition = "cashier_id = $1 AND closed_at_ms IS NULL";
    Ok(views(tx, condition, vec![cashier.uuid().into()]).await?.pop())
}

/// One shift.
///
/// # Errors
/// [`CounterError::NotFound`], [`CounterError::Store`].
pub async fn shift_view(tx: &ProjectTx<'_>, shift: ShiftId) -> Result<ShiftView, CounterError> {
    views(tx, "id = $1", vec![shift.uuid().into()]).await?.pop().ok_or(CounterError::NotFound)
}

/// The shifts, the newest first; `before` is the last one of the page before.
///
/// # Errors
/// [`CounterError::Store`].
pub async fn shifts(tx: &ProjectTx<'_>, before: Option<ShiftId>) -> Result<Vec<ShiftView>, CounterError> {
    let Some(before) = before else { return views(tx, "TRUE", vec![]).await };
    let condition = "(opened_at_ms, id) < (SELECT o.opened_at_ms, o.id FROM shift o WHERE o.id = $1)";
    views(tx, condition, vec![before.uuid().into()]).await
}

async fn views(tx: &ProjectTx<'_>, condition: &str, values: Values) -> Result<Vec<ShiftView>, CounterError> {
    let sql =
        format!("SELECT {COLUMNS} FROM shift WHERE {condition} ORDER BY opened_at_ms DESC, id DESC LIMIT {PAGE_MAX}");
    let rows: Vec<ShiftRow> = tx.rows(&sql, values).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let booked = booked_of(tx, &ids).await?;
    let counts: Vec<CountRow> = tx
        .rows(
            &format!(
                "SELECT shift_id, method, expected_fen, counted_fen FROM shift_count WHERE shift_id {}",
                tx.among(1)
            ),
            vec![tx.listed(&ids)],
        )
        .await?;
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        let lines = DeskMethod::ALL.into_iter().map(|method| line(&row, method, &booked, &counts)).collect();
        let figures = figures(tx, row.id).await?;
        views.push(ShiftView {
            id: row.id,
            cashier_id: row.cashier_id,
            opening_float_fen: row.opening_float_fen,
            opened_at: instant(row.opened_at_ms)?,
            closed_at: row.closed_at_ms.map(instant).transpose()?,
            difference_reason: row.difference_reason,
            locked_at: row.locked_at_ms.map(instant).transpose()?,
            locked_by: row.locked_by,
            lines,
            figures,
        });
    }
    Ok(views)
}

fn line(row: &ShiftRow, method: DeskMethod, booked: &[BookedRow], counts: &[CountRow]) -> ShiftLine {
    let word = method.word();
    let own = booked.iter().find(|one| one.shift_id == row.id && one.method == word);
    let count = counts.iter().find(|one| one.shift_id == row.id && one.method == word);
    let float_fen = if method == DeskMethod::Cash { row.opening_float_fen } else { 0 };
    let booked_fen = own.map_or(0, |own| own.booked_fen);
    ShiftLine {
        method: word.to_owned(),
        title: method.title().to_owned(),
        payments: own.map_or(0, |own| own.payments),
        booked_fen,
        expected_fen: count.map_or(booked_fen + float_fen, |count| count.expected_fen),
        counted_fen: count.map(|count| count.counted_fen),
        difference_fen: count.map(|count| count.counted_fen - count.expected_fen),
    }
}

/// What stands of what was booked in these shifts.
pub(super) async fn booked_of(tx: &ProjectTx<'_>, shifts: &[Uuid]) -> Result<Vec<BookedRow>, StoreError> {
    let sql = format!(
        "SELECT d.shift_id, p.method, COUNT(*) AS payments, CAST(SUM(p.amount_fen) AS BIGINT) AS booked_fen \
         FROM desk_payment d JOIN payment p ON p.id = d.payment_id WHERE d.shift_id {} \
         AND NOT EXISTS (SELECT 1 FROM desk_void v WHERE v.payment_id = d.payment_id) GROUP BY d.shift_id, p.method",
        tx.among(1)
    );
    tx.rows(&sql, vec![tx.listed(shifts)]).await
}

async fn figures(tx: &ProjectTx<'_>, shift: Uuid) -> Result<ShiftFigures, StoreError> {
    let of_shift = "FROM desk_payment d WHERE d.shift_id = $1";
    let receipts = format!("receipt r WHERE r.payment_id IN (SELECT d.payment_id {of_shift})");
    let voids = format!(
        "desk_void v JOIN payment p ON p.id = v.payment_id WHERE v.payment_id IN (SELECT d.payment_id {of_shift})"
    );
    let sql = format!(
        "SELECT (SELECT COUNT(*) FROM {receipts}) AS receipts, (SELECT MIN(r.number) FROM {receipts}) AS first_receipt, \
         (SELECT MAX(r.number) FROM {receipts}) AS last_receipt, (SELECT COUNT(*) FROM {voids}) AS voided_payments, \
         (SELECT CAST(COALESCE(SUM(p.amount_fen), 0) AS BIGINT) FROM {voids}) AS voided_fen, \
         (SELECT COUNT(*) FROM desk_overrule o WHERE o.payment_id IN (SELECT d.payment_id {of_shift})) \
         AS overruled_warnings"
    );
    let row: Option<ShiftFigures> = tx.row(&sql, vec![shift.into()]).await?;
    row.ok_or_else(|| StoreError::bad_row("shift", shift))
}

pub(super) fn instant(at_ms: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_millis(at_ms).ok_or_else(|| StoreError::bad_row("shift", at_ms))
}
