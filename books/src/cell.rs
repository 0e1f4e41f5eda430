//! A cell as the rules see it: tidy, with placeholders gone.

use std::borrow::Cow;

use chrono::NaiveDate;

use crate::grid::{Cell, SheetNumber};
use crate::text;

/// What a cell means before the rule of its column looks at it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Nothing, or a placeholder (rule G2).
    Blank,
    /// Tidy text, never empty.
    Text(Cow<'a, str>),
    /// A number cell.
    Number(SheetNumber),
    /// A date cell; none for a day that does not exist.
    Date(Option<NaiveDate>),
    /// A failed formula, or text beyond the length limit: there is content and it cannot be read.
    Unreadable(Unreadable),
}

/// Why a filled cell has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// A formula error such as `#REF!`.
    Formula(&'static str),
    /// Longer than a cell may be.
    TooLong,
}

impl<'a> Value<'a> {
    /// Reads a cell.
    #[must_use]
    pub fn of(cell: &'a Cell) -> Self {
        match cell {
            Cell::Empty => Self::Blank,
            Cell::Text(raw) => {
                let tidy = text::tidy(raw);
                if text::is_placeholder(&tidy) { Self::Blank } else { Self::Text(tidy) }
            }
            Cell::Number(number) => Self::Number(*number),
            Cell::Date(day) => Self::Date(*day),
            Cell::Bool(true) => Self::Text(Cow::Borrowed("TRUE")),
            Cell::Bool(false) => Self::Text(Cow::Borrowed("FALSE")),
            Cell::Error(kind) => Self::Unreadable(Unreadable::Formula(kind)),
            Cell::TooLong => Self::Unreadable(Unreadable::TooLong),
        }
    }

    /// Nothing there.
    #[must_use]
    pub const fn is_blank(&self) -> bool {
        matches!(self, Self::Blank)
    }

    /// As text, numbers in plain decimals and dates as `2026-10-31`. What cannot be read is shown as its mark.
    #[must_use]
    pub fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Blank => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(number) => Cow::Owned(number.to_text()),
            Self::Date(Some(day)) => Cow::Owned(day.to_string()),
            Self::Date(None) => Cow::Borrowed("1900-02-29"),
            Self::Unreadable(Unreadable::Formula(kind)) => Cow::Borrowed(kind),
            Self::Unreadable(Unreadable::TooLong) => Cow::Borrowed("（内容过长）"),
        }
    }
}
