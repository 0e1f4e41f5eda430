//! One data row while it is being judged.

use crate::cell::Value;
use crate::finding::{Caution, Problem, Reason, SheetName, Warning};
use crate::grid::{Cell, Row, Sheet};
use crate::header::{Field, Layout};
use crate::mask;

/// A data row with its sheet, its layout, and what was found wrong so far.
pub(crate) struct Draft<'a> {
    pub sheet: &'a Sheet,
    pub layout: &'a Layout,
    pub name: &'a SheetName,
    /// 0-based.
    pub row: u32,
    pub cells: Row<'a>,
    /// For each column the row its value comes from: this one, or one above where 同上 is written.
    pub sources: &'a [Option<u32>],
    pub period_year: i32,
    pub problems: Vec<Problem>,
    pub warnings: Vec<Warning>,
}

impl<'a> Draft<'a> {
    /// The cell that counts for a column, merges and 同上 followed.
    pub fn cell(&self, column: u32) -> &'a Cell {
        let source = usize::try_from(column).ok().and_then(|at| self.sources.get(at)).copied();
        match source {
            Some(Some(row)) if row != self.row => self.sheet.value(row, column),
            Some(None) => &Cell::Empty,
            _ => self.sheet.value_in(self.cells, self.row, column),
        }
    }

    /// The value of a field's first column; blank where the sheet has no such column.
    pub fn value(&self, field: Field) -> Value<'a> {
        self.layout.column_of(field).map_or(Value::Blank, |column| Value::of(self.cell(column)))
    }

    /// The values of all columns of a field, blank ones left out.
    pub fn values(&self, field: Field) -> Vec<Value<'a>> {
        let all = self.layout.columns_of(field).map(|column| Value::of(self.cell(column)));
        all.filter(|value| !value.is_blank()).collect()
    }

    /// Free text; a failed formula is dropped with a warning.
    pub fn free_text(&mut self, field: Field) -> Option<String> {
        let mut kept: Vec<String> = Vec::new();
        for value in self.values(field) {
            if matches!(value, Value::Unreadable(_)) {
                self.warn(field, Caution::TextUnreadable, &value.to_text());
            } else {
                kept.push(value.to_text().into_owned());
            }
        }
        (!kept.is_empty()).then(|| kept.join("；"))
    }

    /// Notes what makes the row unacceptable. `what` follows the field and value in the message.
    pub fn refuse(&mut self, field: Field, reason: Reason, value: &str, what: &str) {
        let shown = shown(field, value);
        let message = if shown.is_empty() { what.to_owned() } else { format!("{}「{shown}」{what}", field.label()) };
        let column = self.layout.letter_of(field);
        self.problems.push(Problem {
            field: Some(field),
            column,
            value: shown,
            reason,
            message,
            remedy: reason.remedy(),
        });
    }

    /// Notes what is dropped or odd in the row.
    pub fn warn(&mut self, field: Field, caution: Caution, value: &str) {
        self.warnings.push(Warning {
            sheet: self.name.clone(),
            row: self.row + 1,
            field,
            column: self.layout.letter_of(field),
            value: shown(field, value),
            caution,
            message: caution.message(),
        });
    }
}

/// A value as it may be shown.
fn shown(field: Field, value: &str) -> String {
    if field.is_personal() { mask::mask_text(value) } else { mask::shorten(value) }
}
