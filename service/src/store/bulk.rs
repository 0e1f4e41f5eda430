//! Thousands of rows in one statement: inserted, or read by it as a table.
//!
//! A `VALUES` list binds every value of every row and is parsed anew for every row count. Here a statement has one
//! parameter per column (PostgreSQL: an array literal, unnested) or two in all (SQLite: records of fixed width, cut up
//! by a recursive query, and the bytes of their texts), whatever the number of rows, and what is the same in every
//! row is bound once.

mod arrays;
mod packed;
#[cfg(test)]
mod tests;

use futures_util::future::BoxFuture;
use sea_orm::FromQueryResult;
use sea_orm::sea_query::Value;
use uuid::Uuid;

use super::{StoreError, Tx, Values};

/// Rows of one statement: far below the limits of either database, and far above where the statement's own cost shows.
const ROWS_PER_STATEMENT: usize = 5_000;
/// A record ends early when its texts together are longer than this, so that one statement stays small in memory.
const TEXT_BYTES_PER_STATEMENT: usize = 16 * 1024 * 1024;

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

impl From<Option<Uuid>> for Cell<'_> {
    fn from(value: Option<Uuid>) -> Self {
        value.map_or(Self::Null, Self::Uuid)
    }
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

/// A statement that reads rows as the table `v`: which columns it has, the statement's own values, and the statement
/// from its first word on, with `$1`, `$2` … for its own values.
#[derive(Debug, Clone)]
pub struct Over<'a, const N: usize> {
    /// The table it is about, for errors.
    pub table: &'static str,
    /// Columns of `v`, in the order of a row's cells.
    pub columns: &'a [Column; N],
    /// The statement's own values.
    pub values: Values,
    /// `UPDATE … FROM v WHERE …`
    pub sql: &'a str,
}

/// Inserts rows, in order; answers how many were inserted. The rows are packed before the first statement runs.
///
/// # Errors
/// [`StoreError`]; [`StoreError::BadRow`] when a cell is of another kind than its column.
pub fn insert<'t, 'a, const N: usize>(
    tx: &'t Tx,
    into: &Target<'_, N>,
    rows: impl IntoIterator<Item = [Cell<'a>; N]>,
) -> BoxFuture<'t, Result<u64, StoreError>> {
    let mut rows = rows.into_iter().peekable();
    let sql = if tx.is_postgres() { postgres_insert(into) } else { sqlite_insert(into) };
    let statements = every(&mut rows, |rows| {
        let mut values = parameters(tx, into.table, into.columns, rows)?;
        values.extend(into.shared.iter().map(|(_, value)| value.clone()));
        Ok(values)
    });
    changes(tx, sql, statements)
}

/// Runs a statement over rows; answers how many rows it changed.
///
/// # Errors
/// As [`insert`].
pub fn execute<'t, 'a, const N: usize>(
    tx: &'t Tx,
    over: &Over<'_, N>,
    rows: impl IntoIterator<Item = [Cell<'a>; N]>,
) -> BoxFuture<'t, Result<u64, StoreError>> {
    let mut rows = rows.into_iter().peekable();
    let statements = every(&mut rows, |rows| bound(tx, over, rows));
    changes(tx, over_sql(tx, over), statements)
}

/// Runs a statement over rows; answers what it returns.
///
/// # Errors
/// As [`insert`].
pub fn rows<'t, 'a, T: FromQueryResult + Send + 't, const N: usize>(
    tx: &'t Tx,
    over: &Over<'_, N>,
    rows: impl IntoIterator<Item = [Cell<'a>; N]>,
) -> BoxFuture<'t, Result<Vec<T>, StoreError>> {
    let mut rows = rows.into_iter().peekable();
    let statements = every(&mut rows, |rows| bound(tx, over, rows));
    let sql = over_sql(tx, over);
    Box::pin(async move {
        let mut found = Vec::new();
        for values in statements? {
            found.extend(tx.rows::<T>(&sql, values).await?);
        }
        Ok(found)
    })
}

/// Boxed, so that no caller's future depends on what its rows borrow.
fn changes(
    tx: &Tx,
    sql: String,
    statements: Result<Vec<Values>, StoreError>,
) -> BoxFuture<'_, Result<u64, StoreError>> {
    Box::pin(async move {
        let mut changed = 0;
        for values in statements? {
            changed += tx.execute(&sql, values).await?;
        }
        Ok(changed)
    })
}

/// The values of each statement that the rows need.
fn every<I: Iterator>(
    rows: &mut Rows<I>,
    mut next: impl FnMut(&mut Rows<I>) -> Result<Values, StoreError>,
) -> Result<Vec<Values>, StoreError> {
    let mut statements = Vec::new();
    while rows.peek().is_some() {
        statements.push(next(rows)?);
    }
    Ok(statements)
}

type Rows<I> = std::iter::Peekable<I>;

/// The next rows as parameters, as many rows as fit one statement.
fn parameters<'a, const N: usize>(
    tx: &Tx,
    table: &'static str,
    columns: &[Column; N],
    rows: &mut Rows<impl Iterator<Item = [Cell<'a>; N]>>,
) -> Result<Values, StoreError> {
    if tx.is_postgres() {
        return Ok(arrays::arrays(table, columns, rows)?.into_iter().map(Value::from).collect());
    }
    let packed = packed::pack(table, columns, rows)?;
    let last = packed.records.len() - packed::record_width(columns);
    let last = i64::try_from(last).map_err(|_| StoreError::bad_row(table, "too many rows"))?;
    Ok(vec![packed.records.into(), packed.texts.into(), last.into()])
}

/// The statement's own values, and the next rows.
fn bound<'a, const N: usize>(
    tx: &Tx,
    over: &Over<'_, N>,
    rows: &mut Rows<impl Iterator<Item = [Cell<'a>; N]>>,
) -> Result<Values, StoreError> {
    let mut values = over.values.clone();
    values.extend(parameters(tx, over.table, over.columns, rows)?);
    Ok(values)
}

fn over_sql<const N: usize>(tx: &Tx, over: &Over<'_, N>) -> String {
    let first = over.values.len() + 1;
    let names: Vec<&str> = over.columns.iter().map(|column| column.name).collect();
    let names = names.join(", ");
    if tx.is_postgres() {
        let unnest = arrays::unnest_sql(over.columns, first);
        return format!("WITH v ({names}) AS (SELECT * FROM {unnest}) {}", over.sql);
    }
    let places = packed::places_sql(over.columns, first + 2);
    let columns = packed::columns_sql(over.columns, first, first + 1).join(", ");
    // Cut up once, however often the statement looks at a row.
    format!("WITH RECURSIVE {places}, v ({names}) AS MATERIALIZED (SELECT {columns} FROM n) {}", over.sql)
}

fn names<const N: usize>(into: &Target<'_, N>) -> String {
    let all: Vec<&str> = into.columns.iter().map(|c| c.name).chain(into.shared.iter().map(|(c, _)| c.name)).collect();
    all.join(", ")
}

fn mismatch(table: &'static str, column: &Column) -> StoreError {
    StoreError::bad_row(table, format!("a value of another kind for {}", column.name))
}

/// `$1` are the records, `$2` the texts, `$3` where the last record begins.
fn sqlite_insert<const N: usize>(into: &Target<'_, N>) -> String {
    let mut parts = packed::columns_sql(into.columns, 1, 2);
    parts.extend((0..into.shared.len()).map(|n| format!("${}", n + 4)));
    format!(
        "WITH RECURSIVE {} INSERT INTO {} ({}) SELECT {} FROM n WHERE TRUE {}",
        packed::places_sql(into.columns, 3),
        into.table,
        names(into),
        parts.join(", "),
        into.tail
    )
}

fn postgres_insert<const N: usize>(into: &Target<'_, N>) -> String {
    let cells: Vec<String> = (0..N).map(|n| format!("c{n}")).collect();
    let shared: Vec<String> = into
        .shared
        .iter()
        .enumerate()
        .map(|(n, (c, _))| format!("CAST(${} AS {})", N + n + 1, arrays::type_of(c.kind)))
        .collect();
    let selected: Vec<&str> = cells.iter().chain(&shared).map(String::as_str).collect();
    format!(
        "INSERT INTO {} ({}) SELECT {} FROM {} AS u ({}) {}",
        into.table,
        names(into),
        selected.join(", "),
        arrays::unnest_sql(into.columns, 1),
        cells.join(", "),
        into.tail
    )
}
