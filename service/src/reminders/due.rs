//! What is due: what waited comes back, and payers are found with what concerns them.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use domain::reminder::{Stage, instant_on};
use uuid::Uuid;

use super::asking::Wish;
use super::{policy, rows};
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
    bill_id: Uuid,
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
    Ok(Due { wishes: wishes_of(tx, &payers, now, None).await?, more })
}

/// What is due of these payers, of the same rows that a claim takes; where `only` is given, by that policy alone.
/// Whoever is paused or held out is among them and asks for nothing: leave that nobody uses would be missing elsewhere.
pub(super) async fn wishes_of(
    tx: &ProjectTx<'_>,
    payers: &[Uuid],
    now: DateTime<Utc>,
    only: Option<i64>,
) -> Result<BTreeMap<Uuid, Wish>, StoreError> {
    let mut wishes: BTreeMap<Uuid, Wish> = BTreeMap::new();
    if payers.is_empty() {
        return Ok(wishes);
    }
    let sql = format!(
        "SELECT r.bill_id, r.payer_party_id, b.house_id, r.stage, r.policy_version FROM (\
         SELECT bill_id, stage, payer_party_id, policy_version FROM reminder \
         WHERE payer_party_id {} AND send_at_ms <= $1 AND state = 'planned' \
         AND policy_version = COALESCE(CAST($3 AS BIGINT), policy_version) \
         ORDER BY bill_id, stage LIMIT {REMINDERS_PER_CLAIM}) r JOIN bill b ON b.id = r.bill_id \
         ORDER BY r.policy_version DESC, r.bill_id, r.stage",
        tx.among(2)
    );
    let rows: Vec<WishRow> = tx.rows(&sql, vec![now.timestamp_millis().into(), tx.listed(payers), only.into()]).await?;
    let policies = policy::of_versions(tx, rows.iter().map(|row| row.policy_version)).await?;
    let paused = rows::paused_of(tx, rows.iter().map(|row| row.bill_id), now).await?;
    let mut silent = Vec::new();
    // Of two stages of one rung the newer rules are asked by, as they are in the claim.
    for row in &rows {
        let (policy, stage) = policies
            .get(&row.policy_version)
            .and_then(|policy| policy.stage(&row.stage).map(|stage| (policy, stage)))
            .ok_or_else(|| {
                StoreError::bad_row("reminder", format!("{} has no stage {}", row.payer_party_id, row.stage))
            })?;
        if paused.contains(&row.bill_id) || policy.holds_out(row.payer_party_id) {
            silent.push((row.payer_party_id, policy, stage));
            continue;
        }
        let wish = wishes.entry(row.payer_party_id).or_insert_with(|| Wish::new((policy, stage)));
        wish.add(row.house_id, (policy, stage));
    }
    for (payer, policy, stage) in silent {
        wishes.entry(payer).or_insert_with(|| Wish::new((policy, stage)));
    }
    Ok(wishes)
}

/// What is paused is looked at again on the next day, at the stage's own hour.
pub(super) fn next_look(stage: &Stage, zone: chrono_tz::Tz, now: DateTime<Utc>) -> DateTime<Utc> {
    let today = now.with_timezone(&zone).date_naive();
    instant_on(today.succ_opt().unwrap_or(today), stage.time_of_day, zone)
}
