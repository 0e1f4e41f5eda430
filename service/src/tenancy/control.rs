//! The control database.

use crate::store::{Database, StoreError, Tx};
use crate::vault::Sealer;

/// The control database with its keys. Clones share the pool.
#[derive(Clone)]
pub struct ControlDb {
    database: Database,
    sealer: Sealer,
}

/// A transaction in the control database.
pub struct ControlTx<'a> {
    tx: &'a Tx,
    sealer: &'a Sealer,
}

impl ControlDb {
    /// Joins an open database and its keys.
    #[must_use]
    pub const fn new(database: Database, sealer: Sealer) -> Self {
        Self { database, sealer }
    }

    /// The keys of the control database.
    #[must_use]
    pub const fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// A writing transaction.
    ///
    /// # Errors
    /// What `work` answers, or [`StoreError`].
    pub async fn transact<T, E: From<StoreError>>(
        &self,
        scope: &'static str,
        work: impl AsyncFnOnce(&ControlTx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.database.transact(scope, async |tx| work(&ControlTx { tx, sealer: &self.sealer }).await).await
    }

    /// One consistent reading.
    ///
    /// # Errors
    /// What `work` answers, or [`StoreError`].
    pub async fn read<T, E: From<StoreError>>(
        &self,
        scope: &'static str,
        work: impl AsyncFnOnce(&ControlTx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.database.read(scope, async |tx| work(&ControlTx { tx, sealer: &self.sealer }).await).await
    }
}

impl ControlTx<'_> {
    /// The keys of the control database.
    #[must_use]
    pub const fn sealer(&self) -> &Sealer {
        self.sealer
    }
}

impl std::ops::Deref for ControlTx<'_> {
    type Target = Tx;
    fn deref(&self) -> &Tx {
        self.tx
    }
}
