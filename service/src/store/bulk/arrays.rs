//! Rows for PostgreSQL: an array literal per column.

use std::fmt::Write as _;

use uuid::Uuid;

use super::{Cell, Column, Kind, ROWS_PER_STATEMENT, TEXT_BYTES_PER_STATEMENT, mismatch};
use crate::store::StoreError;

/// One array literal per column, over as many rows as fit one statement.
pub(super) fn arrays<'a, const N: usize>(
    table: &'static str,
    columns: &[Column; N],
    rows: &mut std::iter::Peekable<impl Iterator<Item = [Cell<'a>; N]>>,
) -> Result<Vec<String>, StoreError> {
    let mut arrays: Vec<String> = columns.iter().map(|_| String::from("{")).collect();
    for number in 0..ROWS_PER_STATEMENT {
        if arrays.iter().map(String::len).sum::<usize>() > TEXT_BYTES_PER_STATEMENT {
            break;
        }
        let Some(row) = rows.next() else { break };
        for ((array, column), cell) in arrays.iter_mut().zip(columns).zip(&row) {
            if number > 0 {
                array.push(',');
            }
            match (column.kind, cell) {
                (_, Cell::Null) => array.push_str("NULL"),
                (Kind::Uuid, Cell::Uuid(id)) => {
                    array.push_str(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
                }
                (Kind::Int, Cell::Int(number)) => {
                    let _ = write!(array, "{number}");
                }
                (Kind::Text, Cell::Text(text)) => quoted(array, text),
                (Kind::Bytes, Cell::Bytes(bytes)) => {
                    let _ = write!(array, "\"\\\\x{}\"", hex::encode(bytes));
                }
                (Kind::Bool, Cell::Bool(yes)) => array.push(if *yes { 't' } else { 'f' }),
                _ => return Err(mismatch(table, column)),
            }
        }
    }
    arrays.iter_mut().for_each(|array| array.push('}'));
    Ok(arrays)
}

/// An element of an array literal: quoted, with `"` and `\` escaped.
fn quoted(array: &mut String, text: &str) {
    array.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            array.push('\\');
        }
        array.push(c);
    }
    array.push('"');
}

/// The type of a column.
pub(super) const fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Uuid => "UUID",
        Kind::Int => "BIGINT",
        Kind::Text => "TEXT",
        Kind::Bytes => "BYTEA",
        Kind::Bool => "BOOLEAN",
    }
}

/// The rows as a table: `first` is the number of the first array's parameter.
pub(super) fn unnest_sql(columns: &[Column], first: usize) -> String {
    let arrays: Vec<String> = (first..)
        .zip(columns)
        .map(|(number, column)| format!("CAST(CAST(${number} AS TEXT) AS {}[])", type_of(column.kind)))
        .collect();
    format!("unnest({})", arrays.join(", "))
}
