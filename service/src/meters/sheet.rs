//! The list of meters to be read, as a spreadsheet: filled in, the import takes it back.

use chrono::{DateTime, Utc};
use domain::period::Period;
use papers::sheet::{Column, Options};
use papers::{Cell, Sheet, SheetError};

use super::import::kind_of_code;
use super::known::{self, Known, KnownMeter};
use super::list::shown;
use super::{MeterKind, MetersError};
use crate::store::StoreError;
use crate::tenancy::ProjectDb;

/// Meters of one list: a person reads some hundreds a day.
const METERS_MAX: usize = 100_000;
/// Heads and widths, from left to right; the names the import knows.
const COLUMNS: [(&str, u16); 10] = [
    ("房号", 18),
    ("表计类型", 10),
    ("表号", 16),
    ("上次读数", 12),
    ("本次读数", 12),
    ("倍率", 8),
    ("旧表止码", 12),
    ("新表起码", 12),
    ("抄表日期", 14),
    ("备注", 30),
];

/// Why the list was not written.
#[derive(Debug, thiserror::Error)]
pub enum MeterSheetError {
    /// The meters could not be read.
    #[error(transparent)]
    Meters(#[from] MetersError),
    /// The table could not be written.
    #[error(transparent)]
    Sheet(#[from] SheetError),
}

impl From<StoreError> for MeterSheetError {
    fn from(error: StoreError) -> Self {
        Self::Meters(error.into())
    }
}

/// Writes the meters to be read in a month, houses in the order of their keys; what was read already is filled in.
///
/// # Errors
/// [`MeterSheetError`].
pub async fn write_sheet(
    db: &ProjectDb,
    month: &Period,
    kind: Option<MeterKind>,
    now: DateTime<Utc>,
) -> Result<Vec<u8>, MeterSheetError> {
    if month.months() != 1 {
        return Err(MetersError::NotAMonth.into());
    }
    let known = db.read("meters.sheet", async |tx| known::load(tx, None, month).await).await?;
    let mut meters: Vec<&KnownMeter> =
        known.meters.iter().filter(|meter| kind.is_none_or(|kind| kind.code() == meter.kind)).collect();
    if meters.len() > METERS_MAX {
        return Err(MetersError::TooMany.into());
    }
    meters.sort_by(|a, b| order(a).cmp(&order(b)));
    let columns =
        COLUMNS.iter().map(|(head, width)| Column { head: (*head).to_owned(), width_chars: *width }).collect();
    let mut sheet = Sheet::new(Options {
        name: kind.map_or_else(|| "抄表".to_owned(), |kind| format!("{}表", kind.label())),
        columns,
        zone: db.info().zone,
        made_at: now,
        folder: None,
        sheet_rows_max: None,
    })?;
    for meter in meters {
        write_row(&mut sheet, &known, meter)?;
    }
    let mut bytes = std::io::Cursor::new(Vec::new());
    sheet.finish(&mut bytes)?;
    Ok(bytes.into_inner())
}

/// Houses before places of all; shorter keys first would not keep a building together, so by text.
fn order(meter: &KnownMeter) -> (bool, &str, &str, &str) {
    let place = meter.house_key.as_deref().or(meter.public_place.as_deref()).unwrap_or_default();
    (meter.house_id.is_none(), place, &meter.kind, &meter.number)
}

fn write_row(sheet: &mut Sheet, known: &Known, meter: &KnownMeter) -> Result<(), SheetError> {
    let there = known.of_month.get(&meter.id);
    let previous = known.latest.get(&meter.id).copied().or_else(|| there.and_then(|reading| reading.previous_milli));
    let previous = previous.map(shown).unwrap_or_default();
    let current = there.map(|reading| shown(reading.current_milli)).unwrap_or_default();
    let old_end = there.and_then(|reading| reading.old_end_milli).map(shown).unwrap_or_default();
    let new_start = there.and_then(|reading| reading.new_start_milli).map(shown).unwrap_or_default();
    let multiplier = shown(meter.multiplier_milli);
    let remark = there.filter(|reading| reading.step == "roll_over").map_or("", |_| "翻表");
    let place = meter.house_key.as_deref().or(meter.public_place.as_deref()).unwrap_or_default();
    let kind = kind_of_code(&meter.kind).map_or("", MeterKind::label);
    let text = |text| if str::is_empty(text) { Cell::Empty } else { Cell::Text(text) };
    sheet.row(&[
        text(place),
        text(kind),
        text(&meter.number),
        text(&previous),
        text(&current),
        text(&multiplier),
        text(&old_end),
        text(&new_start),
        Cell::Empty,
        text(remark),
    ])
}
