//! Taking grants: one transaction for a batch of asks.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::calendar::day_number;
use domain::ids::ProjectId;
use domain::reminder::{Channel, HoldReason, instant_on};
use uuid::Uuid;

use super::counts::{Counts, CreditKey, Move};
use super::state::{self, AccountState};
use super::{Answer, Ask, Credit, Way, quota_key};
use crate::reminders::rows::{numbered, tuples, uuids};
use crate::store::bulk::{self, Cell, Column, Kind, Over, Target, column};
use crate::store::{StoreError, Values};
use crate::tenancy::{ControlDb, ControlTx};

/// How long a grant is nobody's but its notice's: longer than a lease and every resend under it.
const GRANT_FOR: TimeDelta = TimeDelta::minutes(15);
/// Days a week's cap looks at, today included.
const WEEK_DAYS: i64 = 7;
/// Rows in one statement.
const ROWS_PER_STATEMENT: usize = 1_000;

/// Answers each ask, by its notice, and takes what is granted. Asking twice for one notice takes once: a notice for
/// which another worker has leave, or had it and died, gets no answer until that leave is settled.
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
            let mut books = Books::lock(tx, asks, zone, now).await?;
            let taken = taken(tx, asks).await?;
            let free: Vec<Ask> = asks.iter().filter(|ask| !taken.contains(&ask.notice_id)).cloned().collect();
            let decided = books.decide(&free, now);
            decided.write(tx, project, now).await?;
            Ok(decided.answers)
        })
        .await
}

/// Of these notices, those that have leave already.
async fn taken(tx: &ControlTx<'_>, asks: &[Ask]) -> Result<HashSet<Uuid>, StoreError> {
    let ids: Vec<Uuid> = asks.iter().map(|ask| ask.notice_id).collect();
    let mut found = HashSet::new();
    for chunk in ids.chunks(ROWS_PER_STATEMENT) {
        let sql = format!(
            "SELECT notice_id FROM send_grant WHERE state <> 'returned' AND notice_id IN ({})",
            numbered(1, chunk.len())
        );
        found.extend(tx.rows::<LeaveRow>(&sql, uuids(chunk)).await?.into_iter().map(|row| row.notice_id));
    }
    Ok(found)
}

type AccountKey = (String, Channel);

/// Everything the asks are decided by.
#[derive(Debug, Clone)]
pub(in crate::reminders) struct Books {
    zone: Tz,
    day: i64,
    accounts: HashMap<AccountKey, AccountState>,
    /// Messages of each contact: today, and on the six days before.
    contacts: HashMap<Vec<u8>, (i64, i64)>,
    credits: HashMap<CreditKey, i64>,
}

#[derive(sea_orm::FromQueryResult)]
struct LeaveRow {
    notice_id: Uuid,
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
    /// Reads under locks: the rows of the day are made where they are missing, so that there is something to hold. On
    /// SQLite a writing transaction is alone.
    async fn lock(tx: &ControlTx<'_>, asks: &[Ask], zone: Tz, now: DateTime<Utc>) -> Result<Self, StoreError> {
        let mut keys = Keys::default();
        asks.iter().flat_map(|ask| &ask.ways).for_each(|way| keys.add(way));
        if tx.is_postgres() {
            let day = day_number(now.with_timezone(&zone).date_naive());
            Counts::hold(tx, &keys.accounts, &keys.contacts, day).await?;
        }
        Self::read_in(tx, keys, zone, now, tx.for_update()).await
    }

    /// The books as they stand, about all of these: nothing is held, nothing will be written.
    pub async fn read(control: &ControlDb, keys: Keys, zone: Tz, now: DateTime<Utc>) -> Result<Self, StoreError> {
        control.read("reminders.grants_preview", async |tx| Self::read_in(tx, keys, zone, now, "").await).await
    }

    async fn read_in(
        tx: &ControlTx<'_>,
        keys: Keys,
        zone: Tz,
        now: DateTime<Utc>,
        lock: &str,
    ) -> Result<Self, StoreError> {
        let day = day_number(now.with_timezone(&zone).date_naive());
        let Keys { accounts, contacts, credits } = keys;
        let accounts: Vec<AccountKey> = accounts.into_iter().collect();
        let mut found = Self {
            zone,
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
            values.extend(accounts.iter().map(|(account, channel)| quota_key(account, channel.as_str()).into()));
            let taken: Vec<TakenRow> = tx.rows(&sql, values).await?;
            for (key, state) in &mut found.accounts {
                let name = quota_key(&key.0, key.1.as_str());
                state.taken = taken.iter().find(|row| row.account == name).map_or(0, |row| row.taken);
            }
        }
        let over = Over {
            table: "contact_count",
            columns: &[column("v_hash", Kind::Bytes)],
            values: vec![(day - WEEK_DAYS + 1).into(), day.into()],
            sql: "SELECT c.contact_hash, c.day, c.taken FROM v JOIN contact_count c ON c.contact_hash = v_hash \
                  AND c.day BETWEEN $1 AND $2",
        };
        let rows: Vec<ContactRow> = bulk::rows(tx, &over, contacts.iter().map(|hash| [Cell::Bytes(hash)])).await?;
        for row in rows {
            let count = found.contacts.entry(row.contact_hash).or_default();
            if row.day == day { count.0 += row.taken } else { count.1 += row.taken }
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

    /// Serves the highest stages first; takes from these books.
    fn decide(&mut self, asks: &[Ask], now: DateTime<Utc>) -> Decided {
        let mut order: Vec<&Ask> = asks.iter().collect();
        order.sort_by(|a, b| b.rung.cmp(&a.rung).then(a.notice_id.cmp(&b.notice_id)));
        let tomorrow = tomorrow_morning(self.zone, now);
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

    /// Answers each ask, by its notice, and counts what is granted in these books alone.
    pub fn rehearse(&mut self, asks: &[Ask], now: DateTime<Utc>) -> HashMap<Uuid, Answer> {
        self.decide(asks, now).answers
    }

    /// Whether a second account may stand in for one more message: it is asked as the first one is.
    fn lend(&mut self, backup: &str, channel: Channel, is_overdue: bool) -> bool {
        let Some(state) = self.accounts.get_mut(&(backup.to_owned(), channel)) else { return false };
        let lends = state.closed_until_ms.is_none() && state.has_left(is_overdue);
        state.lent += i64::from(lends);
        lends
    }

    /// What was granted and not used.
    pub fn give_back(&mut self, way: &Way) {
        if let Some(backup) = way.backup.as_ref().and_then(|one| self.accounts.get_mut(&(one.clone(), way.channel))) {
            backup.lent -= 1;
        }
        if let Some(account) = self.accounts.get_mut(&(way.account.clone(), way.channel)) {
            account.taken -= 1;
        }
        if let Some((today, _)) = self.contacts.get_mut(&way.contact_hash) {
            *today -= 1;
        }
        if let Some(left) = credit_key(way).and_then(|key| self.credits.get_mut(&key)) {
            *left += 1;
        }
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
            way.backup = way.backup.filter(|backup| self.lend(backup, way.channel, ask.is_overdue));
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
        const COLUMNS: [Column; 6] = [
            column("notice_id", Kind::Uuid),
            column("account", Kind::Text),
            column("channel", Kind::Text),
            column("contact_hash", Kind::Bytes),
            column("openid", Kind::Text),
            column("template_id", Kind::Text),
        ];
        let (now_ms, until_ms) = (now.timestamp_millis(), (now + GRANT_FOR).timestamp_millis());
        let shared = vec![
            (column("project_id", Kind::Uuid), project.uuid().into()),
            (column("day", Kind::Int), self.day.into()),
            (column("state", Kind::Text), "held".into()),
            (column("taken_at_ms", Kind::Int), now_ms.into()),
            (column("until_ms", Kind::Int), until_ms.into()),
        ];
        // What an earlier try gave back is taken anew; what is held or spent is another worker's mistake to make.
        let tail = "ON CONFLICT (notice_id) DO UPDATE SET account = excluded.account, channel = excluded.channel, \
             day = excluded.day, contact_hash = excluded.contact_hash, openid = excluded.openid, \
             template_id = excluded.template_id, state = 'held', taken_at_ms = excluded.taken_at_ms, \
             until_ms = excluded.until_ms WHERE send_grant.state = 'returned'";
        let into = Target { table: "send_grant", columns: &COLUMNS, shared, tail };
        let rows = self.granted.iter().map(|(notice_id, way)| {
            let credit = way.credit.as_ref();
            [
                Cell::Uuid(*notice_id),
                Cell::Text(&way.account),
                Cell::Text(way.channel.as_str()),
                Cell::Bytes(&way.contact_hash),
                credit.map(|c| c.openid.as_str()).into(),
                credit.map(|c| c.template_id.as_str()).into(),
            ]
        });
        let written = bulk::insert(tx, &into, rows).await?;
        if written != u64::try_from(self.granted.len()).unwrap_or(u64::MAX) {
            return Err(StoreError::bad_row("send_grant", "a grant is taken twice"));
        }
        let mut counts = Counts::default();
        for (_, way) in &self.granted {
            counts.add(&way.account, way.channel.as_str(), self.day, &way.contact_hash, credit_key(way));
        }
        counts.write(tx, Move::Take, now_ms).await
    }
}

/// The rows that ways are decided by.
#[derive(Debug, Default)]
pub(in crate::reminders) struct Keys {
    pub accounts: BTreeSet<AccountKey>,
    /// Whose ear it is.
    pub contacts: BTreeSet<Vec<u8>>,
    pub credits: BTreeSet<CreditKey>,
}

impl Keys {
    fn add(&mut self, way: &Way) {
        let accounts = std::iter::once(&way.account).chain(&way.backup);
        self.accounts.extend(accounts.map(|account| (account.clone(), way.channel)));
        self.contacts.insert(way.contact_hash.clone());
        self.credits.extend(credit_key(way));
    }
}

/// Caps and quotas are of the day: the next one begins at midnight. Quiet hours move it on.
fn tomorrow_morning(zone: Tz, now: DateTime<Utc>) -> DateTime<Utc> {
    let today = now.with_timezone(&zone).date_naive();
    instant_on(today.succ_opt().unwrap_or(today), chrono::NaiveTime::MIN, zone)
}
