//! Rows for SQLite: records of fixed width, and the bytes of their texts.

use super::{Cell, Column, Kind, ROWS_PER_STATEMENT, TEXT_BYTES_PER_STATEMENT, mismatch};
use crate::store::StoreError;

/// `-9223372036854775808` has this many characters.
const INT_WIDTH: usize = 20;
/// Decimal digits of a place in the texts and of a length: [`TEXT_BYTES_PER_STATEMENT`] and one text have fewer.
const PLACE_WIDTH: usize = 10;
/// Bytes of a UUID.
const UUID_WIDTH: usize = 16;

/// The packed rows of one SQLite statement.
#[derive(Default)]
pub(super) struct Packed {
    pub records: Vec<u8>,
    pub texts: Vec<u8>,
}

const fn cell_width(kind: Kind) -> usize {
    // One byte in front says whether there is a value.
    1 + match kind {
        Kind::Uuid => UUID_WIDTH,
        Kind::Int => INT_WIDTH,
        Kind::Text | Kind::Bytes => 2 * PLACE_WIDTH,
        Kind::Bool => 1,
    }
}

pub(super) fn record_width(columns: &[Column]) -> usize {
    columns.iter().map(|c| cell_width(c.kind)).sum()
}

/// Takes as many rows as fit one statement.
pub(super) fn pack<'a, const N: usize>(
    table: &'static str,
    columns: &[Column; N],
    rows: &mut std::iter::Peekable<impl Iterator<Item = [Cell<'a>; N]>>,
) -> Result<Packed, StoreError> {
    let mut packed = Packed::default();
    let mut digits = Vec::with_capacity(2 * PLACE_WIDTH);
    for _ in 0..ROWS_PER_STATEMENT {
        if packed.texts.len() > TEXT_BYTES_PER_STATEMENT {
            break;
        }
        let Some(row) = rows.next() else { break };
        for (column, cell) in columns.iter().zip(&row) {
            packed.records.push(if matches!(cell, Cell::Null) { b'0' } else { b'1' });
            let width = cell_width(column.kind) - 1;
            match (column.kind, cell) {
                (_, Cell::Null) => packed.records.resize(packed.records.len() + width, b' '),
                (Kind::Uuid, Cell::Uuid(id)) => packed.records.extend_from_slice(id.as_bytes()),
                (Kind::Int, Cell::Int(number)) => {
                    decimal(&mut packed.records, &mut digits, *number, INT_WIDTH);
                }
                (Kind::Text, Cell::Text(text)) => place(&mut packed, &mut digits, text.as_bytes()),
                (Kind::Bytes, Cell::Bytes(bytes)) => place(&mut packed, &mut digits, bytes),
                (Kind::Bool, Cell::Bool(yes)) => packed.records.push(if *yes { b'1' } else { b'0' }),
                _ => return Err(mismatch(table, column)),
            }
        }
    }
    Ok(packed)
}

fn place(packed: &mut Packed, digits: &mut Vec<u8>, bytes: &[u8]) {
    let start = i64::try_from(packed.texts.len()).unwrap_or(i64::MAX).saturating_add(1);
    let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    decimal(&mut packed.records, digits, start, PLACE_WIDTH);
    decimal(&mut packed.records, digits, length, PLACE_WIDTH);
    packed.texts.extend_from_slice(bytes);
}

/// Writes a number in decimal, blanks in front.
fn decimal(out: &mut Vec<u8>, digits: &mut Vec<u8>, number: i64, width: usize) {
    digits.clear();
    let mut rest = number.unsigned_abs();
    loop {
        digits.push(b'0' + u8::try_from(rest % 10).unwrap_or(0));
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        digits.push(b'-');
    }
    out.resize(out.len() + width.saturating_sub(digits.len()), b' ');
    out.extend(digits.iter().rev());
}

/// The columns of a record that begins at `o`, in SQL: `records` and `texts` are the numbers of their parameters.
pub(super) fn columns_sql(columns: &[Column], records: usize, texts: usize) -> Vec<String> {
    let mut at = 1;
    let column_sql = |column: &Column| {
        let (flag, body) = (at, at + 1);
        at += cell_width(column.kind);
        let number = |from: usize, width: usize| format!("CAST(substr(${records}, o + {from}, {width}) AS INTEGER)");
        let text =
            || format!("substr(${texts}, {}, {})", number(body, PLACE_WIDTH), number(body + PLACE_WIDTH, PLACE_WIDTH));
        let value = match column.kind {
            Kind::Uuid => format!("substr(${records}, o + {body}, {UUID_WIDTH})"),
            Kind::Int => number(body, INT_WIDTH),
            Kind::Bool => number(body, 1),
            Kind::Text => format!("CAST({} AS TEXT)", text()),
            Kind::Bytes => text(),
        };
        format!("CASE WHEN substr(${records}, o + {flag}, 1) = X'31' THEN {value} END")
    };
    columns.iter().map(column_sql).collect()
}

/// Where each record begins: `last` is the number of the parameter that says where the last one does.
pub(super) fn places_sql(columns: &[Column], last: usize) -> String {
    let width = record_width(columns);
    format!("n (o) AS (SELECT 0 UNION ALL SELECT o + {width} FROM n WHERE o < ${last})")
}
