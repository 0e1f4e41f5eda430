//! Reads a PDF file back as a reader's program finds it.
#![allow(clippy::disallowed_types, clippy::float_arithmetic, clippy::cast_possible_truncation)]

use std::collections::BTreeMap;

use pdf_extract::{Document, MediaBox, OutputDev, OutputError, Transform};

/// What stands on one height of a page; cells of one row are one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Counted from 1.
    pub page: u32,
    /// From left to right.
    pub text: String,
}

#[derive(Default)]
struct Letters {
    page: u32,
    /// By page and height from the foot, in thousandths of a point.
    lines: BTreeMap<(u32, i64), String>,
    /// In the order they are written.
    text: String,
}

impl OutputDev for Letters {
    fn begin_page(&mut self, page: u32, _: &MediaBox, _: Option<(f64, f64, f64, f64)>) -> Result<(), OutputError> {
        self.page = page;
        Ok(())
    }
    fn end_page(&mut self) -> Result<(), OutputError> {
        Ok(())
    }
    fn output_character(&mut self, at: &Transform, _: f64, _: f64, _: f64, text: &str) -> Result<(), OutputError> {
        let foot = (at.m32 * 1_000.0).round() as i64;
        self.lines.entry((self.page, -foot)).or_default().push_str(text);
        self.text.push_str(text);
        Ok(())
    }
    fn begin_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }
    fn end_word(&mut self) -> Result<(), OutputError> {
        Ok(())
    }
    fn end_line(&mut self) -> Result<(), OutputError> {
        Ok(())
    }
}

fn letters(pdf: &[u8]) -> Letters {
    let document = Document::load_mem(pdf).unwrap();
    let mut letters = Letters::default();
    pdf_extract::output_doc(&document, &mut letters).unwrap();
    letters
}

/// All lines, page by page from top to bottom.
pub fn lines(pdf: &[u8]) -> Vec<Line> {
    letters(pdf).lines.into_iter().map(|((page, _), text)| Line { page, text }).collect()
}

/// All text in the order it is written, cell by cell, without blanks.
pub fn text(pdf: &[u8]) -> String {
    squeezed(&letters(pdf).text)
}

/// A text without blanks and line ends.
pub fn squeezed(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

/// The file inside the paper.
pub fn attachment(pdf: &[u8]) -> Vec<u8> {
    let document = Document::load_mem(pdf).unwrap();
    let streams = document.objects.values().filter_map(|object| object.as_stream().ok());
    let is_file = |kind: &pdf_extract::Object| kind.as_name().is_ok_and(|name| name == b"EmbeddedFile");
    let mut files = streams.filter(|stream| stream.dict.get(b"Type").is_ok_and(is_file));
    files.next().unwrap().decompressed_content().unwrap()
}
