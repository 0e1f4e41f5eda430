//! The history of reminders: every message, and every due stage that sent none, with the reason.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate};
use domain::reminder::{Channel, Policy};
use serde::Deserialize;
use uuid::Uuid;

use super::history_sql::{ListRow, ListSql, list};
use super::preview::payer_names;
use super::rows::{numbered, uuids};
use super::view::{HistoryPage, HistoryRow};
use super::{ReminderError, policy, words};
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// Rows of one page.
const PAGE_ROWS_MAX: u64 = 200;
/// How deep paging goes; beyond it, narrow the filter.
const OFFSET_MAX: u64 = 100_000;

/// What to list. Empty lists everything.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct HistoryFilter {
    /// Houses of this building.
    pub building: Option<String>,
    /// This house.
    pub house_id: Option<Uuid>,
    /// This payer.
    pub payer_party_id: Option<Uuid>,
    /// This stage, by name.
    pub stage: Option<String>,
    /// This channel; stages that sent nothing have none.
    pub channel: Option<Channel>,
    /// A state as [`HistoryRow::state`] shows it.
    pub state: Option<String>,
    /// From this day of the project's zone.
    pub from: Option<NaiveDate>,
    /// To this day, included.
    pub to: Option<NaiveDate>,
}

/// Lists messages and silent stages, the newest first. `limit` is cut to 200.
///
/// # Errors
/// [`ReminderError::Store`].
pub async fn history(
    db: &ProjectDb,
    filter: &HistoryFilter,
    offset: u64,
    limit: u64,
) -> Result<HistoryPage, ReminderError> {
    let limit = limit.clamp(1, PAGE_ROWS_MAX);
    let ListSql { sql, values } = list(db.info(), filter, offset.min(OFFSET_MAX), limit);
    db.read("reminders.history", async |tx| {
        let mut rows: Vec<ListRow> = tx.rows(&sql, values).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        Ok(HistoryPage { rows: show(tx, rows).await?, more })
    })
    .await
}

#[derive(sea_orm::FromQueryResult)]
struct HouseRow {
    notice_id: Uuid,
    house_key: String,
}

/// Adds names, houses and words to rows of the list.
pub(super) async fn show(tx: &ProjectTx<'_>, rows: Vec<ListRow>) -> Result<Vec<HistoryRow>, StoreError> {
    let payers: BTreeSet<Uuid> = rows.iter().map(|row| row.payer_party_id).collect();
    let names = payer_names(tx, &payers.into_iter().collect::<Vec<_>>()).await?;
    let policies = policy::of_versions(tx, rows.iter().map(|row| row.policy_version)).await?;
    let notices: Vec<Uuid> = rows.iter().filter_map(|row| row.notice_id).collect();
    let mut houses: HashMap<Uuid, Vec<String>> = HashMap::new();
    if !notices.is_empty() {
        let sql = format!(
            "SELECT nb.notice_id, h.house_key FROM notice_bill nb JOIN bill b ON b.id = nb.bill_id \
             JOIN house h ON h.id = b.house_id WHERE nb.notice_id IN ({}) ORDER BY h.house_key",
            numbered(1, notices.len())
        );
        for row in tx.rows::<HouseRow>(&sql, uuids(&notices)).await? {
            houses.entry(row.notice_id).or_default().push(row.house_key);
        }
    }
    rows.into_iter().map(|row| one(row, &names, &policies, &mut houses)).collect()
}

fn one(
    row: ListRow,
    names: &HashMap<Uuid, String>,
    policies: &HashMap<i64, Policy>,
    houses: &mut HashMap<Uuid, Vec<String>>,
) -> Result<HistoryRow, StoreError> {
    let bad = || StoreError::bad_row("notice", format!("{:?} {:?}", row.notice_id, row.bill_id));
    let mut keys = match (row.notice_id, &row.house_key) {
        (Some(id), _) => houses.remove(&id).unwrap_or_default(),
        (None, key) => key.iter().cloned().collect(),
    };
    let bills = keys.len();
    keys.dedup();
    Ok(HistoryRow {
        at: DateTime::from_timestamp_millis(row.at_ms).ok_or_else(bad)?,
        payer: names.get(&row.payer_party_id).cloned().unwrap_or_default(),
        houses: keys,
        bills,
        stage_words: stage_words(policies, row.policy_version, &row.stage),
        channel_words: row.channel.as_deref().and_then(Channel::parse).map(Channel::words),
        state_words: words::state(&row.shown),
        reason_words: row.reason.as_deref().map(words::reason),
        notice_id: row.notice_id,
        bill_id: row.bill_id,
        payer_party_id: row.payer_party_id,
        amount_fen: row.amount_fen,
        stage: row.stage,
        channel: row.channel,
        recipient: row.recipient,
        state: row.shown,
        reason: row.reason,
    })
}

/// A stage in words, by the policy it was planned under.
pub(super) fn stage_words(policies: &HashMap<i64, Policy>, version: i64, name: &str) -> String {
    let stage = policies.get(&version).and_then(|policy| policy.stage(name));
    stage.map_or_else(|| name.to_owned(), |stage| words::stage(stage.offset_days))
}
