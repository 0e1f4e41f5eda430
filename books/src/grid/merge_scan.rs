//! Merged ranges picked out of a sheet's XML while it is unpacked anyway.
//!
//! They stand behind the cells, so asking the parser for them reads every cell a second time. `<mergeCell ` cannot
//! occur in text, where `<` is escaped.

use super::limits;

/// What begins a merged range, any namespace prefix before it.
const NEEDLE: &[u8] = b"mergeCell ";
/// Bytes of one such element, generously.
const ELEMENT_BYTES_MAX: usize = 256;

/// A rectangle, 0-based, both ends inside: (first and last row, first and last column).
pub(super) type Rectangle = ((u32, u32), (u32, u32));

/// Takes a part chunk by chunk.
#[derive(Debug, Default)]
pub(super) struct MergeScan {
    /// The end of what came before, in case an element straddles two chunks.
    held: Vec<u8>,
    pub found: Vec<Rectangle>,
    /// Something looked like a merged range and could not be read.
    pub unclear: bool,
}

impl MergeScan {
    pub fn take(&mut self, chunk: &[u8]) {
        let mut window = std::mem::take(&mut self.held);
        window.extend_from_slice(chunk);
        // The end may be the first part of the needle.
        let mut keep_from = window.len().saturating_sub(NEEDLE.len() - 1);
        let mut at = 0;
        while let Some(hit) = window.get(at..).and_then(|rest| memchr::memmem::find(rest, NEEDLE)) {
            let start = at + hit;
            let body = window.get(start..).unwrap_or_default();
            let Some(end) = body.iter().take(ELEMENT_BYTES_MAX).position(|b| *b == b'>') else {
                if body.len() < ELEMENT_BYTES_MAX {
                    // The rest of the element is in the next chunk.
                    keep_from = start;
                    at = window.len();
                    continue;
                }
                self.unclear = true;
                at = start + NEEDLE.len();
                continue;
            };
            self.element(body.get(..end).unwrap_or_default());
            at = start + end;
            keep_from = keep_from.max(at);
        }
        self.held = window.split_off(keep_from.min(window.len()));
    }

    fn element(&mut self, element: &[u8]) {
        if self.found.len() > limits::MERGES_MAX {
            return;
        }
        match std::str::from_utf8(element).ok().and_then(reference) {
            Some(rectangle) => self.found.push(rectangle),
            None => self.unclear = true,
        }
    }
}

/// The rectangle of `… ref="B4:B76"`.
fn reference(element: &str) -> Option<Rectangle> {
    let rest = element.split_once("ref=")?.1;
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let value = rest.get(1..)?.split(quote).next()?;
    let (from, to) = value.split_once(':').unwrap_or((value, value));
    let ((top, left), (bottom, right)) = (position(from)?, position(to)?);
    Some(((top, bottom), (left, right)))
}

/// `B76` as (row, column), 0-based.
fn position(cell: &str) -> Option<(u32, u32)> {
    let letters = cell.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (name, digits) = cell.split_at_checked(letters)?;
    let mut column: u32 = 0;
    for letter in name.bytes() {
        column = column.checked_mul(26)?.checked_add(u32::from(letter.to_ascii_uppercase() - b'A') + 1)?;
    }
    let row: u32 = digits.parse().ok()?;
    Some((row.checked_sub(1)?, column.checked_sub(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = r#"<c><v>1</v></c></sheetData><mergeCells count="3"><mergeCell ref="A1:P1"/><x:mergeCell ref='B4:B76' /><mergeCell ref="AA10:AB12"></mergeCell></mergeCells>"#;
    const WANT: [Rectangle; 3] = [((0, 0), (0, 15)), ((3, 75), (1, 1)), ((9, 11), (26, 27))];

    #[test]
    fn ranges_are_found_wherever_the_chunks_are_cut() {
        for size in 1..XML.len() {
            let mut scan = MergeScan::default();
            XML.as_bytes().chunks(size).for_each(|chunk| scan.take(chunk));
            assert_eq!(scan.found, WANT, "chunks of {size}");
            assert!(!scan.unclear);
        }
    }

    #[test]
    fn a_reference_that_cannot_be_read_is_noticed() {
        let mut scan = MergeScan::default();
        scan.take(b"<mergeCell ref=\"A0:B2\"/><mergeCell lost=\"1\"/>");
        assert!(scan.unclear && scan.found.is_empty());
    }
}
