//! How much of a file is read. Each limit is far above any property company's book and far below what hurts.

/// Bytes of an uploaded file: 20 MB.
pub const FILE_BYTES_MAX: usize = 20 * 1_048_576;
/// Bytes of all parts of an .xlsx unpacked: 400 MB.
pub const UNPACKED_BYTES_MAX: u64 = 400 * 1_048_576;
/// Unpacked below this, the ratio is not looked at: a short sheet of equal cells packs very well.
pub const RATIO_FREE_BYTES: u64 = 32 * 1_048_576;
/// Unpacked bytes for each packed byte. Sheets of real books reach 10 to 40.
pub const RATIO_MAX: u64 = 150;
/// Parts (files) inside an .xlsx.
pub const PARTS_MAX: usize = 2_000;
/// Sheets of a workbook.
pub const SHEETS_MAX: usize = 100;
/// Rows of a sheet.
pub const ROWS_MAX: u32 = 200_000;
/// Columns of a sheet.
pub const COLUMNS_MAX: u32 = 200;
/// Filled cells of a workbook.
pub const CELLS_MAX: usize = 6_000_000;
/// Merged ranges of a workbook.
pub const MERGES_MAX: usize = 50_000;
/// Characters of one cell; a longer one is kept as [`super::Cell::TooLong`].
pub const CELL_CHARS_MAX: usize = 1_000;
