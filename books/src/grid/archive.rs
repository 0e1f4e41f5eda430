//! The zip around an .xlsx, looked at before anything inside is parsed.

use std::io::{Cursor, Read};

use super::limits;
use crate::error::BookError;

/// Bytes unpacked at a time.
const CHUNK_BYTES: usize = 65_536;

/// Refuses what is no workbook, and what unpacks to more than its directory says or than the limits allow.
///
/// # Errors
/// [`BookError::NotSpreadsheet`], [`BookError::BinaryExcel`], [`BookError::Encrypted`],
/// [`BookError::UnpacksTooLarge`], [`BookError::Damaged`].
pub fn check(bytes: &[u8]) -> Result<(), BookError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if archive.len() > limits::PARTS_MAX {
        return Err(BookError::UnpacksTooLarge);
    }
    if archive.index_for_name("xl/workbook.bin").is_some() {
        return Err(BookError::BinaryExcel);
    }
    let has = |part: &str| archive.file_names().flatten().any(|name| name.eq_ignore_ascii_case(part));
    if !has("xl/workbook.xml") && !has("_rels/.rels") {
        return Err(BookError::NotSpreadsheet);
    }
    let allowed = declared_size(&mut archive, bytes.len())?;
    let mut unpacked: u64 = 0;
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(damaged)?;
        unpacked += unpack(&mut part, allowed - unpacked)?;
    }
    Ok(())
}

/// The sum the directory promises, which the parts must then keep.
fn declared_size(archive: &mut zip::ZipArchive<Cursor<&[u8]>>, file_bytes: usize) -> Result<u64, BookError> {
    let mut declared: u64 = 0;
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index).map_err(damaged)?;
        if part.encrypted() {
            return Err(BookError::Encrypted);
        }
        declared = declared.saturating_add(part.size());
    }
    let packed = u64::try_from(file_bytes).unwrap_or(u64::MAX);
    let too_dense = declared > limits::RATIO_FREE_BYTES && declared / packed.max(1) > limits::RATIO_MAX;
    if declared > limits::UNPACKED_BYTES_MAX || too_dense {
        return Err(BookError::UnpacksTooLarge);
    }
    Ok(declared)
}

/// Unpacks one part into nothing and counts: a directory can lie about sizes.
fn unpack(part: &mut impl Read, left: u64) -> Result<u64, BookError> {
    let mut chunk = vec![0_u8; CHUNK_BYTES];
    let mut count: u64 = 0;
    loop {
        let read = part.read(&mut chunk).map_err(damaged)?;
        if read == 0 {
            return Ok(count);
        }
        count += u64::try_from(read).unwrap_or(u64::MAX);
        if count > left {
            return Err(BookError::UnpacksTooLarge);
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape map_err wants")]
pub(super) fn damaged(error: impl std::fmt::Display) -> BookError {
    BookError::Damaged { detail: error.to_string() }
}
