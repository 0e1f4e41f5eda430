//! Lays tables out: ruled rows that flow over pages below a repeated head.

use crate::error::PaperError;
use crate::face::Face;
use crate::flow::{Flow, LEFT_MPT, Mark, Place, Style, TEXT_WIDTH_MPT};
use crate::line::Line;
use crate::missing::Missing;
use crate::table::{COLUMNS_MAX, Column, ROWS_MAX, Row, Table};

const CELL: Style = Style { face: Face::Song, size_mpt: 9_000, leading_mpt: 13_500, gray: 0 };
const STRONG: Style = Style { face: Face::Hei, size_mpt: 9_000, leading_mpt: 13_500, gray: 0 };
const PAD_SIDE_MPT: i32 = 4_500;
const PAD_HEIGHT_MPT: i32 = 3_500;
const RULE_MPT: i32 = 500;
const RULE_GRAY: u8 = 120;
const SHADE_GRAY: u8 = 238;
const PALE_GRAY: u8 = 247;
/// A row that must be cut leaves at least so many lines on the page it begins on.
const CUT_LINES_MIN: i32 = 3;

/// How a table looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// A head, and rows below it.
    Headed,
    /// No head; the first column names what the second says.
    Named,
    /// No head; one pale cell around a text that is quoted.
    Quoted,
}

struct Grid<'t> {
    look: Look,
    columns: &'t [Column],
    /// From the left edge of the text.
    lefts_mpt: Vec<i32>,
    widths_mpt: Vec<i32>,
}

/// A row that was set.
struct SetRow {
    cells: Vec<Vec<Line>>,
    styles: Vec<Style>,
    head: bool,
}

impl SetRow {
    /// Lines of its longest cell.
    fn count(&self) -> i32 {
        let most = self.cells.iter().map(Vec::len).max().unwrap_or(0);
        i32::try_from(most).unwrap_or(i32::MAX / 100_000).max(1)
    }
}

const fn height_mpt(lines: i32) -> i32 {
    lines.saturating_mul(CELL.leading_mpt).saturating_add(2 * PAD_HEIGHT_MPT)
}

/// Lays a table out from the cursor on.
pub(crate) fn lay(flow: &mut Flow<'_>, table: &Table, look: Look) -> Result<(), PaperError> {
    if table.columns.is_empty() || table.columns.len() > COLUMNS_MAX {
        return Err(PaperError::TooMuch { what: "表格列数", max: COLUMNS_MAX });
    }
    if table.rows.len() > ROWS_MAX {
        return Err(PaperError::TooMuch { what: "表格行数", max: ROWS_MAX });
    }
    let grid = Grid::of(&table.columns, look, needed_mpt(flow, table));
    let heads = table.columns.iter().map(|column| column.head.clone()).collect();
    let head = (look == Look::Headed).then(|| grid.set(flow, &Row::of(heads), true)).transpose()?;
    let mut begun = false;
    for row in &table.rows {
        let row = grid.set(flow, row, false)?;
        if !begun {
            let of_head = head.as_ref().map_or(0, |head| height_mpt(head.count()));
            flow.need(of_head + height_mpt(row.count().min(CUT_LINES_MIN)))?;
            grid.draw_head(flow, head.as_ref());
            begun = true;
        }
        grid.flow_row(flow, &row, head.as_ref())?;
    }
    if !begun {
        grid.draw_head(flow, head.as_ref());
    }
    Ok(())
}

/// What each column needs whose cells are not broken; 0 for columns of words.
fn needed_mpt(flow: &mut Flow<'_>, table: &Table) -> Vec<i32> {
    let mut widest = vec![0; table.columns.len()];
    for row in &table.rows {
        let style = if row.total { STRONG } else { CELL };
        let cells = table.columns.iter().zip(&row.cells).zip(&mut widest);
        for ((_, cell), most) in cells.filter(|((column, _), _)| column.whole) {
            // Only measured here: what is missing is noted when the cell is set.
            let set = flow.faces.set(style.face, cell, &mut Missing::default());
            let ink: i32 = set.iter().flatten().map(|glyph| glyph.advance).sum();
            *most = (style.mpt_of(ink) + 2 * PAD_SIDE_MPT + RULE_MPT).max(*most);
        }
    }
    widest
}

/// A part of a width, rounded down.
fn part_mpt(width_mpt: i32, share: i32, shares: i32) -> i32 {
    i32::try_from(i64::from(width_mpt) * i64::from(share) / i64::from(shares.max(1))).unwrap_or(width_mpt)
}

impl<'t> Grid<'t> {
    /// Columns get their shares. Where one that is not broken needs more, words give way, down to a sixth of the table.
    fn of(columns: &'t [Column], look: Look, needed_mpt: Vec<i32>) -> Self {
        let share = |column: &Column| i32::from(column.share.max(1));
        let shares: i32 = columns.iter().map(share).sum();
        let mut widths_mpt: Vec<i32> =
            columns.iter().map(|column| part_mpt(TEXT_WIDTH_MPT, share(column), shares)).collect();
        let grown: Vec<i32> = widths_mpt.iter().zip(needed_mpt).map(|(own, needed)| needed.max(*own)).collect();
        let of_whole = columns.iter().zip(&grown).filter(|(column, _)| column.whole);
        let words_mpt = TEXT_WIDTH_MPT - of_whole.map(|(_, width)| *width).sum::<i32>();
        let word_shares: i32 = columns.iter().filter(|column| !column.whole).map(share).sum();
        if word_shares > 0 && words_mpt >= TEXT_WIDTH_MPT / 6 {
            let resized = columns.iter().zip(grown);
            widths_mpt = resized
                .map(
                    |(column, grown)| {
                        if column.whole { grown } else { part_mpt(words_mpt, share(column), word_shares) }
                    },
                )
                .collect();
        }
        let spare_mpt = TEXT_WIDTH_MPT - widths_mpt.iter().sum::<i32>();
        if let Some(first) = widths_mpt.first_mut() {
            *first += spare_mpt;
        }
        let edges = widths_mpt.iter().scan(0, |edge, width| {
            let left = *edge;
            *edge += width;
            Some(left)
        });
        Self { look, columns, lefts_mpt: edges.collect(), widths_mpt }
    }

    fn set(&self, flow: &mut Flow<'_>, row: &Row, head: bool) -> Result<SetRow, PaperError> {
        if row.cells.len() > self.columns.len() {
            return Err(PaperError::TooMuch { what: "一行的单元格", max: self.columns.len() });
        }
        let mut set = SetRow { cells: Vec::new(), styles: Vec::new(), head };
        for (place, (cell, width_mpt)) in row.cells.iter().zip(&self.widths_mpt).enumerate() {
            let strong = head || row.total || (self.look == Look::Named && place == 0);
            let style = if strong { STRONG } else { CELL };
            set.cells.push(flow.lines(style, cell, width_mpt - 2 * PAD_SIDE_MPT, 0));
            set.styles.push(style);
        }
        Ok(set)
    }

    fn draw_head(&self, flow: &mut Flow<'_>, head: Option<&SetRow>) {
        match head {
            Some(head) => self.draw(flow, head, 0, head.count()),
            None => self.rule(flow),
        }
    }

    /// A row whole where it fits, on the next page where it fits that, and cut between lines where it fits none.
    fn flow_row(&self, flow: &mut Flow<'_>, row: &SetRow, head: Option<&SetRow>) -> Result<(), PaperError> {
        let (mut from, count) = (0, row.count());
        let of_head_mpt = head.map_or(0, |head| height_mpt(head.count()));
        let fresh_mpt = crate::flow::BOTTOM_MPT - crate::flow::TOP_MPT - of_head_mpt;
        while from < count {
            let left = count - from;
            let fitting = (flow.room_mpt() - 2 * PAD_HEIGHT_MPT) / CELL.leading_mpt;
            let nothing_above = flow.room_mpt() >= fresh_mpt;
            if fitting < left && !nothing_above && (height_mpt(left) <= fresh_mpt || fitting < CUT_LINES_MIN) {
                flow.turn()?;
                self.draw_head(flow, head);
                continue;
            }
            let to = from + fitting.clamp(1, left);
            self.draw(flow, row, from, to);
            from = to;
        }
        Ok(())
    }

    /// The lines `from..to` of a row as a ruled box.
    fn draw(&self, flow: &mut Flow<'_>, row: &SetRow, from: i32, to: i32) {
        let (top_mpt, box_mpt) = (flow.top_mpt, height_mpt(to - from));
        self.shade(flow, row, box_mpt);
        let skipped = usize::try_from(from).unwrap_or(0);
        let taken = usize::try_from(to - from).unwrap_or(0);
        for (place, (lines, style)) in row.cells.iter().zip(&row.styles).enumerate() {
            let (Some(left_mpt), Some(width_mpt)) = (self.lefts_mpt.get(place), self.widths_mpt.get(place)) else {
                continue;
            };
            let side = self.columns.get(place).map_or(Place::Left, |column| self.side(column, row.head));
            let mut line_mpt = top_mpt + PAD_HEIGHT_MPT;
            for line in lines.iter().skip(skipped).take(taken) {
                let (x_mpt, room_mpt) = (LEFT_MPT + left_mpt + PAD_SIDE_MPT, width_mpt - 2 * PAD_SIDE_MPT);
                flow.draw(line, *style, line_mpt, x_mpt, room_mpt, side);
                line_mpt += style.leading_mpt;
            }
        }
        for left_mpt in self.lefts_mpt.iter().copied().chain([TEXT_WIDTH_MPT - RULE_MPT]) {
            flow.put(fill(LEFT_MPT + left_mpt, top_mpt, RULE_MPT, box_mpt, RULE_GRAY));
        }
        // The rule above again: the shade of this row lies over it.
        self.rule(flow);
        flow.top_mpt += box_mpt;
        self.rule(flow);
    }

    const fn side(&self, column: &Column, head: bool) -> Place {
        match (column.right, head, self.look) {
            (true, false, _) => Place::Right,
            (_, true, _) => Place::Middle,
            (false, false, Look::Quoted) => Place::Filled,
            (false, false, _) => Place::Left,
        }
    }

    fn shade(&self, flow: &mut Flow<'_>, row: &SetRow, box_mpt: i32) {
        let (width_mpt, gray) = match (row.head, self.look) {
            (true, _) => (TEXT_WIDTH_MPT, SHADE_GRAY),
            (_, Look::Quoted) => (TEXT_WIDTH_MPT, PALE_GRAY),
            (_, Look::Named) => (self.widths_mpt.first().copied().unwrap_or(0), SHADE_GRAY),
            (_, Look::Headed) => return,
        };
        let top_mpt = flow.top_mpt;
        flow.put(fill(LEFT_MPT, top_mpt, width_mpt, box_mpt, gray));
    }

    /// A rule across the table at the cursor.
    fn rule(&self, flow: &mut Flow<'_>) {
        let top_mpt = flow.top_mpt;
        flow.put(fill(LEFT_MPT, top_mpt, TEXT_WIDTH_MPT, RULE_MPT, RULE_GRAY));
    }
}

pub(crate) const fn fill(left_mpt: i32, top_mpt: i32, width_mpt: i32, height_mpt: i32, gray: u8) -> Mark {
    Mark::Fill { left_mpt, top_mpt, width_mpt, height_mpt, gray }
}
