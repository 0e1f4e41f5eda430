//! Splitting, publishing and taking back.

use chrono::{DateTime, Utc};
use domain::applied::Applied;
use domain::calendar::{day_number, day_of_number, instant_of_ms};
use domain::ids::FeeItemId;
use domain::money::{Amount, Fen, Rounding};
use domain::period::{self, Period};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::split::{self, ShareBasis, ShareHouse, SharePart, ShareReport, ShareRequest, ShareSource};
use super::{HOUSES_MAX, METERS_MAX, ShareError};
use crate::audit::{self, By};
use crate::houses::ImportMode;
use crate::imports::{self, LISTED_MAX};
use crate::store::StoreError;
use crate::store::bulk::{self, Cell, Column, Kind, Target, column};
use crate::tenancy::{ProjectDb, ProjectTx};

/// Characters of a reason.
const REASON_CHARS_MAX: usize = 200;
/// Shares listed.
const SHARES_MAX: i64 = 500;

const PART: [Column; 3] =
    [column("house_id", Kind::Uuid), column("weight", Kind::Text), column("amount_fen", Kind::Int)];

/// Splits a cost, and publishes it when asked to. The same item, month and building are shared once.
///
/// # Errors
/// [`ShareError`]; nothing was written then.
pub async fn share(
    db: &ProjectDb,
    request: &ShareRequest,
    mode: ImportMode,
    by: &By,
    now: DateTime<Utc>,
) -> Result<ShareReport, ShareError> {
    if request.month.months() != 1 {
        return Err(ShareError::NotAMonth);
    }
    let work = async |tx: &ProjectTx<'_>| run(tx, request, by, now).await;
    match mode {
        ImportMode::Apply => db.transact("shares.publish", work).await,
        ImportMode::DryRun => {
            let report = db.preview("shares.publish", work).await?;
            Ok(ShareReport { share_id: None, ..report })
        }
    }
}

async fn run(
    tx: &ProjectTx<'_>,
    request: &ShareRequest,
    by: &By,
    now: DateTime<Utc>,
) -> Result<ShareReport, ShareError> {
    imports::take_turn(tx).await?;
    let item: Option<Uuid> =
        tx.value("SELECT id FROM fee_item WHERE id = $1", vec![request.fee_item.uuid().into()]).await?;
    item.ok_or(ShareError::NotFound)?;
    let (total, usage) = total(tx, request).await?;
    let houses = houses(tx, request.building.as_deref()).await?;
    let weights = split::weights(&request.basis, &houses)?;
    let parts = split::parts(total, &weights)?;
    let share_id = Uuid::now_v7();
    let now_ms = now.timestamp_millis();
    insert_run(tx, share_id, request, total, usage, by, now_ms).await?;
    let rows: Vec<(&ShareHouse, String, Fen)> = houses
        .iter()
        .zip(&weights)
        .zip(parts)
        .filter(|((_, weight), _)| !weight.is_zero())
        .map(|((house, weight), part)| (house, weight.normalize().to_string(), part))
        .collect();
    let cells = rows
        .iter()
        .map(|(house, weight, part)| [Cell::Uuid(house.id), Cell::Text(weight.as_str()), Cell::Int(part.get())]);
    let shared = vec![(column("run_id", Kind::Uuid), share_id.into())];
    bulk::insert(tx, &Target { table: "share_part", columns: &PART, shared, tail: "" }, cells).await?;
    let detail = json!({ "period": request.month.to_string(), "total_fen": total.get(), "houses": rows.len() });
    audit::append(tx, by, "shares.publish", &format!("share_run:{share_id}"), &detail, now_ms).await?;
    let left_out = houses.iter().zip(&weights).filter(|(_, weight)| weight.is_zero());
    Ok(ShareReport {
        share_id: Some(share_id),
        period: request.month.to_string(),
        total_fen: total.get(),
        usage: usage.map(|usage| usage.to_string()),
        houses: rows.len(),
        left_out: left_out.map(|(house, _)| house.house_key.clone()).take(LISTED_MAX).collect(),
        parts: rows.into_iter().take(LISTED_MAX).map(shown).collect(),
    })
}

fn shown((house, weight, part): (&ShareHouse, String, Fen)) -> SharePart {
    SharePart { house_id: house.id, house_key: house.house_key.clone(), weight, amount_fen: part.get() }
}

async fn houses(tx: &ProjectTx<'_>, building: Option<&str>) -> Result<Vec<ShareHouse>, ShareError> {
    let limit = i64::try_from(HOUSES_MAX + 1).unwrap_or(i64::MAX);
    let sql = format!(
        "SELECT id, house_key, area_centi, inner_area_centi FROM house {} ORDER BY house_key LIMIT {limit}",
        if building.is_some() { "WHERE building = $1" } else { "" }
    );
    let houses: Vec<ShareHouse> = tx.rows(&sql, building.map(Into::into).into_iter().collect()).await?;
    if houses.len() > HOUSES_MAX { Err(ShareError::TooMany) } else { Ok(houses) }
}

#[derive(sea_orm::FromQueryResult)]
struct MeterRow {
    public_place: Option<String>,
    usage_micro: Option<i64>,
    is_held: bool,
}

/// How much is split, and what the meters used where it is theirs.
async fn total(tx: &ProjectTx<'_>, request: &ShareRequest) -> Result<(Amount, Option<Decimal>), ShareError> {
    let (meters, unit_price) = match &request.source {
        ShareSource::Sum(total) => return Ok((*total, None)),
        ShareSource::Meters { meters, unit_price } => (meters, *unit_price),
    };
    let mut distinct = meters.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.is_empty() || distinct.len() > METERS_MAX || distinct.len() != meters.len() {
        return Err(ShareError::Invalid { field: "meters", words: "请选择 1 到 200 块不同的公共表" });
    }
    if unit_price <= Decimal::ZERO {
        return Err(ShareError::Invalid { field: "unit_price", words: "单价应大于 0" });
    }
    let sql = format!(
        "SELECT m.public_place, r.usage_micro, \
         (r.id IS NOT NULL AND r.anomalies <> '' AND r.accepted_at_ms IS NULL) AS is_held \
         FROM meter m LEFT JOIN meter_reading r ON r.meter_id = m.id AND r.superseded_at_ms IS NULL \
         AND r.period_start_day = $2 WHERE m.public_place IS NOT NULL AND m.id {}",
        tx.among(1)
    );
    let start = day_number(request.month.start());
    let rows: Vec<MeterRow> = tx.rows(&sql, vec![tx.listed(meters), start.into()]).await?;
    if rows.len() != meters.len() {
        return Err(ShareError::NotFound);
    }
    let mut used = Decimal::ZERO;
    for row in rows {
        let micro = row.usage_micro.filter(|_| !row.is_held);
        let no_reading = || ShareError::NoReading { meter: row.public_place.clone().unwrap_or_default() };
        used += Decimal::new(micro.ok_or_else(no_reading)?, 6);
    }
    let yuan = used.checked_mul(unit_price).ok_or(domain::money::MoneyError::OutOfRange)?;
    let total = Amount::parse(Fen::from_yuan(yuan, Rounding::FenHalfUp)?)?;
    Ok((total, Some(used.normalize())))
}

async fn insert_run(
    tx: &ProjectTx<'_>,
    share_id: Uuid,
    request: &ShareRequest,
    total: Amount,
    usage: Option<Decimal>,
    by: &By,
    now_ms: i64,
) -> Result<(), StoreError> {
    let source = match &request.source {
        ShareSource::Sum(_) => json!({ "sum": true }),
        ShareSource::Meters { meters, unit_price } => {
            json!({ "meters": meters, "unit_price": unit_price.to_string(), "usage": usage.map(|u| u.to_string()) })
        }
    };
    let formula = if let ShareBasis::Formula(text) = &request.basis { Some(text.as_str()) } else { None };
    tx.execute(
        "INSERT INTO share_run (id, fee_item_id, period_start_day, building, basis, formula, source, total_fen, \
         created_at_ms, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        vec![
            share_id.into(),
            request.fee_item.uuid().into(),
            day_number(request.month.start()).into(),
            request.building.as_deref().into(),
            request.basis.word().into(),
            formula.into(),
            source.to_string().into(),
            total.get().into(),
            now_ms.into(),
            by.actor.id().into(),
        ],
    )
    .await?;
    Ok(())
}

/// Whether a live bill was charged on the share `s`.
const IS_BILLED: &str = "EXISTS (SELECT 1 FROM share_part_bill pb JOIN bill b ON b.id = pb.bill_id \
     WHERE pb.run_id = s.id AND b.voided_at_ms IS NULL)";

#[derive(sea_orm::FromQueryResult)]
struct CancelRow {
    cancelled_at_ms: Option<i64>,
    is_billed: bool,
}

/// Takes a share back, so that it can be split anew. One taken back before stays as it is.
///
/// # Errors
/// [`ShareError::Billed`], [`ShareError::NotFound`], [`ShareError::Invalid`] without a reason.
pub async fn cancel(
    db: &ProjectDb,
    share_id: Uuid,
    reason: &str,
    by: &By,
    now: DateTime<Utc>,
) -> Result<Applied<()>, ShareError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
        return Err(ShareError::Invalid { field: "reason", words: "请填写原因，最多 200 个字" });
    }
    db.transact("shares.cancel", async |tx| {
        let sql = format!(
            "SELECT s.cancelled_at_ms, {IS_BILLED} AS is_billed FROM share_run s WHERE s.id = $1{}",
            if tx.is_postgres() { " FOR UPDATE OF s" } else { "" }
        );
        let row: CancelRow = tx.row(&sql, vec![share_id.into()]).await?.ok_or(ShareError::NotFound)?;
        if row.cancelled_at_ms.is_some() {
            return Ok(Applied::Already(()));
        }
        if row.is_billed {
            return Err(ShareError::Billed);
        }
        let now_ms = now.timestamp_millis();
        tx.execute(
            "UPDATE share_run SET cancelled_at_ms = $2, cancel_reason = $3 WHERE id = $1",
            vec![share_id.into(), now_ms.into(), reason.into()],
        )
        .await?;
        let detail = json!({ "reason": reason });
        audit::append(tx, by, "shares.cancel", &format!("share_run:{share_id}"), &detail, now_ms).await?;
        Ok(Applied::Done(()))
    })
    .await
}

/// A share as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ShareListing {
    /// The share.
    pub id: Uuid,
    /// What it is charged as.
    pub fee_item_id: Uuid,
    /// `2026年10月`.
    pub period: String,
    /// Only this building.
    pub building: Option<String>,
    /// `area`, `household`, `coefficient`, `formula`.
    pub basis: String,
    /// The formula of the weight.
    pub formula: Option<String>,
    /// What was split.
    pub total_fen: i64,
    /// Houses that have a part.
    pub houses: i64,
    /// Charged on a bill that lives.
    pub is_billed: bool,
    /// When it was published.
    pub created_at: DateTime<Utc>,
    /// When it was taken back.
    pub cancelled_at: Option<DateTime<Utc>>,
    /// Why.
    pub cancel_reason: Option<String>,
}

#[derive(sea_orm::FromQueryResult)]
struct ListRow {
    id: Uuid,
    fee_item_id: Uuid,
    period_start_day: i64,
    building: Option<String>,
    basis: String,
    formula: Option<String>,
    total_fen: i64,
    houses: i64,
    is_billed: bool,
    created_at_ms: i64,
    cancelled_at_ms: Option<i64>,
    cancel_reason: Option<String>,
}

impl ListRow {
    fn view(self) -> Result<ShareListing, StoreError> {
        let bad = |column: &str| StoreError::bad_row("share_run", format!("{} {column}", self.id));
        let start = day_of_number(self.period_start_day).map_err(|_| bad("period_start_day"))?;
        let month = Period::containing(start, 1).map_err(|_| bad("period_start_day"))?;
        let instant = |ms: i64| instant_of_ms(ms).map_err(|_| bad("created_at_ms"));
        Ok(ShareListing {
            period: period::words(month.start(), month.end()),
            created_at: instant(self.created_at_ms)?,
            cancelled_at: self.cancelled_at_ms.map(instant).transpose()?,
            id: self.id,
            fee_item_id: self.fee_item_id,
            building: self.building,
            basis: self.basis,
            formula: self.formula,
            total_fen: self.total_fen,
            houses: self.houses,
            is_billed: self.is_billed,
            cancel_reason: self.cancel_reason,
        })
    }
}

/// The shares of a project, the newest first, at most 500.
///
/// # Errors
/// [`ShareError::Store`].
pub async fn list(tx: &ProjectTx<'_>) -> Result<Vec<ShareListing>, ShareError> {
    let sql = format!(
        "SELECT s.id, s.fee_item_id, s.period_start_day, s.building, s.basis, s.formula, s.total_fen, \
         (SELECT COUNT(*) FROM share_part p WHERE p.run_id = s.id) AS houses, {IS_BILLED} AS is_billed, \
         s.created_at_ms, s.cancelled_at_ms, s.cancel_reason FROM share_run s \
         ORDER BY s.created_at_ms DESC, s.id DESC LIMIT {SHARES_MAX}"
    );
    let rows: Vec<ListRow> = tx.rows(&sql, vec![]).await?;
    Ok(rows.into_iter().map(ListRow::view).collect::<Result<_, _>>()?)
}

/// A house's part of a fee item in a period: the input of its bill.
#[derive(Debug, Clone, PartialEq, Eq, sea_orm::FromQueryResult)]
pub struct HouseShare {
    /// The house.
    pub house_id: Uuid,
    /// The share it is of, for [`record_bills`].
    pub run_id: Uuid,
    /// Its part.
    pub amount_fen: i64,
}

/// The parts of some houses in the months of a period: one query for the batch. A house without a row has none.
///
/// # Errors
/// [`StoreError`].
pub async fn amounts(
    tx: &ProjectTx<'_>,
    houses: &[Uuid],
    item: FeeItemId,
    period: &Period,
) -> Result<Vec<HouseShare>, StoreError> {
    let sql = format!(
        "SELECT p.house_id, p.run_id, p.amount_fen FROM share_part p JOIN share_run s ON s.id = p.run_id \
         WHERE s.cancelled_at_ms IS NULL AND s.fee_item_id = $2 AND s.period_start_day BETWEEN $3 AND $4 \
         AND p.house_id {} ORDER BY p.house_id, s.period_start_day",
        tx.among(1)
    );
    let (start, end) = (day_number(period.start()), day_number(period.end()));
    tx.rows(&sql, vec![tx.listed(houses), item.uuid().into(), start.into(), end.into()]).await
}

const LINK: [Column; 2] = [column("run_id", Kind::Uuid), column("bill_id", Kind::Uuid)];

/// Notes which bills were charged on which shares: pairs of share and bill. From then on the shares stand.
///
/// # Errors
/// [`StoreError`].
pub async fn record_bills(tx: &ProjectTx<'_>, pairs: &[(Uuid, Uuid)]) -> Result<(), StoreError> {
    let rows = pairs.iter().map(|(share, bill)| [Cell::Uuid(*share), Cell::Uuid(*bill)]);
    let tail = "ON CONFLICT DO NOTHING";
    bulk::insert(tx, &Target { table: "share_part_bill", columns: &LINK, shared: vec![], tail }, rows).await?;
    Ok(())
}
