//! One sheet of a house book, row by row.

use super::columns::PROFILE;
use super::draft::Draft;
use super::place::Filled;
use super::record::{HouseBook, SheetReport, SheetStatus};
use super::{ReadOptions, Seen, row};
use crate::cell::Value;
use crate::finding::{Caution, Rejection, SheetIssue, SheetName};
use crate::grid::{Cell, Sheet};
use crate::header::{Field, FoundLayout, Layout};
use crate::key::{self, TwoParts};
use crate::kind::HouseKind;
use crate::rows::{self, IgnoredRows, TotalRow};
use crate::text;

/// Reads one sheet into the book.
pub(super) fn read(sheet: &Sheet, options: &ReadOptions, book: &mut HouseBook, seen: &mut Seen) {
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
        book.sheets.push(report(SheetStatus::Hidden));
        return;
    }
    if (0..sheet.height()).all(|row| sheet.row(row).cells().all(|(_, cell)| cell.is_blank())) {
        book.sheets.push(report(SheetStatus::Empty));
        return;
    }
    let layout = match Layout::find(sheet, &PROFILE, 0) {
        FoundLayout::Here(layout) => layout,
        other => {
            book.sheets.push(report(SheetStatus::NotRecognised));
            book.issues.push(issue(name, other == FoundLayout::OtherBook));
            return;
        }
    };
    let mut report = report(SheetStatus::Read);
    report.columns.clone_from(&layout.columns);
    let mut walk = Walk::new(sheet, name, options, layout, report);
    walk.run(book, seen);
    book.sheets.push(walk.report);
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

struct Walk<'a> {
    sheet: &'a Sheet,
    name: SheetName,
    options: &'a ReadOptions,
    layout: Layout,
    report: SheetReport,
    filled: Filled,
    sheet_kind: Option<HouseKind>,
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
    fn new(sheet: &'a Sheet, name: SheetName, options: &'a ReadOptions, layout: Layout, report: SheetReport) -> Self {
        let last_total = rows::last_total_row(sheet, layout.width, layout.first_data_row());
        let sheet_building = key::building_of_sheet_name(&sheet.name);
        let sheet_kind = HouseKind::of_sheet_name(&sheet.name);
        let filled = Filled::on_sheet(sheet_building);
        let sources = vec![None; usize::try_from(layout.width).unwrap_or(0)];
        Self { sheet, name, options, layout, report, filled, sheet_kind, sources, last_total }
    }

    fn run(&mut self, book: &mut HouseBook, seen: &mut Seen) {
        let header_row = self.layout.header_rows.first().copied().unwrap_or(0);
        rows::above_header(self.sheet, 0, header_row, &mut self.report.ignored);
        self.report.ignored.header.extend(self.layout.header_rows.iter().map(|row| row + 1));
        let mut trailing_blank = 0;
        for row in self.layout.first_data_row()..self.sheet.height() {
            let class = self.classify(row);
            trailing_blank = if matches!(class, Class::Blank) { trailing_blank + 1 } else { 0 };
            let ignored = &mut self.report.ignored;
            match class {
                Class::Blank => ignored.blank.push(row + 1),
                Class::Part => ignored.subtotal.push(row + 1),
                Class::Whole => ignored.total.push(row + 1),
                Class::Footer => ignored.footer.push(row + 1),
                Class::Header(changed) => {
                    ignored.header.push(row + 1);
                    self.turn_to(changed);
                }
                Class::Data => self.read_row(row, book, seen),
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

    fn classify(&self, row: u32) -> Class {
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
            && let Some(layout) = Layout::of_row(self.sheet, &PROFILE, row)
        {
            return Class::Header(Some(Box::new(layout)));
        }
        if self.last_total.is_some_and(|total| row > total) && !self.looks_like_data(row) {
            return Class::Footer;
        }
        let imported = |column: u32| self.layout.columns.iter().any(|c| c.index == column && c.field.is_some());
        if own.any(|(column, _)| imported(column)) { Class::Data } else { Class::Blank }
    }

    /// A row below the last total is data only when it has a house number and another fact.
    fn looks_like_data(&self, row: u32) -> bool {
        let cells = self.sheet.row(row);
        let filled = |field: Field| {
            self.layout.column_of(field).and_then(|column| cells.own(column)).is_some_and(|cell| !cell.is_blank())
        };
        let room = self.layout.column_of(Field::Room).or_else(|| self.layout.column_of(Field::EntranceRoom));
        let number = room.and_then(|column| cells.own(column)).is_some_and(|cell| {
            let typed = Value::of(cell).to_text().into_owned();
            typed.bytes().any(|b| b.is_ascii_digit()) && key::parse_room(&typed, TwoParts::BuildingRoom).is_ok()
        });
        number && [Field::Area, Field::Owner, Field::Phone].into_iter().any(filled)
    }

    fn read_row(&mut self, row: u32, book: &mut HouseBook, seen: &mut Seen) {
        let lost = self.follow_dittos(row);
        let mut draft = Draft {
            sheet: self.sheet,
            layout: &self.layout,
            name: &self.name,
            row,
            cells: self.sheet.row(row),
            sources: &self.sources,
            period_year: self.options.period_year,
            problems: Vec::new(),
            warnings: Vec::new(),
        };
        for field in lost {
            draft.warn(field, Caution::DittoWithoutAbove, "同上");
        }
        let house = row::read(&mut draft, &mut self.filled, self.sheet_kind);
        let Draft { mut problems, warnings, .. } = draft;
        if let Some(house) = house {
            match seen.admit(&house, book, self.layout.letter_of(Field::Room)) {
                Ok(()) => {
                    book.houses.push(house);
                    book.warnings.extend(warnings);
                    self.report.accepted += 1;
                    return;
                }
                Err(problem) => problems.push(problem),
            }
        }
        let mut problems = problems.into_iter();
        if let Some(problem) = problems.next() {
            let (sheet, more) = (self.name.clone(), problems.collect());
            book.rejections.push(Rejection { sheet, row: row + 1, problem, more });
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
