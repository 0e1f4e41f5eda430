//! What is due: what waited comes back, and payers are found with what concerns them.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use domain::reminder::{Stage, instant_on};
use uuid::Uuid;

use super::asking::Wish;
use super::policy;
use crate::store::StoreError;
use crate::tenancy::ProjectTx;

/// Due rows looked at to find payers.
const LOOK_AHEAD_ROWS: usize = 4_000;
/// As many are always looked at.
const LOOK_AHEAD_ROWS_MIN: usize = 64;
/// Reminders claimed in one transaction. A payer with more gets the rest in the next message.
pub(super) const REMINDERS_PER_CLAIM: usize = 20_000;

#[derive(sea_orm::FromQueryResult)]
struct PayerRow {
    payer_party_id: Uuid,
}

#[derive(sea_orm::FromQueryResult)]
struct WishRow {
    payer_party_id: Uuid,
    house_id: Uuid,
    stage: String,
    policy_version: i64,
}

/// Whether anything held has come up: looking is cheaper than writing nothing.
pub(super) async fn held_until(tx: &ProjectTx<'_>, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let sql = "SELECT stage_day FROM reminder WHERE state = 'held' AND notice_id IS NULL AND send_at_ms <= $1 LIMIT 1";
    let found: Option<i64> = tx.value(sql, vec![now.timestamp_millis().into()]).await?;
    Ok(found.is_some())
}

/// What was held until now is due again.
pub(super) async fn release_held(tx: &ProjectTx<'_>, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let now_ms = now.timestamp_millis();
    let lock = if tx.is_postgres() { " FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE reminder SET state = 'planned', reason = NULL, state_at_ms = $1 WHERE (bill_id, stage) IN \
         (SELECT bill_id, stage FROM reminder WHERE state = 'held' AND notice_id IS NULL AND send_at_ms <= $1 \
         ORDER BY send_at_ms LIMIT {LOOK_AHEAD_ROWS}{lock})"
    );
    tx.execute(&sql, vec![now_ms.into()]).await
}

/// Payers with due reminders, what these are about, and by which stages.
pub(super) struct Due {
    pub wishes: BTreeMap<Uuid, Wish>,
    /// There are more payers.
    pub more: bool,
}

impl Due {
    /// Payers and their houses.
    pub fn pairs(&self) -> Vec<(Uuid, Uuid)> {
        self.wishes.iter().flat_map(|(payer, wish)| wish.houses.iter().map(|house| (*payer, *house))).collect()
    }
}

/// Up to `limit` payers with due reminders, and whether there are more.
async fn payers(tx: &ProjectTx<'_>, now_ms: i64, limit: usize) -> Result<(Vec<Uuid>, bool), StoreError> {
    // Most payers have one or two due reminders; for those with many, more rows are looked at.
    for look_ahead in [LOOK_AHEAD_ROWS.min(limit.saturating_mul(2).max(LOOK_AHEAD_ROWS_MIN)), LOOK_AHEAD_ROWS] {
        let sql = format!(
            "SELECT payer_party_id FROM reminder WHERE state = 'planned' AND send_at_ms <= $1 \
             ORDER BY send_at_ms, payer_party_id LIMIT {look_ahead}"
        );
        let rows: Vec<PayerRow> = tx.rows(&sql, vec![now_ms.into()]).await?;
        let is_all = rows.len() < look_ahead || look_ahead == LOOK_AHEAD_ROWS;
        let mut seen = HashSet::with_capacity(rows.len());
        let mut payers: Vec<Uuid> =
            rows.into_iter().map(|row| row.payer_party_id).filter(|payer| seen.insert(*payer)).collect();
        let more = payers.len() > limit;
        if more || is_all {
            payers.truncate(limit);
            return Ok((payers, more));
        }
    }
    Ok((Vec::new(), false))
}

/// Finds up to `limit` payers with due reminders, those that have waited longest first.
pub(super) async fn due(tx: &ProjectTx<'_>, now: DateTime<Utc>, limit: usize) -> Result<Due, StoreError> {
    let now_ms = now.timestamp_millis();
    let (payers, more) = payers(tx, now_ms, limit).await?;
    let mut wishes: BTreeMap<Uuid, Wish> = BTreeMap::new();
    if payers.is_empty() {
        return Ok(Due { wishes, more });
    }
    let sql = format!(
        "SELECT DISTINCT r.payer_party_id, b.house_id, r.stage, r.policy_version \
         FROM reminder r JOIN bill b ON b.id = r.bill_id \
         WHERE r.payer_party_id {} AND r.send_at_ms <= $1 AND r.state = 'planned' \
         ORDER BY r.policy_version DESC LIMIT {REMINDERS_PER_CLAIM}",
        tx.among(2)
    );
    let rows: Vec<WishRow> = tx.rows(&sql, vec![now_ms.into(), tx.listed(&payers)]).await?;
    let policies = policy::of_versions(tx, rows.iter().map(|row| row.policy_version)).await?;
    // Of two stages of one rung the newer rules are asked by, as they are in the claim.
    for row in rows {
        let stage = policies
            .get(&row.policy_version)
            .and_then(|policy| policy.stage(&row.stage).map(|stage| (policy, stage)))
            .ok_or_else(|| {
                StoreError::bad_row("reminder", format!("{} has no stage {}", row.payer_party_id, row.stage))
            })?;
        wishes.entry(row.payer_party_id).or_insert_with(|| Wish::new(stage)).add(row.house_id, stage);
    }
    Ok(Due { wishes, more })
}

/// What is paused is looked at again on the next day, at the stage's own hour.
pub(super) fn next_look(stage: &Stage, zone: chrono_tz::Tz, now: DateTime<Utc>) -> DateTime<Utc> {
    let today = now.with_timezone(&zone).date_naive();
    instant_on(today.succ_opt().unwrap_or(today), stage.time_of_day, zone)
}
