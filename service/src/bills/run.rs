//! A bill run: every house without a bill for a fee item and a period gets one.
//!
//! A run goes through the houses by id, some thousands in a transaction, each with its bills, lines and postings. One
//! that is killed is resumed by asking again: houses that have their bill are not looked at. While one page is being
//! written the next one is read and computed.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use domain::billing::{DUE_FLOOR_DAYS, due_day};
use domain::ids::FeeItemId;
use domain::period::Period;
use uuid::Uuid;

use super::batch::Batch;
use super::compute::{Page, Rules, compute_page};
use super::inputs::{self, Wanted};
use super::publish::Publisher;
use super::report::{RunReport, Tally};
use super::{BillsError, repo};
use crate::audit::By;
use crate::fees;
use crate::store::StoreError;
use crate::tenancy::ProjectDb;

/// Houses of one transaction: enough that its own cost does not show, few enough that nobody waits for it.
pub(super) const HOUSES_PER_PAGE: i64 = 2_000;

/// Whether bills are issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunMode {
    /// Everything is computed and nothing written.
    DryRun,
    /// Bills are issued.
    Publish,
    /// Bills are issued but those of at least twice the last one, which are exceptions.
    PublishUsual,
}

/// Who wanted the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunOrigin {
    /// An employee.
    Staff,
    /// The clock.
    Schedule,
}

impl RunOrigin {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Schedule => "schedule",
        }
    }
}

/// What to issue.
#[derive(Debug, Clone, Copy)]
pub struct RunRequest {
    /// What is charged for.
    pub fee_item: FeeItemId,
    /// A period of the fee item.
    pub period: Period,
    /// The day on the bills.
    pub bill_day: NaiveDate,
    /// Who wanted it.
    pub origin: RunOrigin,
}

/// Issues a bill for every house that has none for the fee item and period. Asked again it writes nothing: all
/// houses are `already_billed`. Houses that cannot be billed are exceptions with a remedy, never bills of 0.
///
/// # Errors
/// [`BillsError`]; what earlier pages issued stays and is not issued again.
pub async fn run(
    db: &ProjectDb,
    request: &RunRequest,
    mode: RunMode,
    by: &By,
    now: DateTime<Utc>,
) -> Result<RunReport, BillsError> {
    let mut stepper = Stepper::begin(db, request, mode, by, now, HOUSES_PER_PAGE).await?;
    while stepper.step().await? {}
    stepper.finish().await
}

/// A run in the making, page by page.
pub(super) struct Stepper<'a> {
    db: &'a ProjectDb,
    request: RunRequest,
    rules: Arc<Rules>,
    due_day: NaiveDate,
    page_size: i64,
    /// Houses of the project when the run began.
    houses: u64,
    next: Option<Page>,
    tally: Tally,
    /// Houses seen without a bill.
    candidates: u64,
    publisher: Option<Publisher<'a>>,
}

impl<'a> Stepper<'a> {
    /// Checks the request and computes the first page.
    pub(super) async fn begin(
        db: &'a ProjectDb,
        request: &RunRequest,
        mode: RunMode,
        by: &'a By,
        now: DateTime<Utc>,
        page_size: i64,
    ) -> Result<Self, BillsError> {
        let period = request.period;
        let (item, tariffs, houses) = db
            .read("bills.begin", async |tx| {
                let item = fees::fee_item(tx, request.fee_item).await?;
                let tariffs = fees::tariffs_in_force(tx, request.fee_item, &period).await?;
                Ok::<_, BillsError>((item, tariffs, repo::count_houses(tx).await?))
            })
            .await?;
        if item.is_retired {
            return Err(BillsError::Retired);
        }
        if item.period_months != period.months() {
            return Err(BillsError::WrongPeriod { months: item.period_months });
        }
        if tariffs.is_empty() {
            return Err(BillsError::NoTariff);
        }
        let due_day = due_day(request.bill_day, item.due_after_days, db.info().today(now), DUE_FLOOR_DAYS);
        let wanted = Wanted::of(&tariffs);
        let holds_unusual = mode == RunMode::PublishUsual;
        let rules = Arc::new(Rules { rule: item.rule, tariffs, period, wanted, holds_unusual });
        let publisher = (mode != RunMode::DryRun).then(|| Publisher::new(db, *request, due_day, by, now, houses));
        let next = prepare(db, request, &rules, Uuid::nil(), page_size).await?;
        let tally = Tally::default();
        Ok(Self { db, request: *request, rules, due_day, page_size, houses, next, tally, candidates: 0, publisher })
    }

    /// Writes one page while the next is computed; false when there was none.
    pub(super) async fn step(&mut self) -> Result<bool, BillsError> {
        let Some(page) = self.next.take() else { return Ok(false) };
        let coming = prepare(self.db, &self.request, &self.rules, page.last, self.page_size);
        let batch = Batch::new(page);
        let (written, next) = match &mut self.publisher {
            Some(publisher) => {
                let (written, next) = tokio::join!(publisher.write(&batch), coming);
                (written?, next?)
            }
            None => (batch.bills.iter().map(|bill| bill.house_id).collect(), coming.await?),
        };
        self.next = next;
        self.candidates += u64::try_from(batch.bills.len() + batch.obstacles.len()).unwrap_or(u64::MAX);
        for (house_id, key, obstacle) in &batch.obstacles {
            self.tally.except(*house_id, key, obstacle);
        }
        for bill in &batch.bills {
            if written.binary_search(&bill.house_id).is_ok() {
                self.tally.bill(&bill.building, bill.total.get());
                self.tally.unusual(bill);
            } else {
                self.tally.left += 1;
            }
        }
        Ok(true)
    }

    /// Closes the run, if one was opened now or was left open by a killed one.
    pub(super) async fn finish(mut self) -> Result<RunReport, BillsError> {
        self.tally.already_billed = self.houses.saturating_sub(self.candidates);
        let run_id = match &mut self.publisher {
            Some(publisher) => publisher.close(&self.tally).await?,
            None => None,
        };
        Ok(self.tally.report(run_id, &self.rules.period, self.due_day))
    }
}

/// Reads a page of houses without a bill and computes it, on a thread of its own.
async fn prepare(
    db: &ProjectDb,
    request: &RunRequest,
    rules: &Arc<Rules>,
    after: Uuid,
    page_size: i64,
) -> Result<Option<Page>, BillsError> {
    let (candidates, given) = db
        .read("bills.candidates", async |tx| {
            let candidates = repo::candidates(tx, request, after, page_size).await?;
            let given = match (candidates.first(), candidates.last()) {
                (Some(first), Some(last)) => {
                    inputs::gather(tx, &rules.wanted, &rules.period, first.house_id, last.house_id).await?
                }
                _ => inputs::Given::default(),
            };
            Ok::<_, StoreError>((candidates, given))
        })
        .await?;
    let rules = Arc::clone(rules);
    let computed = tokio::task::spawn_blocking(move || compute_page(&rules, candidates, &given)).await;
    Ok(computed.map_err(|_| BillsError::Stopped)??)
}
