//! A transaction: the only thing that can touch rows.

use sea_orm::sea_query::Value;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, FromQueryResult, QueryResult, Statement};

use super::StoreError;

/// Values for the `$1`, `$2` … of a statement, in order. Both databases read this form.
pub type Values = Vec<Value>;

/// Parameters one statement may carry: SQLite stops at 32,766, PostgreSQL at 65,535.
const PARAMETERS_MAX: usize = 30_000;

/// An open transaction with a name for errors and kill points.
pub struct Tx {
    inner: DatabaseTransaction,
    backend: DbBackend,
    scope: &'static str,
}

impl Tx {
    pub(super) const fn new(inner: DatabaseTransaction, backend: DbBackend, scope: &'static str) -> Self {
        Self { inner, backend, scope }
    }

    pub(super) fn into_inner(self) -> DatabaseTransaction {
        self.inner
    }

    /// The name of this transaction.
    #[must_use]
    pub const fn scope(&self) -> &'static str {
        self.scope
    }

    /// True on PostgreSQL, for the few statements that differ.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        self.backend == DbBackend::Postgres
    }

    /// ` FOR UPDATE` on PostgreSQL; nothing on SQLite, where a writing transaction is alone.
    #[must_use]
    pub fn for_update(&self) -> &'static str {
        if self.is_postgres() { " FOR UPDATE" } else { "" }
    }

    /// ` FOR NO KEY UPDATE` on PostgreSQL: rows that refer to this one may still be written meanwhile.
    #[must_use]
    pub fn for_no_key_update(&self) -> &'static str {
        if self.is_postgres() { " FOR NO KEY UPDATE" } else { "" }
    }

    /// ` FOR UPDATE SKIP LOCKED` on PostgreSQL; nothing on SQLite.
    #[must_use]
    pub fn skip_locked(&self) -> &'static str {
        if self.is_postgres() { " FOR UPDATE SKIP LOCKED" } else { "" }
    }

    /// The connection, for queries through the entities.
    #[must_use]
    pub const fn orm(&self) -> &DatabaseTransaction {
        &self.inner
    }

    /// Sorts an error of the entities.
    pub fn failed(&self, source: sea_orm::DbErr) -> StoreError {
        StoreError::from_db(self.scope, source)
    }

    fn statement(&self, sql: &str, values: Values) -> Statement {
        Statement::from_sql_and_values(self.backend, sql, values)
    }

    /// Changes rows; answers how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn execute(&self, sql: &str, values: Values) -> Result<u64, StoreError> {
        let done = self.inner.execute_raw(self.statement(sql, values)).await.map_err(|e| self.failed(e))?;
        Ok(done.rows_affected())
    }

    /// All rows. The caller bounds them with a LIMIT.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rows<T: FromQueryResult>(&self, sql: &str, values: Values) -> Result<Vec<T>, StoreError> {
        let rows = self.inner.query_all_raw(self.statement(sql, values)).await.map_err(|e| self.failed(e))?;
        rows.iter().map(|row| T::from_query_result(row, "")).collect::<Result<_, _>>().map_err(|e| self.failed(e))
    }

    /// All rows, for a reader that knows its columns only at run time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn query(&self, sql: &str, values: Values) -> Result<Vec<QueryResult>, StoreError> {
        self.inner.query_all_raw(self.statement(sql, values)).await.map_err(|e| self.failed(e))
    }

    /// The first row, if any.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn row<T: FromQueryResult>(&self, sql: &str, values: Values) -> Result<Option<T>, StoreError> {
        let row = self.raw_row(sql, values).await?;
        row.map(|row| T::from_query_result(&row, "")).transpose().map_err(|e| self.failed(e))
    }

    /// The first column of the first row, which the caller knows by its type.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn value<T: sea_orm::TryGetable>(&self, sql: &str, values: Values) -> Result<Option<T>, StoreError> {
        let row = self.raw_row(sql, values).await?;
        row.map(|row| row.try_get_by_index::<T>(0)).transpose().map_err(|e| self.failed(e))
    }

    async fn raw_row(&self, sql: &str, values: Values) -> Result<Option<QueryResult>, StoreError> {
        self.inner.query_one_raw(self.statement(sql, values)).await.map_err(|e| self.failed(e))
    }

    /// Inserts many rows in as few statements as the parameter limit allows. `tail` follows the VALUES list, for
    /// `ON CONFLICT …`. Every row must have as many values as there are columns.
    ///
    /// # Errors
    /// [`StoreError`]; [`StoreError::BadRow`] when a row has another length.
    pub async fn insert_many(
        &self,
        table: &'static str,
        columns: &[&str],
        rows: Vec<Values>,
        tail: &str,
    ) -> Result<u64, StoreError> {
        let width = columns.len().max(1);
        let per_statement = (PARAMETERS_MAX / width).clamp(1, 500);
        let mut inserted = 0;
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let chunk: Vec<Values> = rows.by_ref().take(per_statement).collect();
            if chunk.iter().any(|row| row.len() != width) {
                return Err(StoreError::bad_row(table, "wrong number of values"));
            }
            let sql = insert_sql(table, columns, chunk.len(), tail);
            inserted += self.execute(&sql, chunk.into_iter().flatten().collect()).await?;
        }
        Ok(inserted)
    }
}

fn insert_sql(table: &str, columns: &[&str], rows: usize, tail: &str) -> String {
    let mut sql = format!("INSERT INTO {table} ({}) VALUES ", columns.join(", "));
    let mut number = 0_usize;
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns.len() {
            number += 1;
            if column > 0 {
                sql.push_str(", ");
            }
            sql.push('$');
            sql.push_str(&number.to_string());
        }
        sql.push(')');
    }
    sql.push(' ');
    sql.push_str(tail);
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multi_row_insert_numbers_its_values_through() {
        assert_eq!(
            insert_sql("t", &["a", "b"], 2, "ON CONFLICT DO NOTHING"),
            "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4) ON CONFLICT DO NOTHING"
        );
    }
}
