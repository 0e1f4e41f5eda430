//! Issuing bills page by page, and the row that says how far a run has come.

use chrono::{DateTime, NaiveDate, Utc};
use domain::calendar::day_number;
use domain::money::Fen;
use serde_json::json;
use uuid::Uuid;

use super::BillsError;
use super::batch::{self, Batch, Common};
use super::report::Tally;
use super::run::RunRequest;
use crate::audit::{self, By};
use crate::ledger;
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// Issues the bills of one run.
pub(super) struct Publisher<'a> {
    db: &'a ProjectDb,
    request: RunRequest,
    due_day: NaiveDate,
    by: &'a By,
    now: DateTime<Utc>,
    /// Houses of the project, for the progress.
    houses: u64,
    run_id: Option<Uuid>,
}

impl<'a> Publisher<'a> {
    pub(super) const fn new(
        db: &'a ProjectDb,
        request: RunRequest,
        due_day: NaiveDate,
        by: &'a By,
        now: DateTime<Utc>,
        houses: u64,
    ) -> Self {
        Self { db, request, due_day, by, now, houses, run_id: None }
    }

    /// Writes a page in one transaction; answers the houses that got a bill, in the order of their ids.
    pub(super) async fn write(&mut self, batch: &Batch) -> Result<Vec<Uuid>, BillsError> {
        if batch.bills.is_empty() {
            return Ok(Vec::new());
        }
        let (known, request, due_day, now) = (self.run_id, self.request, self.due_day, self.now);
        let (by, houses) = (self.by, self.houses);
        let (run_id, houses) = self
            .db
            .transact("bills.publish", async |tx| {
                ledger::lock_head(tx).await?;
                let bills = batch.still_due(tx, &request).await?;
                if bills.is_empty() {
                    return Ok((known, Vec::new()));
                }
                let run_id = match known {
                    Some(run_id) => run_id,
                    None => match unfinished_run(tx, &request).await? {
                        Some(run_id) => run_id,
                        None => open_run(tx, &request, by, now, houses).await?,
                    },
                };
                let common = Common { run_id, request, due_day, now };
                batch::write(tx, &bills, &common).await?;
                let total = Fen::total(bills.iter().map(|bill| bill.total.fen()))?;
                let count = i64::try_from(bills.len()).unwrap_or(i64::MAX);
                let counted = tx
                    .execute(
                        "UPDATE bill_run SET bills = bills + $1, total_fen = total_fen + $2 WHERE id = $3 \
                         AND cancelled_at_ms IS NULL",
                        vec![count.into(), total.get().into(), run_id.into()],
                    )
                    .await?;
                if counted == 0 {
                    return Err(BillsError::RunCancelled);
                }
                Ok::<_, BillsError>((Some(run_id), bills.iter().map(|bill| bill.house_id).collect()))
            })
            .await?;
        self.run_id = run_id;
        Ok(houses)
    }

    /// Marks the run published, also one that an earlier process left open; answers which.
    pub(super) async fn close(&mut self, tally: &Tally) -> Result<Option<Uuid>, BillsError> {
        let (known, request, now_ms) = (self.run_id, self.request, self.now.timestamp_millis());
        let by = self.by;
        self.db
            .transact("bills.close_run", async |tx| {
                ledger::lock_head(tx).await?;
                let Some(run_id) = (match known {
                    Some(run_id) => Some(run_id),
                    None => unfinished_run(tx, &request).await?,
                }) else {
                    return Ok(None);
                };
                let exceptions = json!({ "houses": tally.exceptions_total(), "counts": tally.exception_counts() });
                tx.execute(
                    "UPDATE bill_run SET state = 'published', exceptions = $1, published_at_ms = $2 WHERE id = $3",
                    vec![exceptions.to_string().into(), now_ms.into(), run_id.into()],
                )
                .await?;
                let detail = json!({
                    "fee_item": request.fee_item, "period": request.period.to_string(), "bills": tally.bills,
                    "total_fen": tally.total_fen, "exceptions": tally.exceptions_total(),
                });
                audit::append(tx, by, "bill_run.publish", &format!("bill_run:{run_id}"), &detail, now_ms).await?;
                Ok(Some(run_id))
            })
            .await
    }
}

/// The run that was left open for this fee item and period.
async fn unfinished_run(tx: &ProjectTx<'_>, request: &RunRequest) -> Result<Option<Uuid>, StoreError> {
    tx.value(
        "SELECT id FROM bill_run WHERE fee_item_id = $1 AND period_start_day = $2 AND state = 'publishing' AND cancelled_at_ms IS NULL \
         ORDER BY created_at_ms LIMIT 1",
        vec![request.fee_item.uuid().into(), day_number(request.period.start()).into()],
    )
    .await
}

/// Opens a run.
pub(super) async fn open_run(
    tx: &ProjectTx<'_>,
    request: &RunRequest,
    by: &By,
    now: DateTime<Utc>,
    houses: u64,
) -> Result<Uuid, StoreError> {
    let run_id = Uuid::now_v7();
    tx.execute(
        "INSERT INTO bill_run (id, fee_item_id, period_start_day, period_end_day, bill_day, origin, state, bills, \
         total_fen, exceptions, created_by, created_at_ms, houses) \
         VALUES ($1, $2, $3, $4, $5, $6, 'publishing', 0, 0, '{}', $7, $8, $9)",
        vec![
            run_id.into(),
            request.fee_item.uuid().into(),
            day_number(request.period.start()).into(),
            day_number(request.period.end()).into(),
            day_number(request.bill_day).into(),
            request.origin.as_str().into(),
            by.actor.id().into(),
            now.timestamp_millis().into(),
            i64::try_from(houses).unwrap_or(i64::MAX).into(),
        ],
    )
    .await?;
    Ok(run_id)
}
