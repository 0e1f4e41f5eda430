//! What every import of a file shares: one at a time in a project, each recorded with the hash of its file.

use serde_json::Value;
use uuid::Uuid;

use crate::audit::{self, By};
use crate::houses::SourceFile;
use crate::store::StoreError;
use crate::tenancy::ProjectTx;

/// Rows listed one by one in a report; the counts are exact.
pub(crate) const LISTED_MAX: usize = 1_000;

/// A kind of import: its name in `import_batch`, and what the audit log calls it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ImportKind {
    pub name: &'static str,
    pub action: &'static str,
}

/// One import at a time: two of them would both find something missing.
pub(crate) async fn take_turn(tx: &ProjectTx<'_>) -> Result<(), StoreError> {
    let sql = format!("SELECT project_id FROM project_mark{}", tx.for_update());
    tx.value::<Uuid>(&sql, vec![]).await?;
    Ok(())
}

/// Whether a file of these bytes was imported as this kind before.
pub(crate) async fn is_imported(tx: &ProjectTx<'_>, kind: ImportKind, file: &SourceFile) -> Result<bool, StoreError> {
    let found: Option<Uuid> = tx
        .value(
            "SELECT id FROM import_batch WHERE kind = $1 AND file_sha256 = $2 LIMIT 1",
            vec![kind.name.into(), file.sha256.as_str().into()],
        )
        .await?;
    Ok(found.is_some())
}

/// Records an import and puts it into the audit log.
pub(crate) async fn record(
    tx: &ProjectTx<'_>,
    kind: ImportKind,
    file: &SourceFile,
    summary: &Value,
    by: &By,
    now_ms: i64,
) -> Result<Uuid, StoreError> {
    let batch_id = Uuid::now_v7();
    tx.execute(
        "INSERT INTO import_batch (id, kind, file_name, file_sha256, summary, created_at_ms, created_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        vec![
            batch_id.into(),
            kind.name.into(),
            file.name.as_str().into(),
            file.sha256.as_str().into(),
            summary.to_string().into(),
            now_ms.into(),
            by.actor.id().into(),
        ],
    )
    .await?;
    audit::append(tx, by, kind.action, &format!("import_batch:{batch_id}"), summary, now_ms).await?;
    Ok(batch_id)
}
