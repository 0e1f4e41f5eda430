//! The house workbook: houses, owners, lessees.

mod columns;
mod draft;
mod people;
mod place;
mod record;
mod row;
mod sheet;

use std::collections::HashMap;

pub use record::{HouseBook, HouseRecord, HouseSummary, SheetReport, SheetStatus, Source};

use crate::error::BookError;
use crate::finding::{Problem, Reason};
use crate::grid::{self, Sheet};
use crate::header::Field;
use crate::key::HouseKey;
use crate::person;

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
    let mut book = HouseBook::default();
    let mut seen = Seen::default();
    for sheet in sheets {
        sheet::read(sheet, options, &mut book, &mut seen);
    }
    name_persons(&mut book);
    book
}

/// The houses accepted so far and where each stands.
#[derive(Default)]
struct Seen {
    by_key: HashMap<HouseKey, usize>,
}

impl Seen {
    /// Takes a house in, or says which earlier row already has it (rule G9).
    fn admit(&mut self, house: &HouseRecord, book: &HouseBook, column: Option<String>) -> Result<(), Problem> {
        let first = self.by_key.get(&house.key).and_then(|at| book.houses.get(*at));
        if let Some(first) = first {
            return Err(Problem {
                field: Some(Field::Room),
                column,
                value: house.key.to_string(),
                reason: Reason::DuplicateHouse,
                message: format!("房屋 {} 与工作表「{}」第 {} 行重复", house.key, first.source.sheet, first.source.row),
                remedy: Reason::DuplicateHouse.remedy(),
            });
        }
        self.by_key.insert(house.key.clone(), book.houses.len());
        Ok(())
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
