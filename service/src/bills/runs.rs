//! Runs of the past and of now.

use domain::calendar::{day_of_number, instant_of_ms};
use uuid::Uuid;

use super::BillsError;
use super::view::{RunDetail, RunView};
use crate::store::StoreError;
use crate::tenancy::ProjectTx;

/// Runs of one page.
const RUNS_PAGE_MAX: i64 = 200;

#[derive(sea_orm::FromQueryResult)]
struct RunRow {
    id: Uuid,
    fee_item_id: Uuid,
    period_start_day: i64,
    period_end_day: i64,
    bill_day: i64,
    origin: String,
    state: String,
    bills: i64,
    total_fen: i64,
    created_at_ms: i64,
    published_at_ms: Option<i64>,
    houses: i64,
    cancelled_at_ms: Option<i64>,
    cancel_reason: Option<String>,
    exceptions: String,
}

const COLUMNS: &str = "id, fee_item_id, period_start_day, period_end_day, bill_day, origin, state, bills, total_fen, \
     created_at_ms, published_at_ms, houses, cancelled_at_ms, cancel_reason, exceptions";

/// Past runs, the newest first. At most 200 a page.
///
/// # Errors
/// [`BillsError::Store`].
pub async fn runs(tx: &ProjectTx<'_>, offset: i64, limit: i64) -> Result<Vec<RunView>, BillsError> {
    let sql = format!("SELECT {COLUMNS} FROM bill_run ORDER BY created_at_ms DESC, id DESC LIMIT $1 OFFSET $2");
    let values = vec![limit.clamp(1, RUNS_PAGE_MAX).into(), offset.max(0).into()];
    let rows: Vec<RunRow> = tx.rows(&sql, values).await?;
    Ok(rows.into_iter().map(run_view).collect::<Result<_, _>>()?)
}

/// One run, also while it goes on: its progress, and at its end the houses without a bill by code.
///
/// # Errors
/// [`BillsError::RunNotFound`].
pub async fn one_run(tx: &ProjectTx<'_>, id: Uuid) -> Result<RunDetail, BillsError> {
    let sql = format!("SELECT {COLUMNS} FROM bill_run WHERE id = $1");
    let row: RunRow = tx.row(&sql, vec![id.into()]).await?.ok_or(BillsError::RunNotFound)?;
    let bad = || StoreError::bad_row("bill_run", format!("{id} exceptions"));
    let exceptions = serde_json::from_str(&row.exceptions).map_err(|_| bad())?;
    Ok(RunDetail { run: run_view(row)?, exceptions })
}

fn run_view(row: RunRow) -> Result<RunView, StoreError> {
    let bad = |column: &str| StoreError::bad_row("bill_run", format!("{} {column}", row.id));
    let day = |number: i64, column: &str| day_of_number(number).map_err(|_| bad(column));
    Ok(RunView {
        id: row.id,
        fee_item_id: row.fee_item_id,
        period_start: day(row.period_start_day, "period_start_day")?,
        period_end: day(row.period_end_day, "period_end_day")?,
        bill_day: day(row.bill_day, "bill_day")?,
        origin: row.origin.clone(),
        state: if row.cancelled_at_ms.is_some() { "cancelled".to_owned() } else { row.state.clone() },
        houses: row.houses,
        bills: row.bills,
        total_fen: row.total_fen,
        created_at: instant_of_ms(row.created_at_ms).map_err(|_| bad("created_at_ms"))?,
        published_at: row.published_at_ms.map(instant_of_ms).transpose().map_err(|_| bad("published_at_ms"))?,
        cancelled_at: row.cancelled_at_ms.map(instant_of_ms).transpose().map_err(|_| bad("cancelled_at_ms"))?,
        cancel_reason: row.cancel_reason.clone(),
    })
}
