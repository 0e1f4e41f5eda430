//! A connection of the tests' own to one database, with plain SQL.

use std::collections::BTreeMap;

use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, QueryResult, Statement, TryGetable};

/// An open connection that the product knows nothing of.
pub struct Raw(DatabaseConnection);

impl Raw {
    /// Connects to a database by its URL.
    pub async fn open(url: &str) -> Self {
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        Self(sea_orm::Database::connect(options).await.unwrap())
    }

    /// On PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        self.0.get_database_backend() == DbBackend::Postgres
    }

    /// All rows of a query.
    pub async fn rows(&self, sql: &str) -> Vec<QueryResult> {
        let statement = Statement::from_string(self.0.get_database_backend(), sql);
        self.0.query_all_raw(statement).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The first column of a query.
    pub async fn column<T: TryGetable>(&self, sql: &str) -> Vec<T> {
        let rows = self.rows(sql).await;
        rows.iter().map(|row| row.try_get_by_index(0).unwrap_or_else(|error| panic!("{sql}: {error:?}"))).collect()
    }

    /// The only value of a query.
    pub async fn one<T: TryGetable>(&self, sql: &str) -> T {
        let mut found = self.column(sql).await;
        assert_eq!(found.len(), 1, "one row: {sql}");
        found.pop().unwrap()
    }

    /// How many rows a table (with its WHERE) has.
    pub async fn count(&self, table: &str) -> i64 {
        self.one(&format!("SELECT COUNT(*) FROM {table}")).await
    }

    /// Runs statements.
    pub async fn execute(&self, sql: &str) {
        self.0.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// The tables that are ours.
    pub async fn tables(&self) -> Vec<String> {
        let sql = if self.is_postgres() {
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
        } else {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY 1"
        };
        self.column(sql).await
    }

    /// The columns of a table, by name.
    pub async fn columns(&self, table: &str) -> Vec<String> {
        let sql = if self.is_postgres() {
            format!(
                "SELECT CAST(column_name AS TEXT) FROM information_schema.columns \
                 WHERE table_schema = 'public' AND table_name = '{table}' ORDER BY 1"
            )
        } else {
            format!("SELECT name FROM pragma_table_info('{table}') ORDER BY 1")
        };
        self.column(&sql).await
    }

    /// How many rows every table has.
    pub async fn sizes(&self) -> BTreeMap<String, i64> {
        let mut sizes = BTreeMap::new();
        for table in self.tables().await {
            let rows = self.count(&table).await;
            sizes.insert(table, rows);
        }
        sizes
    }

    /// Closes it.
    pub async fn close(self) {
        self.0.close().await.unwrap();
    }
}
