//! What a house book says.

use serde::Serialize;

use crate::date::ReadDate;
use crate::finding::{Rejection, SheetIssue, Warning};
use crate::key::HouseKey;
use crate::kind::HouseKind;
use crate::occupancy::Occupancy;
use crate::person::{Person, PersonMention};
use crate::table::{SheetReport, Source};

/// One accepted house.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HouseRecord {
    /// Unique within the book.
    pub key: HouseKey,
    /// 住宅, 商铺, …
    pub kind: HouseKind,
    /// The storey; -1 is the first below ground.
    pub floor: Option<i32>,
    /// Built area, 0.01 ㎡; 0 when unknown.
    pub area_centi: i64,
    /// Inner area, 0.01 ㎡.
    pub inner_area_centi: Option<i64>,
    /// Property fee, 0.0001 yuan per ㎡ and month.
    pub unit_price_e4: Option<i64>,
    /// Handed over to the owner.
    pub handover: Option<ReadDate>,
    /// Who lives there.
    pub occupancy: Occupancy,
    /// Owners in the order of the cell; none while unsold.
    pub owners: Vec<PersonMention>,
    /// Lessees.
    pub lessees: Vec<PersonMention>,
    /// A name to ask for; not a person of the book.
    pub contact: Option<String>,
    /// Free text.
    pub remark: Option<String>,
    /// Where it was read.
    pub source: Source,
}

impl HouseRecord {
    /// Owners, then lessees.
    pub fn mentions(&self) -> impl Iterator<Item = &PersonMention> {
        self.owners.iter().chain(&self.lessees)
    }
}

/// Everything read from one house workbook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct HouseBook {
    /// Every sheet, in workbook order.
    pub sheets: Vec<SheetReport>,
    /// Accepted houses, in reading order.
    pub houses: Vec<HouseRecord>,
    /// Persons, in order of first mention.
    pub persons: Vec<Person>,
    /// Refused rows, in reading order.
    pub rejections: Vec<Rejection>,
    /// Remarks about accepted rows, in reading order.
    pub warnings: Vec<Warning>,
    /// Sheets that could not be imported.
    pub issues: Vec<SheetIssue>,
}

/// The figures a person checks before saying yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct HouseSummary {
    /// Accepted houses.
    pub houses: usize,
    /// Of them without an owner.
    pub houses_without_owner: usize,
    /// Sum of the built areas, 0.01 ㎡.
    pub area_centi: i64,
    /// Distinct persons, owners and lessees together.
    pub persons: usize,
    /// Refused rows.
    pub rejected: usize,
    /// Remarks.
    pub warnings: usize,
    /// Sheets that could not be imported.
    pub issues: usize,
}

impl HouseBook {
    /// Counts and sums.
    #[must_use]
    pub fn summary(&self) -> HouseSummary {
        HouseSummary {
            houses: self.houses.len(),
            houses_without_owner: self.houses.iter().filter(|house| house.owners.is_empty()).count(),
            area_centi: self.houses.iter().map(|house| house.area_centi).fold(0, i64::saturating_add),
            persons: self.persons.len(),
            rejected: self.rejections.len(),
            warnings: self.warnings.len(),
            issues: self.issues.len(),
        }
    }
}
