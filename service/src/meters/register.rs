//! Registering meters one by one, and taking them out of use.

use chrono::{DateTime, Utc};
use domain::applied::Applied;
use domain::meter::MULTIPLIER_MILLI_MAX;
use serde_json::json;
use uuid::Uuid;

use super::{MeterKind, MetersError};
use crate::audit::{self, By};
use crate::store::StoreError;
use crate::tenancy::ProjectDb;

/// Characters of a number or a place.
const NAME_CHARS_MAX: usize = 40;

/// Beginnings of the name of a place of all.
const PUBLIC_WORDS: [&str; 3] = ["公区", "公共", "公用"];

/// A meter to be registered: in a house or in a place of all.
#[derive(Debug, Clone)]
pub struct NewMeter {
    /// The house it measures for.
    pub house_id: Option<Uuid>,
    /// Or the place of all: 公区-2栋电梯.
    pub public_place: Option<String>,
    /// What it measures.
    pub kind: MeterKind,
    /// Its number; may be empty.
    pub number: String,
    /// 0.001.
    pub multiplier_milli: i64,
    /// A month's usage above which somebody must look, 0.000001 of the unit.
    pub limit_micro: Option<i64>,
}

impl NewMeter {
    fn check(&self) -> Result<(), MetersError> {
        let invalid = |field, words| Err(MetersError::Invalid { field, words });
        let long = |text: &str| text.chars().count() > NAME_CHARS_MAX;
        if self.house_id.is_some() == self.public_place.is_some() {
            return invalid("house_id", "请填写房屋或公共位置之一");
        }
        if self.public_place.as_deref().is_some_and(|place| place.trim().is_empty() || long(place)) {
            return invalid("public_place", "公共位置应为 1 到 40 个字");
        }
        // A book of readings tells places of all from houses by these words.
        if self
            .public_place
            .as_deref()
            .is_some_and(|place| !PUBLIC_WORDS.iter().any(|word| place.trim().starts_with(word)))
        {
            return invalid("public_place", "公共位置请以「公区」「公共」或「公用」开头");
        }
        if long(&self.number) {
            return invalid("number", "表号最多 40 个字");
        }
        if !(1..=MULTIPLIER_MILLI_MAX).contains(&self.multiplier_milli) {
            return invalid("multiplier", "倍率应大于 0，不超过 100000");
        }
        if self.limit_micro.is_some_and(|limit| limit <= 0) {
            return invalid("limit", "用量上限应大于 0");
        }
        Ok(())
    }
}

/// Registers a meter; answers its id. Place, kind and number are its natural key.
///
/// # Errors
/// [`MetersError::MeterTaken`], [`MetersError::Invalid`], [`MetersError::NotFound`] without such a house.
pub async fn register(db: &ProjectDb, new: &NewMeter, by: &By, now: DateTime<Utc>) -> Result<Uuid, MetersError> {
    new.check()?;
    let taken = |error: StoreError| match error {
        StoreError::Conflict { .. } => MetersError::MeterTaken,
        other => other.into(),
    };
    db.transact("meters.register", async |tx| {
        if let Some(house_id) = new.house_id {
            let found: Option<Uuid> = tx.value("SELECT id FROM house WHERE id = $1", vec![house_id.into()]).await?;
            found.ok_or(MetersError::NotFound)?;
        }
        let (id, now_ms) = (Uuid::now_v7(), now.timestamp_millis());
        let number = new.number.trim().to_uppercase();
        tx.execute(
            "INSERT INTO meter (id, house_id, public_place, kind, number, multiplier_milli, limit_micro, \
             created_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            vec![
                id.into(),
                new.house_id.into(),
                new.public_place.as_deref().map(|place| place.trim().to_owned()).into(),
                new.kind.code().into(),
                number.as_str().into(),
                new.multiplier_milli.into(),
                new.limit_micro.into(),
                now_ms.into(),
            ],
        )
        .await
        .map_err(taken)?;
        let detail = json!({ "kind": new.kind.code(), "number": number, "house": new.house_id });
        audit::append(tx, by, "meters.register", &format!("meter:{id}"), &detail, now_ms).await?;
        Ok(id)
    })
    .await
}

/// Takes a meter out of use. Its readings stay; it is asked for no more.
///
/// # Errors
/// [`MetersError::NotFound`].
pub async fn retire(db: &ProjectDb, meter_id: Uuid, by: &By, now: DateTime<Utc>) -> Result<Applied<()>, MetersError> {
    db.transact("meters.retire", async |tx| {
        let now_ms = now.timestamp_millis();
        let sql = "UPDATE meter SET retired_at_ms = $2 WHERE id = $1 AND retired_at_ms IS NULL";
        if tx.execute(sql, vec![meter_id.into(), now_ms.into()]).await? == 0 {
            let found: Option<Uuid> = tx.value("SELECT id FROM meter WHERE id = $1", vec![meter_id.into()]).await?;
            return found.map(|_| Applied::Already(())).ok_or(MetersError::NotFound);
        }
        audit::append(tx, by, "meters.retire", &format!("meter:{meter_id}"), &json!({}), now_ms).await?;
        Ok(Applied::Done(()))
    })
    .await
}
