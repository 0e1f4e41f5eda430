//! Notices in hand whose time has come, and leave to send those that wait.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use domain::reminder::{Channel, HoldReason};
use uuid::Uuid;

use super::asking::{self, Wish};
use super::contacts::Contacts;
use super::grants::{self, Answer, Ask};
use super::{ReminderError, due, policy, rows};
use crate::store::StoreError;
use crate::tenancy::{ControlDb, ProjectDb, ProjectTx};

#[derive(sea_orm::FromQueryResult)]
struct DueNotice {
    id: Uuid,
    payer_party_id: Uuid,
    channel: String,
    stage: String,
    policy_version: i64,
    reason: Option<String>,
}

#[derive(sea_orm::FromQueryResult)]
struct PairRow {
    notice_id: Uuid,
    payer_party_id: Uuid,
    house_id: Uuid,
}

/// Notices whose time has come, and what they are about.
pub(super) struct Expired {
    pub ids: Vec<Uuid>,
    /// Those that wait and were certainly not sent: payer, channel, houses, policy and stage.
    pub waiting: BTreeMap<Uuid, (Channel, Uuid, Wish)>,
    pairs: Vec<(Uuid, Uuid)>,
}

impl Expired {
    /// Payers and their houses.
    pub fn pairs(&self) -> Vec<(Uuid, Uuid)> {
        self.pairs.clone()
    }
}

/// Asks for leave to send what waits, each through its own channel.
pub(super) async fn leave(
    db: &ProjectDb,
    control: &ControlDb,
    expired: &Expired,
    contacts: &Contacts,
    now: DateTime<Utc>,
) -> Result<HashMap<Uuid, Answer>, ReminderError> {
    let mut answers = HashMap::new();
    let mut asks = Vec::new();
    if contacts.is_company_paused || contacts.is_dry_run {
        let held = |wish: &Wish| Answer::Held {
            reason: HoldReason::Paused,
            until: due::next_look(&wish.stage, db.info().zone, now),
        };
        return Ok(expired.waiting.iter().map(|(id, (_, _, wish))| (*id, held(wish))).collect());
    }
    for (notice_id, (channel, payer, wish)) in &expired.waiting {
        let ways = contacts.ways(db.info(), *payer, *channel, &wish.houses, &wish.stage);
        match asking::speakable(ways, wish.quiet, db.info(), now) {
            Ok(ways) if ways.is_empty() => {
                answers.insert(*notice_id, Answer::NoWay);
            }
            Ok(ways) => asks.push(Ask {
                notice_id: *notice_id,
                ways,
                // It has its channel: there is no next one to go on to.
                is_overdue: wish.stage.is_overdue(),
                rung: wish.stage.rung(),
                caps: wish.caps,
            }),
            Err(until) => {
                answers.insert(*notice_id, Answer::Held { reason: HoldReason::QuietHours, until });
            }
        }
    }
    answers.extend(grants::take(control, db.id(), db.info().zone, &asks, now).await?);
    Ok(answers)
}

/// Finds up to `limit` notices whose lease has run out.
pub(super) async fn find(tx: &ProjectTx<'_>, now: DateTime<Utc>, limit: usize) -> Result<Expired, StoreError> {
    let sql = format!(
        "SELECT id, payer_party_id, channel, stage, policy_version, reason FROM notice \
         WHERE state = 'claimed' AND lease_until_ms <= $1 ORDER BY lease_until_ms LIMIT {limit}"
    );
    let mut rows: Vec<DueNotice> = tx.rows(&sql, vec![now.timestamp_millis().into()]).await?;
    let all: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    rows.truncate(rows::within_bounds(tx, &all).await?);
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    if ids.is_empty() {
        return Ok(Expired { ids, waiting: BTreeMap::new(), pairs: Vec::new() });
    }
    let sql = format!(
        "SELECT DISTINCT nb.notice_id, n.payer_party_id, b.house_id FROM notice_bill nb JOIN notice n ON n.id = nb.notice_id \
         JOIN bill b ON b.id = nb.bill_id WHERE nb.notice_id {}",
        tx.among(1)
    );
    let pairs: Vec<PairRow> = tx.rows(&sql, vec![tx.listed(&ids)]).await?;
    let mut houses: HashMap<Uuid, BTreeSet<Uuid>> = HashMap::new();
    for pair in &pairs {
        houses.entry(pair.notice_id).or_default().insert(pair.house_id);
    }
    let policies = policy::of_versions(tx, rows.iter().map(|row| row.policy_version)).await?;
    let mut waiting = BTreeMap::new();
    for row in rows.iter().filter(|row| row.reason.is_some()) {
        let bad = || StoreError::bad_row("notice", row.id);
        let policy = policies.get(&row.policy_version).ok_or_else(bad)?;
        let stage = policy.stage(&row.stage).ok_or_else(bad)?;
        let mut wish = Wish::new((policy, stage));
        wish.houses = houses.remove(&row.id).unwrap_or_default();
        waiting.insert(row.id, (Channel::parse(&row.channel).ok_or_else(bad)?, row.payer_party_id, wish));
    }
    Ok(Expired { ids, waiting, pairs: pairs.into_iter().map(|row| (row.payer_party_id, row.house_id)).collect() })
}
