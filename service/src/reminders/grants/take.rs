//! Taking grants: one transaction for a batch of asks.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::calendar::day_number;
use domain::ids::ProjectId;
use domain::reminder::{Channel, HoldReason, instant_on};
use uuid::Uuid;

use super::state::{self, AccountState};
use super::{Answer, Ask, Credit, Way, quota_key};
use crate::reminders::rows::{numbered, tuples};
use crate::store::{StoreError, Values};
use crate::tenancy::{ControlDb, ControlTx};

/// How long a grant is nobody's but its notice's: longer than a lease and every resend under it.
const GRANT_FOR: TimeDelta = TimeDelta::minutes(15);
/// Days a week's cap looks at, today included.
const WEEK_DAYS: i64 = 7;
/// Rows in one statement.
const ROWS_PER_STATEMENT: usize = 1_000;

/// Answers each ask, by its notice, and takes what is granted. Asking twice for one notice takes once.
pub(in crate::reminders) async fn take(
    control: &ControlDb,
    project: ProjectId,
    zone: Tz,
    asks: &[Ask],
    now: DateTime<Utc>,
) -> Result<HashMap<Uuid, Answer>, StoreError> {
    if asks.is_empty() {
        return Ok(HashMap::new());
    }
    control
        .transact("reminders.grants", async |tx| {
            let books = Books::lock(tx, asks, zone, now).await?;
            let decided = books.decide(asks, zone, now);
            decided.write(tx, project, now).await?;
            Ok(decided.answers)
        })
        .await
}

/// As [`take`], taking nothing.
pub(in crate::reminders) async fn preview(
    control: &ControlDb,
    zone: Tz,
    asks: &[Ask],
    now: DateTime<Utc>,
) -> Result<HashMap<Uuid, Answer>, StoreError> {
    if asks.is_empty() {
        return Ok(HashMap::new());
    }
    control
        .read("reminders.grants_preview", async |tx| {
            let books = Books::read(tx, asks, zone, now).await?;
            Ok(books.decide(asks, zone, now).answers)
        })
        .await
}

type AccountKey = (String, Channel);
/// App, openid, template.
type CreditKey = (String, String, String);

/// Everything the asks are decided by.
struct Books {
    day: i64,
    accounts: HashMap<AccountKey, AccountState>,
    /// Messages of each contact: today, and on the six days before.
    contacts: HashMap<Vec<u8>, (i64, i64)>,
    credits: HashMap<CreditKey, i64>,
}

#[derive(sea_orm::FromQueryResult)]
struct TakenRow {
    account: String,
    taken: i64,
}

#[derive(sea_orm::FromQueryResult)]
struct ContactRow {
    contact_hash: Vec<u8>,
    day: i64,
    taken: i64,
}

#[derive(sea_orm::FromQueryResult)]
struct CreditRow {
    app_id: String,
    openid: String,
    template_id: String,
    credits: i64,
}

fn credit_key(way: &Way) -> Option<CreditKey> {
    way.credit.as_ref().map(|Credit { openid, template_id }| (way.account.clone(), openid.clone(), template_id.clone()))
}

impl Books {
    /// Reads under locks: the rows of the day are made where they are missing, so that there is something to hold.
    async fn lock(tx: &ControlTx<'_>, asks: &[Ask], zone: Tz, now: DateTime<Utc>) -> Result<Self, StoreError> {
        let day = day_number(now.with_timezone(&zone).date_naive());
        let (accounts, contacts, _) = keys(asks);
        let rows = accounts.iter().map(|(account, channel)| -> Values {
            vec![quota_key(account, *channel).into(), day.into(), 0_i64.into()]
        });
        let tail = "ON CONFLICT (account, day) DO UPDATE SET taken = account_quota.taken";
        tx.insert_many("account_quota", &["account", "day", "taken"], rows.collect(), tail).await?;
        let rows = contacts.iter().map(|contact| -> Values { vec![contact.clone().into(), day.into(), 0_i64.into()] });
        let tail = "ON CONFLICT (contact_hash, day) DO UPDATE SET taken = contact_count.taken";
        tx.insert_many("contact_count", &["contact_hash", "day", "taken"], rows.collect(), tail).await?;
        Self::read_in(tx, asks, zone, now, tx.for_update()).await
    }

    async fn read(tx: &ControlTx<'_>, asks: &[Ask], zone: Tz, now: DateTime<Utc>) -> Result<Self, StoreError> {
        Self::read_in(tx, asks, zone, now, "").await
    }

    async fn read_in(
        tx: &ControlTx<'_>,
        asks: &[Ask],
        zone: Tz,
        now: DateTime<Utc>,
        lock: &str,
    ) -> Result<Self, StoreError> {
        let day = day_number(now.with_timezone(&zone).date_naive());
        let (accounts, contacts, credits) = keys(asks);
        let accounts: Vec<AccountKey> = accounts.into_iter().collect();
        let mut found = Self {
            day,
            accounts: state::read(tx, &accounts, now).await?,
            contacts: HashMap::new(),
            credits: HashMap::new(),
        };
        if !accounts.is_empty() {
            let sql = format!(
                "SELECT account, taken FROM account_quota WHERE day = $1 AND account IN ({})",
                numbered(2, accounts.len())
            );
            let mut values: Values = vec![day.into()];
            values.extend(accounts.iter().map(|(account, channel)| quota_key(account, *channel).into()));
            let taken: Vec<TakenRow> = tx.rows(&sql, values).await?;
            for (key, state) in &mut found.accounts {
                let name = quota_key(&key.0, key.1);
                state.taken = taken.iter().find(|row| row.account == name).map_or(0, |row| row.taken);
            }
        }
        let contacts: Vec<Vec<u8>> = contacts.into_iter().collect();
        for chunk in contacts.chunks(ROWS_PER_STATEMENT) {
            let sql = format!(
                "SELECT contact_hash, day, taken FROM contact_count WHERE day BETWEEN $1 AND $2 \
                 AND contact_hash IN ({})",
                numbered(3, chunk.len())
            );
            let mut values: Values = vec![(day - WEEK_DAYS + 1).into(), day.into()];
            values.extend(chunk.iter().map(|contact| contact.clone().into()));
            for row in tx.rows::<ContactRow>(&sql, values).await? {
                let count = found.contacts.entry(row.contact_hash).or_default();
                if row.day == day { count.0 += row.taken } else { count.1 += row.taken }
            }
        }
        let credits: Vec<CreditKey> = credits.into_iter().collect();
        for chunk in credits.chunks(ROWS_PER_STATEMENT) {
            let sql = format!(
                "SELECT app_id, openid, template_id, credits FROM consent_credit \
                 WHERE (app_id, openid, template_id) IN (VALUES {}) ORDER BY app_id, openid, template_id{lock}",
                tuples(1, 3, chunk.len())
            );
            let values: Values = chunk
                .iter()
                .flat_map(|(app, openid, template)| [app, openid, template].map(|t| t.as_str().into()))
                .collect();
            for row in tx.rows::<CreditRow>(&sql, values).await? {
                found.credits.insert((row.app_id, row.openid, row.template_id), row.credits);
            }
        }
        Ok(found)
    }

    /// Serves the highest stages first; takes from its own copy of the books.
    fn decide(mut self, asks: &[Ask], zone: Tz, now: DateTime<Utc>) -> Decided {
        let mut order: Vec<&Ask> = asks.iter().collect();
        order.sort_by(|a, b| b.rung.cmp(&a.rung).then(a.notice_id.cmp(&b.notice_id)));
        let tomorrow = tomorrow_morning(zone, now);
        let mut decided = Decided { day: self.day, answers: HashMap::new(), granted: Vec::new() };
        for ask in order {
            let answer = self.answer(ask, tomorrow, now);
            if let Answer::Granted(way) = &answer {
                decided.granted.push((ask.notice_id, way.clone()));
            }
            decided.answers.insert(ask.notice_id, answer);
        }
        decided
    }

    fn answer(&mut self, ask: &Ask, tomorrow: DateTime<Utc>, now: DateTime<Utc>) -> Answer {
        let mut waits: Option<(HoldReason, DateTime<Utc>)> = None;
        for way in &ask.ways {
            let Some(account) = self.accounts.get(&(way.account.clone(), way.channel)) else { continue };
            let closed = account.closed_until_ms.and_then(DateTime::from_timestamp_millis);
            let blocked = match closed {
                Some(until) => Some((HoldReason::AccountStopped, until)),
                None if !account.has_left(ask.is_overdue) => Some((HoldReason::Quota, tomorrow)),
                None => None,
            };
            if let Some(blocked) = blocked {
                waits = Some(waits.unwrap_or(blocked));
                // An overdue notice goes on to the next channel; an early one is not worth another channel's price.
                if ask.is_overdue { continue } else { break }
            }
            let credit = credit_key(way);
            if credit.as_ref().is_some_and(|key| self.credits.get(key).copied().unwrap_or(0) < 1) {
                continue;
            }
            let (today, before) = self.contacts.get(&way.contact_hash).copied().unwrap_or_default();
            if today >= ask.caps.per_day {
                return Answer::Held { reason: HoldReason::DayCap, until: tomorrow };
            }
            if today + before >= ask.caps.per_week {
                return Answer::Held { reason: HoldReason::WeekCap, until: tomorrow };
            }
            let mut way = way.clone();
            if let Some(state) = self.accounts.get_mut(&(way.account.clone(), way.channel)) {
                state.taken += 1;
                way.cost_fen = state.cost_fen;
            }
            self.contacts.insert(way.contact_hash.clone(), (today + 1, before));
            if let Some(left) = credit.and_then(|key| self.credits.get_mut(&key)) {
                *left -= 1;
            }
            return Answer::Granted(way);
        }
        match waits {
            Some((reason, until)) => Answer::Held { reason, until: until.max(now + TimeDelta::seconds(1)) },
            None => Answer::NoWay,
        }
    }
}

/// What the decision takes.
struct Decided {
    day: i64,
    answers: HashMap<Uuid, Answer>,
    granted: Vec<(Uuid, Way)>,
}

impl Decided {
    async fn write(&self, tx: &ControlTx<'_>, project: ProjectId, now: DateTime<Utc>) -> Result<(), StoreError> {
        let (now_ms, until_ms) = (now.timestamp_millis(), (now + GRANT_FOR).timestamp_millis());
        let rows = self.granted.iter().map(|(notice_id, way)| -> Values {
            let credit = way.credit.as_ref();
            vec![
                (*notice_id).into(),
                project.uuid().into(),
                way.account.as_str().into(),
                way.channel.as_str().into(),
                self.day.into(),
                way.contact_hash.clone().into(),
                credit.map(|c| c.openid.clone()).into(),
                credit.map(|c| c.template_id.clone()).into(),
                "held".into(),
                now_ms.into(),
                until_ms.into(),
            ]
        });
        let columns = [
            "notice_id",
            "project_id",
            "account",
            "channel",
            "day",
            "contact_hash",
            "openid",
            "template_id",
            "state",
            "taken_at_ms",
            "until_ms",
        ];
        // What an earlier try gave back is taken anew; what is held or spent is another worker's mistake to make.
        let tail = "ON CONFLICT (notice_id) DO UPDATE SET account = excluded.account, channel = excluded.channel, \
             day = excluded.day, contact_hash = excluded.contact_hash, openid = excluded.openid, \
             template_id = excluded.template_id, state = 'held', taken_at_ms = excluded.taken_at_ms, \
             until_ms = excluded.until_ms WHERE send_grant.state = 'returned'";
        let rows: Vec<Values> = rows.collect();
        let asked = rows.len();
        let written = tx.insert_many("send_grant", &columns, rows, tail).await?;
        if written != u64::try_from(asked).unwrap_or(u64::MAX) {
            return Err(StoreError::bad_row("send_grant", "a grant is taken twice"));
        }
        let mut accounts: BTreeMap<String, i64> = BTreeMap::new();
        let mut contacts: BTreeMap<Vec<u8>, i64> = BTreeMap::new();
        let mut credits: BTreeMap<CreditKey, i64> = BTreeMap::new();
        for (_, way) in &self.granted {
            *accounts.entry(quota_key(&way.account, way.channel)).or_default() += 1;
            *contacts.entry(way.contact_hash.clone()).or_default() += 1;
            if let Some(key) = credit_key(way) {
                *credits.entry(key).or_default() += 1;
            }
        }
        let rows = accounts.into_iter().map(|(key, n)| -> Values { vec![key.into(), self.day.into(), n.into()] });
        let tail = "ON CONFLICT (account, day) DO UPDATE SET taken = account_quota.taken + excluded.taken";
        tx.insert_many("account_quota", &["account", "day", "taken"], rows.collect(), tail).await?;
        let rows = contacts.into_iter().map(|(key, n)| -> Values { vec![key.into(), self.day.into(), n.into()] });
        let tail = "ON CONFLICT (contact_hash, day) DO UPDATE SET taken = contact_count.taken + excluded.taken";
        tx.insert_many("contact_count", &["contact_hash", "day", "taken"], rows.collect(), tail).await?;
        // The rows are there and locked, or nothing would have been granted; the check on credits holds the rest.
        let rows = credits.into_iter().map(|((app, openid, template), n)| -> Values {
            vec![app.into(), openid.into(), template.into(), n.into(), now_ms.into()]
        });
        let tail = "ON CONFLICT (app_id, openid, template_id) DO UPDATE SET \
             credits = consent_credit.credits - excluded.credits, updated_at_ms = excluded.updated_at_ms";
        let columns = ["app_id", "openid", "template_id", "credits", "updated_at_ms"];
        tx.insert_many("consent_credit", &columns, rows.collect(), tail).await?;
        Ok(())
    }
}

fn keys(asks: &[Ask]) -> (BTreeSet<AccountKey>, BTreeSet<Vec<u8>>, BTreeSet<CreditKey>) {
    let ways = || asks.iter().flat_map(|ask| &ask.ways);
    (
        ways().map(|way| (way.account.clone(), way.channel)).collect(),
        ways().map(|way| way.contact_hash.clone()).collect(),
        ways().filter_map(credit_key).collect(),
    )
}

/// Caps and quotas are of the day: the next one begins at midnight. Quiet hours move it on.
fn tomorrow_morning(zone: Tz, now: DateTime<Utc>) -> DateTime<Utc> {
    let today = now.with_timezone(&zone).date_naive();
    instant_on(today.succ_opt().unwrap_or(today), chrono::NaiveTime::MIN, zone)
}
