//! A property company's spreadsheets, read by rule.
//!
//! Every company keeps its own workbook: other headers, other column orders, title lines, merged cells,
//! several sheets with different layouts. Nothing here knows a position or a file; columns are found by a table
//! of names ([`header`]), values by the rules of their kind ([`phone`], [`date`], [`area`], …).
//!
//! Pure: bytes in, result out. No clock, no files, no network.
//!
//! ```no_run
//! # fn demo(bytes: &[u8]) -> Result<(), books::BookError> {
//! let book = books::read_houses(bytes, &books::ReadOptions { period_year: 2026 })?;
//! for refused in &book.rejections {
//!     let (sheet, row) = (refused.sheet.as_str(), refused.row);
//!     let _ = format!("{sheet} 第 {row} 行：{}。{}", refused.problem.message, refused.problem.remedy);
//! }
//! # Ok(()) }
//! ```

pub mod area;
pub mod cell;
pub mod date;
pub mod decimal;
pub mod error;
pub mod finding;
pub mod grid;
pub mod header;
pub mod houses;
pub mod id_card;
pub mod item;
pub mod key;
pub mod kind;
pub mod mask;
pub mod money;
pub mod name;
pub mod occupancy;
pub mod opening;
pub mod person;
pub mod phone;
pub mod price;
pub mod readings;
pub mod rows;
pub mod span;
pub mod table;
pub mod text;

pub use error::BookError;
pub use houses::{HouseBook, HouseRecord, ReadOptions, read_houses, read_houses_from_grid};
pub use key::HouseKey;
pub use opening::{OpeningBook, read_opening};
pub use readings::{KnownHouses, MeterKind, ReadingBook, ReadingRecord, read_readings};
