//! Meters and readings as they are shown.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::houses::{RowRemark, SheetRows};

/// What the readings of one kind come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct KindSum {
    /// `water`, `hot_water`, `electricity`, `gas`, `heat`.
    pub kind: &'static str,
    /// Readings of houses.
    pub house_readings: usize,
    /// What they used, a decimal in the kind's unit.
    pub house_usage: String,
    /// Readings of places of all.
    pub public_readings: usize,
    /// What those used.
    pub public_usage: String,
}

/// An entry that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RefusedEntry {
    /// Its place in what was sent, from 0.
    pub index: usize,
    /// The meter.
    pub meter_id: Uuid,
    /// The field that is to blame.
    pub field: &'static str,
    /// Stable code, `UPPER_SNAKE`.
    pub code: &'static str,
    /// What is wrong.
    pub words: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// What an entry or import of readings did, or would do. A dry run answers the same but for `batch_id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ReadingReport {
    /// The import as recorded; none for a dry run, for an entry, and for a file that changed nothing.
    pub batch_id: Option<Uuid>,
    /// `2026年10月`.
    pub period: String,
    /// Accepted readings: new, replaced and unchanged together.
    pub accepted: usize,
    /// Meters the project did not have.
    pub new_meters: usize,
    /// Readings of meters without one for the month.
    pub new_readings: usize,
    /// Readings that took another's place.
    pub replaced: usize,
    /// Readings that were there already, to the digit.
    pub unchanged: usize,
    /// New or replaced readings with something odd: billed only once they are accepted.
    pub with_anomalies: usize,
    /// What all accepted readings of the file or entry come to.
    pub sums: Vec<KindSum>,
    /// How many rows or entries were refused.
    pub rejected_rows: usize,
    /// Refused rows of a file, the first thousand.
    pub rejected: Vec<RowRemark>,
    /// Refused entries of a grid.
    pub refused: Vec<RefusedEntry>,
    /// How many remarks there are about accepted rows.
    pub warnings_count: usize,
    /// The first thousand of them.
    pub warnings: Vec<RowRemark>,
    /// Sheet by sheet: accepted, refused, ignored.
    pub sheets: Vec<SheetRows>,
}

impl ReadingReport {
    /// True when the project is exactly as it was.
    #[must_use]
    pub const fn changes_nothing(&self) -> bool {
        self.new_meters == 0 && self.new_readings == 0 && self.replaced == 0
    }
}

/// A meter with what it showed for a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MeterReadingView {
    /// The meter.
    pub meter_id: Uuid,
    /// Its house.
    pub house_id: Option<Uuid>,
    /// The house's key.
    pub house_key: Option<String>,
    /// Or the place of all it belongs to.
    pub public_place: Option<String>,
    /// `water`, `hot_water`, `electricity`, `gas`, `heat`.
    pub kind: String,
    /// Its number.
    pub number: String,
    /// Its multiplier, a decimal.
    pub multiplier: String,
    /// The reading of the month; none when it was not read.
    pub reading_id: Option<Uuid>,
    /// The reading before, a decimal; none for a first one.
    pub previous: Option<String>,
    /// What it showed, corrections included.
    pub current: Option<String>,
    /// What was used.
    pub usage: Option<String>,
    /// `plain`, `roll_over`, `exchanged`.
    pub step: Option<String>,
    /// Estimated, not read.
    pub is_estimated: bool,
    /// The day it was read.
    pub read_day: Option<NaiveDate>,
    /// Who read it.
    pub reader: Option<String>,
    /// Reference of its photo.
    pub photo: Option<String>,
    /// Free text.
    pub remark: Option<String>,
    /// What is odd: `backwards`, `jump`, `zero`, `too_high`, `missing`.
    pub anomalies: Vec<String>,
    /// The same in Chinese.
    pub words: Vec<&'static str>,
    /// When somebody accepted it as it is.
    pub accepted_at: Option<DateTime<Utc>>,
    /// Why.
    pub accept_reason: Option<String>,
    /// Charged on a bill that lives.
    pub is_billed: bool,
}

/// Meters of a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MeterPage {
    /// How many there are in all.
    pub count: i64,
    /// Those of the page.
    pub meters: Vec<MeterReadingView>,
}
