//! What is known of the accounts a project sends from, for staff.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::calendar::{day_number, day_of_number};
use domain::reminder::Channel;
use serde::Serialize;

use super::SetupError;
use crate::reminders::{account_of, sending_limits};
use crate::store::{StoreError, Values};
use crate::tenancy::{ControlDb, ControlTx, ProjectInfo};

/// Whether messages leave, and what they leave through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SendingState {
    /// The project only tries: everything is decided and written, nothing leaves.
    pub is_dry_run: bool,
    /// The whole company is silent.
    pub company_pause: Option<CompanyPause>,
    /// In the order of the channels, each second account after its first.
    pub accounts: Vec<SendingAccount>,
}

/// A pause of a whole company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CompanyPause {
    /// Its last day.
    pub until: NaiveDate,
    /// Why.
    pub reason: String,
}

/// One account on one channel. Quotas count over all projects that send from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SendingAccount {
    /// An app id, or the id of an SMS or voice account.
    pub account: String,
    /// Stable code of the channel.
    pub channel: &'static str,
    /// The channel in words.
    pub channel_words: &'static str,
    /// Asked when the first account certainly did not send.
    pub is_backup: bool,
    /// Messages a day as staff set it; the channel's own without.
    pub daily_quota: Option<i64>,
    /// Of these the last so many are for overdue stages, as staff set it; a fifth without.
    pub overdue_reserve: Option<i64>,
    /// Messages a day that it may send, whoever set it.
    pub effective_daily_quota: i64,
    /// Of these the last so many are for overdue stages, whoever set it.
    pub effective_overdue_reserve: i64,
    /// Messages it has taken leave for today.
    pub taken_today: i64,
    /// Of one message, in fen.
    pub cost_fen: i64,
    /// Failures in a row that were the account's.
    pub failures: i64,
    /// It failed too often and rests until then.
    pub resting_until: Option<DateTime<Utc>>,
    /// The vendor said stop until then.
    pub stopped_until: Option<DateTime<Utc>>,
    /// Stable code of why it was stopped.
    pub stopped_reason: Option<String>,
}

#[derive(sea_orm::FromQueryResult)]
struct StateRow {
    account: String,
    channel: String,
    daily_quota: Option<i64>,
    overdue_reserve: Option<i64>,
    cost_fen: i64,
    failures: i64,
    open_until_ms: Option<i64>,
    stopped_until_ms: Option<i64>,
    stopped_reason: Option<String>,
}

#[derive(sea_orm::FromQueryResult)]
struct TakenRow {
    account: String,
    taken: i64,
}

#[derive(sea_orm::FromQueryResult)]
struct SwitchRow {
    is_dry_run: bool,
    reminders_paused_until_day: Option<i64>,
    reminders_pause_reason: Option<String>,
}

/// Whether this project's messages leave, and what is known of the accounts they leave through.
///
/// # Errors
/// [`SetupError::ProjectNotFound`], [`SetupError::Store`].
pub async fn sending_state(
    control: &ControlDb,
    info: &ProjectInfo,
    now: DateTime<Utc>,
) -> Result<SendingState, SetupError> {
    let today = day_number(info.today(now));
    control
        .read("setup.sending_state", async |tx| {
            let switches: Option<SwitchRow> = tx
                .row(
                    "SELECT p.is_dry_run, c.reminders_paused_until_day, c.reminders_pause_reason \
                     FROM project p JOIN company c ON c.id = p.company_id WHERE p.id = $1",
                    vec![info.id.uuid().into()],
                )
                .await?;
            let switches = switches.ok_or(SetupError::ProjectNotFound)?;
            let paused_until = switches.reminders_paused_until_day.filter(|until| today <= *until);
            let company_pause = match paused_until {
                Some(day) => Some(CompanyPause {
                    until: day_of_number(day).map_err(|e| StoreError::bad_row("company", e))?,
                    reason: switches.reminders_pause_reason.unwrap_or_default(),
                }),
                None => None,
            };
            let accounts = accounts(tx, &named(info), today, now).await?;
            Ok(SendingState { is_dry_run: switches.is_dry_run, company_pause, accounts })
        })
        .await
}

/// An account on a channel, and whether it is the second one there.
type Named = (String, Channel, bool);

fn named(info: &ProjectInfo) -> Vec<Named> {
    use Channel::{Sms, Voice, WechatNotify, WechatSubscribe, WechatTemplate};
    let second = |channel| match channel {
        Sms => info.sms_backup_account_id.map(|id| id.to_string()),
        Voice => info.voice_backup_account_id.map(|id| id.to_string()),
        WechatTemplate | WechatSubscribe | WechatNotify => None,
    };
    [WechatTemplate, WechatSubscribe, WechatNotify, Sms, Voice]
        .into_iter()
        .flat_map(|channel| [(account_of(info, channel), channel, false), (second(channel), channel, true)])
        .filter_map(|(account, channel, is_backup)| Some((account?, channel, is_backup)))
        .collect()
}

async fn accounts(
    tx: &ControlTx<'_>,
    named: &[Named],
    today: i64,
    now: DateTime<Utc>,
) -> Result<Vec<SendingAccount>, StoreError> {
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT account, channel, daily_quota, overdue_reserve, cost_fen, failures, open_until_ms, stopped_until_ms, \
         stopped_reason FROM sending_account WHERE account IN ({})",
        places(1, named.len())
    );
    let values: Values = named.iter().map(|(account, ..)| account.as_str().into()).collect();
    let states: Vec<StateRow> = tx.rows(&sql, values).await?;
    let mut states: HashMap<(String, String), StateRow> =
        states.into_iter().map(|row| ((row.account.clone(), row.channel.clone()), row)).collect();
    let sql =
        format!("SELECT account, taken FROM account_quota WHERE day = $1 AND account IN ({})", places(2, named.len()));
    let mut values: Values = vec![today.into()];
    values.extend(named.iter().map(|(account, channel, _)| day_key(account, *channel).into()));
    let taken: Vec<TakenRow> = tx.rows(&sql, values).await?;
    let taken: HashMap<String, i64> = taken.into_iter().map(|row| (row.account, row.taken)).collect();
    Ok(named
        .iter()
        .map(|(account, channel, is_backup)| {
            let state = states.remove(&(account.clone(), channel.as_str().to_owned()));
            let taken_today = taken.get(&day_key(account, *channel)).copied().unwrap_or(0);
            view(account, *channel, *is_backup, state, taken_today, now)
        })
        .collect())
}

fn view(
    account: &str,
    channel: Channel,
    is_backup: bool,
    state: Option<StateRow>,
    taken_today: i64,
    now: DateTime<Utc>,
) -> SendingAccount {
    let ahead = |until_ms: Option<i64>| until_ms.and_then(DateTime::from_timestamp_millis).filter(|until| *until > now);
    let set = |limit: fn(&StateRow) -> Option<i64>| state.as_ref().and_then(limit);
    let (daily_quota, overdue_reserve) = (set(|state| state.daily_quota), set(|state| state.overdue_reserve));
    let (effective_daily_quota, effective_overdue_reserve) = sending_limits(channel, daily_quota, overdue_reserve);
    let stopped_until = ahead(state.as_ref().and_then(|state| state.stopped_until_ms));
    SendingAccount {
        account: account.to_owned(),
        channel: channel.as_str(),
        channel_words: channel.words(),
        is_backup,
        daily_quota,
        overdue_reserve,
        effective_daily_quota,
        effective_overdue_reserve,
        taken_today,
        cost_fen: state.as_ref().map_or(0, |state| state.cost_fen),
        failures: state.as_ref().map_or(0, |state| state.failures),
        resting_until: ahead(state.as_ref().and_then(|state| state.open_until_ms)),
        stopped_until,
        // A reason outlives its stop in the row; here it explains one.
        stopped_reason: state.and_then(|state| state.stopped_reason).filter(|_| stopped_until.is_some()),
    }
}

/// The row of an account's day: each of its channels has a quota of its own.
fn day_key(account: &str, channel: Channel) -> String {
    format!("{account}:{}", channel.as_str())
}

/// `$2, $3` for `places(2, 2)`.
fn places(first: usize, count: usize) -> String {
    (first..first + count).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ")
}
