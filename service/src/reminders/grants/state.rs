//! What is known of an account: its limits, its price, whether it works now.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::reminder::Channel;

use crate::reminders::rows::{numbered, tuples};
use crate::store::{StoreError, Values};
use crate::tenancy::ControlTx;

/// Failures in a row that open an account's breaker.
const FAILURES_MAX: i64 = 5;
/// How long a breaker stays open first; doubled with each further failure.
const OPEN_FIRST: TimeDelta = TimeDelta::minutes(1);
/// How long it stays open at most.
const OPEN_MAX: TimeDelta = TimeDelta::minutes(30);
/// Doublings that reach [`OPEN_MAX`].
const DOUBLINGS_MAX: i64 = 5;

/// Messages a day that an account may send when nobody said otherwise: what WeChat publishes for each kind, and what
/// a property company's SMS or voice account would not reach on an honest day.
const fn quota_of(channel: Channel) -> i64 {
    match channel {
        Channel::WechatTemplate => 100_000,
        Channel::WechatSubscribe | Channel::WechatNotify => 10_000_000,
        Channel::Sms => 200_000,
        Channel::Voice => 20_000,
    }
}

/// Messages a day and how many of them are kept for overdue stages, from what staff set, if they did: a fifth is kept
/// unless somebody chose.
pub(crate) fn limits(channel: Channel, daily_quota: Option<i64>, overdue_reserve: Option<i64>) -> (i64, i64) {
    let quota = daily_quota.unwrap_or_else(|| quota_of(channel));
    (quota, overdue_reserve.unwrap_or(quota / 5).min(quota))
}

/// One account on one channel, as of this moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct AccountState {
    pub daily_quota: i64,
    /// The last so many of the day are for overdue stages.
    pub overdue_reserve: i64,
    pub taken: i64,
    /// What others may still send through it today, where their own account cannot.
    pub lent: i64,
    /// Of one message.
    pub cost_fen: i64,
    /// It does not work before this.
    pub closed_until_ms: Option<i64>,
}

impl AccountState {
    fn new(channel: Channel) -> Self {
        let (daily_quota, overdue_reserve) = limits(channel, None, None);
        Self { daily_quota, overdue_reserve, taken: 0, lent: 0, cost_fen: 0, closed_until_ms: None }
    }

    /// Whether one more message may be sent today. What is lent may be sent too.
    pub const fn has_left(&self, is_overdue: bool) -> bool {
        let kept = if is_overdue { 0 } else { self.overdue_reserve };
        self.taken + self.lent < self.daily_quota - kept
    }
}

#[derive(sea_orm::FromQueryResult)]
struct AccountRow {
    account: String,
    channel: String,
    daily_quota: Option<i64>,
    overdue_reserve: Option<i64>,
    cost_fen: i64,
    open_until_ms: Option<i64>,
    stopped_until_ms: Option<i64>,
}

/// Reads these accounts; `taken` is filled by the caller.
pub(super) async fn read(
    tx: &ControlTx<'_>,
    keys: &[(String, Channel)],
    now: DateTime<Utc>,
) -> Result<HashMap<(String, Channel), AccountState>, StoreError> {
    let mut found: HashMap<(String, Channel), AccountState> =
        keys.iter().map(|(account, channel)| ((account.clone(), *channel), AccountState::new(*channel))).collect();
    if keys.is_empty() {
        return Ok(found);
    }
    let sql = format!(
        "SELECT account, channel, daily_quota, overdue_reserve, cost_fen, open_until_ms, stopped_until_ms FROM sending_account \
         WHERE account IN ({})",
        numbered(1, keys.len())
    );
    let now_ms = now.timestamp_millis();
    let values: Values = keys.iter().map(|(account, _)| account.as_str().into()).collect();
    for row in tx.rows::<AccountRow>(&sql, values).await? {
        let Some(channel) = Channel::parse(&row.channel) else { continue };
        let Some(state) = found.get_mut(&(row.account, channel)) else { continue };
        (state.daily_quota, state.overdue_reserve) = limits(channel, row.daily_quota, row.overdue_reserve);
        state.cost_fen = row.cost_fen;
        state.closed_until_ms = row.open_until_ms.max(row.stopped_until_ms).filter(|until| *until > now_ms);
    }
    Ok(found)
}

/// What happened to an account, apart from the one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::reminders) enum Setback {
    /// It works.
    None,
    /// It did not answer, or not as it should.
    Failure,
    /// The vendor said: no more before `until`.
    Stopped { until: DateTime<Utc>, reason: &'static str },
}

/// Notes what was found out about accounts, the last word of each, and counts failures in a row.
pub(in crate::reminders) async fn note(
    tx: &ControlTx<'_>,
    found: &HashMap<(String, Channel), (Setback, i64)>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if found.is_empty() {
        return Ok(());
    }
    let now_ms = now.timestamp_millis();
    let mut keys: Vec<&(String, Channel)> = found.keys().collect();
    keys.sort();
    let bad: Vec<Values> = keys
        .iter()
        .filter_map(|key| {
            let (setback, failures) = found.get(*key)?;
            let (until, reason, failures) = match setback {
                Setback::None => return None,
                Setback::Failure => (None, None, *failures),
                Setback::Stopped { until, reason } => (Some(until.timestamp_millis()), Some(*reason), 0),
            };
            Some(vec![
                key.0.as_str().into(),
                key.1.as_str().into(),
                failures.into(),
                until.into(),
                reason.into(),
                // As many failures at the very first opens the breaker as well.
                (failures >= FAILURES_MAX).then_some(now_ms + OPEN_FIRST.num_milliseconds()).into(),
                now_ms.into(),
            ])
        })
        .collect();
    if !bad.is_empty() {
        let tail = format!(
            "ON CONFLICT (account, channel) DO UPDATE SET failures = sending_account.failures + excluded.failures, \
             stopped_until_ms = COALESCE(excluded.stopped_until_ms, sending_account.stopped_until_ms), \
             stopped_reason = COALESCE(excluded.stopped_reason, sending_account.stopped_reason), \
             open_until_ms = CASE WHEN sending_account.failures + excluded.failures >= {FAILURES_MAX} \
             THEN {} ELSE sending_account.open_until_ms END, updated_at_ms = excluded.updated_at_ms",
            open_until(now_ms)
        );
        let columns =
            ["account", "channel", "failures", "stopped_until_ms", "stopped_reason", "open_until_ms", "updated_at_ms"];
        tx.insert_many("sending_account", &columns, bad, &tail).await?;
    }
    let well: Vec<&&(String, Channel)> =
        keys.iter().filter(|key| matches!(found.get(**key), Some((Setback::None, _)))).collect();
    if !well.is_empty() {
        let sql = format!(
            "UPDATE sending_account SET failures = 0, open_until_ms = NULL, updated_at_ms = $1 \
             WHERE (account, channel) IN (VALUES {}) AND (failures > 0 OR open_until_ms IS NOT NULL)",
            tuples(2, 2, well.len())
        );
        let mut values: Values = vec![now_ms.into()];
        values.extend(well.iter().flat_map(|key| [key.0.as_str().into(), key.1.as_str().into()]));
        tx.execute(&sql, values).await?;
    }
    Ok(())
}

/// The instant a breaker closes again, in SQL: a minute after the fifth failure in a row, two after the tenth, …
fn open_until(now_ms: i64) -> String {
    let steps: Vec<String> = (1..=DOUBLINGS_MAX)
        .rev()
        .map(|step| {
            let wait = (OPEN_FIRST * (1 << step.min(30))).min(OPEN_MAX).num_milliseconds();
            let failures = FAILURES_MAX * (step + 1);
            format!("WHEN sending_account.failures + excluded.failures >= {failures} THEN {}", now_ms + wait)
        })
        .collect();
    format!("CASE {} ELSE {} END", steps.join(" "), now_ms + OPEN_FIRST.num_milliseconds())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_fifth_of_a_quota_is_for_what_is_overdue() {
        let mut state = AccountState { daily_quota: 10, overdue_reserve: 2, taken: 7, ..AccountState::default() };
        assert!(state.has_left(false) && state.has_left(true));
        state.taken = 8;
        assert!(!state.has_left(false) && state.has_left(true));
        state.taken = 10;
        assert!(!state.has_left(true));
    }
}
