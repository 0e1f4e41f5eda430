//! What a book of opening balances says.

use chrono::NaiveDate;
use domain::money::Fen;
use serde::Serialize;

use super::columns::Section;
use crate::finding::{Rejection, SheetIssue, SheetName, Warning};
use crate::key::HouseKey;
use crate::span::Span;
use crate::table::{SheetReport, Source};

/// One debt of a past period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArrearsLine {
    /// The house.
    pub house: HouseKey,
    /// The fee item, under its one name.
    pub item: String,
    /// What months it is for.
    pub span: Span,
    /// Above zero.
    pub amount: Fen,
    /// Free text.
    pub remark: Option<String>,
    /// Where it was read.
    pub source: Source,
}

/// One balance paid ahead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PrepaymentLine {
    /// The house.
    pub house: HouseKey,
    /// A fee item, or [`crate::item::GENERAL`].
    pub purpose: String,
    /// Above zero.
    pub amount: Fen,
    /// When it was paid.
    pub day: Option<NaiveDate>,
    /// The old receipt's number, or a remark in its column.
    pub receipt_no: Option<String>,
    /// Where it was read.
    pub source: Source,
}

/// One deposit held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DepositLine {
    /// The house.
    pub house: HouseKey,
    /// 装修押金, as the column is headed.
    pub deposit_type: String,
    /// Above zero.
    pub amount: Fen,
    /// When it was taken.
    pub day: Option<NaiveDate>,
    /// Free text.
    pub remark: Option<String>,
    /// Where it was read.
    pub source: Source,
}

/// Whether a column of amounts adds up to what is printed below it (rule A4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tie {
    /// The sheet.
    pub sheet: SheetName,
    /// What it holds.
    pub section: Section,
    /// The column's header.
    pub column: String,
    /// What the sheet prints below the column; none when it prints nothing.
    pub printed: Option<Fen>,
    /// Accepted amounts.
    pub accepted: Fen,
    /// Amounts that can be read in refused rows.
    pub rejected: Fen,
}

impl Tie {
    /// Printed equals accepted plus refused; true where nothing is printed.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.printed.is_none_or(|printed| Some(printed.get()) == self.accepted.get().checked_add(self.rejected.get()))
    }
}

/// Everything read from one book of opening balances.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OpeningBook {
    /// Every sheet, in workbook order.
    pub sheets: Vec<SheetReport>,
    /// Accepted debts, in reading order.
    pub arrears: Vec<ArrearsLine>,
    /// Accepted prepayments.
    pub prepayments: Vec<PrepaymentLine>,
    /// Accepted deposits.
    pub deposits: Vec<DepositLine>,
    /// Column by column: printed against read.
    pub ties: Vec<Tie>,
    /// Refused rows, in reading order.
    pub rejections: Vec<Rejection>,
    /// Remarks about accepted rows, in reading order.
    pub warnings: Vec<Warning>,
    /// Sheets that could not be imported.
    pub issues: Vec<SheetIssue>,
}
