//! What houses used in a period: the inputs of their bills.

use std::collections::BTreeMap;

use domain::calendar::day_number;
use domain::meter::Step;
use domain::period::Period;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::known::{CURRENT, decimal_of_micro};
use crate::store::StoreError;
use crate::store::bulk::{self, Cell, Column, Kind, Target, column};
use crate::tenancy::ProjectTx;

/// Whether a usage may be billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageState {
    /// Every meter was read in every month.
    Ready,
    /// A meter has no reading for a month of the period.
    Missing,
    /// A reading looks odd and nobody accepted it.
    Held,
}

/// What the meters of one kind in one house used in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HouseUsage {
    /// The house.
    pub house_id: Uuid,
    /// `water`, `hot_water`, `electricity`, `gas`, `heat`.
    pub kind: String,
    /// 用量: all meters together, multipliers and corrections included. Below zero when a correction takes back more
    /// than was used.
    pub usage: Decimal,
    /// 上次读数, where the house has one such meter.
    pub previous: Option<Decimal>,
    /// 本次读数, likewise.
    pub current: Option<Decimal>,
    /// Whether it may be billed.
    pub state: UsageState,
    /// The readings it is made of, for [`record_bills`].
    pub readings: Vec<Uuid>,
}

#[derive(sea_orm::FromQueryResult)]
struct Row {
    house_id: Uuid,
    kind: String,
    meter_id: Uuid,
    reading_id: Option<Uuid>,
    previous_milli: Option<i64>,
    current_milli: Option<i64>,
    usage_micro: Option<i64>,
    is_held: bool,
    corrected_micro: i64,
}

/// The stored step of a reading.
pub(super) fn step_of(step: &str, old_end_milli: i64, new_start_milli: Option<i64>) -> Step {
    match (step, new_start_milli) {
        ("exchanged", Some(new_start_milli)) => Step::Exchanged { old_end_milli, new_start_milli },
        ("roll_over", _) => Step::RollOver,
        _ => Step::Plain,
    }
}

/// What some houses used in a period, one row for each house and kind that has a meter: one query for the batch.
/// A house without a row has no meter.
///
/// # Errors
/// [`StoreError`].
pub async fn usage(tx: &ProjectTx<'_>, houses: &[Uuid], period: &Period) -> Result<Vec<HouseUsage>, StoreError> {
    let sql = format!(
        "SELECT m.house_id, m.kind, m.id AS meter_id, r.id AS reading_id, r.previous_milli, \
         CASE WHEN r.id IS NULL THEN NULL ELSE {CURRENT} END AS current_milli, r.usage_micro, \
         (r.id IS NOT NULL AND r.anomalies <> '' AND r.accepted_at_ms IS NULL) AS is_held, \
         CAST(COALESCE((SELECT SUM(x.difference_micro) FROM meter_correction x \
         JOIN meter_reading xr ON xr.id = x.reading_id WHERE xr.meter_id = m.id \
         AND x.counts_in_start_day BETWEEN $2 AND $3), 0) AS BIGINT) AS corrected_micro \
         FROM meter m LEFT JOIN meter_reading r ON r.meter_id = m.id AND r.superseded_at_ms IS NULL \
         AND r.period_start_day BETWEEN $2 AND $3 \
         WHERE m.retired_at_ms IS NULL AND m.house_id {} ORDER BY m.house_id, m.kind, m.id, r.period_start_day",
        tx.among(1)
    );
    let (start, end) = (day_number(period.start()), day_number(period.end()));
    let rows: Vec<Row> = tx.rows(&sql, vec![tx.listed(houses), start.into(), end.into()]).await?;
    let mut grouped: BTreeMap<(Uuid, String), Vec<Row>> = BTreeMap::new();
    for row in rows {
        grouped.entry((row.house_id, row.kind.clone())).or_default().push(row);
    }
    let months = usize::try_from(period.months()).unwrap_or(usize::MAX);
    Ok(grouped.into_iter().map(|((house_id, kind), rows)| of_house(house_id, kind, &rows, months)).collect())
}

/// The rows of one kind in one house, by meter and month.
fn of_house(house_id: Uuid, kind: String, rows: &[Row], months: usize) -> HouseUsage {
    let mut usage = Decimal::ZERO;
    let mut is_missing = false;
    let mut meters = 0_usize;
    for of_meter in rows.chunk_by(|a, b| a.meter_id == b.meter_id) {
        meters += 1;
        let read = of_meter.iter().filter(|row| row.reading_id.is_some()).count();
        is_missing |= read < months;
        usage += of_meter.iter().filter_map(|row| row.usage_micro).map(decimal_of_micro).sum::<Decimal>();
        // The same sum stands on each of the meter's rows.
        usage += of_meter.first().map_or(Decimal::ZERO, |row| decimal_of_micro(row.corrected_micro));
    }
    let state = if is_missing {
        UsageState::Missing
    } else if rows.iter().any(|row| row.is_held) {
        UsageState::Held
    } else {
        UsageState::Ready
    };
    let reading = |milli: Option<i64>| milli.filter(|_| meters == 1).map(|m| Decimal::new(m, 3).normalize());
    HouseUsage {
        house_id,
        kind,
        usage: usage.normalize(),
        previous: reading(rows.first().and_then(|row| row.previous_milli)),
        current: reading(rows.last().and_then(|row| row.current_milli)),
        state,
        readings: rows.iter().filter_map(|row| row.reading_id).collect(),
    }
}

const LINK: [Column; 2] = [column("reading_id", Kind::Uuid), column("bill_id", Kind::Uuid)];

/// Notes which bills were charged on which readings: pairs of reading and bill. From then on the readings are kept.
///
/// # Errors
/// [`StoreError`].
pub async fn record_bills(tx: &ProjectTx<'_>, pairs: &[(Uuid, Uuid)]) -> Result<(), StoreError> {
    let rows = pairs.iter().map(|(reading, bill)| [Cell::Uuid(*reading), Cell::Uuid(*bill)]);
    let tail = "ON CONFLICT DO NOTHING";
    bulk::insert(tx, &Target { table: "meter_reading_bill", columns: &LINK, shared: vec![], tail }, rows).await?;
    Ok(())
}
