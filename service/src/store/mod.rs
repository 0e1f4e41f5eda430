//! Databases: how a connection is opened and what a transaction can do. SQLite and PostgreSQL, one code.

pub mod bulk;
mod connect;
mod listed;
mod schema;
mod tx;

pub use connect::{Database, Placement, PlacementError, PoolLimits};
pub use schema::{CONTROL_SCHEMA, PROJECT_SCHEMA};
pub use tx::{Tx, Values};

/// Why the database could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database or the way to it failed.
    #[error("database failed in {scope}")]
    Database {
        /// The transaction it happened in.
        scope: &'static str,
        /// What the driver said.
        #[source]
        source: sea_orm::DbErr,
    },
    /// A unique key already holds this value: the row was there first.
    #[error("row already exists in {scope}")]
    Conflict {
        /// The transaction it happened in.
        scope: &'static str,
    },
    /// A row does not mean what its table promises.
    #[error("bad row in {table}: {what}")]
    BadRow {
        /// The table.
        table: &'static str,
        /// The id and what is wrong with it; no personal data.
        what: String,
    },
}

impl StoreError {
    /// Sorts a driver's error.
    pub(crate) fn from_db(scope: &'static str, source: sea_orm::DbErr) -> Self {
        match source.sql_err() {
            Some(sea_orm::SqlErr::UniqueConstraintViolation(_)) => Self::Conflict { scope },
            _ => Self::Database { scope, source },
        }
    }

    /// A stored word that no enum knows, a date out of range: says which row.
    pub(crate) fn bad_row(table: &'static str, what: impl std::fmt::Display) -> Self {
        Self::BadRow { table, what: what.to_string() }
    }
}
