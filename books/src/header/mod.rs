//! Which column holds what: header rows found by a table of names, never by position.
//!
//! A book has a [`Profile`]: names for each [`Field`], names that mark another book, and a test whether the fields
//! found are enough. [`Layout::find`] looks for the first row (or two rows, group titles above) that passes.

mod field;
mod layout;
mod names;

pub use field::Field;
pub use layout::{Column, FoundLayout, HEADER_SEARCH_ROWS, Layout};
pub use names::{FieldNames, HeaderText, Pattern, Profile};
