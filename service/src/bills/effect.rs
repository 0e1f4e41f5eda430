//! What a tariff would change in the next run, before it is saved.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::ids::FeeItemId;
use domain::period::Period;
use serde::Serialize;
use uuid::Uuid;

use super::compute::{Candidate, Rules, ready};
use super::inputs::{self, Given, Wanted};
use super::report::{ExceptionCount, Tally};
use super::run::{HOUSES_PER_PAGE, RunOrigin, RunRequest};
use super::{BillsError, repo};
use crate::fees::{self, NewTariff};
use crate::store::StoreError;
use crate::tenancy::ProjectDb;

/// Houses listed, those with the largest differences.
const CHANGES_MAX: usize = 20;

/// A house that would pay something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HouseChange {
    /// The house.
    pub house_id: Uuid,
    /// `1-1-101`.
    pub house_key: String,
    /// As things are, fen; none without a bill.
    pub before_fen: Option<i64>,
    /// With the tariff, fen; none without a bill.
    pub after_fen: Option<i64>,
}

impl HouseChange {
    fn difference_fen(&self) -> u64 {
        self.before_fen.unwrap_or(0).abs_diff(self.after_fen.unwrap_or(0))
    }
}

/// A run that would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RunForecast {
    /// Bills.
    pub bills: u64,
    /// Their sum, fen.
    pub total_fen: i64,
    /// Houses without a bill, by code.
    pub exception_counts: Vec<ExceptionCount>,
}

/// What a tariff would change in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TariffEffect {
    /// As things are.
    pub before: RunForecast,
    /// With the tariff.
    pub after: RunForecast,
    /// Houses that would pay something else.
    pub houses_changed: u64,
    /// Houses that have their bill for the period already: it stays as it is.
    pub already_billed: u64,
    /// The houses with the largest differences, the largest first; at most 20.
    pub largest: Vec<HouseChange>,
}

/// Adds up both runs as they go.
#[derive(Default)]
struct Comparison {
    before: Tally,
    after: Tally,
    changed: u64,
    largest: Vec<HouseChange>,
}

impl Comparison {
    fn add(&mut self, rules: &(Rules, Rules), house: &Candidate, given: &Given) -> Result<(), StoreError> {
        let mut fen = [None, None];
        let sides = [(&rules.0, &mut self.before), (&rules.1, &mut self.after)];
        for ((rules, tally), total) in sides.into_iter().zip(&mut fen) {
            match ready(rules, house, given)? {
                Ok(bill) => {
                    tally.bill(&bill.building, bill.total.get());
                    *total = Some(bill.total.get());
                }
                Err(obstacle) => tally.except(house.house_id, &house.key, &obstacle),
            }
        }
        let [before_fen, after_fen] = fen;
        if before_fen != after_fen {
            self.changed += 1;
            let (house_id, house_key) = (house.house_id, house.key.clone());
            self.largest.push(HouseChange { house_id, house_key, before_fen, after_fen });
        }
        Ok(())
    }

    /// After a page only the largest are kept: memory does not grow with the project.
    fn keep_largest(&mut self) {
        self.largest.sort_by_key(|one| std::cmp::Reverse(one.difference_fen()));
        self.largest.truncate(CHANGES_MAX);
    }
}

fn forecast(tally: &Tally) -> RunForecast {
    RunForecast { bills: tally.bills, total_fen: tally.total_fen, exception_counts: tally.exception_counts() }
}

/// Computes the run of a period as things are and as it would be with the tariff, for all houses without a bill.
/// Nothing is written.
///
/// # Errors
/// Everything that stands against saving the tariff; [`BillsError::WrongPeriod`].
pub async fn tariff_effect(
    db: &ProjectDb,
    item: FeeItemId,
    new: &NewTariff,
    period: &Period,
    now: DateTime<Utc>,
) -> Result<TariffEffect, BillsError> {
    let (rules, houses) = db
        .read("bills.effect", async |tx| {
            let fee = fees::fee_item(tx, item).await?;
            if fee.period_months != period.months() {
                return Err(BillsError::WrongPeriod { months: fee.period_months });
            }
            let before = fees::tariffs_in_force(tx, item, period).await?;
            let after = fees::tariffs_with(tx, item, new, period, now).await?;
            let of = |tariffs: Vec<_>| {
                let wanted = Wanted::of(&tariffs);
                Rules { rule: fee.rule, tariffs, period: *period, wanted, holds_unusual: false }
            };
            Ok((Arc::new((of(before), of(after))), repo::count_houses(tx).await?))
        })
        .await?;
    let request = RunRequest { fee_item: item, period: *period, bill_day: period.start(), origin: RunOrigin::Staff };
    let (mut comparison, mut after, mut seen) = (Comparison::default(), Uuid::nil(), 0_u64);
    while let Some((page, given)) = next_page(db, &request, &rules, after).await? {
        after = page.last().map_or(after, |house| house.house_id);
        seen += u64::try_from(page.len()).unwrap_or(u64::MAX);
        comparison = compared(&rules, comparison, page, given).await?;
    }
    Ok(TariffEffect {
        before: forecast(&comparison.before),
        after: forecast(&comparison.after),
        houses_changed: comparison.changed,
        already_billed: houses.saturating_sub(seen),
        largest: comparison.largest,
    })
}

/// The next houses without a bill with what they give; none behind the last.
async fn next_page(
    db: &ProjectDb,
    request: &RunRequest,
    rules: &(Rules, Rules),
    after: Uuid,
) -> Result<Option<(Vec<Candidate>, Given)>, StoreError> {
    db.read("bills.effect_page", async |tx| {
        let page = repo::candidates(tx, request, after, HOUSES_PER_PAGE).await?;
        let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(None) };
        let wanted = rules.0.wanted.with(&rules.1.wanted);
        let given = inputs::gather(tx, &wanted, &request.period, first.house_id, last.house_id).await?;
        Ok(Some((page, given)))
    })
    .await
}

/// Computes a page on a thread of its own.
async fn compared(
    rules: &Arc<(Rules, Rules)>,
    mut comparison: Comparison,
    page: Vec<Candidate>,
    given: Given,
) -> Result<Comparison, BillsError> {
    let rules = Arc::clone(rules);
    let done = tokio::task::spawn_blocking(move || {
        for house in &page {
            comparison.add(&rules, house, &given)?;
        }
        comparison.keep_largest();
        Ok::<_, StoreError>(comparison)
    });
    Ok(done.await.map_err(|_| BillsError::Stopped)??)
}
