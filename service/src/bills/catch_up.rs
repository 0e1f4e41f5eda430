//! The daily scan: a house imported or handed over after its period was published still gets its bill.

use chrono::{DateTime, NaiveDate, Utc};
use domain::calendar::{day_number, day_of_number};
use domain::ids::FeeItemId;
use domain::period::Period;
use serde::Serialize;
use uuid::Uuid;

use super::BillsError;
use super::report::RunReport;
use super::run::{RunMode, RunOrigin, RunRequest, run};
use crate::audit::By;
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// Periods looked at in one scan: one or two for each fee item.
const PERIODS_MAX: i64 = 400;

/// What a scan issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CatchUpReport {
    /// Periods looked at.
    pub periods: u64,
    /// Bills issued.
    pub bills: u64,
    /// Their sum, fen.
    pub total_fen: i64,
    /// Houses still without a bill.
    pub exceptions: u64,
    /// The runs that issued something.
    pub runs: Vec<RunReport>,
}

#[derive(sea_orm::FromQueryResult)]
struct PublishedRow {
    fee_item_id: Uuid,
    period_start_day: i64,
    period_end_day: i64,
    bill_day: i64,
}

/// Issues the bills of houses that came after a run: for every fee item the periods published that are not over, and
/// the last one published even if it is. Bills held back as unusual stay held: a person issues them. Bills issued late have their due day put off. Run twice, the second time
/// issues nothing.
///
/// # Errors
/// [`BillsError`]; fee items before the one that failed keep their bills.
pub async fn catch_up(db: &ProjectDb, now: DateTime<Utc>) -> Result<CatchUpReport, BillsError> {
    let today = db.info().today(now);
    let published = db.read("bills.published", async |tx| published(tx, today).await).await?;
    let mut report = CatchUpReport { periods: 0, bills: 0, total_fen: 0, exceptions: 0, runs: Vec::new() };
    for row in published {
        let request = RunRequest {
            fee_item: FeeItemId(row.fee_item_id),
            period: period(&row)?,
            bill_day: day(row.bill_day, row.fee_item_id)?,
            origin: RunOrigin::Schedule,
        };
        let done = run(db, &request, RunMode::PublishUsual, &By::job(), now).await?;
        report.periods += 1;
        report.bills += done.bills;
        report.total_fen = report.total_fen.saturating_add(done.total_fen);
        report.exceptions += done.exception_counts.iter().map(|count| count.houses).sum::<u64>();
        if done.bills > 0 {
            report.runs.push(done);
        }
    }
    Ok(report)
}

async fn published(tx: &ProjectTx<'_>, today: NaiveDate) -> Result<Vec<PublishedRow>, StoreError> {
    let sql = format!(
        "SELECT r.fee_item_id, r.period_start_day, r.period_end_day, MIN(r.bill_day) AS bill_day FROM bill_run r \
         JOIN fee_item f ON f.id = r.fee_item_id AND f.retired_at_ms IS NULL \
         WHERE r.cancelled_at_ms IS NULL AND (r.period_end_day >= $1 OR r.period_start_day = \
         (SELECT MAX(l.period_start_day) FROM bill_run l WHERE l.fee_item_id = r.fee_item_id \
         AND l.cancelled_at_ms IS NULL)) \
         AND NOT EXISTS (SELECT 1 FROM bill b JOIN opening_line o ON o.bill_id = b.id WHERE b.run_id = r.id) \
         GROUP BY r.fee_item_id, r.period_start_day, r.period_end_day \
         ORDER BY r.period_start_day, r.fee_item_id LIMIT {PERIODS_MAX}"
    );
    tx.rows(&sql, vec![day_number(today).into()]).await
}

fn day(number: i64, item: Uuid) -> Result<NaiveDate, StoreError> {
    day_of_number(number).map_err(|error| StoreError::bad_row("bill_run", format!("{item} {error}")))
}

fn period(row: &PublishedRow) -> Result<Period, StoreError> {
    let (start, end) = (day(row.period_start_day, row.fee_item_id)?, day(row.period_end_day, row.fee_item_id)?);
    Period::from_days(start, end)
        .map_err(|error| StoreError::bad_row("bill_run", format!("{} {error}", row.fee_item_id)))
}
