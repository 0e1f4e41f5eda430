//! A paper: blocks that flow over A4 pages.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::error::PaperError;
use crate::face::{Face, Faces};
use crate::flow::{BOTTOM_MPT, Flow, LEFT_MPT, Mark, Place, Style, TEXT_WIDTH_MPT, TOP_MPT, placed};
use crate::grid::{self, Look, fill};
use crate::line::broken;
use crate::missing::Missing;
use crate::pen;
use crate::table::{Column, Row, Table};

/// The most blocks of a paper.
pub const BLOCKS_MAX: usize = 100_000;
/// The longest text of one block, in characters.
pub const TEXT_CHARS_MAX: usize = 100_000;

const TITLE: Style = Style { face: Face::Hei, size_mpt: 20_000, leading_mpt: 30_000, gray: 0 };
const HEADING: Style = Style { face: Face::Hei, size_mpt: 13_000, leading_mpt: 21_000, gray: 0 };
const SUBHEADING: Style = Style { face: Face::Hei, size_mpt: 10_500, leading_mpt: 16_500, gray: 0 };
const BODY: Style = Style { face: Face::Song, size_mpt: 10_500, leading_mpt: 18_000, gray: 0 };
const NOTE: Style = Style { face: Face::Song, size_mpt: 9_000, leading_mpt: 14_000, gray: 70 };
const FURNITURE: Style = Style { face: Face::Song, size_mpt: 8_000, leading_mpt: 12_000, gray: 90 };
/// The digest and other figures that are compared by eye stand alone on a line.
const FIGURE: Style = Style { face: Face::Song, size_mpt: 9_500, leading_mpt: 17_000, gray: 0 };

const HEADER_MPT: i32 = 44_000;
const FOOTER_MPT: i32 = 790_000;
/// A heading is not left alone at the foot of a page.
const BELOW_HEADING_MPT: i32 = 64_000;
/// Nor is the beginning of a message: its names, the first lines of its text and of its events stay together.
const BELOW_SUBHEADING_MPT: i32 = 150_000;
const GAP_BELOW_MPT: i32 = 5_000;
/// From one line to sign on to the next.
const SIGNATURE_LINE_MPT: i32 = 30_000;

/// What stands on every page of a paper, and in the file's own description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The title, also in the header of every page.
    pub title: String,
    /// The company that hands the paper over.
    pub issuer: String,
    /// The paper's number, in the header of every page.
    pub number: String,
    /// When it was made; the only time in the file.
    pub made_at: DateTime<Utc>,
    /// The zone all times of the paper are shown in.
    pub zone: Tz,
}

/// A file that travels inside the paper (PDF/A-3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, ASCII.
    pub name: String,
    /// Its media type, such as `application/json`.
    pub mime: &'static str,
    /// What it is, for a person.
    pub words: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A paper that was printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// The PDF file.
    pub pdf: Vec<u8>,
    /// How many pages it has.
    pub pages: usize,
    /// What no face has; the paper says so itself.
    pub missing: Missing,
}

enum Block {
    Title(String),
    Heading(String),
    Subheading(String),
    Paragraph(String),
    Note(String),
    Figure(String),
    Table(Table, Look),
    Signatures(Vec<String>),
    Gap,
}

/// A paper in the making: blocks in the order they are read.
pub struct Document {
    head: Head,
    blocks: Vec<Block>,
    attachment: Option<Attachment>,
}

impl Document {
    /// An empty paper.
    #[must_use]
    pub const fn new(head: Head) -> Self {
        Self { head, blocks: Vec::new(), attachment: None }
    }

    /// The title, in the middle.
    pub fn title(&mut self, words: impl Into<String>) -> &mut Self {
        self.add(Block::Title(words.into()))
    }

    /// A heading, also in the reader's table of contents.
    pub fn heading(&mut self, words: impl Into<String>) -> &mut Self {
        self.add(Block::Heading(words.into()))
    }

    /// A heading below a heading.
    pub fn subheading(&mut self, words: impl Into<String>) -> &mut Self {
        self.add(Block::Subheading(words.into()))
    }

    /// Text, its first line indented by two characters.
    pub fn paragraph(&mut self, words: impl Into<String>) -> &mut Self {
        self.add(Block::Paragraph(words.into()))
    }

    /// A small grey remark.
    pub fn note(&mut self, words: impl Into<String>) -> &mut Self {
        self.add(Block::Note(words.into()))
    }

    /// A figure that is compared by eye, in the middle of a line of its own.
    pub fn figure(&mut self, words: impl Into<String>) -> &mut Self {
        self.add(Block::Figure(words.into()))
    }

    /// Names and what they stand for, ruled.
    pub fn pairs(&mut self, pairs: Vec<(String, String)>) -> &mut Self {
        let rows = pairs.into_iter().map(|(name, words)| Row::of(vec![name, words])).collect();
        let columns = vec![Column::words("", 22), Column::words("", 78)];
        self.add(Block::Table(Table { columns, rows }, Look::Named))
    }

    /// Text that is quoted word for word, in a box.
    pub fn quoted(&mut self, words: impl Into<String>) -> &mut Self {
        let rows = vec![Row::of(vec![words.into()])];
        self.add(Block::Table(Table { columns: vec![Column::words("", 1)], rows }, Look::Quoted))
    }

    /// A table with a head, repeated on every page it reaches.
    pub fn table(&mut self, table: Table) -> &mut Self {
        self.add(Block::Table(table, Look::Headed))
    }

    /// A blank.
    pub fn gap(&mut self) -> &mut Self {
        self.add(Block::Gap)
    }

    /// Lines to sign or seal on, kept on one page.
    pub fn signatures(&mut self, labels: Vec<String>) -> &mut Self {
        self.add(Block::Signatures(labels))
    }

    /// Puts a file into the paper; a second one replaces it.
    pub fn attach(&mut self, attachment: Attachment) -> &mut Self {
        self.attachment = Some(attachment);
        self
    }

    fn add(&mut self, block: Block) -> &mut Self {
        self.blocks.push(block);
        self
    }

    /// Lays the paper out and writes it.
    ///
    /// # Errors
    /// [`PaperError::TooMuch`] beyond a limit; [`PaperError::Font`] and [`PaperError::Pdf`] when the program itself is
    /// broken.
    pub fn print(&self) -> Result<Printed, PaperError> {
        if self.blocks.len() > BLOCKS_MAX {
            return Err(PaperError::TooMuch { what: "文件段落数", max: BLOCKS_MAX });
        }
        let faces = Faces::load()?;
        let Flow { pages, outline, missing, .. } = self.laid(&faces)?;
        let pdf = pen::written(&faces, &pages, &outline, &self.head, self.attachment.as_ref())?;
        Ok(Printed { pdf, pages: pages.len(), missing })
    }

    /// All pages, complete.
    fn laid<'f>(&self, faces: &'f Faces) -> Result<Flow<'f>, PaperError> {
        let mut flow = Flow::new(faces);
        for text in [&self.head.title, &self.head.issuer, &self.head.number] {
            faces.set(FURNITURE.face, text, &mut flow.missing);
        }
        for block in &self.blocks {
            lay(&mut flow, block)?;
        }
        if !flow.missing.is_empty() {
            let words = flow.missing.words();
            lay(&mut flow, &Block::Gap)?;
            lay(&mut flow, &Block::Note(words))?;
        }
        let count = flow.pages.len();
        for (number, page) in flow.pages.iter_mut().enumerate() {
            self.furnish(faces, page, number + 1, count);
        }
        Ok(flow)
    }

    /// Header and footer of one page.
    fn furnish(&self, faces: &Faces, page: &mut Vec<Mark>, number: usize, count: usize) {
        let made = self.head.made_at.with_timezone(&self.head.zone).format("%Y-%m-%d").to_string();
        let numbered = format!("编号：{}", self.head.number);
        let counted = format!("第 {number} 页　共 {count} 页");
        let texts = [
            (HEADER_MPT, Place::Left, self.head.title.as_str()),
            (HEADER_MPT, Place::Right, numbered.as_str()),
            (FOOTER_MPT, Place::Left, self.head.issuer.as_str()),
            (FOOTER_MPT, Place::Middle, counted.as_str()),
            (FOOTER_MPT, Place::Right, made.as_str()),
        ];
        for (top_mpt, place, text) in texts {
            // Two fifths of the width each: a long name stays clear of what stands opposite.
            let room = FURNITURE.em_of(if place == Place::Middle { TEXT_WIDTH_MPT } else { TEXT_WIDTH_MPT * 2 / 5 });
            let set = faces.set(FURNITURE.face, text, &mut Missing::default());
            let line = set.first().and_then(|part| broken(part, room, room).into_iter().next());
            if let Some(line) = line {
                page.push(placed(&line, FURNITURE, top_mpt, LEFT_MPT, TEXT_WIDTH_MPT, place));
            }
        }
        page.push(fill(LEFT_MPT, TOP_MPT - 14_000, TEXT_WIDTH_MPT, 500, 150));
        page.push(fill(LEFT_MPT, BOTTOM_MPT + 12_000, TEXT_WIDTH_MPT, 500, 150));
    }
}

fn lay(flow: &mut Flow<'_>, block: &Block) -> Result<(), PaperError> {
    match block {
        Block::Title(words) => {
            flow.gap(10_000);
            bounded(words)?;
            flow.paragraph(TITLE, words, 0, Place::Middle)?;
            flow.gap(12_000);
        }
        Block::Heading(words) => heading(flow, HEADING, words, 16_000, BELOW_HEADING_MPT)?,
        Block::Subheading(words) => heading(flow, SUBHEADING, words, 11_000, BELOW_SUBHEADING_MPT)?,
        Block::Paragraph(words) => {
            bounded(words)?;
            flow.paragraph(BODY, words, 2 * BODY.size_mpt, Place::Filled)?;
        }
        Block::Note(words) => {
            bounded(words)?;
            flow.paragraph(NOTE, words, 0, Place::Filled)?;
        }
        Block::Figure(words) => {
            bounded(words)?;
            flow.paragraph(FIGURE, words, 0, Place::Middle)?;
        }
        Block::Table(table, look) => {
            for text in table.rows.iter().flat_map(|row| &row.cells) {
                bounded(text)?;
            }
            grid::lay(flow, table, *look)?;
        }
        Block::Signatures(labels) => signatures(flow, labels)?,
        Block::Gap => flow.gap(8_000),
    }
    Ok(())
}

fn bounded(text: &str) -> Result<(), PaperError> {
    // A character is at most four bytes, so most texts need no count.
    if text.len() > TEXT_CHARS_MAX && text.chars().count() > TEXT_CHARS_MAX {
        return Err(PaperError::TooMuch { what: "单段文字长度", max: TEXT_CHARS_MAX });
    }
    Ok(())
}

fn heading(flow: &mut Flow<'_>, style: Style, words: &str, above_mpt: i32, room_mpt: i32) -> Result<(), PaperError> {
    bounded(words)?;
    flow.gap(above_mpt);
    flow.need(style.leading_mpt + GAP_BELOW_MPT + room_mpt)?;
    flow.enter(words);
    flow.paragraph(style, words, 0, Place::Left)?;
    flow.gap(GAP_BELOW_MPT);
    Ok(())
}

/// Labels on the right half of the page, each with a rule to write on.
fn signatures(flow: &mut Flow<'_>, labels: &[String]) -> Result<(), PaperError> {
    let count = i32::try_from(labels.len()).unwrap_or(i32::MAX);
    flow.gap(SIGNATURE_LINE_MPT / 2);
    flow.need(count.saturating_mul(SIGNATURE_LINE_MPT).min(BOTTOM_MPT - TOP_MPT))?;
    let (left_mpt, width_mpt) = (LEFT_MPT + TEXT_WIDTH_MPT * 2 / 5, TEXT_WIDTH_MPT * 3 / 5);
    for label in labels {
        flow.need(SIGNATURE_LINE_MPT)?;
        let top_mpt = flow.top_mpt;
        let mut label_mpt = 0;
        for line in flow.lines(BODY, label, width_mpt, 0).iter().take(1) {
            flow.draw(line, BODY, top_mpt, left_mpt, width_mpt, Place::Left);
            label_mpt = BODY.mpt_of(line.ink());
        }
        let rule_mpt = (width_mpt - label_mpt - 6_000).max(0);
        let foot_mpt = top_mpt + BODY.leading_mpt - 2_000;
        flow.put(fill(left_mpt + label_mpt + 6_000, foot_mpt, rule_mpt, 500, 0));
        flow.top_mpt += SIGNATURE_LINE_MPT;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::{EM, Glyph};

    /// What no line begins with (GB/T 15834—2011).
    const NOT_AT_START: &str = "，。；：！？、）】》」』”’";

    fn document(rows: usize) -> Document {
        let mut paper = Document::new(Head {
            title: "对账单".to_owned(),
            issuer: "翠湖物业".to_owned(),
            number: "DZ-1".to_owned(),
            made_at: DateTime::UNIX_EPOCH,
            zone: chrono_tz::Asia::Shanghai,
        });
        paper.title("对账单").heading("一、说明");
        for length in 1..60 {
            paper.paragraph(
                "请核对，无误后签字。（如有异议，请致电）“谢谢！”".chars().cycle().take(length * 3).collect::<String>(),
            );
        }
        let row = |number: usize| {
            let amount = if number == 7 { "-1,234,567,890.12".to_owned() } else { format!("{number},111.00") };
            Row::of(vec!["3幢（东），1801室。".repeat(number % 5 + 1), amount, "收讫。".to_owned()])
        };
        let columns = vec![Column::words("房屋", 20), Column::figures("金额（元）", 10), Column::words("备注", 10)];
        paper.table(Table { columns, rows: (1..=rows).map(row).collect() });
        paper
    }

    /// Each line with its first and last letter, its left edge and the right edge of its ink.
    fn texts(pages: &[Vec<Mark>]) -> Vec<(String, i32, i32)> {
        let of = |mark: &Mark| match mark {
            Mark::Fill { .. } => None,
            Mark::Text { left_mpt, size_mpt, glyphs, .. } => {
                let width: i32 = glyphs.iter().map(|(glyph, extra): &(Glyph, i32)| glyph.advance + extra).sum();
                let text = glyphs.iter().map(|(glyph, _)| glyph.character).collect();
                Some((text, *left_mpt, left_mpt + width * (size_mpt / 100) / (EM / 100)))
            }
        };
        pages.iter().flatten().filter_map(of).collect()
    }

    #[test]
    fn no_line_of_any_page_begins_with_a_closing_mark() {
        let faces = Faces::load().unwrap();
        let flow = document(60).laid(&faces).unwrap();
        let all = texts(&flow.pages);
        assert!(all.len() > 400, "{}", all.len());
        let wrong: Vec<&String> =
            all.iter().map(|(text, _, _)| text).filter(|text| text.starts_with(|c| NOT_AT_START.contains(c))).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn amounts_end_at_the_same_edge_and_are_never_broken() {
        let faces = Faces::load().unwrap();
        let flow = document(60).laid(&faces).unwrap();
        let amounts: Vec<(String, i32, i32)> = texts(&flow.pages)
            .into_iter()
            .filter(|(text, _, _)| text.ends_with(".00") || text.ends_with(".12"))
            .collect();
        assert_eq!(amounts.len(), 60);
        assert!(amounts.iter().any(|(text, _, _)| text == "-1,234,567,890.12"), "in one piece");
        let edges: Vec<i32> = amounts.iter().map(|(_, _, right)| *right).collect();
        let (least, most) = (edges.iter().min().unwrap(), edges.iter().max().unwrap());
        assert!(most - least < 100, "a tenth of a point: {least} to {most}");
        let lefts: std::collections::BTreeSet<i32> = amounts.iter().map(|(_, left, _)| *left).collect();
        assert!(lefts.len() > 1, "they begin at different places");
    }

    #[test]
    fn nothing_is_drawn_outside_the_margins() {
        let faces = Faces::load().unwrap();
        let flow = document(200).laid(&faces).unwrap();
        for (text, left, right) in texts(&flow.pages) {
            assert!(left >= LEFT_MPT, "{text}");
            // A closing mark at the end may reach over by its blank half.
            assert!(right <= LEFT_MPT + TEXT_WIDTH_MPT + 11_000, "{text}: {right}");
        }
        let feet = flow.pages.iter().flatten().map(|mark| match mark {
            Mark::Text { baseline_mpt, .. } => *baseline_mpt,
            Mark::Fill { top_mpt, height_mpt, .. } => top_mpt + height_mpt,
        });
        assert!(feet.max().unwrap() < crate::flow::PAGE_HEIGHT_MPT - 30_000);
    }
}
