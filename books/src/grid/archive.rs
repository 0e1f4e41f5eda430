//! The zip around an .xlsx, looked at before anything inside is parsed.

use std::io::{Cursor, Read};

use super::limits;
use super::merge_scan::MergeScan;
use super::parts::{self, Parts};
use crate::error::BookError;

/// Bytes unpacked at a time.
const CHUNK_BYTES: usize = 65_536;
/// Bytes of the part that lists the sheets; beyond, its sheets are looked up by the parser alone.
const LIST_BYTES_MAX: usize = 1_048_576;

/// Refuses what is no workbook, and what unpacks to more than its directory says or than the limits allow.
/// Everything is unpacked once for that, so the merged ranges are noted on the way.
///
/// # Errors
/// [`BookError::NotSpreadsheet`], [`BookError::BinaryExcel`], [`BookError::Encrypted`],
/// [`BookError::UnpacksTooLarge`], [`BookError::Damaged`].
pub fn check(bytes: &[u8]) -> Result<Parts, BookError> {
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
    let mut left = allowed;
    let mut parts = Parts::default();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(damaged)?;
        let name = part.name().map(|name| name.into_owned()).unwrap_or_default();
        unpack(&mut part, &name, &mut left, &mut parts)?;
    }
    Ok(parts)
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

/// Unpacks one part and counts: a directory can lie about sizes.
fn unpack(part: &mut impl Read, name: &str, left: &mut u64, parts: &mut Parts) -> Result<(), BookError> {
    let mut chunk = vec![0_u8; CHUNK_BYTES];
    let mut scan = name.ends_with(".xml").then(MergeScan::default);
    let mut list = matches!(name, parts::WORKBOOK | parts::RELATIONS).then(Vec::new);
    loop {
        let read = part.read(&mut chunk).map_err(damaged)?;
        let fresh = chunk.get(..read).unwrap_or_default();
        if fresh.is_empty() {
            break;
        }
        let size = u64::try_from(read).unwrap_or(u64::MAX);
        *left = left.checked_sub(size).ok_or(BookError::UnpacksTooLarge)?;
        if let Some(scan) = &mut scan {
            scan.take(fresh);
        }
        if let Some(list) = list.as_mut().filter(|list| list.len() < LIST_BYTES_MAX) {
            list.extend_from_slice(fresh);
        }
    }
    if let Some(scan) = scan.filter(|scan| !scan.unclear) {
        parts.merges.insert(name.to_owned(), scan.found);
    }
    let text = list.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    match name {
        parts::WORKBOOK => parts.workbook = text,
        parts::RELATIONS => parts.relations = text,
        _ => {}
    }
    Ok(())
}

/// A part that cannot be unpacked or parsed.
pub(super) fn damaged(error: impl std::fmt::Display) -> BookError {
    BookError::Damaged { detail: error.to_string() }
}
