//! The columns of one sheet.

use serde::Serialize;

use super::{Field, HeaderText, Profile};
use crate::grid::{Cell, Sheet, column_letter};
use crate::price;

/// Rows from the top in which a header is looked for.
pub const HEADER_SEARCH_ROWS: u32 = 60;
/// A group title above columns is short; longer texts are the sheet's title.
const GROUP_CHARS_MAX: usize = 12;
/// Digits in one cell from which it is data and no header.
const DATA_DIGITS: usize = 3;

/// One column with a header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// 0-based.
    pub index: u32,
    /// `A`, `B`, …
    pub letter: String,
    /// The header as typed, group title before it, on one line.
    pub header: String,
    /// What it holds; none when it is not imported.
    pub field: Option<Field>,
}

/// Where the fields of a sheet stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// 0-based rows of the header: one, or two with group titles.
    pub header_rows: Vec<u32>,
    /// Every column that has a header, left to right.
    pub columns: Vec<Column>,
    /// Columns counted to the last one with a header; what stands right of it is no data.
    pub width: u32,
    /// Months the unit price is for.
    pub price_months: u8,
    texts: Vec<Vec<(u32, String)>>,
}

/// What the search for a header came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundLayout {
    /// A header of this book.
    Here(Layout),
    /// A header, but of another book.
    OtherBook,
    /// None.
    Nowhere,
}

/// A column's texts before fields are given out.
struct Candidate {
    index: u32,
    typed: String,
    found: Option<(Field, u16)>,
    foreign: bool,
}

impl Layout {
    /// Looks for the first header from `start` on, within [`HEADER_SEARCH_ROWS`] rows.
    #[must_use]
    pub fn find(sheet: &Sheet, profile: &Profile, start: u32) -> FoundLayout {
        let end = sheet.height().min(start.saturating_add(HEADER_SEARCH_ROWS));
        let mut other_book = false;
        for row in start..end {
            let single = Self::at(sheet, profile, row, None);
            let names_below = row + 1 < end && holds_names(sheet, row + 1);
            let with_below = names_below.then(|| Self::at(sheet, profile, row + 1, Some(row))).flatten();
            let below = names_below.then(|| Self::at(sheet, profile, row + 1, None)).flatten();
            let plain_best =
                single.as_ref().map_or(0, Read::field_count).max(below.as_ref().map_or(0, Read::field_count));
            // Two rows are one header only when the upper one tells more than either row alone.
            let best = match (with_below, single) {
                (Some(two), _) if two.field_count() > plain_best => Some(two),
                (_, one) => one,
            };
            match best {
                Some(Read::Here(layout)) => return FoundLayout::Here(*layout),
                Some(Read::Foreign) => other_book = true,
                None => {}
            }
        }
        if other_book { FoundLayout::OtherBook } else { FoundLayout::Nowhere }
    }

    /// Reads one row as a header of its own; used where a sheet changes its layout half-way.
    #[must_use]
    pub fn of_row(sheet: &Sheet, profile: &Profile, row: u32) -> Option<Self> {
        match Self::at(sheet, profile, row, None)? {
            Read::Here(layout) => Some(*layout),
            Read::Foreign => None,
        }
    }

    fn at(sheet: &Sheet, profile: &Profile, row: u32, group_row: Option<u32>) -> Option<Read> {
        let candidates = candidates(sheet, profile, row, group_row)?;
        let has = |field: Field| candidates.iter().any(|c| c.found.is_some_and(|(f, _)| f == field));
        if candidates.iter().any(|c| c.foreign) {
            if !(profile.qualifies_with_foreign)(&has) {
                let any_field = candidates.iter().any(|c| c.found.is_some());
                return any_field.then_some(Read::Foreign);
            }
        } else if !(profile.qualifies)(&has) {
            return None;
        }
        let header_rows: Vec<u32> = group_row.into_iter().chain([row]).collect();
        let texts = header_rows.iter().map(|at| own_texts(sheet, *at)).collect();
        let width = candidates.iter().map(|c| c.index + 1).max().unwrap_or(0);
        let columns = give_out(candidates);
        let price_months = columns
            .iter()
            .find(|column| column.field == Some(Field::UnitPrice))
            .map_or(1, |column| price::header_months(&column.header));
        Some(Read::Here(Box::new(Self { header_rows, columns, width, price_months, texts })))
    }

    /// The columns that hold a field, left to right.
    pub fn columns_of(&self, field: Field) -> impl Iterator<Item = u32> {
        self.columns.iter().filter(move |column| column.field == Some(field)).map(|column| column.index)
    }

    /// The first column that holds a field.
    #[must_use]
    pub fn column_of(&self, field: Field) -> Option<u32> {
        self.columns_of(field).next()
    }

    /// The letter of the first column that holds a field.
    #[must_use]
    pub fn letter_of(&self, field: Field) -> Option<String> {
        self.column_of(field).map(column_letter)
    }

    /// The row below the header.
    #[must_use]
    pub fn first_data_row(&self) -> u32 {
        self.header_rows.last().map_or(0, |row| row + 1)
    }

    /// The row repeats a header row: at least two cells, all of them as in the header.
    #[must_use]
    pub fn is_repeated(&self, sheet: &Sheet, row: u32) -> bool {
        let same = |texts: &Vec<(u32, String)>| {
            let mut equal = 0_usize;
            for (column, cell) in
                sheet.row(row).cells().filter(|(column, cell)| *column < self.width && !cell.is_blank())
            {
                let Cell::Text(raw) = cell else { return false };
                let found = texts.iter().find(|(at, _)| *at == column).map(|(_, text)| text);
                if HeaderText::of(raw).is_none_or(|here| Some(&here.full) != found) {
                    return false;
                }
                equal += 1;
            }
            equal >= 2
        };
        self.texts.iter().any(same)
    }
}

enum Read {
    Here(Box<Layout>),
    Foreign,
}

impl Read {
    /// Fields found, for choosing between readings of the same rows.
    fn field_count(&self) -> usize {
        match self {
            Self::Here(layout) => layout.columns.iter().filter(|column| column.field.is_some()).count(),
            Self::Foreign => 0,
        }
    }
}

/// The row could be the lower half of a header: short texts only, none with the digits data has.
fn holds_names(sheet: &Sheet, row: u32) -> bool {
    let short = |raw: &str| {
        raw.chars().count() <= GROUP_CHARS_MAX && raw.chars().filter(char::is_ascii_digit).count() < DATA_DIGITS
    };
    sheet.row(row).cells().all(|(_, cell)| match cell {
        Cell::Text(raw) => short(raw),
        other => other.is_blank(),
    })
}

fn own_texts(sheet: &Sheet, row: u32) -> Vec<(u32, String)> {
    let text = |cell: &Cell| if let Cell::Text(raw) = cell { HeaderText::of(raw) } else { None };
    sheet.row(row).cells().filter_map(|(column, cell)| Some((column, text(cell)?.full))).collect()
}

/// The header texts of a row, each with the field it names; none when the row holds numbers or dates.
fn candidates(sheet: &Sheet, profile: &Profile, row: u32, group_row: Option<u32>) -> Option<Vec<Candidate>> {
    let mut found = Vec::new();
    let last = sheet
        .row(row)
        .cells()
        .chain(group_row.into_iter().flat_map(|at| sheet.row(at).cells()))
        .map(|(c, _)| c)
        .max()?;
    for index in 0..=last {
        let lower = header_of(sheet, row, index)?;
        let upper = match group_row {
            Some(at) => header_of(sheet, at, index)?.filter(|(raw, _)| raw.chars().count() <= GROUP_CHARS_MAX),
            None => None,
        };
        let candidate = match (lower, upper) {
            (None, None) => continue,
            (Some((raw, text)), None) | (None, Some((raw, text))) => judge(profile, index, raw, &text),
            (Some((raw, text)), Some((_, group))) if text == group => judge(profile, index, raw, &text),
            (Some((raw, text)), Some((title, group))) => {
                let typed = format!("{title} {raw}");
                let joined = judge(profile, index, typed.clone(), &text.under(&group));
                if joined.found.is_some() { joined } else { Candidate { typed, ..judge(profile, index, raw, &text) } }
            }
        };
        found.push(candidate);
    }
    Some(found)
}

/// The header text that holds at a cell; outer none when the cell is no text at all.
#[expect(clippy::option_option, reason = "no header, or a blank one, or a text")]
fn header_of(sheet: &Sheet, row: u32, column: u32) -> Option<Option<(String, HeaderText)>> {
    match sheet.value(row, column) {
        Cell::Empty => Some(None),
        Cell::Text(raw) => {
            let typed = raw.split_whitespace().collect::<Vec<_>>().join(" ");
            Some(HeaderText::of(raw).map(|text| (typed, text)))
        }
        // A title row may hold a sentence of any length; it names no column.
        Cell::TooLong => Some(None),
        _ => None,
    }
}

fn judge(profile: &Profile, index: u32, typed: String, text: &HeaderText) -> Candidate {
    Candidate { index, typed, found: profile.recognise(text), foreign: profile.is_foreign(text) }
}

/// Gives each field to the column with the best name for it; fields that add up keep every column with a proper
/// name.
fn give_out(candidates: Vec<Candidate>) -> Vec<Column> {
    let best =
        |field: Field| candidates.iter().filter_map(|c| c.found).filter(|(f, _)| *f == field).map(|(_, r)| r).min();
    let mut given: Vec<Field> = Vec::new();
    let mut fields = Vec::with_capacity(candidates.len());
    for candidate in &candidates {
        let field = candidate.found.and_then(|(field, rank)| {
            let weak = rank >= super::names::WEAK_RANK;
            let wins = best(field) == Some(rank) && !given.contains(&field);
            let joins = field.adds_up() && (!weak || best(field) == Some(rank));
            (wins || joins).then_some(field)
        });
        given.extend(field);
        fields.push(field);
    }
    candidates
        .into_iter()
        .zip(fields)
        .map(|(c, field)| Column { index: c.index, letter: column_letter(c.index), header: c.typed, field })
        .collect()
}
