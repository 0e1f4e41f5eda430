//! Pages as they fill: a cursor, and marks with their places.
//!
//! All measures are thousandths of a point from the top left corner: whole numbers, so that the same input is laid out
//! the same everywhere.

use crate::error::PaperError;
use crate::face::{EM, Face, Faces, Glyph};
use crate::line::{Line, broken};
use crate::missing::Missing;

/// A4, in thousandths of a point.
pub(crate) const PAGE_WIDTH_MPT: i32 = 595_276;
/// A4, in thousandths of a point.
pub(crate) const PAGE_HEIGHT_MPT: i32 = 841_890;
/// Left margin: wide enough for a binding.
pub(crate) const LEFT_MPT: i32 = 72_000;
/// Width of the text.
pub(crate) const TEXT_WIDTH_MPT: i32 = 461_000;
/// Where the text begins, below the header.
pub(crate) const TOP_MPT: i32 = 74_000;
/// Where the text ends, above the footer.
pub(crate) const BOTTOM_MPT: i32 = 772_000;
/// The most pages of one paper.
pub(crate) const PAGES_MAX: usize = 3_000;
/// Entries of the reader's table of contents.
pub(crate) const OUTLINE_MAX: usize = 2_000;

/// How text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) face: Face,
    /// Size of the type.
    pub(crate) size_mpt: i32,
    /// From line to line.
    pub(crate) leading_mpt: i32,
    /// 0 is black, 255 white.
    pub(crate) gray: u8,
}

impl Style {
    /// A width in thousandths of this size, rounded down.
    pub(crate) const fn em_of(self, width_mpt: i32) -> i32 {
        clamped(width_mpt as i64 * EM as i64 / self.size_mpt as i64)
    }

    /// The width of so many thousandths of this size.
    pub(crate) const fn mpt_of(self, width_em: i32) -> i32 {
        clamped(width_em as i64 * self.size_mpt as i64 / EM as i64)
    }

    /// From the top of a line to the foot of its letters.
    const fn baseline_mpt(self) -> i32 {
        // Chinese glyphs reach 880 above and 120 below; the rest of the leading is shared between above and below.
        (self.leading_mpt - self.size_mpt) / 2 + clamped(self.size_mpt as i64 * 880 / 1_000)
    }
}

/// A page is far smaller than either end of the range, so nothing that is drawn is ever clamped.
#[allow(clippy::cast_possible_truncation, reason = "checked against both ends")]
const fn clamped(value: i64) -> i32 {
    if value > i32::MAX as i64 {
        i32::MAX
    } else if value < i32::MIN as i64 {
        i32::MIN
    } else {
        value as i32
    }
}

/// Where a text stands in its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Left,
    Right,
    Middle,
    /// From margin to margin.
    Filled,
}

/// Something on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mark {
    /// One line of text: each glyph with what its distance to the next is widened by, in thousandths of the size.
    Text { left_mpt: i32, baseline_mpt: i32, size_mpt: i32, gray: u8, glyphs: Vec<(Glyph, i32)> },
    /// A filled rectangle; rules are thin ones.
    Fill { left_mpt: i32, top_mpt: i32, width_mpt: i32, height_mpt: i32, gray: u8 },
}

/// A heading with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) words: String,
    pub(crate) page: usize,
    pub(crate) top_mpt: i32,
}

/// Pages as they fill.
pub(crate) struct Flow<'a> {
    pub(crate) faces: &'a Faces,
    pub(crate) missing: Missing,
    pub(crate) pages: Vec<Vec<Mark>>,
    pub(crate) outline: Vec<Entry>,
    /// The cursor on the last page.
    pub(crate) top_mpt: i32,
}

impl<'a> Flow<'a> {
    pub(crate) fn new(faces: &'a Faces) -> Self {
        Self { faces, missing: Missing::default(), pages: vec![Vec::new()], outline: Vec::new(), top_mpt: TOP_MPT }
    }

    /// What is left of this page.
    pub(crate) const fn room_mpt(&self) -> i32 {
        BOTTOM_MPT - self.top_mpt
    }

    /// Nothing stands on this page yet.
    pub(crate) const fn is_fresh(&self) -> bool {
        self.top_mpt == TOP_MPT
    }

    /// Goes to the next page.
    pub(crate) fn turn(&mut self) -> Result<(), PaperError> {
        if self.pages.len() >= PAGES_MAX {
            return Err(PaperError::TooMuch { what: "页数", max: PAGES_MAX });
        }
        self.pages.push(Vec::new());
        self.top_mpt = TOP_MPT;
        Ok(())
    }

    /// Goes to the next page unless so much is left.
    pub(crate) fn need(&mut self, height_mpt: i32) -> Result<(), PaperError> {
        if self.room_mpt() < height_mpt && !self.is_fresh() { self.turn() } else { Ok(()) }
    }

    /// Leaves a blank, which a page neither begins with nor turns for.
    pub(crate) fn gap(&mut self, height_mpt: i32) {
        if !self.is_fresh() {
            self.top_mpt = self.top_mpt.saturating_add(height_mpt).min(BOTTOM_MPT);
        }
    }

    pub(crate) fn put(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    /// Notes a heading for the reader's table of contents.
    pub(crate) fn enter(&mut self, words: &str) {
        if self.outline.len() < OUTLINE_MAX {
            let page = self.pages.len().saturating_sub(1);
            self.outline.push(Entry { words: words.to_owned(), page, top_mpt: self.top_mpt });
        }
    }

    /// Sets a text into lines of that width; the first is shorter by `indent_mpt`.
    pub(crate) fn lines(&mut self, style: Style, text: &str, width_mpt: i32, indent_mpt: i32) -> Vec<Line> {
        let parts = self.faces.set(style.face, text, &mut self.missing);
        let (first, rest) = (style.em_of(width_mpt - indent_mpt), style.em_of(width_mpt));
        parts.iter().flat_map(|part| broken(part, first, rest)).collect()
    }

    /// Draws a line whose top is at `top_mpt`.
    pub(crate) fn draw(
        &mut self,
        line: &Line,
        style: Style,
        top_mpt: i32,
        left_mpt: i32,
        width_mpt: i32,
        place: Place,
    ) {
        let mark = placed(line, style, top_mpt, left_mpt, width_mpt, place);
        self.put(mark);
    }

    /// A paragraph over as many pages as it takes. A lone last line is not carried over a page alone.
    pub(crate) fn paragraph(
        &mut self,
        style: Style,
        text: &str,
        indent_mpt: i32,
        place: Place,
    ) -> Result<(), PaperError> {
        let lines = self.lines(style, text, TEXT_WIDTH_MPT, indent_mpt);
        let count = lines.len();
        for (number, line) in lines.iter().enumerate() {
            let together = if count - number == 2 || (number == 0 && count > 1) { 2 } else { 1 };
            self.need(style.leading_mpt * together)?;
            let indent_mpt = if number == 0 { indent_mpt } else { 0 };
            let top_mpt = self.top_mpt;
            self.draw(line, style, top_mpt, LEFT_MPT + indent_mpt, TEXT_WIDTH_MPT - indent_mpt, place);
            self.top_mpt += style.leading_mpt;
        }
        Ok(())
    }
}

/// A line at its place.
pub(crate) fn placed(line: &Line, style: Style, top_mpt: i32, left_mpt: i32, width_mpt: i32, place: Place) -> Mark {
    let spread = if place == Place::Filled { line.spread(style.em_of(width_mpt)) } else { Vec::new() };
    let left = width_mpt - style.mpt_of(line.ink());
    let shift_mpt = match place {
        Place::Left | Place::Filled => 0,
        Place::Right => left,
        Place::Middle => left / 2,
    };
    let extra = spread.into_iter().chain(std::iter::repeat(0));
    Mark::Text {
        left_mpt: left_mpt + shift_mpt,
        baseline_mpt: top_mpt + style.baseline_mpt(),
        size_mpt: style.size_mpt,
        gray: style.gray,
        glyphs: line.glyphs.iter().copied().zip(extra).collect(),
    }
}
