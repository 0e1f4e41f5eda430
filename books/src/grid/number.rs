//! Numbers as the file format stores them.
#![expect(clippy::disallowed_types, reason = "the file format stores f64; it leaves here as decimal text")]

/// A number as a spreadsheet stores it, a binary fraction. The only way out is its shortest exact decimal text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SheetNumber(f64);

impl SheetNumber {
    /// Wraps what the parser read.
    #[must_use]
    pub const fn new(value: f64) -> Self {
        Self(value)
    }

    /// The shortest decimal that means this number, never in scientific notation: `102.94`, `990101196005189000`.
    #[must_use]
    pub fn to_text(self) -> String {
        self.0.to_string()
    }
}
