//! The book of readings: what each meter showed, sheet by sheet.

mod columns;
mod record;
mod row;

use std::collections::{HashMap, HashSet};

pub use record::{MeterKind, Place, ReadingBook, ReadingRecord};

use crate::error::BookError;
use crate::finding::{Problem, Reason, SheetIssue, SheetName};
use crate::grid::{self, Cell, Row, Sheet};
use crate::header::{Field, Layout, Profile};
use crate::houses::{ReadOptions, is_number_of_a_house};
use crate::table::{Book, Draft, Filled, Findings, Source, walk};

/// The keys of the houses a book is checked against, as [`crate::HouseKey`] shows them (rule G10).
pub type KnownHouses = HashSet<String>;

/// Reads an .xlsx or .csv of readings.
///
/// # Errors
/// A [`BookError`] when the file as a whole cannot be read. Bad rows are in [`ReadingBook::rejections`].
pub fn read_readings(bytes: &[u8], options: &ReadOptions, houses: &KnownHouses) -> Result<ReadingBook, BookError> {
    Ok(read_readings_from_grid(&grid::read(bytes)?, options, houses))
}

/// Reads readings from sheets already at hand.
#[must_use]
pub fn read_readings_from_grid(sheets: &[Sheet], options: &ReadOptions, houses: &KnownHouses) -> ReadingBook {
    let mut reader = Reader { houses, seen: HashMap::new(), readings: Vec::new(), sheet_kind: None };
    let mut findings = Findings::default();
    for sheet in sheets {
        walk(sheet, options.period_year, &mut reader, &mut findings);
    }
    let Findings { sheets, rejections, warnings, issues } = findings;
    ReadingBook { sheets, readings: reader.readings, rejections, warnings, issues }
}

struct Reader<'a> {
    houses: &'a KnownHouses,
    seen: HashMap<(MeterKind, Place, String), Source>,
    readings: Vec<ReadingRecord>,
    /// What the sheet, or the lines above its header, say all its meters measure.
    sheet_kind: Option<MeterKind>,
}

impl Book for Reader<'_> {
    fn profiles(&self) -> Vec<&'static Profile> {
        vec![&columns::PROFILE]
    }

    fn begin(&mut self, sheet: &Sheet, _profile: usize, layout: &Layout) {
        let header = layout.header_rows.first().copied().unwrap_or(0);
        let above = (0..header).flat_map(|row| sheet.row(row).cells()).find_map(|(_, cell)| match cell {
            Cell::Text(text) => MeterKind::read(text),
            _ => None,
        });
        let of_header = |field: Field| {
            layout.columns.iter().find(|column| column.field == Some(field)).and_then(|c| MeterKind::read(&c.header))
        };
        self.sheet_kind = MeterKind::read(&sheet.name)
            .or(above)
            .or_else(|| of_header(Field::MeterNo))
            .or_else(|| of_header(Field::Usage));
    }

    fn issue(&self, sheet: SheetName, other_book: bool) -> SheetIssue {
        SheetIssue {
            message: if other_book {
                format!("工作表「{sheet}」看起来不是抄表记录")
            } else {
                format!("工作表「{sheet}」里没有找到表头")
            },
            sheet,
            code: if other_book { "OTHER_BOOK" } else { "HEADER_NOT_FOUND" },
            remedy: "抄表记录的表头至少要有「房号」与「本次读数」；不需要导入的工作表可以忽略",
        }
    }

    fn looks_like_data(&self, layout: &Layout, cells: Row<'_>) -> bool {
        let own = |field: Field| layout.column_of(field).and_then(|column| cells.own(column));
        own(Field::Room).is_some_and(is_number_of_a_house)
            && own(Field::CurrentReading).is_some_and(|cell| !cell.is_blank())
    }

    fn read_row(&mut self, draft: &mut Draft<'_>, filled: &mut Filled) -> bool {
        let Some(reading) = row::read(draft, filled, self.sheet_kind, self.houses) else { return false };
        self.admit(reading, draft)
    }
}

impl Reader<'_> {
    /// Takes a reading in, or says which earlier row already has its meter (rules G9, M1).
    fn admit(&mut self, reading: ReadingRecord, draft: &mut Draft<'_>) -> bool {
        let key = (reading.kind, reading.place.clone(), reading.meter_no.clone());
        if let Some(Source { sheet, row }) = self.seen.get(&key) {
            draft.problems.push(Problem {
                field: Some(Field::MeterNo),
                column: draft.layout.letter_of(Field::MeterNo),
                value: reading.meter_no,
                reason: Reason::DuplicateReading,
                message: format!("这块{}表与工作表「{sheet}」第 {row} 行重复", reading.kind.label()),
                remedy: Reason::DuplicateReading.remedy(),
            });
            return false;
        }
        self.seen.insert(key, reading.source.clone());
        self.readings.push(reading);
        true
    }
}
