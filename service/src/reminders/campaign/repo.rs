//! The rows of campaigns.

use chrono::{DateTime, Utc};
use domain::calendar::day_number;
use domain::reminder::{Channel, Policy};
use uuid::Uuid;

use super::audience::{Audience, Matching};
use super::draft::{Draft, stage_name};
use super::error::CampaignError;
use super::view::{CampaignRow, CampaignState};
use crate::reminders::rows::numbered;
use crate::store::{StoreError, Values};
use crate::tenancy::ProjectTx;

/// The columns of a [`Row`].
const COLUMNS: &str = "c.no, c.name, c.audience, c.state, c.send_at_ms, c.bills, c.payers, c.created_at_ms, \
     c.started_at_ms, c.ended_at_ms, p.body";
const FROM: &str = "campaign c JOIN reminder_policy p ON p.version = -c.no";

#[derive(sea_orm::FromQueryResult)]
struct Row {
    no: i64,
    name: String,
    audience: String,
    state: String,
    send_at_ms: i64,
    bills: i64,
    payers: i64,
    created_at_ms: i64,
    started_at_ms: Option<i64>,
    ended_at_ms: Option<i64>,
    body: String,
}

/// A campaign as it is stored.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub row: CampaignRow,
    pub draft: Draft,
}

impl Row {
    fn parse(self) -> Result<Stored, StoreError> {
        let no = self.no;
        let bad = |what: &dyn std::fmt::Display| StoreError::bad_row("campaign", format!("{no}: {what}"));
        let instant = |at_ms: i64| DateTime::from_timestamp_millis(at_ms).ok_or_else(|| bad(&at_ms));
        let state = CampaignState::parse(&self.state).ok_or_else(|| bad(&self.state))?;
        let policy: Policy = serde_json::from_str(&self.body).map_err(|e| bad(&e))?;
        let stage = policy.stage(&stage_name(no)).ok_or_else(|| bad(&"no stage"))?;
        // Zero: nobody said when.
        let send_at = (self.send_at_ms != 0).then_some(self.send_at_ms).map(instant).transpose()?;
        Ok(Stored {
            draft: Draft {
                name: self.name.clone(),
                audience: serde_json::from_str(&self.audience).map_err(|e| bad(&e))?,
                channels: stage.channels.clone(),
                note: stage.note.clone(),
                send_at,
            },
            row: CampaignRow {
                no,
                name: self.name,
                state,
                state_words: state.words(),
                send_at,
                bills: self.bills,
                payers: self.payers,
                created_at: instant(self.created_at_ms)?,
                started_at: self.started_at_ms.map(instant).transpose()?,
                ended_at: self.ended_at_ms.map(instant).transpose()?,
            },
        })
    }
}

/// One campaign, to look at.
pub(super) async fn find(tx: &ProjectTx<'_>, no: i64) -> Result<Stored, CampaignError> {
    let sql = format!("SELECT {COLUMNS} FROM {FROM} WHERE c.no = $1");
    let row: Option<Row> = tx.row(&sql, vec![no.into()]).await?;
    Ok(row.ok_or(CampaignError::NotFound)?.parse()?)
}

/// One campaign, held until the transaction ends.
pub(super) async fn hold(tx: &ProjectTx<'_>, no: i64) -> Result<Stored, CampaignError> {
    let lock = if tx.is_postgres() { " FOR UPDATE OF c" } else { "" };
    let sql = format!("SELECT {COLUMNS} FROM {FROM} WHERE c.no = $1{lock}");
    let row: Option<Row> = tx.row(&sql, vec![no.into()]).await?;
    Ok(row.ok_or(CampaignError::NotFound)?.parse()?)
}

/// Campaigns with a lower number, the newest first.
pub(super) async fn list(tx: &ProjectTx<'_>, before: i64, limit: u64) -> Result<Vec<Stored>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM {FROM} WHERE c.no < $1 ORDER BY c.no DESC LIMIT {limit}");
    let rows: Vec<Row> = tx.rows(&sql, vec![before.into()]).await?;
    rows.into_iter().map(Row::parse).collect()
}

/// What the same colleague wrote since then and did not call off, the newest first.
pub(super) async fn written_since(
    tx: &ProjectTx<'_>,
    by: Option<Uuid>,
    since: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Stored>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {FROM} WHERE c.created_by = $1 AND c.created_at_ms > $2 AND c.state <> 'cancelled' \
         ORDER BY c.no DESC LIMIT {limit}"
    );
    let rows: Vec<Row> = tx.rows(&sql, vec![by.into(), since.timestamp_millis().into()]).await?;
    rows.into_iter().map(Row::parse).collect()
}

/// Numbers of campaigns in a state, those that are due first.
pub(super) async fn due(
    tx: &ProjectTx<'_>,
    state: CampaignState,
    now: DateTime<Utc>,
    limit: usize,
) -> Result<Vec<i64>, StoreError> {
    #[derive(sea_orm::FromQueryResult)]
    struct No {
        no: i64,
    }
    // The state is written out so that the index of what waits is used.
    let sql = format!(
        "SELECT no FROM campaign WHERE state = '{}' AND send_at_ms <= $1 ORDER BY send_at_ms, no LIMIT {limit}",
        state.as_str()
    );
    let rows: Vec<No> = tx.rows(&sql, vec![now.timestamp_millis().into()]).await?;
    Ok(rows.into_iter().map(|row| row.no).collect())
}

/// The next number. Whoever asks holds it until the transaction ends.
pub(super) async fn next_no(tx: &ProjectTx<'_>) -> Result<i64, StoreError> {
    if tx.is_postgres() {
        tx.value::<i64>("SELECT created_at_ms FROM project_mark FOR UPDATE", vec![]).await?;
    }
    let last: Option<i64> = tx.value("SELECT COALESCE(MAX(no), 0) FROM campaign", vec![]).await?;
    Ok(last.unwrap_or(0) + 1)
}

/// Writes a draft with its policy.
pub(super) async fn insert(
    tx: &ProjectTx<'_>,
    no: i64,
    draft: &Draft,
    policy: &Policy,
    size: Size,
    by: Option<Uuid>,
    now_ms: i64,
) -> Result<(), StoreError> {
    let audience = serde_json::to_string(&draft.audience).map_err(|e| StoreError::bad_row("campaign", e))?;
    tx.execute(
        "INSERT INTO campaign (no, name, audience, state, send_at_ms, bills, payers, created_by, created_at_ms) \
         VALUES ($1, $2, $3, 'draft', $4, $5, $6, $7, $8)",
        vec![
            no.into(),
            draft.name.as_str().into(),
            audience.into(),
            draft.send_at.map_or(0, |at| at.timestamp_millis()).into(),
            size.bills.into(),
            size.payers.into(),
            by.into(),
            now_ms.into(),
        ],
    )
    .await?;
    tx.execute(
        "INSERT INTO reminder_policy (version, body, created_at_ms, created_by) VALUES ($1, $2, $3, $4)",
        vec![(-no).into(), body(policy)?.into(), now_ms.into(), by.into()],
    )
    .await?;
    Ok(())
}

/// Sends a draft off: its instant is fixed, and its policy is what is in force now. No reminder knows it yet.
pub(super) async fn schedule(
    tx: &ProjectTx<'_>,
    no: i64,
    at: DateTime<Utc>,
    policy: &Policy,
    size: Size,
) -> Result<(), StoreError> {
    set_policy(tx, no, policy).await?;
    tx.execute(
        "UPDATE campaign SET state = 'scheduled', send_at_ms = $1, bills = $2, payers = $3 WHERE no = $4",
        vec![at.timestamp_millis().into(), size.bills.into(), size.payers.into(), no.into()],
    )
    .await?;
    Ok(())
}

/// Changes the policy of a campaign that has not begun.
pub(super) async fn set_policy(tx: &ProjectTx<'_>, no: i64, policy: &Policy) -> Result<(), StoreError> {
    let sql = "UPDATE reminder_policy SET body = $1 WHERE version = $2";
    tx.execute(sql, vec![body(policy)?.into(), (-no).into()]).await?;
    Ok(())
}

fn body(policy: &Policy) -> Result<String, StoreError> {
    serde_json::to_string(policy).map_err(|e| StoreError::bad_row("reminder_policy", e))
}

/// How large an audience is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sea_orm::FromQueryResult)]
pub(super) struct Size {
    pub bills: i64,
    pub payers: i64,
}

/// Counts the bills that match on the day of `at`.
pub(super) async fn size(tx: &ProjectTx<'_>, audience: &Audience, at: DateTime<Utc>) -> Result<Size, StoreError> {
    let Matching { with, values } = audience.matching(day_number(tx.info().today(at)), Vec::new(), None);
    let sql = format!("WITH {with} SELECT COUNT(*) AS bills, COUNT(DISTINCT payer_party_id) AS payers FROM audience");
    Ok(tx.row(&sql, values).await?.unwrap_or(Size { bills: 0, payers: 0 }))
}

/// House keys among these that no house has.
pub(super) async fn unknown_keys(tx: &ProjectTx<'_>, keys: &[String]) -> Result<Vec<String>, StoreError> {
    #[derive(sea_orm::FromQueryResult)]
    struct Key {
        house_key: String,
    }
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT house_key FROM house WHERE house_key IN ({})", numbered(1, keys.len()));
    let found: Vec<Key> = tx.rows(&sql, keys.iter().map(|key| key.as_str().into()).collect()).await?;
    let found: std::collections::HashSet<String> = found.into_iter().map(|row| row.house_key).collect();
    Ok(keys.iter().filter(|key| !found.contains(*key)).cloned().collect())
}

/// Plans a campaign's rows, of these payers or of all: one statement, one row per bill. What was planned before is
/// left alone. Answers how many were written: more than `bills_max` are too many, and no more than one more is written.
pub(super) async fn plan(
    tx: &ProjectTx<'_>,
    no: i64,
    audience: &Audience,
    at: DateTime<Utc>,
    payers: Option<&[Uuid]>,
    now: DateTime<Utc>,
    bills_max: usize,
) -> Result<u64, StoreError> {
    // The day it begins: what the ladder says from tomorrow on is newer.
    let today = day_number(tx.info().today(now));
    let values: Values = vec![
        stage_name(no).into(),
        today.into(),
        (-no).into(),
        at.timestamp_millis().into(),
        now.timestamp_millis().into(),
    ];
    let Matching { with, values } = audience.matching(today, values, payers);
    let sql = format!(
        "WITH {with} INSERT INTO reminder (bill_id, stage, stage_day, payer_party_id, policy_version, send_at_ms, \
         state, reason, planned_at_ms, state_at_ms) \
         SELECT a.id, CAST($1 AS TEXT), CAST($2 AS BIGINT), a.payer_party_id, CAST($3 AS BIGINT), \
         CAST($4 AS BIGINT), 'planned', NULL, CAST($5 AS BIGINT), CAST($5 AS BIGINT) \
         FROM audience a WHERE a.owed_fen > 0 ORDER BY a.payer_party_id, a.id LIMIT {} \
         ON CONFLICT (bill_id, stage) DO NOTHING",
        bills_max.saturating_add(1)
    );
    tx.execute(&sql, values).await
}

/// A campaign has begun.
pub(super) async fn begin(tx: &ProjectTx<'_>, no: i64, now_ms: i64) -> Result<Size, StoreError> {
    let sql = "SELECT COUNT(*) AS bills, COUNT(DISTINCT payer_party_id) AS payers FROM reminder \
         WHERE policy_version = $1 AND policy_version < 0";
    let size: Size = tx.row(sql, vec![(-no).into()]).await?.unwrap_or(Size { bills: 0, payers: 0 });
    tx.execute(
        "UPDATE campaign SET state = 'running', started_at_ms = $1, bills = $2, payers = $3 WHERE no = $4",
        vec![now_ms.into(), size.bills.into(), size.payers.into(), no.into()],
    )
    .await?;
    Ok(size)
}

/// A campaign is done or called off.
pub(super) async fn end(tx: &ProjectTx<'_>, no: i64, state: CampaignState, now_ms: i64) -> Result<(), StoreError> {
    let sql = "UPDATE campaign SET state = $1, ended_at_ms = $2 WHERE no = $3";
    tx.execute(sql, vec![state.as_str().into(), now_ms.into(), no.into()]).await?;
    Ok(())
}

/// Whether something of a campaign is still to be sent or in hand.
pub(super) async fn is_left(tx: &ProjectTx<'_>, no: i64) -> Result<bool, StoreError> {
    let sql = "SELECT no FROM campaign WHERE no = $1 AND EXISTS (SELECT 1 FROM reminder r WHERE r.policy_version = $2 \
         AND r.policy_version < 0 AND r.state IN ('planned', 'held', 'claimed'))";
    let left: Option<i64> = tx.value(sql, vec![no.into(), (-no).into()]).await?;
    Ok(left.is_some())
}

/// How the bills of a campaign stand.
#[derive(sea_orm::FromQueryResult)]
pub(super) struct CountRow {
    pub state: String,
    pub reason: Option<String>,
    pub bills: i64,
}

/// Counts by state and reason.
pub(super) async fn counts(tx: &ProjectTx<'_>, no: i64) -> Result<Vec<CountRow>, StoreError> {
    let sql = "SELECT state, reason, COUNT(*) AS bills FROM reminder WHERE policy_version = $1 AND policy_version < 0 \
         GROUP BY state, reason ORDER BY state, reason";
    tx.rows(sql, vec![(-no).into()]).await
}

/// The stored words of the channels.
pub(super) fn channel_words(channels: &[Channel]) -> Vec<&'static str> {
    channels.iter().map(|channel| channel.as_str()).collect()
}
