//! A table on a sheet, whatever book it belongs to: its header found, its data rows told from titles, totals and
//! closing lines, each row handed over with its merges and 同上 followed.

mod draft;
mod place;
mod report;
mod walk;

pub(crate) use draft::Draft;
pub(crate) use place::Filled;
pub use report::{SheetReport, SheetStatus, Source};
pub(crate) use walk::{Book, Findings, walk};
