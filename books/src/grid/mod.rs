//! A workbook as plain cells: what was typed where, number, text and date kept apart, merged ranges known.
//!
//! [`read`] takes the bytes of an .xlsx (or of a .csv, as one sheet). Tests and other sources build a [`Sheet`]
//! with [`Sheet::put`] and [`Sheet::merge`].

mod archive;
mod csv;
pub mod limits;
mod merge_scan;
mod merges;
mod number;
mod parts;
mod sheet;
mod xlsx;

pub use merges::Merges;
pub use number::SheetNumber;
pub use sheet::{Cell, Row, Sheet, column_letter};

use crate::error::BookError;

/// The first bytes of the OLE container: .xls, or an .xlsx with a password.
const OLE_MAGIC: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
/// The first bytes of a zip, and so of an .xlsx.
const ZIP_MAGIC: &[u8] = b"PK";
/// `EncryptedPackage` as an OLE directory spells it.
const ENCRYPTED_MARK: &[u8] = b"E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0";

/// Reads a file into its sheets, in workbook order, hidden ones included and marked.
///
/// # Errors
/// Any [`BookError`]: the file is not a spreadsheet, is damaged, locked or too large.
pub fn read(bytes: &[u8]) -> Result<Vec<Sheet>, BookError> {
    if bytes.is_empty() {
        return Err(BookError::Empty);
    }
    if bytes.len() > limits::FILE_BYTES_MAX {
        return Err(BookError::FileTooLarge);
    }
    if bytes.starts_with(OLE_MAGIC) {
        let locked = bytes.windows(ENCRYPTED_MARK.len()).any(|window| window == ENCRYPTED_MARK);
        return Err(if locked { BookError::Encrypted } else { BookError::OldExcel });
    }
    if bytes.starts_with(ZIP_MAGIC) {
        return xlsx::read(bytes, archive::check(bytes)?.merges_by_sheet());
    }
    csv::read(bytes)
}
