//! Claiming: the last look, and one notice per payer over all their due reminders, in one transaction.
//!
//! Order of locks: payers, then notices, then reminders. A payment that books meanwhile waits for the payer and then
//! finds the notice in hand (`crossed`); a payer who is paying right now is left for the next round.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::reminder::{Channel, Policy, SilenceReason, Stage};
use uuid::Uuid;

use super::contacts::{self, Contacts};
use super::deliver::{Message, account_of};
use super::digest::{self, Digest};
use super::events::{self, Event};
use super::rows::{self, BillRow, Mark, NewNotice, numbered, uuids};
use super::{ReminderError, policy};
use crate::store::{StoreError, Values};
use crate::tenancy::{ControlDb, ProjectDb, ProjectInfo, ProjectTx};

/// How long a claimed notice belongs to its worker: longer than the longest batch takes to send.
pub(super) const LEASE: TimeDelta = TimeDelta::minutes(2);
/// Due rows looked at to find payers.
const LOOK_AHEAD_ROWS: usize = 4_000;
/// Reminders claimed in one transaction. A payer with more gets the rest in the next message.
const REMINDERS_PER_CLAIM: usize = 20_000;

/// A notice in hand: what to send, and the lease under which its outcome may be recorded.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The message with its notice.
    pub message: Message,
    /// Through which channel.
    pub channel: Channel,
    /// The highest stage it speaks for.
    pub stage: String,
    /// A stale worker's number is lower than the row's.
    pub lease_no: i64,
    /// Nothing is sent at or after this.
    pub lease_until: DateTime<Utc>,
    /// How often it was handed over, this time included.
    pub attempts: i64,
    /// When it was first handed over without a certain answer.
    pub first_sent_at: DateTime<Utc>,
    /// An earlier attempt may have arrived, so "not sent" now proves nothing about it.
    pub is_resend: bool,
    pub(super) policy_version: i64,
    pub(super) payer_party_id: Uuid,
}

/// What one claim did: also what it decided not to send.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub claimed: Vec<Claimed>,
    pub silent: Vec<Silent>,
    /// Rows that were decided, so a caller knows when nothing is left.
    pub handled: usize,
}

/// A due reminder that sends nothing, and why.
#[derive(Debug, Clone)]
pub(super) struct Silent {
    pub bill_id: Uuid,
    pub stage: String,
    pub payer_party_id: Uuid,
    pub reason: SilenceReason,
}

#[derive(Debug, Clone, sea_orm::FromQueryResult)]
struct DueRow {
    bill_id: Uuid,
    stage: String,
    stage_day: i64,
    payer_party_id: Uuid,
    policy_version: i64,
}

#[derive(sea_orm::FromQueryResult)]
struct PayerRow {
    payer_party_id: Uuid,
}

#[derive(sea_orm::FromQueryResult)]
struct PairRow {
    payer_party_id: Uuid,
    house_id: Uuid,
}

/// Claims the notices of up to `limit` payers whose reminders are due. What must not be sent is silenced with its
/// reason.
///
/// # Errors
/// [`ReminderError`].
pub async fn claim(
    db: &ProjectDb,
    control: &ControlDb,
    now: DateTime<Utc>,
    limit: usize,
) -> Result<Vec<Claimed>, ReminderError> {
    Ok(take(db, control, now, limit).await?.claimed)
}

/// As [`claim`], with what it silenced.
pub(super) async fn take(
    db: &ProjectDb,
    control: &ControlDb,
    now: DateTime<Utc>,
    limit: usize,
) -> Result<Taken, ReminderError> {
    let due = db.read("reminders.due", async |tx| due(tx, now, limit).await).await?;
    if due.payers.is_empty() {
        return Ok(Taken::default());
    }
    let contacts = contacts::read(db, control, &due.pairs).await?;
    db.transact("reminders.claim", async |tx| claim_in(tx, &due.payers, &contacts, now).await).await
}

/// Payers with due reminders, and the houses these are about.
pub(super) struct Due {
    pub payers: Vec<Uuid>,
    pub pairs: Vec<(Uuid, Uuid)>,
}

/// Finds up to `limit` payers with due reminders, those that have waited longest first.
pub(super) async fn due(tx: &ProjectTx<'_>, now: DateTime<Utc>, limit: usize) -> Result<Due, StoreError> {
    let now_ms = now.timestamp_millis();
    let sql = format!(
        "SELECT payer_party_id FROM reminder WHERE state = 'planned' AND send_at_ms <= $1 \
         ORDER BY send_at_ms, payer_party_id LIMIT {LOOK_AHEAD_ROWS}"
    );
    let rows: Vec<PayerRow> = tx.rows(&sql, vec![now_ms.into()]).await?;
    let mut seen = HashSet::new();
    let payers: Vec<Uuid> =
        rows.into_iter().map(|row| row.payer_party_id).filter(|payer| seen.insert(*payer)).take(limit).collect();
    if payers.is_empty() {
        return Ok(Due { payers, pairs: Vec::new() });
    }
    let sql = format!(
        "SELECT DISTINCT r.payer_party_id, b.house_id FROM reminder r JOIN bill b ON b.id = r.bill_id \
         WHERE r.payer_party_id IN ({}) AND r.send_at_ms <= $1 AND r.state = 'planned' LIMIT {REMINDERS_PER_CLAIM}",
        numbered(2, payers.len())
    );
    let mut values: Values = vec![now_ms.into()];
    values.extend(uuids(&payers));
    let pairs: Vec<PairRow> = tx.rows(&sql, values).await?;
    Ok(Due { pairs: pairs.into_iter().map(|row| (row.payer_party_id, row.house_id)).collect(), payers })
}

/// Decides and writes: the same code claims and previews.
pub(super) async fn claim_in(
    tx: &ProjectTx<'_>,
    payers: &[Uuid],
    contacts: &Contacts,
    now: DateTime<Utc>,
) -> Result<Taken, ReminderError> {
    let due = lock_due(tx, payers, now).await?;
    if due.is_empty() {
        return Ok(Taken::default());
    }
    let policies = policy::of_versions(tx, due.iter().map(|row| row.policy_version)).await?;
    let ids: HashSet<Uuid> = due.iter().map(|row| row.bill_id).collect();
    let bills = rows::bills(tx, &ids.into_iter().collect::<Vec<_>>()).await?;
    let paused = rows::paused(tx, &bills, now).await?;
    let mut claim = Claim {
        project: Arc::new(tx.info().clone()),
        contacts,
        now,
        marks: Vec::with_capacity(due.len()),
        notices: Vec::new(),
        events: Vec::new(),
        taken: Taken { handled: due.len(), ..Taken::default() },
    };
    let mut kept: BTreeMap<Uuid, Vec<Kept<'_>>> = BTreeMap::new();
    for (row, is_newest) in newest_per_bill(&due) {
        let bill = bills.get(&row.bill_id).ok_or_else(|| StoreError::bad_row("reminder", row.bill_id))?;
        let stage = stage_of(&policies, row)?;
        match look(bill, &paused, stage, is_newest) {
            Some(reason) => claim.silence(row, reason),
            None => kept.entry(row.payer_party_id).or_default().push(Kept { row, bill, stage }),
        }
    }
    for (payer, kept) in &kept {
        claim.notice(tx, *payer, kept)?;
    }
    claim.write(tx).await
}

/// Takes the payers nobody else works on, then their due reminders.
async fn lock_due(tx: &ProjectTx<'_>, payers: &[Uuid], now: DateTime<Utc>) -> Result<Vec<DueRow>, StoreError> {
    // NO KEY: bills that are issued to the payer meanwhile need not wait.
    let lock = if tx.is_postgres() { " FOR NO KEY UPDATE SKIP LOCKED" } else { "" };
    let sql =
        format!("SELECT id AS payer_party_id FROM party WHERE id IN ({}) ORDER BY id{lock}", numbered(1, payers.len()));
    let mine: Vec<PayerRow> = tx.rows(&sql, uuids(payers)).await?;
    if mine.is_empty() {
        return Ok(Vec::new());
    }
    let mine: Vec<Uuid> = mine.into_iter().map(|row| row.payer_party_id).collect();
    // What is held is being paid, voided or superseded. The bills are held too, because the notice will point at them.
    let (from, lock) = if tx.is_postgres() {
        ("reminder r JOIN bill b ON b.id = r.bill_id", " FOR UPDATE OF r SKIP LOCKED FOR KEY SHARE OF b SKIP LOCKED")
    } else {
        ("reminder r", "")
    };
    let sql = format!(
        "SELECT r.bill_id, r.stage, r.stage_day, r.payer_party_id, r.policy_version FROM {from} \
         WHERE r.payer_party_id IN ({}) AND r.send_at_ms <= $1 AND r.state = 'planned' \
         ORDER BY r.bill_id, r.stage LIMIT {REMINDERS_PER_CLAIM}{lock}",
        numbered(2, mine.len())
    );
    let mut values: Values = vec![now.timestamp_millis().into()];
    values.extend(uuids(&mine));
    tx.rows(&sql, values).await
}

/// Planning leaves one stage per bill; a policy changed between two runs may leave two.
fn newest_per_bill(due: &[DueRow]) -> Vec<(&DueRow, bool)> {
    let mut newest: HashMap<Uuid, (i64, &str)> = HashMap::new();
    for row in due {
        let here = (row.stage_day, row.stage.as_str());
        let entry = newest.entry(row.bill_id).or_insert(here);
        *entry = (*entry).max(here);
    }
    let is_newest = |row: &DueRow| newest.get(&row.bill_id) == Some(&(row.stage_day, row.stage.as_str()));
    due.iter().map(|row| (row, is_newest(row))).collect()
}

fn stage_of<'a>(policies: &'a HashMap<i64, Policy>, row: &DueRow) -> Result<&'a Stage, StoreError> {
    policies
        .get(&row.policy_version)
        .and_then(|policy| policy.stage(&row.stage))
        .ok_or_else(|| StoreError::bad_row("reminder", format!("{} has no stage {}", row.bill_id, row.stage)))
}

fn look(bill: &BillRow, paused: &HashSet<Uuid>, stage: &Stage, is_newest: bool) -> Option<SilenceReason> {
    digest::silence(bill, paused, stage.minimum_fen).or((!is_newest).then_some(SilenceReason::NewerStage))
}

struct Kept<'a> {
    row: &'a DueRow,
    bill: &'a BillRow,
    stage: &'a Stage,
}

struct Claim<'a> {
    project: Arc<ProjectInfo>,
    contacts: &'a Contacts,
    now: DateTime<Utc>,
    marks: Vec<Mark>,
    notices: Vec<NewNotice>,
    events: Vec<Event>,
    taken: Taken,
}

impl Claim<'_> {
    fn silence(&mut self, row: &DueRow, reason: SilenceReason) {
        let state = match reason {
            SilenceReason::NewerStage => "superseded",
            SilenceReason::NoChannel => "failed",
            _ => "suppressed",
        };
        let reason_word = reason.as_str();
        self.marks.push(Mark {
            bill_id: row.bill_id,
            stage: row.stage.clone(),
            state,
            reason: Some(reason_word),
            notice_id: None,
        });
        self.events.push(Event::of_bill(state, row.bill_id, &row.stage, reason_word));
        self.taken.silent.push(Silent {
            bill_id: row.bill_id,
            stage: row.stage.clone(),
            payer_party_id: row.payer_party_id,
            reason,
        });
    }

    /// One message over all that is due of a payer. It speaks for the highest stage among them.
    fn notice(&mut self, tx: &ProjectTx<'_>, payer: Uuid, kept: &[Kept<'_>]) -> Result<(), ReminderError> {
        let Some(highest) = kept.iter().max_by_key(|k| (k.stage.offset_days, k.row.policy_version)) else {
            return Ok(());
        };
        let bills: Vec<&BillRow> = kept.iter().map(|k| k.bill).collect();
        let said = digest::digest(&self.project, &bills, self.now)?;
        let reached = highest.stage.channels.iter().find_map(|channel| {
            account_of(&self.project, *channel)?;
            self.contacts.reach(&self.project, payer, *channel, &said.houses).map(|reached| (*channel, reached))
        });
        let Some((channel, reached)) = reached else {
            for k in kept {
                self.silence(k.row, SilenceReason::NoChannel);
            }
            return Ok(());
        };
        let notice = NewNotice {
            id: Uuid::now_v7(),
            payer_party_id: payer,
            person_id: reached.person_id,
            stage: highest.row.stage.clone(),
            channel: channel.as_str(),
            policy_version: highest.row.policy_version,
            token: digest::new_token(&self.project)?,
            recipient_masked: reached.recipient.masked(),
            text_sealed: digest::seal(tx, &said.wording)?,
            amount_fen: said.amount_fen,
            bills: kept.iter().map(|k| (k.bill.id, k.row.stage.clone(), k.bill.owed_fen)).collect(),
        };
        self.marks.extend(kept.iter().map(|k| Mark {
            bill_id: k.bill.id,
            stage: k.row.stage.clone(),
            state: "claimed",
            reason: None,
            notice_id: Some(notice.id),
        }));
        self.events.push(Event::of_notice("claimed", notice.id, channel.as_str()));
        self.taken.claimed.push(self.claimed(&notice, channel, reached.recipient, said));
        self.notices.push(notice);
        Ok(())
    }

    fn claimed(
        &self,
        notice: &NewNotice,
        channel: Channel,
        recipient: super::deliver::Recipient,
        said: Digest,
    ) -> Claimed {
        Claimed {
            message: digest::message(&self.project, notice.id, &notice.token, recipient, said.wording),
            channel,
            stage: notice.stage.clone(),
            lease_no: 1,
            lease_until: self.now + LEASE,
            attempts: 1,
            first_sent_at: self.now,
            is_resend: false,
            policy_version: notice.policy_version,
            payer_party_id: notice.payer_party_id,
        }
    }

    async fn write(self, tx: &ProjectTx<'_>) -> Result<Taken, ReminderError> {
        let now_ms = self.now.timestamp_millis();
        rows::insert_notices(tx, &self.notices, now_ms, (self.now + LEASE).timestamp_millis()).await?;
        rows::mark_reminders(tx, &self.marks, now_ms).await?;
        events::append(tx, &self.events, now_ms).await?;
        Ok(self.taken)
    }
}
