//! What a workbook says, in the words of this system.

use books::finding::{Rejection, SheetIssue, Warning};
use books::houses::SheetReport;
use books::kind::HouseKind;
use books::person::PersonMention;
use books::{BookError, HouseBook, HouseRecord, ReadOptions};
use chrono::NaiveDate;
use domain::person::Phone;
use serde::Serialize;

/// Remarks about rows kept of one kind: enough to act on, bounded when every row is wrong.
const REMARKS_MAX: usize = 1_000;

/// One accepted house.
#[derive(Debug, Clone)]
pub struct HouseFacts {
    /// `1-1-101`: unique in the project.
    pub key: String,
    /// The building.
    pub building: String,
    /// The entrance (单元), where there is one.
    pub entrance: Option<String>,
    /// The room.
    pub room: String,
    /// `residence`, `shop`, `storage`, `office`, `other`: as tariffs name it.
    pub kind: &'static str,
    /// The storey, if known; -1 is the first below ground.
    pub floor: Option<i32>,
    /// Built-up area, 0.01 ㎡; 0 when unknown.
    pub area_centi: i64,
    /// Inner area, 0.01 ㎡.
    pub inner_area_centi: Option<i64>,
    /// The house's own price, 0.0001 yuan per ㎡ and month.
    pub unit_price_e4: Option<i64>,
    /// Handed over to the owner.
    pub handover: Option<NaiveDate>,
    /// `occupied`, `let`, `vacant`, `fitting_out`, `not_handed_over`, `unknown`.
    pub occupancy: &'static str,
    /// Owners in order, as places in [`HouseRecords::persons`].
    pub owners: Vec<usize>,
    /// Lessees in order, likewise.
    pub lessees: Vec<usize>,
}

/// One person or organisation, gathered from every row that names it.
#[derive(Debug, Clone)]
pub struct PersonFacts {
    /// The name.
    pub name: String,
    /// A company, a shop.
    pub organisation: bool,
    /// Every phone, the primary one first.
    pub phones: Vec<Phone>,
    /// Every valid identity number.
    pub id_nos: Vec<String>,
}

/// What is said about a row of the file; personal data masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RowRemark {
    /// The sheet.
    pub sheet: String,
    /// The row as a spreadsheet counts, from 1.
    pub row: u32,
    /// The column letter, if one is to blame.
    pub column: Option<String>,
    /// What was found.
    pub value: String,
    /// Stable code, `UPPER_SNAKE`.
    pub code: &'static str,
    /// What is wrong.
    pub words: String,
    /// What to do; empty for a warning that says it itself.
    pub remedy: &'static str,
}

/// Rows of a sheet that became houses, were refused, or are no data (titles, totals, blanks).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SheetRows {
    /// The sheet.
    pub sheet: String,
    /// Rows that became houses.
    pub accepted: usize,
    /// Rows that were refused.
    pub rejected: usize,
    /// Rows that are no data.
    pub ignored: usize,
    /// Why a filled, visible sheet was not read.
    pub issue: Option<String>,
}

/// Everything to be imported, and what the reader has to say about the file.
#[derive(Debug, Clone, Default)]
pub struct HouseRecords {
    /// Accepted houses, in reading order; keys are unique.
    pub houses: Vec<HouseFacts>,
    /// The persons they name.
    pub persons: Vec<PersonFacts>,
    /// Refused rows, the first thousand.
    pub rejected: Vec<RowRemark>,
    /// How many rows were refused.
    pub rejected_rows: usize,
    /// Remarks about accepted rows, the first thousand.
    pub warnings: Vec<RowRemark>,
    /// How many remarks there are.
    pub warnings_count: usize,
    /// Sheet by sheet.
    pub sheets: Vec<SheetRows>,
}

/// Reads the bytes of a workbook. Dates without a year are of `period_year`. Takes seconds for a large one.
///
/// # Errors
/// [`BookError`] when it is no workbook, or too large; refused rows are no error.
pub fn read_workbook(bytes: &[u8], period_year: i32) -> Result<HouseRecords, BookError> {
    books::read_houses(bytes, &ReadOptions { period_year }).map(|book| HouseRecords::from(&book))
}

impl From<&HouseBook> for HouseRecords {
    fn from(book: &HouseBook) -> Self {
        let persons = book
            .persons
            .iter()
            .map(|person| PersonFacts {
                name: person.name.clone(),
                organisation: person.organisation,
                phones: person.phones.iter().filter_map(|phone| Phone::parse(phone.expose()).ok()).collect(),
                id_nos: person.id_nos.iter().map(|id| id.expose().to_owned()).collect(),
            })
            .collect();
        Self {
            houses: book.houses.iter().map(house).collect(),
            persons,
            rejected: book.rejections.iter().take(REMARKS_MAX).map(rejection).collect(),
            rejected_rows: book.rejections.len(),
            warnings: book.warnings.iter().take(REMARKS_MAX).map(warning).collect(),
            warnings_count: book.warnings.len(),
            sheets: book.sheets.iter().map(|sheet| rows_of(sheet, &book.issues)).collect(),
        }
    }
}

fn house(record: &HouseRecord) -> HouseFacts {
    HouseFacts {
        key: record.key.to_string(),
        building: record.key.building().to_owned(),
        entrance: record.key.entrance().map(str::to_owned),
        room: record.key.room().to_owned(),
        kind: kind_code(record.kind),
        floor: record.floor,
        area_centi: record.area_centi,
        inner_area_centi: record.inner_area_centi,
        unit_price_e4: record.unit_price_e4,
        handover: record.handover.map(|date| date.day),
        occupancy: record.occupancy.code(),
        owners: distinct(&record.owners),
        lessees: distinct(&record.lessees),
    }
}

/// Persons in order of mention, each once.
fn distinct(mentions: &[PersonMention]) -> Vec<usize> {
    let mut persons: Vec<usize> = Vec::with_capacity(mentions.len());
    for mention in mentions {
        if !persons.contains(&mention.person) {
            persons.push(mention.person);
        }
    }
    persons
}

const fn kind_code(kind: HouseKind) -> &'static str {
    match kind {
        HouseKind::Residence => "residence",
        HouseKind::Shop => "shop",
        HouseKind::Storage => "storage",
        HouseKind::Office => "office",
        HouseKind::Other => "other",
    }
}

/// A refused row, as reports list it.
pub(crate) fn rejection(row: &Rejection) -> RowRemark {
    RowRemark {
        sheet: row.sheet.as_str().to_owned(),
        row: row.row,
        column: row.problem.column.clone(),
        value: row.problem.value.clone(),
        code: row.problem.reason.code(),
        words: row.problem.message.clone(),
        remedy: row.problem.remedy,
    }
}

/// Refused rows of any book, as reports list them: the first thousand.
#[must_use]
pub fn refused_rows(rows: &[Rejection]) -> Vec<RowRemark> {
    rows.iter().take(REMARKS_MAX).map(rejection).collect()
}

/// A remark about an accepted row, as reports list it.
pub(crate) fn warning(row: &Warning) -> RowRemark {
    RowRemark {
        sheet: row.sheet.as_str().to_owned(),
        row: row.row,
        column: row.column.clone(),
        value: row.value.clone(),
        code: row.caution.code(),
        words: row.message.to_owned(),
        remedy: "",
    }
}

/// What became of a sheet, as reports list it.
pub(crate) fn rows_of(sheet: &SheetReport, issues: &[SheetIssue]) -> SheetRows {
    let ignored = &sheet.ignored;
    let classes = [
        &ignored.title,
        &ignored.note,
        &ignored.header,
        &ignored.subtotal,
        &ignored.total,
        &ignored.blank,
        &ignored.footer,
    ];
    let issue = issues.iter().find(|issue| issue.sheet == sheet.sheet);
    SheetRows {
        sheet: sheet.sheet.as_str().to_owned(),
        accepted: sheet.accepted,
        rejected: sheet.rejected,
        ignored: classes.iter().map(|rows| rows.len()).sum(),
        issue: issue.map(|issue| format!("{}。{}", issue.message, issue.remedy)),
    }
}
