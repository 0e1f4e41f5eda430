//! Messages that a second account sent in the first one's place: they count in its day and cost what it takes.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use domain::reminder::Channel;
use uuid::Uuid;

use super::claim::Claimed;
use super::deliver::{Outcome, account_of};
use super::grants::quota_key;
use super::rows::{numbered, tuples, uuids};
use crate::store::{StoreError, Values};
use crate::tenancy::{ControlDb, ControlTx, ProjectInfo};

/// A message and the account that sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoodIn {
    pub notice_id: Uuid,
    pub account: String,
    pub channel: Channel,
}

/// Those of a batch that the project's first account did not send.
pub(super) fn of(info: &ProjectInfo, results: &[(Claimed, Outcome)]) -> Vec<StoodIn> {
    let stood_in = |(claimed, outcome): &(Claimed, Outcome)| {
        let Outcome::Accepted { account: Some(account), .. } = outcome else { return None };
        let is_first = account_of(info, claimed.channel).as_ref() == Some(account);
        (!is_first).then(|| StoodIn {
            notice_id: claimed.message.notice_id,
            account: account.clone(),
            channel: claimed.channel,
        })
    };
    results.iter().filter_map(stood_in).collect()
}

/// A batch with what each message cost where it was sent.
pub(super) fn priced(results: &[(Claimed, Outcome)], costs: &HashMap<Uuid, i64>) -> Vec<(Claimed, Outcome)> {
    let cost = |claimed: &Claimed| costs.get(&claimed.message.notice_id).copied().unwrap_or(claimed.cost_fen);
    let with_cost = |claimed: &Claimed| Claimed { cost_fen: cost(claimed), ..claimed.clone() };
    results.iter().map(|(claimed, outcome)| (with_cost(claimed), outcome.clone())).collect()
}

#[derive(sea_orm::FromQueryResult)]
struct GrantRow {
    notice_id: Uuid,
    account: String,
    day: i64,
}

#[derive(sea_orm::FromQueryResult)]
struct CostRow {
    account: String,
    channel: String,
    cost_fen: i64,
}

/// Moves the leave of these messages to the accounts that sent them, once. Answers what each cost there.
///
/// A transaction of its own: it takes rows of several accounts, in the order in which everybody takes them.
pub(super) async fn book(control: &ControlDb, stood_in: &[StoodIn]) -> Result<HashMap<Uuid, i64>, StoreError> {
    if stood_in.is_empty() {
        return Ok(HashMap::new());
    }
    control
        .transact("reminders.stood_in", async |tx| {
            move_grants(tx, stood_in).await?;
            costs(tx, stood_in).await
        })
        .await
}

async fn move_grants(tx: &ControlTx<'_>, stood_in: &[StoodIn]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = stood_in.iter().map(|one| one.notice_id).collect();
    let sql = format!(
        "SELECT notice_id, account, day FROM send_grant WHERE state <> 'returned' AND notice_id IN ({}) \
         ORDER BY notice_id{}",
        numbered(1, ids.len()),
        tx.for_update()
    );
    let grants: Vec<GrantRow> = tx.rows(&sql, uuids(&ids)).await?;
    let grants: HashMap<Uuid, GrantRow> = grants.into_iter().map(|row| (row.notice_id, row)).collect();
    let mut days: BTreeMap<(String, i64), i64> = BTreeMap::new();
    for one in stood_in {
        let Some(grant) = grants.get(&one.notice_id).filter(|grant| grant.account != one.account) else { continue };
        *days.entry((quota_key(&grant.account, one.channel.as_str()), grant.day)).or_default() -= 1;
        *days.entry((quota_key(&one.account, one.channel.as_str()), grant.day)).or_default() += 1;
        tx.execute(
            "UPDATE send_grant SET account = $1 WHERE notice_id = $2",
            vec![one.account.as_str().into(), one.notice_id.into()],
        )
        .await?;
    }
    if days.is_empty() {
        return Ok(());
    }
    // All rows are made and held in one order before any is changed.
    let rows = |days: &BTreeMap<(String, i64), i64>, count: fn(i64) -> i64| -> Vec<Values> {
        let day = |((key, day), n): (&(String, i64), &i64)| vec![key.as_str().into(), (*day).into(), count(*n).into()];
        days.iter().map(day).collect()
    };
    let columns = ["account", "day", "taken"];
    let hold = "ON CONFLICT (account, day) DO UPDATE SET taken = account_quota.taken";
    tx.insert_many("account_quota", &columns, rows(&days, |_| 0), hold).await?;
    let more = "ON CONFLICT (account, day) DO UPDATE SET taken = account_quota.taken + excluded.taken";
    tx.insert_many("account_quota", &columns, rows(&days, |n| n.max(0)), more).await?;
    let less = "ON CONFLICT (account, day) DO UPDATE SET taken = account_quota.taken - excluded.taken";
    tx.insert_many("account_quota", &columns, rows(&days, |n| n.saturating_neg().max(0)), less).await?;
    Ok(())
}

/// An account nobody has priced costs nothing, as a first one does.
async fn costs(tx: &ControlTx<'_>, stood_in: &[StoodIn]) -> Result<HashMap<Uuid, i64>, StoreError> {
    let sql = format!(
        "SELECT account, channel, cost_fen FROM sending_account WHERE (account, channel) IN (VALUES {})",
        tuples(1, 2, stood_in.len())
    );
    let pair = |one: &StoodIn| [one.account.as_str().into(), one.channel.as_str().into()];
    let rows: Vec<CostRow> = tx.rows(&sql, stood_in.iter().flat_map(pair).collect()).await?;
    let cost = |one: &StoodIn| {
        rows.iter()
            .find(|row| row.account == one.account && row.channel == one.channel.as_str())
            .map_or(0, |row| row.cost_fen)
    };
    Ok(stood_in.iter().map(|one| (one.notice_id, cost(one))).collect())
}

/// Joins a text or call whose answer was lost with the vendor's id of it, which a report brings together with our own
/// number. Nothing happens where the message is known, is not ours, or went through another project's account.
///
/// # Errors
/// [`StoreError`].
pub async fn find_by_session(
    control: &ControlDb,
    account_id: Uuid,
    receipt_id: &str,
    notice_id: Uuid,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let joined = control
        .transact("reminders.find_by_session", async |tx| {
            let inserted = tx
                .execute(
                    "INSERT INTO message_receipt (account, receipt_id, project_id, notice_id, sent_at_ms) \
                     SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), g.project_id, g.notice_id, CAST($3 AS BIGINT) \
                     FROM send_grant g JOIN project p ON p.id = g.project_id WHERE g.notice_id = $4 AND $5 IN \
                     (p.sms_account_id, p.sms_backup_account_id, p.voice_account_id, p.voice_backup_account_id) \
                     ON CONFLICT (account, receipt_id) DO NOTHING",
                    vec![
                        account_id.to_string().into(),
                        receipt_id.into(),
                        now.timestamp_millis().into(),
                        notice_id.into(),
                        account_id.into(),
                    ],
                )
                .await?;
            if inserted == 0 {
                return Ok(None);
            }
            let channel = "SELECT channel FROM send_grant WHERE notice_id = $1";
            tx.value::<String>(channel, vec![notice_id.into()]).await
        })
        .await?;
    // Whoever reports it has sent it.
    if let Some(channel) = joined.as_deref().and_then(Channel::parse) {
        let one = StoodIn { notice_id, account: account_id.to_string(), channel };
        book(control, &[one]).await?;
    }
    Ok(())
}
