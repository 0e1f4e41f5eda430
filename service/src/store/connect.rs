//! Opening a database: lazily, with a small pool, and with the settings that money needs.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{
    ConnectOptions, DatabaseConnection, DbBackend, IsolationLevel, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use secrecy::{ExposeSecret, SecretString};
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use tokio::sync::Mutex;

use super::{StoreError, Tx};
use crate::edge;

/// How long a SQLite writer waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a request waits for a free connection before it is told to come back.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// Where a database lives: `sqlite:/path/file.db` or `postgres://user:password@host/name`.
#[derive(Clone)]
pub struct Placement(SecretString);

/// The text names no database this system can open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a placement is sqlite:PATH or postgres://…")]
pub struct PlacementError;

impl Placement {
    /// Takes a URL of a database.
    ///
    /// # Errors
    /// [`PlacementError`] for another scheme.
    pub fn parse(url: &str) -> Result<Self, PlacementError> {
        let known = url.starts_with("sqlite:") || url.starts_with("postgres://") || url.starts_with("postgresql://");
        if known { Ok(Self(SecretString::from(url.to_owned()))) } else { Err(PlacementError) }
    }

    /// The whole URL with its password: for sealing and connecting only.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    fn is_sqlite(&self) -> bool {
        self.expose().starts_with("sqlite:")
    }
}

impl std::fmt::Debug for Placement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_sqlite() { "sqlite" } else { "postgres" })
    }
}

/// How many connections a database may hold.
#[derive(Debug, Clone, Copy)]
pub struct PoolLimits {
    /// Connections to a SQLite file: each costs a thread.
    pub sqlite_max: u32,
    /// Connections to a PostgreSQL database.
    pub postgres_max: u32,
    /// An idle connection is closed after this long.
    pub idle_timeout: Duration,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self { sqlite_max: 3, postgres_max: 8, idle_timeout: Duration::from_secs(120) }
    }
}

/// An open database. Clones share the pool.
#[derive(Clone)]
pub struct Database {
    connection: DatabaseConnection,
    backend: DbBackend,
    /// SQLite has one writer. Waiting here is fair and costs nothing; waiting in the file is a poll.
    writer: Option<Arc<Mutex<()>>>,
}

impl Database {
    /// Opens a database without creating or changing anything in it. A missing SQLite file is an error.
    ///
    /// # Errors
    /// [`StoreError::Database`] when it cannot be reached.
    pub async fn open(placement: &Placement, limits: PoolLimits) -> Result<Self, StoreError> {
        let connection = sea_orm::Database::connect(options(placement, limits, false))
            .await
            .map_err(|e| StoreError::from_db("open", e))?;
        Ok(Self::over(connection))
    }

    /// Opens a database for migration; a SQLite file is created when it is not there.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn connect_for_migration(placement: &Placement) -> Result<DatabaseConnection, StoreError> {
        sea_orm::Database::connect(options(placement, PoolLimits::default(), true))
            .await
            .map_err(|e| StoreError::from_db("migrate", e))
    }

    fn over(connection: DatabaseConnection) -> Self {
        let backend = connection.get_database_backend();
        let writer = (backend == DbBackend::Sqlite).then(|| Arc::new(Mutex::new(())));
        Self { connection, backend, writer }
    }

    /// Runs `work` in a writing transaction: committed when it answers `Ok`, rolled back otherwise.
    ///
    /// # Errors
    /// What `work` answers, or [`StoreError`].
    pub async fn transact<T, E: From<StoreError>>(
        &self,
        scope: &'static str,
        work: impl AsyncFnOnce(&Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        let _turn = match &self.writer {
            Some(writer) => Some(writer.lock().await),
            None => None,
        };
        let tx = self.begin(scope, SqliteTransactionMode::Immediate).await?;
        match work(&tx).await {
            Ok(value) => {
                edge::reach(scope, "before_commit");
                tx.into_inner().commit().await.map_err(|e| StoreError::from_db(scope, e))?;
                edge::reach(scope, "after_commit");
                Ok(value)
            }
            Err(error) => {
                // Dropping would roll back as well; doing it here frees the connection before the next writer's turn.
                let _ = tx.into_inner().rollback().await;
                Err(error)
            }
        }
    }

    /// Runs `work` over one consistent reading and rolls back whatever it did: for views, and for previews that are
    /// computed by the very code that would do it.
    ///
    /// # Errors
    /// What `work` answers, or [`StoreError`].
    pub async fn preview<T, E: From<StoreError>>(
        &self,
        scope: &'static str,
        work: impl AsyncFnOnce(&Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        let _turn = match &self.writer {
            Some(writer) => Some(writer.lock().await),
            None => None,
        };
        let tx = self.begin(scope, SqliteTransactionMode::Immediate).await?;
        let answer = work(&tx).await;
        tx.into_inner().rollback().await.map_err(|e| StoreError::from_db(scope, e))?;
        answer
    }

    /// Runs `work` over one consistent reading; it must not write. Never waits for a writer.
    ///
    /// # Errors
    /// What `work` answers, or [`StoreError`].
    pub async fn read<T, E: From<StoreError>>(
        &self,
        scope: &'static str,
        work: impl AsyncFnOnce(&Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        let tx = self.begin_reading(scope).await?;
        let answer = work(&tx).await;
        tx.into_inner().rollback().await.map_err(|e| StoreError::from_db(scope, e))?;
        answer
    }

    /// A snapshot: what is read belongs together, whatever is written meanwhile.
    async fn begin_reading(&self, scope: &'static str) -> Result<Tx, StoreError> {
        if self.backend == DbBackend::Sqlite {
            return self.begin(scope, SqliteTransactionMode::Deferred).await;
        }
        let options = TransactionOptions {
            isolation_level: Some(IsolationLevel::RepeatableRead),
            ..TransactionOptions::default()
        };
        let inner = self.connection.begin_with_options(options).await.map_err(|e| StoreError::from_db(scope, e))?;
        Ok(Tx::new(inner, self.backend, scope))
    }

    async fn begin(&self, scope: &'static str, mode: SqliteTransactionMode) -> Result<Tx, StoreError> {
        let options = match self.backend {
            DbBackend::Sqlite => {
                TransactionOptions { sqlite_transaction_mode: Some(mode), ..TransactionOptions::default() }
            }
            _ => TransactionOptions::default(),
        };
        let inner = self.connection.begin_with_options(options).await.map_err(|e| StoreError::from_db(scope, e))?;
        Ok(Tx::new(inner, self.backend, scope))
    }

    /// Closes the pool, waiting for what is in use.
    pub async fn close(&self) {
        let _ = self.connection.clone().close().await;
    }
}

fn options(placement: &Placement, limits: PoolLimits, create: bool) -> ConnectOptions {
    let mut options = ConnectOptions::new(placement.expose());
    let connections_max = if placement.is_sqlite() { limits.sqlite_max } else { limits.postgres_max };
    options
        .max_connections(connections_max)
        .min_connections(0)
        .idle_timeout(limits.idle_timeout)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .sqlx_logging(false)
        .test_before_acquire(!placement.is_sqlite());
    options.map_sqlx_sqlite_opts(move |sqlite| {
        // FULL: a commit that was answered survives the loss of power.
        sqlite
            .create_if_missing(create)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
    });
    // A node that froze with a lock in its hand must not stop the others for ever.
    options.map_sqlx_postgres_opts(|postgres| {
        postgres.options([("lock_timeout", "8s"), ("idle_in_transaction_session_timeout", "60s")])
    });
    options
}
