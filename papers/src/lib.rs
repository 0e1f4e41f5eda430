//! What is handed over as a file: paper that is printed, spreadsheets that are opened elsewhere.
//!
//! [`Document`] lays out A4 pages with Chinese text and writes them as PDF/A-3u with its own fonts embedded; the same
//! input gives the same bytes. [`evidence`] is the paper for a lawyer. [`Sheet`] writes a spreadsheet row by row,
//! whatever its length, in constant memory.
//!
//! Pure but for the temporary files beneath a [`Sheet`]: no clock, no network, no database. Fonts are part of the
//! program (`papers/font/README.md`).

pub mod document;
pub mod error;
pub mod evidence;
mod face;
mod flow;
mod grid;
mod line;
mod missing;
pub mod money;
mod pen;
pub mod receipt;
pub mod sheet;
pub mod table;

pub use document::{Attachment, Document, Head, Printed};
pub use error::PaperError;
pub use missing::Missing;
pub use sheet::{Cell, Sheet, SheetError};
pub use table::{Column, Row, Table};
