//! Making tariffs and finding those in force.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::billing::{TARIFFS_MAX, Tariff};
use domain::calendar::{day_number, day_of_number};
use domain::formula::{Constants, Formula, Names};
use domain::ids::{FeeItemId, TariffId};
use domain::period::Period;
use serde_json::json;
use uuid::Uuid;

use super::FeesError;
use super::repo::{self, TariffRow};
use super::view::TariffView;
use crate::audit::{self, By};
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// Kinds a tariff can be for, as houses name them.
const KINDS: [&str; 5] = ["residence", "shop", "storage", "office", "other"];

/// What is needed for a price.
#[derive(Debug, Clone)]
pub struct NewTariff {
    /// `residence`, `shop`, `storage`, `office`, `other`; none for every kind without a tariff of its own.
    pub house_kind: Option<String>,
    /// The amount of one month.
    pub formula: String,
    /// The constants of the formula.
    pub constants: BTreeMap<String, String>,
    /// First day in force.
    pub effective_from: NaiveDate,
}

/// Makes a tariff. The one in force for the same houses ends the day before; issued bills are not touched.
///
/// # Errors
/// [`FeesError::Formula`] with the place of every mistake, [`FeesError::Constants`], [`FeesError::Overlap`],
/// [`FeesError::AlreadyBilled`], [`FeesError::NotFound`], [`FeesError::Retired`].
pub async fn create_tariff(
    db: &ProjectDb,
    item: FeeItemId,
    new: &NewTariff,
    by: &By,
    now: DateTime<Utc>,
) -> Result<TariffView, FeesError> {
    if new.house_kind.as_deref().is_some_and(|kind| !KINDS.contains(&kind)) {
        return Err(FeesError::Invalid { field: "house_kind", words: "没有这种房屋类型" });
    }
    let constants = Constants::try_from(new.constants.clone())?;
    Formula::compile(&new.formula, &Names::with(&constants)).map_err(FeesError::Formula)?;
    db.transact("fees.create_tariff", async |tx| {
        let fee = repo::lock_item(tx, item).await?.ok_or(FeesError::NotFound)?;
        if fee.is_retired {
            return Err(FeesError::Retired);
        }
        let existing = repo::tariffs(tx, item).await?;
        if existing.len() >= TARIFFS_MAX {
            return Err(FeesError::TooMany);
        }
        let from_day = day_number(new.effective_from);
        refuse_overlap(&existing, new, from_day)?;
        refuse_billed_days(tx, &existing, item, new, from_day).await?;
        end_before(tx, item, new.house_kind.as_deref(), from_day).await?;
        let row = TariffRow {
            id: TariffId::new().uuid(),
            fee_item_id: item.uuid(),
            house_kind: new.house_kind.clone(),
            formula: new.formula.clone(),
            constants: json!(constants).to_string(),
            version: existing.last().map_or(1, |last| last.version + 1),
            effective_from_day: from_day,
            effective_until_day: None,
            created_at_ms: now.timestamp_millis(),
        };
        insert(tx, &row, by.actor.id()).await?;
        let detail = json!({
            "fee_item": item, "version": row.version, "formula": row.formula, "constants": constants,
            "house_kind": row.house_kind, "effective_from": new.effective_from,
        });
        audit::append(tx, by, "tariff.create", &format!("tariff:{}", row.id), &detail, row.created_at_ms).await?;
        Ok(row.view()?)
    })
    .await
}

/// A tariff for the same houses must begin earlier than the new one.
fn refuse_overlap(existing: &[TariffRow], new: &NewTariff, from_day: i64) -> Result<(), FeesError> {
    let same_houses = existing.iter().filter(|row| row.house_kind == new.house_kind);
    match same_houses.map(|row| row.effective_from_day).max() {
        Some(latest) if latest >= from_day => Err(FeesError::Overlap { from: day("tariff", latest)? }),
        _ => Ok(()),
    }
}

/// Where a price was in force, the days billed by it keep it. A price where there was none may begin in the past:
/// that is how houses left out of a run get their bill.
async fn refuse_billed_days(
    tx: &ProjectTx<'_>,
    existing: &[TariffRow],
    item: FeeItemId,
    new: &NewTariff,
    from_day: i64,
) -> Result<(), FeesError> {
    let replaces = existing.iter().any(|row| {
        (row.house_kind.is_none() || row.house_kind == new.house_kind)
            && row.effective_from_day <= from_day
            && row.effective_until_day.is_none_or(|until| from_day <= until)
    });
    if !replaces {
        return Ok(());
    }
    let billed: Option<i64> = tx
        .value::<Option<i64>>(
            "SELECT MAX(period_end_day) FROM bill_run WHERE fee_item_id = $1",
            vec![item.uuid().into()],
        )
        .await?
        .flatten();
    match billed {
        Some(until) if from_day <= until => Err(FeesError::AlreadyBilled { until: day("bill_run", until)? }),
        _ => Ok(()),
    }
}

fn day(table: &'static str, number: i64) -> Result<NaiveDate, StoreError> {
    day_of_number(number).map_err(|error| StoreError::bad_row(table, error))
}

async fn end_before(
    tx: &ProjectTx<'_>,
    item: FeeItemId,
    house_kind: Option<&str>,
    from_day: i64,
) -> Result<(), StoreError> {
    let open = "(effective_until_day IS NULL OR effective_until_day >= $3)";
    let mut values = vec![(from_day - 1).into(), item.uuid().into(), from_day.into()];
    let kind = match house_kind {
        Some(kind) => {
            values.push(kind.into());
            "house_kind = $4"
        }
        None => "house_kind IS NULL",
    };
    let sql = format!("UPDATE tariff SET effective_until_day = $1 WHERE fee_item_id = $2 AND {open} AND {kind}");
    tx.execute(&sql, values).await?;
    Ok(())
}

async fn insert(tx: &ProjectTx<'_>, row: &TariffRow, created_by: Option<Uuid>) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO tariff (id, fee_item_id, house_kind, formula, constants, version, effective_from_day, \
         created_at_ms, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        vec![
            row.id.into(),
            row.fee_item_id.into(),
            row.house_kind.clone().into(),
            row.formula.as_str().into(),
            row.constants.as_str().into(),
            row.version.into(),
            row.effective_from_day.into(),
            row.created_at_ms.into(),
            created_by.into(),
        ],
    )
    .await?;
    Ok(())
}

/// All tariffs of a fee item, the oldest version first.
///
/// # Errors
/// [`FeesError::NotFound`].
pub async fn tariffs(tx: &ProjectTx<'_>, item: FeeItemId) -> Result<Vec<TariffView>, FeesError> {
    repo::item(tx, item).await?.ok_or(FeesError::NotFound)?;
    let rows = repo::tariffs(tx, item).await?;
    Ok(rows.iter().map(TariffRow::view).collect::<Result<_, _>>()?)
}

/// The tariffs in force on any day of a period, compiled.
///
/// # Errors
/// [`FeesError::Store`]; a stored formula that does not compile is a bad row.
pub async fn tariffs_in_force(
    tx: &ProjectTx<'_>,
    item: FeeItemId,
    period: &Period,
) -> Result<Vec<Tariff<TariffId>>, FeesError> {
    let (first, last) = (day_number(period.start()), day_number(period.end()));
    let rows = repo::tariffs(tx, item).await?;
    let in_force = rows
        .iter()
        .filter(|row| row.effective_from_day <= last && row.effective_until_day.is_none_or(|until| first <= until));
    Ok(in_force.map(TariffRow::compile).collect::<Result<_, _>>()?)
}
