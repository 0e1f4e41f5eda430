//! The database without us: plain statements over the same driver, for limits and for counting.

use sea_orm::sea_query::Value;
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, QueryResult,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};

use crate::Failure;

/// Opens a pool over a database that exists. SQLite gets one connection: it has one writer.
///
/// # Errors
/// The driver's.
pub async fn open(url: &str, connections: u32) -> Result<DatabaseConnection, DbErr> {
    let is_sqlite = url.starts_with("sqlite:");
    let connections = if is_sqlite { 1 } else { connections };
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).min_connections(1).sqlx_logging(false).test_before_acquire(false);
    let db = sea_orm::Database::connect(options).await?;
    if is_sqlite {
        // As the service opens it: a commit that was answered survives the loss of power.
        db.execute_unprepared("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON").await?;
    }
    Ok(db)
}

/// Begins a writing transaction as the service does.
///
/// # Errors
/// The driver's.
pub async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options = match db.get_database_backend() {
        DbBackend::Sqlite => TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        },
        _ => TransactionOptions::default(),
    };
    db.begin_with_options(options).await
}

/// Runs a statement; answers how many rows it changed.
///
/// # Errors
/// The driver's.
pub async fn execute<C: ConnectionTrait>(db: &C, sql: &str, values: Vec<Value>) -> Result<u64, DbErr> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}

/// All rows.
///
/// # Errors
/// The driver's.
pub async fn rows<C: ConnectionTrait>(db: &C, sql: &str, values: Vec<Value>) -> Result<Vec<QueryResult>, DbErr> {
    db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await
}

/// The first row, which must be there.
///
/// # Errors
/// The driver's, or that there is none.
pub async fn row<C: ConnectionTrait>(db: &C, sql: &str, values: Vec<Value>) -> Result<QueryResult, DbErr> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    db.query_one_raw(statement).await?.ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))
}

/// How many rows a table has; `condition` begins with WHERE or is empty.
///
/// # Errors
/// The driver's.
pub async fn count<C: ConnectionTrait>(db: &C, table: &str, condition: &str) -> Result<u64, Failure> {
    let found = row(db, &format!("SELECT CAST(COUNT(*) AS BIGINT) FROM {table} {condition}"), vec![]).await?;
    let count: i64 = found.try_get_by_index(0)?;
    Ok(u64::try_from(count)?)
}

/// Empties tables, those that refer to others first, and leaves nothing behind that would slow the next writer.
///
/// # Errors
/// The driver's.
pub async fn empty(db: &DatabaseConnection, tables: &[&str]) -> Result<(), DbErr> {
    if db.get_database_backend() == DbBackend::Sqlite {
        // Unchecked, a whole table is dropped at once instead of row by row.
        db.execute_unprepared("PRAGMA foreign_keys = OFF").await?;
        for table in tables {
            db.execute_unprepared(&format!("DELETE FROM {table}")).await?;
        }
        db.execute_unprepared("PRAGMA foreign_keys = ON").await?;
    } else {
        db.execute_unprepared(&format!("TRUNCATE {} CASCADE", tables.join(", "))).await?;
    }
    rest(db).await
}

/// Writes out what waits to be written, so that nobody pays for the one before.
///
/// # Errors
/// The driver's.
pub async fn rest(db: &DatabaseConnection) -> Result<(), DbErr> {
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => "PRAGMA wal_checkpoint(TRUNCATE)",
        _ => "CHECKPOINT",
    };
    db.execute_unprepared(sql).await.map(|_| ())
}

/// Tells the planner what the tables hold.
///
/// # Errors
/// The driver's.
pub async fn analyze(db: &DatabaseConnection) -> Result<(), DbErr> {
    // SQLite: the service does not analyze either.
    if db.get_database_backend() != DbBackend::Sqlite {
        db.execute_unprepared("VACUUM ANALYZE").await?;
    }
    Ok(())
}
