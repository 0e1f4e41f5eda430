//! Readings entered by staff: one, or a grid of them.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::meter::Step;
use domain::period::Period;
use serde_json::json;
use uuid::Uuid;

use super::known::{self, KnownMeter};
use super::plan::{Outcome, Ready, Wanted, plan};
use super::view::{ReadingReport, RefusedEntry};
use super::{ENTRIES_MAX, MetersError, REASON_CHARS_MAX, write};
use crate::audit::{self, By};
use crate::houses::ImportMode;
use crate::imports;
use crate::tenancy::{ProjectDb, ProjectTx};

/// How the hand came to where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryStep {
    /// It rose.
    Plain,
    /// It passed the top of the dial.
    RollOver,
    /// The meter was exchanged.
    Exchanged {
        /// The old meter's last reading, 0.001.
        old_end_milli: i64,
        /// The new meter's first reading, 0.001.
        new_start_milli: i64,
    },
}

impl From<EntryStep> for Step {
    fn from(step: EntryStep) -> Self {
        match step {
            EntryStep::Plain => Self::Plain,
            EntryStep::RollOver => Self::RollOver,
            EntryStep::Exchanged { old_end_milli, new_start_milli } => {
                Self::Exchanged { old_end_milli, new_start_milli }
            }
        }
    }
}

/// One reading of a registered meter.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The meter.
    pub meter_id: Uuid,
    /// What it shows, 0.001 of its unit.
    pub current_milli: i64,
    /// How it came there.
    pub step: EntryStep,
    /// Estimated, because nobody could read it.
    pub is_estimated: bool,
    /// The day it was read.
    pub day: Option<NaiveDate>,
    /// Reference of a photo kept elsewhere.
    pub photo: Option<String>,
    /// Free text.
    pub remark: Option<String>,
}

/// Enters readings of a month in one transaction. Entered again they change nothing; a reading that is not billed yet
/// is replaced. The reading before is the one known: without one this is the meter's baseline. Refused entries are
/// listed and leave the others standing.
///
/// # Errors
/// [`MetersError`]; nothing was written then.
pub async fn enter(
    db: &ProjectDb,
    month: &Period,
    entries: &[Entry],
    mode: ImportMode,
    by: &By,
    now: DateTime<Utc>,
) -> Result<ReadingReport, MetersError> {
    check(month, entries)?;
    let work = async |tx: &ProjectTx<'_>| run(tx, month, entries, by, now).await;
    match mode {
        ImportMode::Apply => db.transact("meters.enter", work).await,
        ImportMode::DryRun => db.preview("meters.enter", work).await,
    }
}

fn check(month: &Period, entries: &[Entry]) -> Result<(), MetersError> {
    if month.months() != 1 {
        return Err(MetersError::NotAMonth);
    }
    if entries.is_empty() || entries.len() > ENTRIES_MAX {
        return Err(MetersError::TooMany);
    }
    let too_long = |text: &Option<String>| text.as_ref().is_some_and(|t| t.chars().count() > REASON_CHARS_MAX);
    if entries.iter().any(|entry| too_long(&entry.photo) || too_long(&entry.remark)) {
        return Err(MetersError::Invalid { field: "remark", words: "照片编号与备注最多 200 个字" });
    }
    let mut meters: Vec<Uuid> = entries.iter().map(|entry| entry.meter_id).collect();
    meters.sort_unstable();
    if meters.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(MetersError::Invalid { field: "meter_id", words: "同一块表只能提交一次" });
    }
    Ok(())
}

async fn run(
    tx: &ProjectTx<'_>,
    month: &Period,
    entries: &[Entry],
    by: &By,
    now: DateTime<Utc>,
) -> Result<ReadingReport, MetersError> {
    imports::take_turn(tx).await?;
    let ids: Vec<Uuid> = entries.iter().map(|entry| entry.meter_id).collect();
    let known = known::load(tx, Some(&ids), month).await?;
    let meters: HashMap<Uuid, &KnownMeter> = known.meters.iter().map(|meter| (meter.id, meter)).collect();
    let (mut ready, mut refused, mut unchanged) = (Vec::<Ready>::new(), Vec::new(), 0);
    for (index, entry) in entries.iter().enumerate() {
        let meter = meters.get(&entry.meter_id).ok_or(MetersError::NotFound)?;
        match plan(&known, meter, wanted(entry)) {
            Outcome::Kept(kept) => ready.push(*kept),
            Outcome::Same => unchanged += 1,
            Outcome::Refused(refusal) => refused.push(RefusedEntry {
                index,
                meter_id: entry.meter_id,
                field: "current",
                code: refusal.code(),
                words: refusal.words(),
                remedy: refusal.remedy(),
            }),
        }
    }
    let now_ms = now.timestamp_millis();
    if !ready.is_empty() {
        write::readings(tx, month, &ready, None, by, now_ms).await?;
        let detail = json!({ "period": month.to_string(), "readings": ready.len() });
        audit::append(tx, by, "meters.enter", &format!("month:{}", month.start()), &detail, now_ms).await?;
    }
    Ok(report(month, &ready, unchanged, refused))
}

fn wanted(entry: &Entry) -> Wanted {
    Wanted {
        previous_milli: None,
        current_milli: entry.current_milli,
        step: entry.step.into(),
        is_estimated: entry.is_estimated,
        day: entry.day,
        reader: None,
        photo: entry.photo.clone(),
        remark: entry.remark.clone(),
    }
}

fn report(month: &Period, ready: &[Ready], unchanged: usize, refused: Vec<RefusedEntry>) -> ReadingReport {
    let replaced = ready.iter().filter(|reading| reading.supersedes.is_some()).count();
    ReadingReport {
        batch_id: None,
        period: month.to_string(),
        accepted: ready.len() + unchanged,
        new_meters: 0,
        new_readings: ready.len() - replaced,
        replaced,
        unchanged,
        with_anomalies: ready.iter().filter(|reading| !reading.anomalies.is_empty()).count(),
        sums: Vec::new(),
        rejected_rows: refused.len(),
        rejected: Vec::new(),
        refused,
        warnings_count: 0,
        warnings: Vec::new(),
        sheets: Vec::new(),
    }
}
