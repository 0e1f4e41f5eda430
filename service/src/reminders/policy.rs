//! The project's reminder policy: versions, never edits.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::applied::Applied;
use domain::reminder::{Policy, PolicyError};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::ReminderError;
use super::rows::{numbered, uuids};
use crate::audit::{self, By};
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// A policy with the version reminders keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VersionedPolicy {
    /// 1, 2, …
    pub version: i64,
    /// The rules.
    pub policy: Policy,
}

#[derive(sea_orm::FromQueryResult)]
struct PolicyRow {
    version: i64,
    body: String,
}

impl PolicyRow {
    fn parse(self) -> Result<VersionedPolicy, StoreError> {
        let policy = serde_json::from_str(&self.body)
            .map_err(|e| StoreError::bad_row("reminder_policy", format!("version {}: {e}", self.version)))?;
        Ok(VersionedPolicy { version: self.version, policy })
    }
}

/// The policy in force. A project that never had one gets [`Policy::default`] as version 1.
///
/// # Errors
/// [`ReminderError::Store`].
pub async fn current(db: &ProjectDb, now: DateTime<Utc>) -> Result<VersionedPolicy, ReminderError> {
    if let Some(found) = db.read("reminders.policy", async |tx| newest(tx).await).await? {
        return Ok(found);
    }
    Ok(db.transact("reminders.first_policy", async |tx| current_in(tx, now.timestamp_millis()).await).await?)
}

/// As [`current`], inside a writing transaction.
pub(super) async fn current_in(tx: &ProjectTx<'_>, now_ms: i64) -> Result<VersionedPolicy, StoreError> {
    if let Some(found) = newest(tx).await? {
        return Ok(found);
    }
    insert(tx, 1, &Policy::default(), None, now_ms, "ON CONFLICT (version) DO NOTHING").await?;
    newest(tx).await?.ok_or_else(|| StoreError::bad_row("reminder_policy", "no version"))
}

async fn newest(tx: &ProjectTx<'_>) -> Result<Option<VersionedPolicy>, StoreError> {
    let row: Option<PolicyRow> =
        tx.row("SELECT version, body FROM reminder_policy ORDER BY version DESC LIMIT 1", vec![]).await?;
    row.map(PolicyRow::parse).transpose()
}

/// Puts a policy in force for what is planned from now on; what was planned before keeps its version. `Already` when
/// it is the one in force. Answers the version.
///
/// # Errors
/// [`ReminderError::Policy`] with everything wrong, [`ReminderError::Store`] (a conflict when two change it at once).
pub async fn set_policy(
    db: &ProjectDb,
    by: &By,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Result<Applied<i64>, ReminderError> {
    replace_policy(db, by, policy, None, now).await
}

/// As [`set_policy`], for somebody who had this version before them: what a colleague changed meanwhile stays.
///
/// # Errors
/// As [`set_policy`]; [`ReminderError::PolicyMoved`] when another version is in force by now.
pub async fn replace_policy(
    db: &ProjectDb,
    by: &By,
    policy: &Policy,
    seen_version: Option<i64>,
    now: DateTime<Utc>,
) -> Result<Applied<i64>, ReminderError> {
    policy.check().map_err(ReminderError::Policy)?;
    let now_ms = now.timestamp_millis();
    db.transact("reminders.set_policy", async |tx| {
        let applied = put_in(tx, policy, seen_version, by.actor.id(), now_ms).await?;
        if let Applied::Done(version) = applied {
            let detail = json!({ "version": version, "stages": policy.stages.len() });
            audit::append(tx, by, "set.reminder_policy", &format!("reminder_policy:{version}"), &detail, now_ms)
                .await?;
        }
        Ok(applied)
    })
    .await
}

/// Writes the next version, and no word in the audit log: what is tried only is rolled back.
pub(super) async fn put_in(
    tx: &ProjectTx<'_>,
    policy: &Policy,
    seen_version: Option<i64>,
    by: Option<Uuid>,
    now_ms: i64,
) -> Result<Applied<i64>, ReminderError> {
    let strangers = unknown_fee_items(tx, policy).await?;
    if !strangers.is_empty() {
        return Err(ReminderError::Policy(strangers));
    }
    let before = current_in(tx, now_ms).await?;
    if &before.policy == policy {
        return Ok(Applied::Already(before.version));
    }
    if seen_version.is_some_and(|seen| seen != before.version) {
        return Err(ReminderError::PolicyMoved);
    }
    let version = before.version + 1;
    insert(tx, version, policy, by, now_ms, "").await?;
    Ok(Applied::Done(version))
}

#[derive(sea_orm::FromQueryResult)]
struct FeeItemId {
    id: Uuid,
}

/// Stages for fee items that this project does not have would never speak, and nobody would know why.
async fn unknown_fee_items(tx: &ProjectTx<'_>, policy: &Policy) -> Result<Vec<PolicyError>, StoreError> {
    let named: HashSet<Uuid> = policy.stages.iter().flat_map(|stage| stage.fee_items.iter().copied()).collect();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let mut known = HashSet::new();
    let named: Vec<Uuid> = named.into_iter().collect();
    for chunk in named.chunks(super::rows::IDS_PER_QUERY) {
        let sql = format!("SELECT id FROM fee_item WHERE id IN ({})", numbered(1, chunk.len()));
        known.extend(tx.rows::<FeeItemId>(&sql, uuids(chunk)).await?.into_iter().map(|row| row.id));
    }
    let is_strange = |stage: &domain::reminder::Stage| stage.fee_items.iter().any(|item| !known.contains(item));
    let strange = policy.stages.iter().enumerate().filter(|(_, stage)| is_strange(stage));
    Ok(strange
        .map(|(place, _)| PolicyError {
            field: format!("stages[{place}].fee_items"),
            words: "本小区没有这个收费项目，请从列表中重新选择".to_owned(),
        })
        .collect())
}

async fn insert(
    tx: &ProjectTx<'_>,
    version: i64,
    policy: &Policy,
    by: Option<Uuid>,
    now_ms: i64,
    tail: &str,
) -> Result<(), StoreError> {
    let body = serde_json::to_string(policy).map_err(|e| StoreError::bad_row("reminder_policy", e))?;
    tx.execute(
        &format!(
            "INSERT INTO reminder_policy (version, body, created_at_ms, created_by) VALUES ($1, $2, $3, $4) {tail}"
        ),
        vec![version.into(), body.into(), now_ms.into(), by.into()],
    )
    .await?;
    Ok(())
}

/// The policies of these versions. A version that is not stored is a bad row.
pub(super) async fn of_versions(
    tx: &ProjectTx<'_>,
    versions: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, Policy>, StoreError> {
    let mut wanted: Vec<i64> = versions.into_iter().collect();
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!("SELECT version, body FROM reminder_policy WHERE version IN ({})", numbered(1, wanted.len()));
    let rows: Vec<PolicyRow> = tx.rows(&sql, wanted.iter().map(|version| (*version).into()).collect()).await?;
    let found: HashMap<i64, Policy> =
        rows.into_iter().map(|row| row.parse().map(|p| (p.version, p.policy))).collect::<Result<_, _>>()?;
    match wanted.iter().find(|version| !found.contains_key(version)) {
        Some(missing) => Err(StoreError::bad_row("reminder_policy", format!("version {missing} is missing"))),
        None => Ok(found),
    }
}
