//! What formulas are told of fields.

use chrono::NaiveDate;
use domain::calendar::day_number;
use domain::formula::Field;
use domain::period::Period;
use serde_json::Value;
use uuid::Uuid;

use super::define::fields;
use crate::store::StoreError;
use crate::tenancy::ProjectTx;

#[derive(sea_orm::FromQueryResult)]
struct ValueRow {
    house_id: Uuid,
    name: String,
    value: String,
}

/// The declarations of the fields in use.
pub(crate) async fn declared(tx: &ProjectTx<'_>) -> Result<Vec<Field>, StoreError> {
    Ok(fields(tx).await?.into_iter().map(|one| one.field).collect())
}

/// What holds on the last day of a period at the houses between two ids: house, name, value. At most the fields of a
/// project for each house of the page.
pub(crate) async fn values_of(
    tx: &ProjectTx<'_>,
    period: &Period,
    first: Uuid,
    last: Uuid,
) -> Result<Vec<(Uuid, String, Value)>, StoreError> {
    let number = |day: NaiveDate| day_number(day).into();
    let rows: Vec<ValueRow> = tx
        .rows(
            "SELECT v.house_id, f.name, v.value FROM house_field_value v JOIN house_field f ON f.id = v.field_id \
             WHERE v.house_id >= $1 AND v.house_id <= $2 AND f.retired_at_ms IS NULL AND v.from_day = \
             CASE WHEN f.per_period THEN $3 ELSE (SELECT MAX(l.from_day) FROM house_field_value l \
             WHERE l.house_id = v.house_id AND l.field_id = v.field_id AND l.from_day <= $4) END",
            vec![first.into(), last.into(), number(period.start()), number(period.end())],
        )
        .await?;
    let parse = |row: ValueRow| {
        let value: Value = serde_json::from_str(&row.value)
            .map_err(|_| StoreError::bad_row("house_field_value", format!("{} {}", row.house_id, row.name)))?;
        Ok((row.house_id, row.name, value))
    };
    let parsed: Result<Vec<_>, StoreError> = rows.into_iter().map(parse).collect();
    Ok(parsed?.into_iter().filter(|(_, _, value)| !value.is_null()).collect())
}
