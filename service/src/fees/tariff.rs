//! Making tariffs and finding those in force.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use domain::billing::{Scope, TARIFFS_MAX, Tariff};
use domain::calendar::{day_number, day_of_number};
use domain::formula::Field;
use domain::holidays::HolidayCalendar;
use domain::ids::{FeeItemId, TariffId};
use domain::period::Period;
use serde_json::json;
use uuid::Uuid;

use super::FeesError;
use super::draft::{Draft, NewTariff};
use super::repo::{self, TariffRow, purpose_word};
use super::view::TariffView;
use crate::audit::{self, By};
use crate::bills::inputs;
use crate::holidays;
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// Makes a tariff. The one in force for the same houses ends the day before; issued bills are not touched. Its formula
/// may use what the project offers beside its own inputs; the declarations are kept with it.
///
/// # Errors
/// [`FeesError::Formula`] with the place of every mistake, [`FeesError::Constants`], [`FeesError::Field`],
/// [`FeesError::Overlap`], [`FeesError::AlreadyBilled`], [`FeesError::ScopesCross`], [`FeesError::PurposeDiffers`],
/// [`FeesError::NotFound`], [`FeesError::Retired`].
pub async fn create_tariff(
    db: &ProjectDb,
    item: FeeItemId,
    new: &NewTariff,
    by: &By,
    now: DateTime<Utc>,
) -> Result<TariffView, FeesError> {
    db.transact("fees.create_tariff", async |tx| {
        let fee = repo::lock_item(tx, item).await?.ok_or(FeesError::NotFound)?;
        if fee.is_retired {
            return Err(FeesError::Retired);
        }
        let draft = new.compile(&offered(tx).await?)?;
        let existing = repo::tariffs(tx, item).await?;
        refuse(tx, &existing, item, new, &draft.scope).await?;
        let from_day = day_number(new.effective_from);
        for row in same_houses(&existing, &draft.scope) {
            end_before(tx, row, from_day).await?;
        }
        let version = existing.last().map_or(1, |last| last.version + 1);
        let row = row(item, new, &draft, version, now);
        insert(tx, &row, by.actor.id()).await?;
        let detail = json!({
            "fee_item": item, "version": row.version, "formula": row.formula, "constants": draft.constants,
            "house_kind": row.house_kind, "building": row.building, "house": row.house_id, "purpose": row.purpose,
            "effective_from": new.effective_from,
        });
        audit::append(tx, by, "tariff.create", &format!("tariff:{}", row.id), &detail, row.created_at_ms).await?;
        Ok(row.view()?)
    })
    .await
}

/// The declarations of what every formula of the project may use.
pub(crate) async fn offered(tx: &ProjectTx<'_>) -> Result<Vec<Field>, StoreError> {
    Ok(inputs::offered(tx).await?.into_iter().map(|one| one.field).collect())
}

fn row(item: FeeItemId, new: &NewTariff, draft: &Draft, version: i64, now: DateTime<Utc>) -> TariffRow {
    TariffRow {
        id: TariffId::new().uuid(),
        fee_item_id: item.uuid(),
        house_kind: new.house_kind.clone(),
        formula: new.formula.clone(),
        constants: json!(draft.constants).to_string(),
        version,
        effective_from_day: day_number(new.effective_from),
        effective_until_day: None,
        created_at_ms: now.timestamp_millis(),
        purpose: purpose_word(new.purpose).to_owned(),
        inputs: json!(draft.inputs).to_string(),
        building: new.building.clone(),
        house_id: new.house.map(domain::ids::HouseId::uuid),
        template: new.template.clone(),
    }
}

/// Everything that stands against a tariff.
async fn refuse(
    tx: &ProjectTx<'_>,
    existing: &[TariffRow],
    item: FeeItemId,
    new: &NewTariff,
    scope: &Scope,
) -> Result<(), FeesError> {
    if existing.len() >= TARIFFS_MAX {
        return Err(FeesError::TooMany);
    }
    if existing.iter().any(|row| row.purpose != purpose_word(new.purpose)) {
        return Err(FeesError::PurposeDiffers);
    }
    refuse_unknown_houses(tx, scope).await?;
    refuse_crossing(tx, existing, new, scope).await?;
    refuse_overlap(existing, new, scope)?;
    refuse_billed_days(tx, existing, item, new, scope).await
}

/// A tariff for houses that are not there is a slip.
async fn refuse_unknown_houses(tx: &ProjectTx<'_>, scope: &Scope) -> Result<(), FeesError> {
    if let Some(house) = scope.house {
        let found: Option<Uuid> = tx.value("SELECT id FROM house WHERE id = $1", vec![house.uuid().into()]).await?;
        found.ok_or(FeesError::Invalid { field: "house", words: "没有这套房屋" })?;
    }
    if let Some(building) = &scope.building {
        let sql = "SELECT id FROM house WHERE building = $1 LIMIT 1";
        let found: Option<Uuid> = tx.value(sql, vec![building.as_str().into()]).await?;
        found.ok_or(FeesError::Invalid { field: "building", words: "没有这栋楼" })?;
    }
    Ok(())
}

/// A tariff for a building and one for a kind contradict each other at houses of both, unless one says what holds
/// there.
async fn refuse_crossing(
    tx: &ProjectTx<'_>,
    existing: &[TariffRow],
    new: &NewTariff,
    scope: &Scope,
) -> Result<(), FeesError> {
    let from_day = day_number(new.effective_from);
    let lasts = |row: &&TariffRow| row.effective_until_day.is_none_or(|until| from_day <= until);
    for other in existing.iter().filter(lasts).map(TariffRow::scope) {
        let Some((building, kind)) = scope.crossing(&other) else { continue };
        let both = Scope { kind: Some(kind.to_owned()), building: Some(building.to_owned()), house: None };
        if existing.iter().any(|row| row.scope() == both && row.effective_until_day.is_none()) {
            continue;
        }
        let sql = "SELECT id FROM house WHERE building = $1 AND kind = $2 LIMIT 1";
        let found: Option<Uuid> = tx.value(sql, vec![building.into(), kind.into()]).await?;
        if found.is_some() {
            return Err(FeesError::ScopesCross { building: building.to_owned(), kind: kind.to_owned() });
        }
    }
    Ok(())
}

fn same_houses<'r>(existing: &'r [TariffRow], scope: &'r Scope) -> impl Iterator<Item = &'r TariffRow> {
    existing.iter().filter(move |row| row.scope() == *scope)
}

/// A tariff for the same houses must begin earlier than the new one.
fn refuse_overlap(existing: &[TariffRow], new: &NewTariff, scope: &Scope) -> Result<(), FeesError> {
    match same_houses(existing, scope).map(|row| row.effective_from_day).max() {
        Some(latest) if latest >= day_number(new.effective_from) => {
            Err(FeesError::Overlap { from: day("tariff", latest)? })
        }
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
    scope: &Scope,
) -> Result<(), FeesError> {
    let from_day = day_number(new.effective_from);
    let replaces = existing.iter().any(|row| {
        row.scope().rank() <= scope.rank()
            && row.effective_from_day <= from_day
            && row.effective_until_day.is_none_or(|until| from_day <= until)
    });
    if !replaces {
        return Ok(());
    }
    let billed: Option<i64> = tx
        .value::<Option<i64>>(
            "SELECT MAX(r.period_end_day) FROM bill_run r WHERE r.fee_item_id = $1 AND (r.cancelled_at_ms IS NULL \
             OR EXISTS (SELECT 1 FROM bill b WHERE b.run_id = r.id AND b.voided_at_ms IS NULL))",
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

async fn end_before(tx: &ProjectTx<'_>, row: &TariffRow, from_day: i64) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE tariff SET effective_until_day = $1 WHERE id = $2 \
         AND (effective_until_day IS NULL OR effective_until_day >= $3)",
        vec![(from_day - 1).into(), row.id.into(), from_day.into()],
    )
    .await?;
    Ok(())
}

async fn insert(tx: &ProjectTx<'_>, row: &TariffRow, created_by: Option<Uuid>) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO tariff (id, fee_item_id, house_kind, formula, constants, version, effective_from_day, \
         created_at_ms, created_by, purpose, inputs, building, house_id, template) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
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
            row.purpose.as_str().into(),
            row.inputs.as_str().into(),
            row.building.clone().into(),
            row.house_id.into(),
            row.template.clone().into(),
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
    let calendar = Arc::new(holidays::calendar(tx).await?);
    let rows = repo::tariffs(tx, item).await?;
    Ok(in_force(&rows, period, &calendar)?)
}

fn in_force(
    rows: &[TariffRow],
    period: &Period,
    calendar: &Arc<HolidayCalendar>,
) -> Result<Vec<Tariff<TariffId>>, StoreError> {
    let (first, last) = (day_number(period.start()), day_number(period.end()));
    let touches =
        |row: &&TariffRow| row.effective_from_day <= last && row.effective_until_day.is_none_or(|until| first <= until);
    rows.iter().filter(touches).map(|row| row.compile(calendar)).collect()
}

/// The tariffs in force on any day of a period as they would be with a new one, by the rules by which it would be
/// saved. Nothing is written.
///
/// # Errors
/// As [`create_tariff`].
pub(crate) async fn tariffs_with(
    tx: &ProjectTx<'_>,
    item: FeeItemId,
    new: &NewTariff,
    period: &Period,
    now: DateTime<Utc>,
) -> Result<Vec<Tariff<TariffId>>, FeesError> {
    let draft = new.compile(&offered(tx).await?)?;
    let calendar = Arc::new(holidays::calendar(tx).await?);
    let mut rows = repo::tariffs(tx, item).await?;
    refuse(tx, &rows, item, new, &draft.scope).await?;
    let from_day = day_number(new.effective_from);
    for row in rows.iter_mut().filter(|row| row.scope() == draft.scope) {
        row.effective_until_day = Some(row.effective_until_day.map_or(from_day - 1, |until| until.min(from_day - 1)));
    }
    let version = rows.last().map_or(1, |last| last.version + 1);
    rows.push(self::row(item, new, &draft, version, now));
    Ok(in_force(&rows, period, &calendar)?)
}
