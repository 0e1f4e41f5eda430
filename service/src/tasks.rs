//! What staff must look at: raised by whatever found it, in the same transaction, once.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::audit::{self, By};
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// Rows of one page.
const PAGE_MAX: i64 = 200;

/// A task.
#[derive(Debug, Clone, Copy)]
pub struct NewTask<'a> {
    /// Which event it is about; a second task of the same key is not raised.
    pub natural_key: &'a str,
    /// A stable word.
    pub kind: &'a str,
    /// What it is about: `order:…`, `refund:…`.
    pub subject: &'a str,
    /// What happened and what to do, in Chinese.
    pub words: &'a str,
}

/// A task as staff see it.
#[derive(Debug, Clone, Serialize, sea_orm::FromQueryResult, utoipa::ToSchema)]
pub struct TaskView {
    /// Its id.
    pub id: Uuid,
    /// A stable word: `refundable`, `refund_awaiting_approval`, `unknown_order`, …
    pub kind: String,
    /// What it is about: `order:…`, `refund:…`.
    pub subject: String,
    /// What happened and what to do.
    pub words: String,
    /// When it was raised, milliseconds since 1970-01-01T00:00Z.
    pub created_at_ms: i64,
    /// When it was done.
    pub done_at_ms: Option<i64>,
    /// The employee who did it; empty when what it asked for happened.
    pub done_by: Option<Uuid>,
}

/// Raises a task unless it was raised before.
///
/// # Errors
/// [`StoreError`].
pub async fn raise(tx: &ProjectTx<'_>, task: NewTask<'_>, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO staff_task (id, natural_key, kind, subject, words, created_at_ms) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (natural_key) DO NOTHING",
        vec![
            Uuid::now_v7().into(),
            task.natural_key.into(),
            task.kind.into(),
            task.subject.into(),
            task.words.into(),
            now_ms.into(),
        ],
    )
    .await?;
    Ok(())
}

/// What the tasks about a subject asked for has happened.
///
/// # Errors
/// [`StoreError`].
pub async fn settle_subject(tx: &ProjectTx<'_>, subject: &str, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE staff_task SET done_at_ms = $1 WHERE subject = $2 AND done_at_ms IS NULL",
        vec![now_ms.into(), subject.into()],
    )
    .await?;
    Ok(())
}

/// What one task asked for has happened.
///
/// # Errors
/// [`StoreError`].
pub async fn settle(
    tx: &ProjectTx<'_>,
    natural_key: &str,
    done_by: Option<Uuid>,
    now_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE staff_task SET done_at_ms = $1, done_by = $2 WHERE natural_key = $3 AND done_at_ms IS NULL",
        vec![now_ms.into(), done_by.into(), natural_key.into()],
    )
    .await?;
    Ok(())
}

/// The tasks, the newest first: the open ones, or all.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    db: &ProjectDb,
    only_open: bool,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<TaskView>, StoreError> {
    let open = if only_open { " AND done_at_ms IS NULL" } else { "" };
    let sql = format!(
        "SELECT id, kind, subject, words, created_at_ms, done_at_ms, done_by FROM staff_task WHERE id < $1{open} \
         ORDER BY id DESC LIMIT $2"
    );
    let values = vec![before.unwrap_or(Uuid::max()).into(), limit.clamp(1, PAGE_MAX).into()];
    db.read("tasks.list", async |tx| tx.rows(&sql, values).await).await
}

/// An employee says that a task is done. False when there is no such task; one that is done stays as it is.
///
/// # Errors
/// [`StoreError`].
pub async fn finish(db: &ProjectDb, id: Uuid, by: &By, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let now_ms = now.timestamp_millis();
    db.transact("tasks.finish", async |tx| {
        let key: Option<String> = tx.value("SELECT natural_key FROM staff_task WHERE id = $1", vec![id.into()]).await?;
        let Some(key) = key else { return Ok(false) };
        let changed = tx
            .execute(
                "UPDATE staff_task SET done_at_ms = $1, done_by = $2 WHERE id = $3 AND done_at_ms IS NULL",
                vec![now_ms.into(), by.actor.id().into(), id.into()],
            )
            .await?;
        if changed == 1 {
            audit::append(tx, by, "task.finish", &format!("task:{key}"), &serde_json::json!({}), now_ms).await?;
        }
        Ok(true)
    })
    .await
}
