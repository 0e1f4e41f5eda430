//! The house workbook: houses, owners, lessees.

mod columns;
mod people;
mod record;
mod row;

use std::collections::HashMap;

pub use record::{HouseBook, HouseRecord, HouseSummary};

pub use crate::table::{SheetReport, SheetStatus, Source};

use crate::cell::Value;
use crate::error::BookError;
use crate::finding::{Problem, Reason, SheetIssue, SheetName};
use crate::grid::{self, Cell, Row, Sheet};
use crate::header::{Field, Layout, Profile};
use crate::key::{self, HouseKey, TwoParts};
use crate::kind::HouseKind;
use crate::person;
use crate::table::{Book, Draft, Filled, Findings, walk};

/// What a reader needs to know besides the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadOptions {
    /// The year a month and day without a year belong to; also the last possible year of birth.
    pub period_year: i32,
}

/// Reads an .xlsx or .csv of houses.
///
/// # Errors
/// A [`BookError`] when the file as a whole cannot be read. Bad rows are in [`HouseBook::rejections`].
pub fn read_houses(bytes: &[u8], options: &ReadOptions) -> Result<HouseBook, BookError> {
    Ok(read_houses_from_grid(&grid::read(bytes)?, options))
}

/// Reads houses from sheets already at hand.
#[must_use]
pub fn read_houses_from_grid(sheets: &[Sheet], options: &ReadOptions) -> HouseBook {
    let mut reader = Reader { seen: HashMap::new(), houses: Vec::new(), sheet_kind: None };
    let mut findings = Findings::default();
    for sheet in sheets {
        walk(sheet, options.period_year, &mut reader, &mut findings);
    }
    let Findings { sheets, rejections, warnings, issues } = findings;
    let mut book = HouseBook { sheets, houses: reader.houses, persons: Vec::new(), rejections, warnings, issues };
    name_persons(&mut book);
    book
}

/// The houses accepted so far and where each stands.
struct Reader {
    seen: HashMap<HouseKey, usize>,
    houses: Vec<HouseRecord>,
    sheet_kind: Option<HouseKind>,
}

impl Book for Reader {
    fn profiles(&self) -> Vec<&'static Profile> {
        vec![&columns::PROFILE]
    }

    fn begin(&mut self, sheet: &Sheet, _profile: usize, _layout: &Layout) {
        self.sheet_kind = HouseKind::of_sheet_name(&sheet.name);
    }

    fn issue(&self, sheet: SheetName, other_book: bool) -> SheetIssue {
        issue(sheet, other_book)
    }

    /// A row below the last total is data only when it has a house number and another fact.
    fn looks_like_data(&self, layout: &Layout, cells: Row<'_>) -> bool {
        let filled = |field: Field| {
            layout.column_of(field).and_then(|column| cells.own(column)).is_some_and(|cell| !cell.is_blank())
        };
        let room = layout.column_of(Field::Room).or_else(|| layout.column_of(Field::EntranceRoom));
        room.and_then(|column| cells.own(column)).is_some_and(is_number_of_a_house)
            && [Field::Area, Field::Owner, Field::Phone].into_iter().any(filled)
    }

    fn read_row(&mut self, draft: &mut Draft<'_>, filled: &mut Filled) -> bool {
        let Some(house) = row::read(draft, filled, self.sheet_kind) else { return false };
        self.admit(house, draft)
    }
}

/// The cell holds what can be the number of a house.
pub(crate) fn is_number_of_a_house(cell: &Cell) -> bool {
    let value = Value::of(cell);
    let typed = value.to_text();
    typed.bytes().any(|b| b.is_ascii_digit()) && key::parse_room(&typed, TwoParts::BuildingRoom).is_ok()
}

impl Reader {
    /// Takes a house in, or says which earlier row already has it (rule G9).
    fn admit(&mut self, house: HouseRecord, draft: &mut Draft<'_>) -> bool {
        if let Some(first) = self.seen.get(&house.key).and_then(|at| self.houses.get(*at)) {
            let Source { sheet, row } = &first.source;
            draft.problems.push(Problem {
                field: Some(Field::Room),
                column: draft.layout.letter_of(Field::Room),
                value: house.key.to_string(),
                reason: Reason::DuplicateHouse,
                message: format!("房屋 {} 与工作表「{sheet}」第 {row} 行重复", house.key),
                remedy: Reason::DuplicateHouse.remedy(),
            });
            return false;
        }
        self.seen.insert(house.key.clone(), self.houses.len());
        self.houses.push(house);
        true
    }
}

fn issue(sheet: SheetName, other_book: bool) -> SheetIssue {
    if other_book {
        SheetIssue {
            message: format!("工作表「{sheet}」看起来是车位、抄表或费用表，不是房屋资料"),
            sheet,
            code: "OTHER_BOOK",
            remedy: "请到对应的导入页面上传；如果确实是房屋资料，请补上「建筑面积」列",
        }
    } else {
        SheetIssue {
            message: format!("工作表「{sheet}」里没有找到表头"),
            sheet,
            code: "HEADER_NOT_FOUND",
            remedy: "表头至少要有「房号」，以及「楼栋、建筑面积、业主姓名、联系电话」中的两项；不需要导入的工作表可以忽略",
        }
    }
}

/// Gives every mention its person.
fn name_persons(book: &mut HouseBook) {
    let mentions: Vec<_> = book
        .houses
        .iter()
        .enumerate()
        .flat_map(|(row, house)| house.mentions().map(move |mention| (row, mention)))
        .collect();
    let (assigned, persons) = person::resolve(&mentions);
    let all = book.houses.iter_mut().flat_map(|house| house.owners.iter_mut().chain(&mut house.lessees));
    for (mention, person) in all.zip(assigned) {
        mention.person = person;
    }
    book.persons = persons;
}
