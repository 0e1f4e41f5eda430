//! Declaring fields.

use chrono::{DateTime, Utc};
use domain::calendar::instant_of_ms;
use domain::formula::{Field, FieldKind, Names};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::HouseFieldError;
use crate::audit::{self, By};
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// Fields of one project: as many as a formula can be offered, with room for its own.
pub(super) const FIELDS_MAX: usize = 40;

/// A field to be declared.
#[derive(Debug, Clone)]
pub struct NewHouseField {
    /// Its declaration, as formulas read it.
    pub field: Field,
    /// Filled in for each period anew.
    pub per_period: bool,
}

/// A field of the project's houses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HouseFieldView {
    /// The field.
    pub id: Uuid,
    /// Its declaration: `{"name": "空置", "kind": "flag"}`.
    #[schema(value_type = Object)]
    pub field: Field,
    /// Filled in for each period anew; otherwise a value holds until the next.
    pub per_period: bool,
    /// When it was declared.
    pub created_at: DateTime<Utc>,
}

#[derive(sea_orm::FromQueryResult)]
struct FieldRow {
    id: Uuid,
    definition: String,
    per_period: bool,
    created_at_ms: i64,
}

/// The fields of the project's houses that are in use, the oldest first.
///
/// # Errors
/// [`HouseFieldError::Store`].
pub async fn fields(tx: &ProjectTx<'_>) -> Result<Vec<HouseFieldView>, StoreError> {
    let sql = format!(
        "SELECT id, definition, per_period, created_at_ms FROM house_field WHERE retired_at_ms IS NULL \
         ORDER BY created_at_ms, id LIMIT {FIELDS_MAX}"
    );
    let rows: Vec<FieldRow> = tx.rows(&sql, vec![]).await?;
    let parse = |row: FieldRow| {
        let bad = |column: &str| StoreError::bad_row("house_field", format!("{} {column}", row.id));
        Ok(HouseFieldView {
            id: row.id,
            field: serde_json::from_str(&row.definition).map_err(|_| bad("definition"))?,
            per_period: row.per_period,
            created_at: instant_of_ms(row.created_at_ms).map_err(|_| bad("created_at_ms"))?,
        })
    };
    rows.into_iter().map(parse).collect()
}

/// Declares a field. A name that was used before and retired stays taken: old values must not come back under it.
///
/// # Errors
/// [`HouseFieldError::Field`], [`HouseFieldError::Table`], [`HouseFieldError::NameTaken`],
/// [`HouseFieldError::TooMany`].
pub async fn create_field(
    db: &ProjectDb,
    new: &NewHouseField,
    by: &By,
    now: DateTime<Utc>,
) -> Result<HouseFieldView, HouseFieldError> {
    if new.field.kind == FieldKind::Table {
        return Err(HouseFieldError::Table);
    }
    Names::standard().with_fields(std::slice::from_ref(&new.field))?;
    let (id, now_ms, definition) = (Uuid::now_v7(), now.timestamp_millis(), json!(new.field));
    let done = db
        .transact("house_fields.create", async |tx| {
            if fields(tx).await?.len() >= FIELDS_MAX {
                return Err(HouseFieldError::TooMany);
            }
            tx.execute(
                "INSERT INTO house_field (id, name, definition, per_period, created_by, created_at_ms) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
                vec![
                    id.into(),
                    new.field.name.as_str().into(),
                    definition.to_string().into(),
                    new.per_period.into(),
                    by.actor.id().into(),
                    now_ms.into(),
                ],
            )
            .await?;
            let detail = json!({ "field": definition, "per_period": new.per_period });
            audit::append(tx, by, "house_field.create", &format!("house_field:{id}"), &detail, now_ms).await?;
            Ok(())
        })
        .await;
    match done {
        Ok(()) => Ok(HouseFieldView { id, field: new.field.clone(), per_period: new.per_period, created_at: now }),
        Err(HouseFieldError::Store(StoreError::Conflict { .. })) => {
            Err(HouseFieldError::NameTaken(new.field.name.clone()))
        }
        Err(error) => Err(error),
    }
}

/// Takes a field out of use. Its values stay on record; formulas that use it find it missing.
///
/// # Errors
/// [`HouseFieldError::NotFound`].
pub async fn retire_field(db: &ProjectDb, id: Uuid, by: &By, now: DateTime<Utc>) -> Result<(), HouseFieldError> {
    let now_ms = now.timestamp_millis();
    db.transact("house_fields.retire", async |tx| {
        let sql = "UPDATE house_field SET retired_at_ms = $1 WHERE id = $2 AND retired_at_ms IS NULL";
        if tx.execute(sql, vec![now_ms.into(), id.into()]).await? == 0 {
            return Err(HouseFieldError::NotFound);
        }
        audit::append(tx, by, "house_field.retire", &format!("house_field:{id}"), &json!({}), now_ms).await?;
        Ok(())
    })
    .await
}
