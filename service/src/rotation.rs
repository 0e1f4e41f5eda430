//! Key rotation: a new data key for one scope, then every sealed row sealed anew, in batches that can be stopped and
//! run again.
//!
//! While a rotation runs both keys open; what is written meanwhile already uses the new one. The old key is retired
//! only when no row needs it any more. A test walks every `_sealed` column of both schemas and fails on one that is not
//! listed here.

use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use crate::audit::{self, By};
use crate::store::{StoreError, Tx};
use crate::tenancy::{ControlDb, KeyError, ProjectDb, add_seal_key, rewrap_all};
use crate::vault::{MasterKey, Sealer, VaultError, version_of};

/// Rows sealed anew in one transaction.
const BATCH: i64 = 500;

/// A sealed column: its table, its primary key, and the name it is sealed under.
#[derive(Debug, Clone, Copy)]
pub struct SealedColumn {
    /// The table.
    pub table: &'static str,
    /// The columns of its primary key.
    pub key: &'static [&'static str],
    /// The column without `_sealed`.
    pub column: &'static str,
}

const fn column(table: &'static str, key: &'static [&'static str], column: &'static str) -> SealedColumn {
    SealedColumn { table, key, column }
}

/// Every sealed column of a project's database.
pub const PROJECT_COLUMNS: &[SealedColumn] = &[
    column("party", &["id"], "name"),
    column("party", &["id"], "id_no"),
    column("party_phone", &["party_id", "phone_hash"], "phone"),
    column("notice", &["id"], "text"),
    column("reminder_pause", &["id"], "words"),
    column("desk_payment", &["payment_id"], "payer_name"),
];

/// Every sealed column of the control database.
pub const CONTROL_COLUMNS: &[SealedColumn] = &[
    column("merchant", &["id"], "private_key"),
    column("merchant", &["id"], "api_v3_key"),
    column("wechat_app", &["app_id"], "secret"),
    column("wechat_app", &["app_id"], "push_token"),
    column("wechat_app", &["app_id"], "push_aes_key"),
    column("sms_account", &["id"], "secret_id"),
    column("sms_account", &["id"], "secret_key"),
    column("voice_account", &["id"], "secret_id"),
    column("voice_account", &["id"], "secret_key"),
    column("project", &["id"], "placement"),
    column("person", &["id"], "phone"),
    column("house_binding", &["id"], "claimed_name"),
];

/// Why a rotation stopped. Nothing is lost: run it again.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// Keys.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A row does not open.
    #[error("a sealed value of {table} does not open")]
    Row {
        /// The table.
        table: &'static str,
        /// What the vault said.
        #[source]
        source: VaultError,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a rotation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RotationReport {
    /// The version everything is sealed with now.
    pub version: u32,
    /// Values sealed anew.
    pub resealed: u64,
}

/// Adds a new seal key to a scope: `control` or a project's id. The caller opens the scope anew afterwards, on
/// every node, before it calls [`reseal_project`] or [`reseal_control`].
///
/// # Errors
/// [`RotationError`].
pub async fn new_key(
    control: &ControlDb,
    master: &MasterKey,
    scope: &str,
    by: &By,
    now_ms: i64,
) -> Result<u32, RotationError> {
    control
        .transact("rotation.new_key", async |tx| {
            let version = add_seal_key(tx, master, scope, now_ms).await?;
            audit::append(tx, by, "rotate.key", &format!("scope:{scope}"), &json!({"version": version}), now_ms)
                .await?;
            Ok(version)
        })
        .await
}

/// Wraps every data key under another master key. The program must be started with the new one from then on.
///
/// # Errors
/// [`RotationError`].
pub async fn new_master_key(
    control: &ControlDb,
    old: &MasterKey,
    new: &MasterKey,
    by: &By,
    now_ms: i64,
) -> Result<u64, RotationError> {
    control
        .transact("rotation.new_master", async |tx| {
            let keys = rewrap_all(tx, old, new).await?;
            audit::append(tx, by, "rotate.master_key", "master_key", &json!({"keys": keys}), now_ms).await?;
            Ok(keys)
        })
        .await
}

/// Seals every value of a project's database with its current key.
///
/// # Errors
/// [`RotationError`].
pub async fn reseal_project(db: &ProjectDb) -> Result<RotationReport, RotationError> {
    let sealer = Arc::new(db.sealer().clone());
    let mut resealed = 0;
    for column in PROJECT_COLUMNS {
        let mut after = None;
        loop {
            let (done, last) =
                db.transact("rotation.project", async |tx| batch(tx, &sealer, *column, after.take()).await).await?;
            resealed += done;
            after = last;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(RotationReport { version: sealer.current_version(), resealed })
}

/// Seals every value of the control database with its current key.
///
/// # Errors
/// [`RotationError`].
pub async fn reseal_control(control: &ControlDb) -> Result<RotationReport, RotationError> {
    let sealer = Arc::new(control.sealer().clone());
    let mut resealed = 0;
    for column in CONTROL_COLUMNS {
        let mut after = None;
        loop {
            let (done, last) = control
                .transact("rotation.control", async |tx| batch(tx, &sealer, *column, after.take()).await)
                .await?;
            resealed += done;
            after = last;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(RotationReport { version: sealer.current_version(), resealed })
}

/// Retires every older seal key of a scope. Only after the sealing of every row anew went through: a row that was
/// sealed with a retired key opens no more until the key is brought back.
///
/// # Errors
/// [`RotationError`].
pub async fn retire_older(control: &ControlDb, scope: &str, version: u32, now_ms: i64) -> Result<u64, RotationError> {
    let retired = control
        .transact("rotation.retire", async |tx| {
            tx.execute(
                "UPDATE data_key SET retired_at_ms = $1 WHERE scope = $2 AND purpose = 'seal' AND version < $3 \
                 AND retired_at_ms IS NULL",
                vec![now_ms.into(), scope.into(), i64::from(version).into()],
            )
            .await
        })
        .await?;
    Ok(retired)
}

/// One batch of rows after a key; answers how many were sealed anew and where to go on.
async fn batch(
    tx: &Tx,
    sealer: &Sealer,
    column: SealedColumn,
    after: Option<Vec<sea_orm::Value>>,
) -> Result<(u64, Option<Vec<sea_orm::Value>>), RotationError> {
    let rows = page(tx, column, after).await?;
    let full = i64::try_from(rows.len()).unwrap_or(0) == BATCH;
    let last = rows.last().map(|row| row.key.clone());
    let mut resealed = 0;
    let name = format!("{}.{}", column.table, column.column);
    let failed = |source| RotationError::Row { table: column.table, source };
    for row in rows {
        if version_of(&row.sealed) == Some(sealer.current_version()) {
            continue;
        }
        let plain = sealer.open(&name, &row.sealed).map_err(failed)?;
        let fresh = sealer.seal(&name, &plain).map_err(failed)?;
        let matches: Vec<String> =
            column.key.iter().enumerate().map(|(place, key)| format!("{key} = ${}", place + 2)).collect();
        let sql = format!("UPDATE {} SET {}_sealed = $1 WHERE {}", column.table, column.column, matches.join(" AND "));
        let mut values = vec![fresh.into()];
        values.extend(row.key);
        resealed += tx.execute(&sql, values).await?;
    }
    Ok((resealed, last.filter(|_| full)))
}

struct SealedRow {
    key: Vec<sea_orm::Value>,
    sealed: Vec<u8>,
}

/// Keys are UUIDs, app ids or hashes; each comes back as what it is.
async fn page(tx: &Tx, column: SealedColumn, after: Option<Vec<sea_orm::Value>>) -> Result<Vec<SealedRow>, StoreError> {
    let keys = column.key.join(", ");
    let beyond = match &after {
        Some(values) => {
            let marks: Vec<String> = (1..=values.len()).map(|n| format!("${n}")).collect();
            format!(" AND ({keys}) > ({})", marks.join(", "))
        }
        None => String::new(),
    };
    let sql = format!(
        "SELECT {keys}, {0}_sealed FROM {1} WHERE {0}_sealed IS NOT NULL{beyond} ORDER BY {keys} LIMIT {BATCH}",
        column.column, column.table
    );
    // Held until they are written: what another node writes meanwhile is not sealed over with what was read here.
    let lock = if tx.is_postgres() { " FOR NO KEY UPDATE" } else { "" };
    let rows = tx.query(&format!("{sql}{lock}"), after.unwrap_or_default()).await?;
    rows.iter()
        .map(|row| {
            let key = (0..column.key.len()).map(|place| key_value(tx, row, column, place)).collect::<Result<_, _>>()?;
            let sealed = row.try_get_by_index(column.key.len()).map_err(|e| tx.failed(e))?;
            Ok(SealedRow { key, sealed })
        })
        .collect()
}

fn key_value(
    tx: &Tx,
    row: &sea_orm::QueryResult,
    column: SealedColumn,
    place: usize,
) -> Result<sea_orm::Value, StoreError> {
    let name = column.key.get(place).copied().unwrap_or_default();
    let value = if name.ends_with("_hash") {
        row.try_get_by_index::<Vec<u8>>(place).map(Into::into)
    } else if name == "app_id" {
        row.try_get_by_index::<String>(place).map(Into::into)
    } else {
        row.try_get_by_index::<uuid::Uuid>(place).map(Into::into)
    };
    value.map_err(|e| tx.failed(e))
}
