//! .csv (UTF-8 or GBK, commas or tabs) as one sheet of text cells.

use std::borrow::Cow;

use super::{Cell, Sheet, limits};
use crate::error::BookError;

/// The tab name a .csv gets.
const SHEET_NAME: &str = "CSV";
/// A file with this in its first bytes is a web page or an XML table under a spreadsheet's name.
const MARKUP: &[&str] = &["<html", "<!doctype", "<table", "<?xml"];

/// Reads RFC 4180 text: fields may be quoted and then hold separators, quotes and line breaks.
///
/// # Errors
/// [`BookError::NotSpreadsheet`] when the bytes are not text or have no separator, or a limit's error.
pub fn read(bytes: &[u8]) -> Result<Vec<Sheet>, BookError> {
    let text = decode(bytes)?;
    let first_line = text.lines().next().unwrap_or_default();
    let separator = if first_line.contains('\t') { '\t' } else { ',' };
    let looks_tabular = text.lines().take(20).any(|line| line.contains(separator));
    let start = text.trim_start().to_ascii_lowercase();
    if !looks_tabular || MARKUP.iter().any(|mark| start.starts_with(mark)) {
        return Err(BookError::NotSpreadsheet);
    }
    let mut sheet = Sheet::named(SHEET_NAME);
    fill(&mut sheet, &text, separator)?;
    sheet.settle();
    Ok(vec![sheet])
}

/// UTF-8, or GBK when that reads without a mistake; anything with control characters is no text.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, BookError> {
    let bytes = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes);
    if bytes.iter().any(|byte| *byte < 9 || (14..27).contains(byte)) {
        return Err(BookError::NotSpreadsheet);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Cow::Borrowed(text));
    }
    encoding_rs::GBK.decode_without_bom_handling_and_without_replacement(bytes).ok_or(BookError::NotSpreadsheet)
}

/// Where the next field goes.
struct Cursor<'a> {
    sheet: &'a mut Sheet,
    row: u32,
    column: u32,
}

impl Cursor<'_> {
    fn end_field(&mut self, field: &mut String) -> Result<(), BookError> {
        let taken = std::mem::take(field);
        if !taken.is_empty() {
            if self.row >= limits::ROWS_MAX {
                return Err(BookError::TooManyRows { sheet: SHEET_NAME.to_owned() });
            }
            if self.column >= limits::COLUMNS_MAX {
                return Err(BookError::TooManyColumns { sheet: SHEET_NAME.to_owned() });
            }
            if self.sheet.cell_count() >= limits::CELLS_MAX {
                return Err(BookError::TooManyCells);
            }
            self.sheet.push(self.row, self.column, Cell::text(taken));
        }
        self.column = self.column.saturating_add(1);
        Ok(())
    }
}

fn fill(sheet: &mut Sheet, text: &str, separator: char) -> Result<(), BookError> {
    let mut at = Cursor { sheet, row: 0, column: 0 };
    let mut field = String::new();
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            _ if quoted => field.push(c),
            '\r' => {}
            '\n' => {
                at.end_field(&mut field)?;
                at.row = at.row.saturating_add(1);
                at.column = 0;
            }
            _ if c == separator => at.end_field(&mut field)?,
            _ => field.push(c),
        }
    }
    at.end_field(&mut field)
}
