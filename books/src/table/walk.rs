//! A sheet, row by row.

use super::draft::Draft;
use super::place::Filled;
use super::report::{SheetReport, SheetStatus};
use crate::finding::{Caution, Rejection, SheetIssue, SheetName, Warning};
use crate::grid::{Cell, Row, Sheet};
use crate::header::{Field, FoundLayout, Layout, Profile};
use crate::key;
use crate::rows::{self, IgnoredRows, TotalRow};
use crate::text;

/// What tells one kind of book from another.
pub(crate) trait Book {
    /// The headers it knows, the likeliest first. A sheet has the first one found on it.
    fn profiles(&self) -> Vec<&'static Profile>;

    /// A sheet of the book begins; `profile` is the place of its header among [`Self::profiles`].
    fn begin(&mut self, sheet: &Sheet, profile: usize, layout: &Layout);

    /// What to say about a visible, filled sheet without such a header.
    fn issue(&self, sheet: SheetName, other_book: bool) -> SheetIssue;

    /// Whether a row below the last total is data all the same.
    fn looks_like_data(&self, layout: &Layout, cells: Row<'_>) -> bool;

    /// Takes a data row in; false when it is refused, which `draft.problems` then tells.
    fn read_row(&mut self, draft: &mut Draft<'_>, filled: &mut Filled) -> bool;

    /// A row that sums up the whole sheet.
    fn read_total(&mut self, _draft: &Draft<'_>) {}
}

/// What was found on the sheets beside their data.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub sheets: Vec<SheetReport>,
    pub rejections: Vec<Rejection>,
    pub warnings: Vec<Warning>,
    pub issues: Vec<SheetIssue>,
}

/// Reads one sheet into the book.
pub(crate) fn walk<B: Book>(sheet: &Sheet, period_year: i32, book: &mut B, findings: &mut Findings) {
    let name = SheetName::new(&sheet.name);
    let report = |status| SheetReport {
        sheet: SheetName::new(&sheet.name),
        status,
        columns: Vec::new(),
        ignored: IgnoredRows::default(),
        accepted: 0,
        rejected: 0,
    };
    if sheet.hidden {
        findings.sheets.push(report(SheetStatus::Hidden));
        return;
    }
    if (0..sheet.height()).all(|row| sheet.row(row).cells().all(|(_, cell)| cell.is_blank())) {
        findings.sheets.push(report(SheetStatus::Empty));
        return;
    }
    let (at, profile, layout) = match find(sheet, book) {
        Ok(found) => found,
        Err(other_book) => {
            findings.sheets.push(report(SheetStatus::NotRecognised));
            findings.issues.push(book.issue(name, other_book));
            return;
        }
    };
    book.begin(sheet, at, &layout);
    let mut report = report(SheetStatus::Read);
    report.columns.clone_from(&layout.columns);
    let mut walk = Walk::new(sheet, name, period_year, (profile, layout), report);
    walk.run(book, findings);
    findings.sheets.push(walk.report);
}

/// The first of the book's headers that stands on the sheet; or whether another book's does.
fn find<B: Book>(sheet: &Sheet, book: &B) -> Result<(usize, &'static Profile, Layout), bool> {
    let mut other_book = false;
    for (at, profile) in book.profiles().into_iter().enumerate() {
        match Layout::find(sheet, profile, 0) {
            FoundLayout::Here(layout) => return Ok((at, profile, layout)),
            FoundLayout::OtherBook => other_book = true,
            FoundLayout::Nowhere => {}
        }
    }
    Err(other_book)
}

struct Walk<'a> {
    sheet: &'a Sheet,
    name: SheetName,
    period_year: i32,
    profile: &'static Profile,
    layout: Layout,
    report: SheetReport,
    filled: Filled,
    /// For each column the row the last data row's value came from.
    sources: Vec<Option<u32>>,
    last_total: Option<u32>,
}

enum Class {
    Blank,
    Part,
    Whole,
    Footer,
    Header(Option<Box<Layout>>),
    Data,
}

impl<'a> Walk<'a> {
    fn new(
        sheet: &'a Sheet,
        name: SheetName,
        period_year: i32,
        (profile, layout): (&'static Profile, Layout),
        report: SheetReport,
    ) -> Self {
        let last_total = rows::last_total_row(sheet, layout.width, layout.first_data_row());
        let sheet_building = key::building_of_sheet_name(&sheet.name);
        let filled = Filled::on_sheet(sheet_building);
        let sources = vec![None; usize::try_from(layout.width).unwrap_or(0)];
        Self { sheet, name, period_year, profile, layout, report, filled, sources, last_total }
    }

    fn run<B: Book>(&mut self, book: &mut B, findings: &mut Findings) {
        let header_row = self.layout.header_rows.first().copied().unwrap_or(0);
        rows::above_header(self.sheet, 0, header_row, &mut self.report.ignored);
        self.report.ignored.header.extend(self.layout.header_rows.iter().map(|row| row + 1));
        let mut trailing_blank = 0;
        for row in self.layout.first_data_row()..self.sheet.height() {
            let class = self.classify(book, row);
            trailing_blank = if matches!(class, Class::Blank) { trailing_blank + 1 } else { 0 };
            let ignored = &mut self.report.ignored;
            match class {
                Class::Blank => ignored.blank.push(row + 1),
                Class::Part => ignored.subtotal.push(row + 1),
                Class::Whole => {
                    ignored.total.push(row + 1);
                    book.read_total(&self.draft(row, &[]));
                }
                Class::Footer => ignored.footer.push(row + 1),
                Class::Header(changed) => {
                    ignored.header.push(row + 1);
                    self.turn_to(changed);
                }
                Class::Data => self.read_row(row, book, findings),
            }
        }
        // Rows below the table are not part of it: a stray note on the right must not list them as blank.
        let kept = self.report.ignored.blank.len().saturating_sub(trailing_blank);
        self.report.ignored.blank.truncate(kept);
    }

    /// A new header half-way: other columns from here on.
    fn turn_to(&mut self, changed: Option<Box<Layout>>) {
        if let Some(layout) = changed {
            self.sources = vec![None; usize::try_from(layout.width).unwrap_or(0)];
            self.layout = *layout;
        }
    }

    fn classify<B: Book>(&self, book: &B, row: u32) -> Class {
        let cells = self.sheet.row(row);
        let width = self.layout.width;
        let mut own = rows::own_cells(cells, width).peekable();
        if own.peek().is_none() {
            return Class::Blank;
        }
        match rows::total_row(cells, width) {
            Some(TotalRow::Part) => return Class::Part,
            Some(TotalRow::Whole) => return Class::Whole,
            None => {}
        }
        if rows::is_closing(cells, width) {
            return Class::Footer;
        }
        if self.layout.is_repeated(self.sheet, row) {
            return Class::Header(None);
        }
        if cells.cells().all(|(_, cell)| matches!(cell, Cell::Text(_)))
            && let Some(layout) = Layout::of_row(self.sheet, self.profile, row)
        {
            return Class::Header(Some(Box::new(layout)));
        }
        if self.last_total.is_some_and(|total| row > total) && !book.looks_like_data(&self.layout, cells) {
            return Class::Footer;
        }
        let imported = |column: u32| self.layout.columns.iter().any(|c| c.index == column && c.field.is_some());
        if own.any(|(column, _)| imported(column)) { Class::Data } else { Class::Blank }
    }

    fn draft<'b>(&'b self, row: u32, sources: &'b [Option<u32>]) -> Draft<'b> {
        Draft {
            sheet: self.sheet,
            layout: &self.layout,
            name: &self.name,
            row,
            cells: self.sheet.row(row),
            sources,
            period_year: self.period_year,
            problems: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn read_row<B: Book>(&mut self, row: u32, book: &mut B, findings: &mut Findings) {
        let lost = self.follow_dittos(row);
        let mut filled = std::mem::take(&mut self.filled);
        let mut draft = self.draft(row, &self.sources);
        for field in lost {
            draft.warn(field, Caution::DittoWithoutAbove, "同上");
        }
        let accepted = book.read_row(&mut draft, &mut filled);
        let Draft { problems, warnings, .. } = draft;
        self.filled = filled;
        if accepted {
            findings.warnings.extend(warnings);
            self.report.accepted += 1;
            return;
        }
        let mut problems = problems.into_iter();
        if let Some(problem) = problems.next() {
            let (sheet, more) = (self.name.clone(), problems.collect());
            findings.rejections.push(Rejection { sheet, row: row + 1, problem, more });
            self.report.rejected += 1;
        }
    }

    /// Where each column's value comes from: this row, or for 同上 where the row above had it from (rule G6).
    /// Gives the fields whose 同上 leads nowhere.
    fn follow_dittos(&mut self, row: u32) -> Vec<Field> {
        let cells = self.sheet.row(row);
        let mut lost = Vec::new();
        for column in self.layout.columns.iter() {
            let Some(field) = column.field else { continue };
            let Some(source) = usize::try_from(column.index).ok().and_then(|at| self.sources.get_mut(at)) else {
                continue;
            };
            let ditto = matches!(self.sheet.value_in(cells, row, column.index), Cell::Text(raw) if text::is_ditto(raw));
            if !ditto {
                *source = Some(row);
            } else if source.is_none() {
                lost.push(field);
            }
        }
        lost
    }
}
