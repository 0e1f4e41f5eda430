//! Filling fields in.

use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use domain::calendar::day_number;
use domain::formula::Field;
use domain::ids::HouseId;
use serde_json::{Value, json};
use uuid::Uuid;

use super::HouseFieldError;
use super::define::fields;
use crate::audit::{self, By};
use crate::tenancy::{ProjectDb, ProjectTx};

/// Values of one request.
pub const VALUES_MAX: usize = 2_000;

/// A value of a house.
#[derive(Debug, Clone)]
pub struct NewValue {
    /// The house.
    pub house: HouseId,
    /// The first day it holds; of a field per period the first day of the period.
    pub from: NaiveDate,
    /// As formulas read it; `null` takes the value away from that day on.
    pub value: Value,
}

/// Sets values of a field, all of them or none. The same house and day again replaces what was there; issued bills keep
/// what they were computed by.
///
/// # Errors
/// [`HouseFieldError::Value`] and [`HouseFieldError::NoHouse`] name the row; [`HouseFieldError::NotFound`],
/// [`HouseFieldError::TooManyValues`].
pub async fn set_values(
    db: &ProjectDb,
    field: Uuid,
    new: &[NewValue],
    by: &By,
    now: DateTime<Utc>,
) -> Result<u64, HouseFieldError> {
    if new.len() > VALUES_MAX {
        return Err(HouseFieldError::TooManyValues);
    }
    db.transact("house_fields.set_values", async |tx| {
        let known = fields(tx).await?;
        let field = known.iter().find(|one| one.id == field).ok_or(HouseFieldError::NotFound)?;
        refuse_wrong(&field.field, new)?;
        refuse_unknown_houses(tx, new).await?;
        let now_ms = now.timestamp_millis();
        let rows = new.iter().map(|one| {
            vec![
                one.house.uuid().into(),
                field.id.into(),
                day_number(one.from).into(),
                one.value.to_string().into(),
                by.actor.id().into(),
                now_ms.into(),
            ]
        });
        let columns = ["house_id", "field_id", "from_day", "value", "set_by", "set_at_ms"];
        let replace = "ON CONFLICT (house_id, field_id, from_day) DO UPDATE SET value = excluded.value, \
                       set_by = excluded.set_by, set_at_ms = excluded.set_at_ms";
        let written = tx.insert_many("house_field_value", &columns, rows.collect(), replace).await?;
        let detail = json!({ "values": new.len() });
        audit::append(tx, by, "house_field.set_values", &format!("house_field:{}", field.id), &detail, now_ms).await?;
        Ok(written)
    })
    .await
}

/// Every value is read as a formula would read it; the same house and day twice in one request is a slip.
fn refuse_wrong(field: &Field, new: &[NewValue]) -> Result<(), HouseFieldError> {
    let mut seen = HashSet::with_capacity(new.len());
    for (row, one) in (1..).zip(new) {
        if !seen.insert((one.house, one.from)) {
            return Err(HouseFieldError::Twice { row });
        }
        if !one.value.is_null() {
            field.accepts(&one.value).map_err(|cause| HouseFieldError::Value { row, cause })?;
        }
    }
    Ok(())
}

async fn refuse_unknown_houses(tx: &ProjectTx<'_>, new: &[NewValue]) -> Result<(), HouseFieldError> {
    let ids: Vec<Uuid> = new.iter().map(|one| one.house.uuid()).collect();
    let sql = format!("SELECT id FROM house WHERE id {}", tx.among(1));
    let found: Vec<IdRow> = tx.rows(&sql, vec![tx.listed(&ids)]).await?;
    let found: HashSet<Uuid> = found.into_iter().map(|row| row.id).collect();
    match (1..).zip(&ids).find(|(_, id)| !found.contains(id)) {
        Some((row, _)) => Err(HouseFieldError::NoHouse { row }),
        None => Ok(()),
    }
}

#[derive(sea_orm::FromQueryResult)]
struct IdRow {
    id: Uuid,
}
