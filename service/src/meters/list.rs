//! Meters of a month with what they showed, and those that somebody must look at.

use domain::calendar::{day_number, day_of_number, instant_of_ms};
use domain::meter::Anomaly;
use domain::period::Period;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::known::{CURRENT, IS_BILLED, decimal_of_micro};
use super::view::{MeterPage, MeterReadingView};
use super::{MeterKind, MetersError};
use crate::store::{StoreError, Values};
use crate::tenancy::ProjectTx;

/// Meters of one page.
const PAGE_MAX: i64 = 200;

/// Which meters of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadingState {
    /// All of them.
    All,
    /// Those read.
    Read,
    /// Those not read.
    Missing,
    /// Those not read, and those with a reading that looks odd and that nobody accepted.
    Exceptions,
}

/// Which meters.
#[derive(Debug, Clone, Copy)]
pub struct ReadingFilter {
    /// The month.
    pub month: Period,
    /// Only this kind.
    pub kind: Option<MeterKind>,
    /// Only this state.
    pub state: ReadingState,
}

#[derive(sea_orm::FromQueryResult)]
struct Row {
    meter_id: Uuid,
    house_id: Option<Uuid>,
    house_key: Option<String>,
    public_place: Option<String>,
    kind: String,
    number: String,
    multiplier_milli: i64,
    reading_id: Option<Uuid>,
    previous_milli: Option<i64>,
    current_milli: Option<i64>,
    usage_micro: Option<i64>,
    step: Option<String>,
    is_estimated: Option<bool>,
    read_day: Option<i64>,
    reader: Option<String>,
    photo: Option<String>,
    remark: Option<String>,
    anomalies: Option<String>,
    accepted_at_ms: Option<i64>,
    accept_reason: Option<String>,
    is_billed: bool,
}

/// A thousandth as people write it.
pub(super) fn shown(milli: i64) -> String {
    Decimal::new(milli, 3).normalize().to_string()
}

impl Row {
    fn view(self) -> Result<MeterReadingView, StoreError> {
        let bad = |column: &str| StoreError::bad_row("meter_reading", format!("{} {column}", self.meter_id));
        let codes = self.anomalies.as_deref().unwrap_or_default();
        let mut anomalies: Vec<Anomaly> = codes.split(',').filter_map(Anomaly::of_code).collect();
        if self.reading_id.is_none() {
            anomalies.push(Anomaly::Missing);
        }
        Ok(MeterReadingView {
            meter_id: self.meter_id,
            house_id: self.house_id,
            house_key: self.house_key,
            public_place: self.public_place,
            kind: self.kind,
            number: self.number,
            multiplier: shown(self.multiplier_milli),
            reading_id: self.reading_id,
            previous: self.previous_milli.map(shown),
            current: self.current_milli.map(shown),
            usage: self.usage_micro.map(|micro| decimal_of_micro(micro).to_string()),
            step: self.step,
            is_estimated: self.is_estimated.unwrap_or(false),
            read_day: self.read_day.map(day_of_number).transpose().map_err(|_| bad("read_day"))?,
            reader: self.reader,
            photo: self.photo,
            remark: self.remark,
            words: anomalies.iter().map(|anomaly| anomaly.words()).collect(),
            anomalies: anomalies.iter().map(|anomaly| anomaly.code().to_owned()).collect(),
            accepted_at: self.accepted_at_ms.map(instant_of_ms).transpose().map_err(|_| bad("accepted_at_ms"))?,
            accept_reason: self.accept_reason,
            is_billed: self.is_billed,
        })
    }
}

/// From and where of a filter, with its values.
fn from(filter: &ReadingFilter) -> (String, Values) {
    let state = match filter.state {
        ReadingState::All => "",
        ReadingState::Read => "AND r.id IS NOT NULL",
        ReadingState::Missing => "AND r.id IS NULL",
        ReadingState::Exceptions => "AND (r.id IS NULL OR (r.anomalies <> '' AND r.accepted_at_ms IS NULL))",
    };
    let kind = if filter.kind.is_some() { "AND m.kind = $2" } else { "" };
    let sql = format!(
        "FROM meter m LEFT JOIN house h ON h.id = m.house_id LEFT JOIN meter_reading r ON r.meter_id = m.id \
         AND r.superseded_at_ms IS NULL AND r.period_start_day = $1 WHERE m.retired_at_ms IS NULL {kind} {state}"
    );
    let mut values: Values = vec![day_number(filter.month.start()).into()];
    values.extend(filter.kind.map(|kind| kind.code().into()));
    (sql, values)
}

/// A page of the meters of a month, houses in the order of their keys and places of all behind them. At most 200.
///
/// # Errors
/// [`MetersError::NotAMonth`].
pub async fn list(
    tx: &ProjectTx<'_>,
    filter: &ReadingFilter,
    offset: i64,
    limit: i64,
) -> Result<MeterPage, MetersError> {
    if filter.month.months() != 1 {
        return Err(MetersError::NotAMonth);
    }
    let (from, values) = from(filter);
    let count: Option<i64> = tx.value(&format!("SELECT COUNT(*) {from}"), values.clone()).await?;
    let sql = format!(
        "SELECT m.id AS meter_id, m.house_id, h.house_key, m.public_place, m.kind, m.number, m.multiplier_milli, \
         r.id AS reading_id, r.previous_milli, CASE WHEN r.id IS NULL THEN NULL ELSE {CURRENT} END AS current_milli, \
         r.usage_micro, r.step, r.is_estimated, r.read_day, r.reader, r.photo, r.remark, r.anomalies, \
         r.accepted_at_ms, r.accept_reason, (r.id IS NOT NULL AND {IS_BILLED}) AS is_billed {from} \
         ORDER BY CASE WHEN m.house_id IS NULL THEN 1 ELSE 0 END, h.house_key, m.public_place, m.kind, m.number, m.id \
         LIMIT {} OFFSET {}",
        limit.clamp(1, PAGE_MAX),
        offset.max(0)
    );
    let rows: Vec<Row> = tx.rows(&sql, values).await?;
    let meters = rows.into_iter().map(Row::view).collect::<Result<_, _>>()?;
    Ok(MeterPage { count: count.unwrap_or(0), meters })
}

/// How many meters of a month somebody must look at before it is billed.
///
/// # Errors
/// [`StoreError`].
pub async fn exceptions_count(tx: &ProjectTx<'_>, month: &Period) -> Result<i64, StoreError> {
    let filter = ReadingFilter { month: *month, kind: None, state: ReadingState::Exceptions };
    let (from, values) = from(&filter);
    Ok(tx.value(&format!("SELECT COUNT(*) {from}"), values).await?.unwrap_or(0))
}
