//! A tariff tried on real houses before it is saved.

use std::sync::Arc;

use chrono::NaiveDate;
use domain::billing::{Scope, Tariff, compute};
use domain::ids::{FeeItemId, HouseId, TariffId};
use domain::period::Period;
use serde::Serialize;
use uuid::Uuid;

use super::compute::{Candidate, facts};
use super::inputs::{self, Wanted};
use super::{BillsError, repo};
use crate::fees::{self, NewTariff};
use crate::formulas::FormulaException;
use crate::holidays;
use crate::store::StoreError;
use crate::tenancy::ProjectTx;

/// Houses of one trial.
pub const TRIAL_HOUSES_MAX: usize = 20;

/// A line of a bill that would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TrialLine {
    /// First day charged.
    pub from: NaiveDate,
    /// Last day charged.
    pub until: NaiveDate,
    /// Yuan before rounding.
    pub exact_yuan: String,
    /// Rounded once, fen.
    pub amount_fen: i64,
    /// One line a step.
    pub words: Vec<String>,
}

/// What a house would pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TrialHouse {
    /// The house.
    pub house_id: Uuid,
    /// `1-1-101`.
    pub house_key: String,
    /// The sum, fen; none where there would be no bill.
    pub total_fen: Option<i64>,
    /// How it comes about.
    pub lines: Vec<TrialLine>,
    /// Why there would be no bill.
    pub exception: Option<FormulaException>,
}

/// Computes what houses would pay for a period if this tariff alone were in force in it, whoever it is for. The houses
/// are those named, or some of every building and kind. Nothing is written.
///
/// # Errors
/// Those of the formula; [`BillsError::WrongPeriod`]; [`BillsError::TooManyHouses`].
pub async fn trial(
    tx: &ProjectTx<'_>,
    item: FeeItemId,
    new: &NewTariff,
    period: &Period,
    houses: &[HouseId],
) -> Result<Vec<TrialHouse>, BillsError> {
    if houses.len() > TRIAL_HOUSES_MAX {
        return Err(BillsError::TooManyHouses);
    }
    let rule = fees::fee_item(tx, item).await?;
    if rule.period_months != period.months() {
        return Err(BillsError::WrongPeriod { months: rule.period_months });
    }
    let draft = new.compile(&fees::offered(tx).await?)?;
    let calendar = Arc::new(holidays::calendar(tx).await?);
    let alone = Tariff::new(TariffId::new(), draft.formula, &draft.constants, Scope::default(), period.start(), None);
    let tariffs = [alone.for_purpose(new.purpose).with_calendar(&calendar)];
    let wanted = Wanted::of(&tariffs);
    let mut tried = Vec::with_capacity(TRIAL_HOUSES_MAX);
    for house in chosen(tx, item, period, houses).await? {
        let given = inputs::gather(tx, &wanted, period, house.house_id, house.house_id).await?;
        let computed = compute(&facts(&house, &given)?, rule.rule, &tariffs, period);
        let (house_id, house_key) = (house.house_id, house.key.clone());
        tried.push(match computed {
            Ok(bill) => {
                let lines = bill.lines.iter().map(|line| TrialLine {
                    from: line.from,
                    until: line.until,
                    exact_yuan: line.exact.to_string(),
                    amount_fen: line.amount.get(),
                    words: line.trace.words(),
                });
                let (total_fen, lines) = (Some(bill.total.get()), lines.collect());
                TrialHouse { house_id, house_key, total_fen, lines, exception: None }
            }
            Err(exception) => {
                let exception = Some(exception.into());
                TrialHouse { house_id, house_key, total_fen: None, lines: Vec::new(), exception }
            }
        });
    }
    Ok(tried)
}

/// The houses named; without any the largest of every building and kind, then the second largest, and so on.
async fn chosen(
    tx: &ProjectTx<'_>,
    item: FeeItemId,
    period: &Period,
    houses: &[HouseId],
) -> Result<Vec<Candidate>, StoreError> {
    if !houses.is_empty() {
        let ids: Vec<Uuid> = houses.iter().map(|house| house.uuid()).collect();
        return repo::candidates_among(tx, item, period.start(), &ids).await;
    }
    let sql = format!(
        "SELECT id FROM (SELECT id, building, kind, ROW_NUMBER() OVER (PARTITION BY building, kind \
         ORDER BY area_centi DESC, id) AS place FROM house) ranked ORDER BY place, LENGTH(building), building, kind \
         LIMIT {TRIAL_HOUSES_MAX}"
    );
    let rows: Vec<IdRow> = tx.rows(&sql, vec![]).await?;
    let ids: Vec<Uuid> = rows.into_iter().map(|row| row.id).collect();
    repo::candidates_among(tx, item, period.start(), &ids).await
}

#[derive(sea_orm::FromQueryResult)]
struct IdRow {
    id: Uuid,
}
