//! What the project has of some meters, or of all: four statements, whatever their number.

use std::collections::{HashMap, HashSet};

use domain::calendar::day_number;
use domain::period::Period;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::store::{StoreError, Values};
use crate::tenancy::ProjectTx;

/// Days of history that count: [`domain::meter::HISTORY_MAX`] months.
const HISTORY_DAYS: i64 = 372;

/// A meter as stored.
#[derive(Debug, Clone, sea_orm::FromQueryResult)]
pub(super) struct KnownMeter {
    pub id: Uuid,
    pub house_id: Option<Uuid>,
    pub house_key: Option<String>,
    pub public_place: Option<String>,
    pub kind: String,
    pub number: String,
    pub multiplier_milli: i64,
    pub limit_micro: Option<i64>,
}

/// A meter's reading in force for the month.
#[derive(Debug, Clone, PartialEq, Eq, sea_orm::FromQueryResult)]
pub(super) struct KnownReading {
    pub id: Uuid,
    pub meter_id: Uuid,
    pub previous_milli: Option<i64>,
    pub current_milli: i64,
    pub multiplier_milli: i64,
    pub step: String,
    pub old_end_milli: Option<i64>,
    pub new_start_milli: Option<i64>,
    pub is_estimated: bool,
    pub is_billed: bool,
}

#[derive(sea_orm::FromQueryResult)]
struct LatestRow {
    meter_id: Uuid,
    current_milli: i64,
}

#[derive(sea_orm::FromQueryResult)]
struct UsageRow {
    meter_id: Uuid,
    usage_micro: i64,
}

#[derive(sea_orm::FromQueryResult)]
struct LaterRow {
    meter_id: Uuid,
}

/// What is known before a month is entered.
pub(super) struct Known {
    pub meters: Vec<KnownMeter>,
    /// The reading before the month, corrections included.
    pub latest: HashMap<Uuid, i64>,
    /// Usages before the month, the latest first.
    pub history: HashMap<Uuid, Vec<Decimal>>,
    /// The readings in force for the month.
    pub of_month: HashMap<Uuid, KnownReading>,
    /// Meters with readings of later months.
    pub later: HashSet<Uuid>,
}

/// A usage out of its column.
pub(super) fn decimal_of_micro(micro: i64) -> Decimal {
    Decimal::new(micro, 6).normalize()
}

/// The reading that counts: the last correction's, or its own.
pub(super) const CURRENT: &str = "COALESCE((SELECT c.now_milli FROM meter_correction c WHERE c.reading_id = r.id \
     ORDER BY c.created_at_ms DESC, c.id DESC LIMIT 1), r.current_milli)";
/// Whether a live bill was charged on the reading.
pub(super) const IS_BILLED: &str = "EXISTS (SELECT 1 FROM meter_reading_bill rb JOIN bill b ON b.id = rb.bill_id \
     WHERE rb.reading_id = r.id AND b.voided_at_ms IS NULL)";

/// Loads what is known of some meters, or of all of the project.
pub(super) async fn load(tx: &ProjectTx<'_>, only: Option<&[Uuid]>, month: &Period) -> Result<Known, StoreError> {
    let start = day_number(month.start());
    let ask = |column: &str, number: usize| match only {
        Some(_) => format!("AND {column} {}", tx.among(number)),
        None => String::new(),
    };
    let with = |mut values: Values| {
        values.extend(only.map(|ids| tx.listed(ids)));
        values
    };
    let sql = format!(
        "SELECT m.id, m.house_id, h.house_key, m.public_place, m.kind, m.number, m.multiplier_milli, m.limit_micro \
         FROM meter m LEFT JOIN house h ON h.id = m.house_id WHERE m.retired_at_ms IS NULL {}",
        ask("m.id", 1)
    );
    let meters: Vec<KnownMeter> = tx.rows(&sql, with(vec![])).await?;
    let sql = format!(
        "SELECT r.meter_id, {CURRENT} AS current_milli FROM meter_reading r JOIN (SELECT meter_id, \
         MAX(period_start_day) AS newest_day FROM meter_reading WHERE superseded_at_ms IS NULL \
         AND period_start_day < $1 GROUP BY meter_id) l ON l.meter_id = r.meter_id \
         AND l.newest_day = r.period_start_day WHERE r.superseded_at_ms IS NULL {}",
        ask("r.meter_id", 2)
    );
    let latest: Vec<LatestRow> = tx.rows(&sql, with(vec![start.into()])).await?;
    let sql = format!(
        "SELECT r.meter_id, r.usage_micro FROM meter_reading r WHERE r.superseded_at_ms IS NULL \
         AND r.previous_milli IS NOT NULL AND r.period_start_day < $1 AND r.period_start_day >= $2 {} \
         ORDER BY r.meter_id, r.period_start_day DESC",
        ask("r.meter_id", 3)
    );
    let usages: Vec<UsageRow> = tx.rows(&sql, with(vec![start.into(), (start - HISTORY_DAYS).into()])).await?;
    let mut history: HashMap<Uuid, Vec<Decimal>> = HashMap::new();
    for row in usages {
        history.entry(row.meter_id).or_default().push(decimal_of_micro(row.usage_micro));
    }
    let sql = format!(
        "SELECT r.id, r.meter_id, r.previous_milli, r.current_milli, r.multiplier_milli, r.step, r.old_end_milli, \
         r.new_start_milli, r.is_estimated, {IS_BILLED} AS is_billed FROM meter_reading r \
         WHERE r.superseded_at_ms IS NULL AND r.period_start_day = $1 {}",
        ask("r.meter_id", 2)
    );
    let of_month: Vec<KnownReading> = tx.rows(&sql, with(vec![start.into()])).await?;
    let sql = format!(
        "SELECT DISTINCT r.meter_id FROM meter_reading r WHERE r.superseded_at_ms IS NULL \
         AND r.period_start_day > $1 {}",
        ask("r.meter_id", 2)
    );
    let later: Vec<LaterRow> = tx.rows(&sql, with(vec![start.into()])).await?;
    Ok(Known {
        meters,
        latest: latest.into_iter().map(|row| (row.meter_id, row.current_milli)).collect(),
        history,
        of_month: of_month.into_iter().map(|row| (row.meter_id, row)).collect(),
        later: later.into_iter().map(|row| row.meter_id).collect(),
    })
}
