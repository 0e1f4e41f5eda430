//! Data keys in the control database: making them, opening them, rotating them.

use secrecy::zeroize::Zeroizing;

use crate::store::{StoreError, Tx};
use crate::vault::{MasterKey, Sealer, VaultError};

/// The scope of the control database's own keys; every other scope is a project's id.
pub const CONTROL_SCOPE: &str = "control";

/// Seal-key versions kept readable for one scope.
const VERSIONS_MAX: usize = 64;

/// Why keys could not be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key did not open: most often another master key than the one that wrapped it.
    #[error("the data keys of {scope} do not open with this master key")]
    Vault {
        /// Whose keys.
        scope: String,
        /// What the vault said.
        #[source]
        source: VaultError,
    },
    /// The scope has no keys.
    #[error("no data keys for {0}")]
    Missing(String),
}

#[derive(sea_orm::FromQueryResult)]
struct KeyRow {
    scope: String,
    purpose: String,
    version: i64,
    wrapped: Vec<u8>,
}

/// Makes the first seal key and the index key of a scope.
///
/// # Errors
/// [`KeyError`]; a conflict when the scope has keys already.
pub async fn create_scope_keys(tx: &Tx, master: &MasterKey, scope: &str, now_ms: i64) -> Result<(), KeyError> {
    for purpose in ["seal", "index"] {
        insert_key(tx, master, scope, purpose, 1, now_ms).await?;
    }
    Ok(())
}

/// Adds a new seal key: what is sealed from now on uses it. Re-sealing old rows is the rotation command's work.
///
/// # Errors
/// [`KeyError`].
pub async fn add_seal_key(tx: &Tx, master: &MasterKey, scope: &str, now_ms: i64) -> Result<u32, KeyError> {
    let newest: Option<i64> = tx
        .value(
            "SELECT version FROM data_key WHERE scope = $1 AND purpose = 'seal' ORDER BY version DESC LIMIT 1",
            vec![scope.into()],
        )
        .await?;
    let version = newest.ok_or_else(|| KeyError::Missing(scope.to_owned()))? + 1;
    insert_key(tx, master, scope, "seal", version, now_ms).await?;
    u32::try_from(version).map_err(|_| StoreError::bad_row("data_key", version).into())
}

async fn insert_key(
    tx: &Tx,
    master: &MasterKey,
    scope: &str,
    purpose: &str,
    version: i64,
    now_ms: i64,
) -> Result<(), KeyError> {
    let wrapped =
        master.new_wrapped_key(scope, purpose).map_err(|source| KeyError::Vault { scope: scope.to_owned(), source })?;
    tx.execute(
        "INSERT INTO data_key (scope, purpose, version, wrapped, created_at_ms) VALUES ($1, $2, $3, $4, $5)",
        vec![scope.into(), purpose.into(), version.into(), wrapped.into(), now_ms.into()],
    )
    .await?;
    Ok(())
}

/// Opens the keys of a scope.
///
/// # Errors
/// [`KeyError`].
pub async fn load_sealer(tx: &Tx, master: &MasterKey, scope: &str) -> Result<Sealer, KeyError> {
    let rows: Vec<KeyRow> = tx
        .rows(
            "SELECT scope, purpose, version, wrapped FROM data_key WHERE scope = $1 AND retired_at_ms IS NULL \
             ORDER BY version LIMIT 65",
            vec![scope.into()],
        )
        .await?;
    if rows.len() > VERSIONS_MAX {
        return Err(StoreError::bad_row("data_key", format!("{scope}: more than {VERSIONS_MAX} versions")).into());
    }
    let failed = |source| KeyError::Vault { scope: scope.to_owned(), source };
    let mut seal_keys: Vec<(u32, Zeroizing<Vec<u8>>)> = Vec::new();
    let mut index_key = None;
    for row in rows {
        let opened = master.unwrap_key(scope, &row.purpose, &row.wrapped).map_err(failed)?;
        if row.purpose == "index" {
            index_key = Some(opened);
        } else {
            let version = u32::try_from(row.version).map_err(|_| StoreError::bad_row("data_key", row.version))?;
            seal_keys.push((version, opened));
        }
    }
    let index_key = index_key.ok_or_else(|| KeyError::Missing(scope.to_owned()))?;
    Sealer::new(scope, &seal_keys, &index_key).map_err(failed)
}

/// Wraps every data key anew under another master key; answers how many. Nothing they seal is touched.
///
/// # Errors
/// [`KeyError`]: nothing is changed unless every key opened.
pub async fn rewrap_all(tx: &Tx, old: &MasterKey, new: &MasterKey) -> Result<u64, KeyError> {
    let rows: Vec<KeyRow> = tx.rows("SELECT scope, purpose, version, wrapped FROM data_key", vec![]).await?;
    let mut changed = 0;
    for row in rows {
        let wrapped = old
            .rewrap(&row.scope, &row.purpose, &row.wrapped, new)
            .map_err(|source| KeyError::Vault { scope: row.scope.clone(), source })?;
        changed += tx
            .execute(
                "UPDATE data_key SET wrapped = $1 WHERE scope = $2 AND purpose = $3 AND version = $4",
                vec![wrapped.into(), row.scope.into(), row.purpose.into(), row.version.into()],
            )
            .await?;
    }
    Ok(changed)
}
