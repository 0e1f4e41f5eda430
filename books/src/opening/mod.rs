//! The book of opening balances: what was owed, paid ahead and held when the system was taken into use.

mod columns;
mod record;
mod row;

use std::collections::{HashMap, HashSet};

use domain::money::Fen;

pub use columns::Section;
pub use record::{ArrearsLine, DepositLine, OpeningBook, PrepaymentLine, Tie};

use crate::error::BookError;
use crate::finding::{Caution, Reason, SheetIssue, SheetName};
use crate::grid::{self, Row, Sheet};
use crate::header::{Field, Layout, Profile};
use crate::houses::{ReadOptions, is_number_of_a_house};
use crate::money;
use crate::readings::KnownHouses;
use crate::table::{Book, Draft, Filled, Findings, walk};

/// Reads an .xlsx or .csv of opening balances.
///
/// # Errors
/// A [`BookError`] when the file as a whole cannot be read. Bad rows are in [`OpeningBook::rejections`].
pub fn read_opening(bytes: &[u8], options: &ReadOptions, houses: &KnownHouses) -> Result<OpeningBook, BookError> {
    Ok(read_opening_from_grid(&grid::read(bytes)?, options, houses))
}

/// Reads opening balances from sheets already at hand.
#[must_use]
pub fn read_opening_from_grid(sheets: &[Sheet], options: &ReadOptions, houses: &KnownHouses) -> OpeningBook {
    let mut reader = Reader {
        houses,
        book: OpeningBook::default(),
        section: Section::Arrears,
        sheet: SheetName::new(""),
        seen: HashSet::new(),
        spans: HashMap::new(),
    };
    let mut findings = Findings::default();
    for sheet in sheets {
        walk(sheet, options.period_year, &mut reader, &mut findings);
    }
    let Findings { sheets, rejections, warnings, issues } = findings;
    OpeningBook { sheets, rejections, warnings, issues, ..reader.book }
}

struct Reader<'a> {
    houses: &'a KnownHouses,
    book: OpeningBook,
    section: Section,
    sheet: SheetName,
    /// Lines met before, as one text each.
    seen: HashSet<String>,
    /// Periods owed by house and item.
    spans: HashMap<(String, String), Vec<crate::span::Span>>,
}

impl Book for Reader<'_> {
    fn profiles(&self) -> Vec<&'static Profile> {
        columns::profiles()
    }

    fn begin(&mut self, sheet: &Sheet, profile: usize, layout: &Layout) {
        self.section = Section::of(profile);
        self.sheet = SheetName::new(&sheet.name);
        for column in row::amount_columns(layout) {
            self.book.ties.push(Tie {
                sheet: self.sheet.clone(),
                section: self.section,
                column: column.header.clone(),
                printed: None,
                accepted: Fen::ZERO,
                rejected: Fen::ZERO,
            });
        }
    }

    fn issue(&self, sheet: SheetName, other_book: bool) -> SheetIssue {
        SheetIssue {
            message: if other_book {
                format!("工作表「{sheet}」看起来不是期初欠费、预存或押金")
            } else {
                format!("工作表「{sheet}」里没有找到表头")
            },
            sheet,
            code: if other_book { "OTHER_BOOK" } else { "HEADER_NOT_FOUND" },
            remedy: "欠费表要有「房号、费用项目、欠费期间、欠费金额」，预存表要有「房号、预存余额」，押金表要有「房号」和各类押金；不需要导入的工作表可以忽略",
        }
    }

    fn looks_like_data(&self, layout: &Layout, cells: Row<'_>) -> bool {
        let room = layout.column_of(Field::Room).and_then(|column| cells.own(column));
        room.is_some_and(is_number_of_a_house)
            && row::amount_columns(layout).any(|column| cells.own(column.index).is_some_and(|cell| !cell.is_blank()))
    }

    fn read_row(&mut self, draft: &mut Draft<'_>, filled: &mut Filled) -> bool {
        let lines = row::read(draft, filled, self.section, self.houses).filter(|lines| self.is_new(lines, draft));
        let accepted = lines.is_some();
        self.tally(draft, accepted);
        for line in lines.into_iter().flatten() {
            self.take(line, draft);
        }
        accepted
    }

    /// What the sheet prints as its whole. The last total row counts: a sum of sums stands below them.
    fn read_total(&mut self, draft: &Draft<'_>) {
        for column in row::amount_columns(draft.layout) {
            let printed = money::read(&crate::cell::Value::of(draft.cell(column.index)));
            if let (Ok(Some(printed)), Some(tie)) = (printed, self.tie(&column.header)) {
                tie.printed = Some(printed);
            }
        }
    }
}

impl Reader<'_> {
    fn tie(&mut self, column: &str) -> Option<&mut Tie> {
        let sheet = &self.sheet;
        self.book.ties.iter_mut().rev().find(|tie| tie.sheet == *sheet && tie.column == column)
    }

    /// Adds a row's amounts to those accepted or refused (rule A4).
    fn tally(&mut self, draft: &Draft<'_>, accepted: bool) {
        for column in row::amount_columns(draft.layout) {
            let amount = money::read(&crate::cell::Value::of(draft.cell(column.index)));
            let (Ok(Some(amount)), Some(tie)) = (amount, self.tie(&column.header)) else { continue };
            let sum = if accepted { &mut tie.accepted } else { &mut tie.rejected };
            // A sum beyond the range of money stays where it was, and the tie then does not hold.
            *sum = sum.plus(amount).unwrap_or(*sum);
        }
    }

    /// Refuses a row that says again what an earlier one said (rule A3).
    fn is_new(&self, lines: &[row::Line], draft: &mut Draft<'_>) -> bool {
        let Some(again) = lines.iter().find(|line| self.seen.contains(&line.mark())) else { return true };
        draft.refuse(Field::Amount, Reason::DuplicateLine, &again.amount().to_string(), "与前面的一行相同");
        false
    }

    fn take(&mut self, line: row::Line, draft: &mut Draft<'_>) {
        self.seen.insert(line.mark());
        match line {
            row::Line::Arrears(line) => {
                let spans = self.spans.entry((line.house.to_string(), line.item.clone())).or_default();
                if spans.iter().any(|span| span.overlaps(&line.span)) {
                    draft.warn(Field::Span, Caution::PeriodsOverlap, &line.item);
                }
                spans.push(line.span);
                self.book.arrears.push(line);
            }
            row::Line::Prepayment(line) => self.book.prepayments.push(line),
            row::Line::Deposit(line) => self.book.deposits.push(line),
        }
    }
}
