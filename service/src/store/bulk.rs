//! Inserting thousands of rows in one statement.
//!
//! A `VALUES` list binds every value of every row and is parsed anew for every row count. Here a statement has one
//! parameter per column (PostgreSQL: an array literal, unnested) or two in all (SQLite: records of fixed width, cut up
//! by a recursive query, and the bytes of their texts), whatever the number of rows, and what is the same in every
//! row is bound once.

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use sea_orm::sea_query::Value;
use uuid::Uuid;

use super::{StoreError, Tx, Values};

/// Rows of one statement: far below the limits of either database, and far above where the statement's own cost shows.
const ROWS_PER_STATEMENT: usize = 5_000;
/// A record ends early when its texts together are longer than this, so that one statement stays small in memory.
const TEXT_BYTES_PER_STATEMENT: usize = 16 * 1024 * 1024;
/// `-9223372036854775808` has this many characters.
const INT_WIDTH: usize = 20;
/// Decimal digits of a place in the texts and of a length: [`TEXT_BYTES_PER_STATEMENT`] and one text have fewer.
const PLACE_WIDTH: usize = 10;
/// Bytes of a UUID.
const UUID_WIDTH: usize = 16;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `UUID`.
    Uuid,
    /// `BIGINT`.
    Int,
    /// `TEXT`.
    Text,
    /// `BYTEA`.
    Bytes,
    /// `BOOLEAN`.
    Bool,
}

/// A column and what it holds.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    name: &'static str,
    kind: Kind,
}

impl Column {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }
}

/// Names a column.
#[must_use]
pub const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind }
}

/// One value of a row. Its kind must be its column's.
#[derive(Debug, Clone)]
pub enum Cell<'a> {
    /// Nothing.
    Null,
    /// For [`Kind::Uuid`].
    Uuid(Uuid),
    /// For [`Kind::Int`].
    Int(i64),
    /// For [`Kind::Text`].
    Text(&'a str),
    /// For [`Kind::Bytes`].
    Bytes(&'a [u8]),
    /// For [`Kind::Bool`].
    Bool(bool),
}

impl From<Option<i64>> for Cell<'_> {
    fn from(value: Option<i64>) -> Self {
        value.map_or(Self::Null, Self::Int)
    }
}

impl<'a> From<Option<&'a str>> for Cell<'a> {
    fn from(value: Option<&'a str>) -> Self {
        value.map_or(Self::Null, Self::Text)
    }
}

impl<'a> From<Option<&'a [u8]>> for Cell<'a> {
    fn from(value: Option<&'a [u8]>) -> Self {
        value.map_or(Self::Null, Self::Bytes)
    }
}

/// Where rows go: the table, the columns that differ from row to row, those that are the same in all, and what
/// follows the statement (`ON CONFLICT …`, or nothing).
#[derive(Debug, Clone)]
pub struct Target<'a, const N: usize> {
    /// The table.
    pub table: &'static str,
    /// Columns in the order of a row's cells.
    pub columns: &'a [Column; N],
    /// Columns with one value for all rows.
    pub shared: Vec<(Column, Value)>,
    /// What follows the rows.
    pub tail: &'static str,
}

/// Inserts rows, in order; answers how many were inserted.
///
/// # Errors
/// [`StoreError`]; [`StoreError::BadRow`] when a cell is of another kind than its column.
pub async fn insert<'a, const N: usize>(
    tx: &Tx,
    into: &Target<'_, N>,
    rows: impl IntoIterator<Item = [Cell<'a>; N]>,
) -> Result<u64, StoreError> {
    let mut rows = rows.into_iter().peekable();
    let mut inserted = 0;
    while rows.peek().is_some() {
        inserted += if tx.is_postgres() {
            let arrays = arrays(into, &mut rows)?;
            tx.execute(&postgres_sql(into), with_shared(into, arrays.into_iter().map(Value::from).collect())).await?
        } else {
            let packed = pack(into, &mut rows)?;
            let last = packed.records.len() - record_width(into.columns);
            let last = i64::try_from(last).map_err(|_| StoreError::bad_row(into.table, "too many rows"))?;
            let values = vec![packed.records.into(), packed.texts.into(), last.into()];
            tx.execute(&sqlite_sql(into), with_shared(into, values)).await?
        };
    }
    Ok(inserted)
}

fn with_shared<const N: usize>(into: &Target<'_, N>, mut values: Values) -> Values {
    values.extend(into.shared.iter().map(|(_, value)| value.clone()));
    values
}

fn names<const N: usize>(into: &Target<'_, N>) -> String {
    let all: Vec<&str> = into.columns.iter().map(|c| c.name).chain(into.shared.iter().map(|(c, _)| c.name)).collect();
    all.join(", ")
}

fn mismatch<const N: usize>(into: &Target<'_, N>, column: &Column) -> StoreError {
    StoreError::bad_row(into.table, format!("a value of another kind for {}", column.name))
}

/// The packed rows of one SQLite statement.
#[derive(Default)]
struct Packed {
    records: Vec<u8>,
    texts: Vec<u8>,
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

fn record_width(columns: &[Column]) -> usize {
    columns.iter().map(|c| cell_width(c.kind)).sum()
}

fn pack<'a, const N: usize>(
    into: &Target<'_, N>,
    rows: &mut std::iter::Peekable<impl Iterator<Item = [Cell<'a>; N]>>,
) -> Result<Packed, StoreError> {
    let mut packed = Packed::default();
    let mut digits = Vec::with_capacity(2 * PLACE_WIDTH);
    for _ in 0..ROWS_PER_STATEMENT {
        if packed.texts.len() > TEXT_BYTES_PER_STATEMENT {
            break;
        }
        let Some(row) = rows.next() else { break };
        for (column, cell) in into.columns.iter().zip(&row) {
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
                _ => return Err(mismatch(into, column)),
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

/// `$1` are the records, `$2` the texts, `$3` where the last record begins; `o` is where a record begins.
fn sqlite_sql<const N: usize>(into: &Target<'_, N>) -> String {
    let width = record_width(into.columns);
    let mut parts = Vec::with_capacity(N + into.shared.len());
    let mut at = 1;
    for column in into.columns {
        let (flag, body) = (at, at + 1);
        let number = |from: usize, width: usize| format!("CAST(substr($1, o + {from}, {width}) AS INTEGER)");
        let text = || format!("substr($2, {}, {})", number(body, PLACE_WIDTH), number(body + PLACE_WIDTH, PLACE_WIDTH));
        let value = match column.kind {
            Kind::Uuid => format!("substr($1, o + {body}, {UUID_WIDTH})"),
            Kind::Int => number(body, INT_WIDTH),
            Kind::Bool => number(body, 1),
            Kind::Text => format!("CAST({} AS TEXT)", text()),
            Kind::Bytes => text(),
        };
        parts.push(format!("CASE WHEN substr($1, o + {flag}, 1) = X'31' THEN {value} END"));
        at += cell_width(column.kind);
    }
    parts.extend((0..into.shared.len()).map(|n| format!("${}", n + 4)));
    format!(
        "WITH RECURSIVE n (o) AS (SELECT 0 UNION ALL SELECT o + {width} FROM n WHERE o < $3) \
         INSERT INTO {} ({}) SELECT {} FROM n WHERE TRUE {}",
        into.table,
        names(into),
        parts.join(", "),
        into.tail
    )
}

/// One array literal per column.
fn arrays<'a, const N: usize>(
    into: &Target<'_, N>,
    rows: &mut std::iter::Peekable<impl Iterator<Item = [Cell<'a>; N]>>,
) -> Result<Vec<String>, StoreError> {
    let mut arrays: Vec<String> = into.columns.iter().map(|_| String::from("{")).collect();
    for number in 0..ROWS_PER_STATEMENT {
        if arrays.iter().map(String::len).sum::<usize>() > TEXT_BYTES_PER_STATEMENT {
            break;
        }
        let Some(row) = rows.next() else { break };
        for ((array, column), cell) in arrays.iter_mut().zip(into.columns).zip(&row) {
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
                _ => return Err(mismatch(into, column)),
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

const fn postgres_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Uuid => "UUID",
        Kind::Int => "BIGINT",
        Kind::Text => "TEXT",
        Kind::Bytes => "BYTEA",
        Kind::Bool => "BOOLEAN",
    }
}

fn postgres_sql<const N: usize>(into: &Target<'_, N>) -> String {
    let arrays: Vec<String> = into
        .columns
        .iter()
        .enumerate()
        .map(|(n, c)| format!("CAST(CAST(${} AS TEXT) AS {}[])", n + 1, postgres_type(c.kind)))
        .collect();
    let cells: Vec<String> = (0..N).map(|n| format!("c{n}")).collect();
    let shared: Vec<String> = into
        .shared
        .iter()
        .enumerate()
        .map(|(n, (c, _))| format!("CAST(${} AS {})", N + n + 1, postgres_type(c.kind)))
        .collect();
    let selected: Vec<&str> = cells.iter().chain(&shared).map(String::as_str).collect();
    format!(
        "INSERT INTO {} ({}) SELECT {} FROM unnest({}) AS u ({}) {}",
        into.table,
        names(into),
        selected.join(", "),
        arrays.join(", "),
        cells.join(", "),
        into.tail
    )
}
