//! Importing a book of readings: all accepted rows or nothing, and nothing the second time.

use std::collections::{BTreeMap, HashMap};

use books::finding::Rejection;
use books::readings::{Place, ReadingRecord};
use books::{BookError, KnownHouses, MeterKind, ReadOptions, ReadingBook, read_readings};
use chrono::{DateTime, Utc};
use domain::meter::Step;
use domain::period::Period;
use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

use super::known::{self, Known, KnownMeter};
use super::plan::{Outcome, Ready, Refusal, Wanted, plan, plan_first};
use super::view::{KindSum, ReadingReport};
use super::{METERS_PER_IMPORT_MAX, MetersError, write};
use crate::audit::By;
use crate::houses::{ImportMode, RowRemark, SourceFile, keys, rejection, rows_of, warning};
use crate::imports::{self, ImportKind, LISTED_MAX};
use crate::tenancy::{ProjectDb, ProjectTx};

/// The kind of import in `import_batch`.
const KIND: ImportKind = ImportKind { name: "readings", action: "readings.import" };

/// Reads the bytes of a workbook against the houses of the project. Dates without a year are of `period_year`.
///
/// # Errors
/// [`BookError`] when it is no workbook, or too large; refused rows are no error.
pub fn read_workbook(bytes: &[u8], period_year: i32, houses: &KnownHouses) -> Result<ReadingBook, BookError> {
    read_readings(bytes, &ReadOptions { period_year }, houses)
}

/// Imports the readings of a month in one transaction. Meters the project does not have are registered with them.
///
/// # Errors
/// [`MetersError`]; nothing was written then.
pub async fn import(
    db: &ProjectDb,
    month: &Period,
    book: &ReadingBook,
    file: &SourceFile,
    mode: ImportMode,
    by: &By,
    now: DateTime<Utc>,
) -> Result<ReadingReport, MetersError> {
    if month.months() != 1 {
        return Err(MetersError::NotAMonth);
    }
    if book.readings.is_empty() {
        return Err(MetersError::NothingToImport);
    }
    if book.readings.len() > METERS_PER_IMPORT_MAX {
        return Err(MetersError::TooMany);
    }
    let work = async |tx: &ProjectTx<'_>| run(tx, month, book, file, by, now).await;
    match mode {
        ImportMode::Apply => db.transact("meters.import", work).await,
        ImportMode::DryRun => {
            let report = db.preview("meters.import", work).await?;
            Ok(ReadingReport { batch_id: None, ..report })
        }
    }
}

async fn run(
    tx: &ProjectTx<'_>,
    month: &Period,
    book: &ReadingBook,
    file: &SourceFile,
    by: &By,
    now: DateTime<Utc>,
) -> Result<ReadingReport, MetersError> {
    imports::take_turn(tx).await?;
    let houses = keys(tx).await?;
    let known = known::load(tx, None, month).await?;
    let planned = plan_all(&known, &houses, &book.readings);
    let mut report = report(month, book, &planned);
    if report.changes_nothing() && imports::is_imported(tx, KIND, file).await? {
        return Ok(report);
    }
    let now_ms = now.timestamp_millis();
    let summary = json!({
        "period": report.period, "accepted": report.accepted, "new_meters": report.new_meters,
        "new_readings": report.new_readings, "replaced": report.replaced, "rejected_rows": report.rejected_rows,
        "with_anomalies": report.with_anomalies,
    });
    let batch_id = imports::record(tx, KIND, file, &summary, by, now_ms).await?;
    write::meters(tx, &planned.new_meters, now_ms).await?;
    write::renumber(tx, &planned.renumbered).await?;
    write::readings(tx, month, &planned.ready, Some(batch_id), by, now_ms).await?;
    report.batch_id = Some(batch_id);
    Ok(report)
}

/// Where a meter is and which it is there.
type MeterKey<'a> = (&'a str, MeterKind, &'a str);

#[derive(Default)]
struct Planned {
    new_meters: Vec<KnownMeter>,
    ready: Vec<Ready>,
    /// Meters that carry another number since they were exchanged.
    renumbered: Vec<(Uuid, String)>,
    unchanged: usize,
    refused: Vec<RowRemark>,
    /// Readings and usage by kind: of houses, of places of all.
    sums: BTreeMap<MeterKind, [(usize, Decimal); 2]>,
}

fn plan_all(known: &Known, houses: &HashMap<String, Uuid>, records: &[ReadingRecord]) -> Planned {
    let mut by_key: HashMap<MeterKey<'_>, &KnownMeter> = HashMap::new();
    let mut in_place: HashMap<(&str, MeterKind), Vec<&KnownMeter>> = HashMap::new();
    for meter in &known.meters {
        let place = meter.house_key.as_deref().or(meter.public_place.as_deref()).unwrap_or_default();
        let Some(kind) = kind_of_code(&meter.kind) else { continue };
        by_key.insert((place, kind, &meter.number), meter);
        in_place.entry((place, kind)).or_default().push(meter);
    }
    let mut planned = Planned::default();
    for record in records {
        let place = place_of(record);
        let found = by_key.get(&(place, record.kind, &record.meter_no)).copied();
        // A new number after an exchange is the same meter where the place has no other of the kind.
        let exchanged = matches!(record.step, Step::Exchanged { .. });
        let alone = || match in_place.get(&(place, record.kind)).map(Vec::as_slice) {
            Some([only]) if exchanged => Some(*only),
            _ => None,
        };
        match found.or_else(alone) {
            Some(meter) if meter.multiplier_milli != record.multiplier_milli => {
                planned.refused.push(refused(record, Refusal::MultiplierDiffers));
            }
            Some(meter) => {
                if meter.number != record.meter_no && !record.meter_no.is_empty() {
                    planned.renumbered.push((meter.id, record.meter_no.clone()));
                }
                planned.take(record, plan(known, meter, wanted(record)), None);
            }
            None => {
                let house_id = houses.get(place).copied();
                let is_house = matches!(record.place, Place::House(_));
                if is_house && house_id.is_none() {
                    continue;
                }
                let meter = new_meter(record, house_id);
                planned.take(record, plan_first(&meter, wanted(record)), Some(meter));
            }
        }
    }
    planned
}

impl Planned {
    fn take(&mut self, record: &ReadingRecord, outcome: Outcome, new_meter: Option<KnownMeter>) {
        match outcome {
            Outcome::Kept(ready) => {
                self.add(record);
                self.new_meters.extend(new_meter);
                self.ready.push(*ready);
            }
            Outcome::Same => {
                self.add(record);
                self.unchanged += 1;
            }
            Outcome::Refused(refusal) => self.refused.push(refused(record, refusal)),
        }
    }

    fn add(&mut self, record: &ReadingRecord) {
        let [houses, public] = self.sums.entry(record.kind).or_default();
        let sum = if matches!(record.place, Place::House(_)) { houses } else { public };
        sum.0 += 1;
        sum.1 += record.usage;
    }
}

fn place_of(record: &ReadingRecord) -> &str {
    match &record.place {
        Place::House(key) => key.as_str(),
        Place::Public(place) => place,
    }
}

/// The kind of a stored code.
pub(super) fn kind_of_code(code: &str) -> Option<MeterKind> {
    MeterKind::ALL.into_iter().find(|kind| kind.code() == code)
}

fn new_meter(record: &ReadingRecord, house_id: Option<Uuid>) -> KnownMeter {
    let place = place_of(record).to_owned();
    let (house_key, public_place) = if house_id.is_some() { (Some(place), None) } else { (None, Some(place)) };
    KnownMeter {
        id: Uuid::now_v7(),
        house_id,
        house_key,
        public_place,
        kind: record.kind.code().to_owned(),
        number: record.meter_no.clone(),
        multiplier_milli: record.multiplier_milli,
        limit_micro: None,
    }
}

fn wanted(record: &ReadingRecord) -> Wanted {
    Wanted {
        previous_milli: record.previous_milli,
        current_milli: record.current_milli,
        step: record.step,
        is_estimated: false,
        day: record.day,
        reader: record.reader.clone(),
        photo: None,
        remark: record.remark.clone(),
    }
}

fn refused(record: &ReadingRecord, refusal: Refusal) -> RowRemark {
    RowRemark {
        sheet: record.source.sheet.as_str().to_owned(),
        row: record.source.row,
        column: None,
        value: Decimal::new(record.current_milli, 3).normalize().to_string(),
        code: refusal.code(),
        words: refusal.words().to_owned(),
        remedy: refusal.remedy(),
    }
}

fn report(month: &Period, book: &ReadingBook, planned: &Planned) -> ReadingReport {
    let replaced = planned.ready.iter().filter(|reading| reading.supersedes.is_some()).count();
    let of_file = book.rejections.iter().map(|row: &Rejection| rejection(row));
    ReadingReport {
        batch_id: None,
        period: month.to_string(),
        accepted: planned.ready.len() + planned.unchanged,
        new_meters: planned.new_meters.len(),
        new_readings: planned.ready.len() - replaced,
        replaced,
        unchanged: planned.unchanged,
        with_anomalies: planned.ready.iter().filter(|reading| !reading.anomalies.is_empty()).count(),
        sums: planned.sums.iter().map(|(kind, sums)| kind_sum(*kind, sums)).collect(),
        rejected_rows: book.rejections.len() + planned.refused.len(),
        rejected: of_file.chain(planned.refused.iter().cloned()).take(LISTED_MAX).collect(),
        refused: Vec::new(),
        warnings_count: book.warnings.len(),
        warnings: book.warnings.iter().take(LISTED_MAX).map(warning).collect(),
        sheets: book.sheets.iter().map(|sheet| rows_of(sheet, &book.issues)).collect(),
    }
}

fn kind_sum(kind: MeterKind, [houses, public]: &[(usize, Decimal); 2]) -> KindSum {
    KindSum {
        kind: kind.code(),
        house_readings: houses.0,
        house_usage: houses.1.normalize().to_string(),
        public_readings: public.0,
        public_usage: public.1.normalize().to_string(),
    }
}
