//! The history of reminders: every message, every due stage that sent none with the reason, and what waits and for what.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate};
use domain::reminder::{Channel, Policy};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::history_sql::{ListRow, ListSql, list};
use super::preview::payer_names;
use super::rows::{IDS_PER_QUERY, numbered, uuids};
use super::view::{HistoryPage, HistoryRow};
use super::{ReminderError, policy, words};
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// Rows of one page.
const PAGE_ROWS_MAX: u64 = 200;
/// The longest name of a stage.
const STAGE_CHARS_MAX: usize = 40;

/// What to list. Empty lists everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryFilter {
    /// Houses of this building.
    pub building: Option<String>,
    /// This house.
    pub house_id: Option<Uuid>,
    /// This payer.
    pub payer_party_id: Option<Uuid>,
    /// This stage, by name.
    pub stage: Option<String>,
    /// This campaign, by number.
    pub campaign: Option<i64>,
    /// This channel; stages that sent nothing have none.
    pub channel: Option<Channel>,
    /// A state as [`HistoryRow::state`] shows it.
    pub state: Option<String>,
    /// A reason as [`HistoryRow::reason`] shows it.
    pub reason: Option<String>,
    /// Only messages that cost something.
    #[serde(default)]
    pub has_cost: bool,
    /// From this day of the project's zone.
    pub from: Option<NaiveDate>,
    /// To this day, included.
    pub to: Option<NaiveDate>,
}

/// Where a page ended: the next one has what is older. As text, `1795399200000.0192….overdue_1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryCursor {
    pub(super) at_ms: i64,
    pub(super) id: Uuid,
    pub(super) stage: String,
}

/// Not the end of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("翻页位置无效，请从第一页重新查询")]
pub struct BadCursor;

impl fmt::Display for HistoryCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.at_ms, self.id.simple(), self.stage)
    }
}

impl FromStr for HistoryCursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Self, BadCursor> {
        let mut parts = text.splitn(3, '.');
        let (Some(at), Some(id), Some(stage)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(BadCursor);
        };
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if stage.len() > STAGE_CHARS_MAX || !stage.chars().all(is_name) {
            return Err(BadCursor);
        }
        Ok(Self {
            at_ms: at.parse().map_err(|_| BadCursor)?,
            id: Uuid::try_parse(id).map_err(|_| BadCursor)?,
            stage: stage.to_owned(),
        })
    }
}

/// Lists messages, silent stages and held ones, the newest first. `limit` is cut to 200. A page costs the same however
/// deep it lies; rows that come up meanwhile belong before the first page and shift nothing.
///
/// # Errors
/// [`ReminderError::Store`].
pub async fn history(
    db: &ProjectDb,
    filter: &HistoryFilter,
    before: Option<&HistoryCursor>,
    limit: u64,
) -> Result<HistoryPage, ReminderError> {
    let (rows, next) = page(db, filter, before, limit.clamp(1, PAGE_ROWS_MAX)).await?;
    Ok(HistoryPage { more: next.is_some(), next: next.map(|next| next.to_string()), rows })
}

/// A page of any length, and where the next one begins.
pub(super) async fn page(
    db: &ProjectDb,
    filter: &HistoryFilter,
    before: Option<&HistoryCursor>,
    limit: u64,
) -> Result<(Vec<HistoryRow>, Option<HistoryCursor>), ReminderError> {
    let ListSql { sql, values } = list(db.info(), filter, before, limit);
    db.read("reminders.history", async |tx| {
        let mut rows: Vec<ListRow> = tx.rows(&sql, values).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| more);
        let next = last.map(|row| HistoryCursor { at_ms: row.at_ms, id: row.row_id, stage: row.stage.clone() });
        Ok((show(tx, rows).await?, next))
    })
    .await
}

#[derive(sea_orm::FromQueryResult)]
struct HouseRow {
    notice_id: Uuid,
    house_key: String,
}

/// Adds names, houses and words to rows of the list: three statements, however many rows.
pub(super) async fn show(tx: &ProjectTx<'_>, rows: Vec<ListRow>) -> Result<Vec<HistoryRow>, StoreError> {
    let payers: BTreeSet<Uuid> = rows.iter().map(|row| row.payer_party_id).collect();
    let names = payer_names(tx, &payers.into_iter().collect::<Vec<_>>()).await?;
    let policies = policy::of_versions(tx, rows.iter().map(|row| row.policy_version)).await?;
    let notices: Vec<Uuid> = rows.iter().filter_map(|row| row.notice_id).collect();
    let mut houses: HashMap<Uuid, Vec<String>> = HashMap::new();
    for chunk in notices.chunks(IDS_PER_QUERY) {
        let sql = format!(
            "SELECT nb.notice_id, h.house_key FROM notice_bill nb JOIN bill b ON b.id = nb.bill_id \
             JOIN house h ON h.id = b.house_id WHERE nb.notice_id IN ({}) ORDER BY h.house_key",
            numbered(1, chunk.len())
        );
        for row in tx.rows::<HouseRow>(&sql, uuids(chunk)).await? {
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
    let instant = |at_ms| DateTime::from_timestamp_millis(at_ms).ok_or_else(bad);
    let mut keys = match (row.notice_id, &row.house_key) {
        (Some(id), _) => houses.remove(&id).unwrap_or_default(),
        (None, key) => key.iter().cloned().collect(),
    };
    let bills = keys.len();
    keys.dedup();
    Ok(HistoryRow {
        at: instant(row.at_ms)?,
        held_until: row.until_ms.filter(|_| row.shown == "held").map(instant).transpose()?,
        payer: names.get(&row.payer_party_id).cloned().unwrap_or_default(),
        houses: keys,
        bills,
        campaign: (row.policy_version < 0).then(|| row.policy_version.saturating_neg()),
        stage_words: stage_words(policies, row.policy_version, &row.stage),
        channel_words: row.channel.as_deref().and_then(Channel::parse).map(Channel::words),
        state_words: words::state(&row.shown),
        reason_words: row.reason.as_deref().map(words::reason),
        notice_id: row.notice_id,
        bill_id: row.bill_id,
        payer_party_id: row.payer_party_id,
        amount_fen: row.amount_fen,
        cost_fen: row.cost_fen,
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
    stage.map_or_else(|| name.to_owned(), words::stage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_anything_else_is_refused() {
        let cursor = HistoryCursor { at_ms: -5, id: Uuid::now_v7(), stage: "overdue_1".to_owned() };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in ["", "1", "1.2.x", "x.00000000000000000000000000000000.a", "1.00000000000000000000000000000000.A'"] {
            assert_eq!(bad.parse::<HistoryCursor>(), Err(BadCursor), "{bad}");
        }
    }
}
