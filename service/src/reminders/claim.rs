//! Claiming: the last look, and one notice per payer over all their due reminders, in one transaction.
//!
//! Order of locks: payers, then notices, then reminders. A payment that books meanwhile waits for the payer and then
//! finds the notice in hand (`crossed`); a payer who is paying right now is left for the next round.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use domain::reminder::{Anchor, Channel, HoldReason, Policy, SilenceReason, Stage};
use uuid::Uuid;

use super::asking;
use super::contacts::{self, Contacts};
use super::deliver::Message;
use super::digest::{self, Digest};
use super::due::{self, REMINDERS_PER_CLAIM};
use super::events::{self, Event};
use super::grants::{self, Answer, Settled, Way};
use super::newest::newest_per_bill;
use super::rows::{self, BillRow, Mark, NewNotice};
use super::taken::{Held, Silent, Taken};
use super::{ReminderError, policy};
use crate::store::StoreError;
use crate::tenancy::{ControlDb, ProjectDb, ProjectInfo, ProjectTx};

/// How long a claimed notice belongs to its worker: longer than the longest batch takes to send.
pub(super) const LEASE: TimeDelta = TimeDelta::minutes(2);

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
    /// What the vendor charges for it.
    pub cost_fen: i64,
    pub(super) policy_version: i64,
    pub(super) payer_party_id: Uuid,
}

#[derive(Debug, Clone, sea_orm::FromQueryResult)]
pub(super) struct DueRow {
    pub bill_id: Uuid,
    pub stage: String,
    pub stage_day: i64,
    pub payer_party_id: Uuid,
    pub policy_version: i64,
}

#[derive(sea_orm::FromQueryResult)]
struct PayerRow {
    payer_party_id: Uuid,
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
    take(db, control, now, limit).await.map(|taken| taken.claimed)
}

/// As [`claim`], with what it silenced.
pub(super) async fn take(
    db: &ProjectDb,
    control: &ControlDb,
    now: DateTime<Utc>,
    limit: usize,
) -> Result<Taken, ReminderError> {
    let is_any_held = db.read("reminders.held", async |tx| due::held_until(tx, now).await).await?;
    if is_any_held {
        db.transact("reminders.release", async |tx| due::release_held(tx, now).await).await?;
    }
    let due = db.read("reminders.due", async |tx| due::due(tx, now, limit).await).await?;
    if due.wishes.is_empty() {
        return Ok(Taken::default());
    }
    let contacts = contacts::read(db, control, &due.pairs(), now).await?;
    let asked = asking::ask(db, control, &due.wishes, &contacts, now).await?;
    let taken = db.transact("reminders.claim", async |tx| claim_in(tx, &asked, &contacts, now).await).await;
    // What was granted and not claimed is given back; when the claim failed nothing of it was written.
    let claimed: HashSet<Uuid> =
        taken.iter().flat_map(|taken| &taken.claimed).map(|claimed| claimed.message.notice_id).collect();
    let unused: Vec<(Uuid, Settled)> = asked
        .values()
        .filter(|one| matches!(one.answer, Answer::Granted(_)) && !claimed.contains(&one.notice_id))
        .map(|one| (one.notice_id, Settled::Returned))
        .collect();
    if !contacts.is_dry_run && !unused.is_empty() {
        control.transact("reminders.unused_grants", async |tx| grants::settle(tx, &unused, now).await).await?;
    }
    taken
}

/// Decides and writes: the same code claims and previews.
pub(super) async fn claim_in(
    tx: &ProjectTx<'_>,
    asked: &asking::Asked,
    contacts: &Contacts,
    now: DateTime<Utc>,
) -> Result<Taken, ReminderError> {
    let payers: Vec<Uuid> = asked.keys().copied().collect();
    let due = lock_due(tx, &payers, now).await?;
    if due.is_empty() {
        return Ok(Taken::default());
    }
    let policies = policy::of_versions(tx, due.iter().map(|row| row.policy_version)).await?;
    let ids: HashSet<Uuid> = due.iter().map(|row| row.bill_id).collect();
    let bills = rows::bills(tx, &ids.into_iter().collect::<Vec<_>>()).await?;
    let paused = rows::paused(tx, &bills, now).await?;
    let mut claim = Claim {
        project: Arc::new(tx.info().clone()),
        asked,
        is_dry_run: contacts.is_dry_run,
        now,
        marks: Vec::with_capacity(due.len()),
        notices: Vec::new(),
        events: Vec::new(),
        taken: Taken::default(),
    };
    let mut kept: BTreeMap<Uuid, Vec<Kept<'_>>> = BTreeMap::new();
    for (row, is_newest) in newest_per_bill(&due, &policies) {
        let bill = bills.get(&row.bill_id).ok_or_else(|| StoreError::bad_row("reminder", row.bill_id))?;
        let (policy, stage) = stage_of(&policies, row)?;
        match look(bill, policy, stage, is_newest) {
            Some(reason) => claim.silence(row, stage, reason),
            None if contacts.is_company_paused || paused.contains(&bill.id) => {
                claim.hold(row, HoldReason::Paused, due::next_look(stage, tx.info().zone, now));
            }
            None => kept.entry(row.payer_party_id).or_default().push(Kept { row, bill, policy, stage }),
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
    let sql = format!("SELECT id AS payer_party_id FROM party WHERE id {} ORDER BY id{lock}", tx.among(1));
    let mine: Vec<PayerRow> = tx.rows(&sql, vec![tx.listed(payers)]).await?;
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
         WHERE r.payer_party_id {} AND r.send_at_ms <= $1 AND r.state = 'planned' \
         ORDER BY r.bill_id, r.stage LIMIT {REMINDERS_PER_CLAIM}{lock}",
        tx.among(2)
    );
    tx.rows(&sql, vec![now.timestamp_millis().into(), tx.listed(&mine)]).await
}

fn stage_of<'a>(policies: &'a HashMap<i64, Policy>, row: &DueRow) -> Result<(&'a Policy, &'a Stage), StoreError> {
    policies
        .get(&row.policy_version)
        .and_then(|policy| policy.stage(&row.stage).map(|stage| (policy, stage)))
        .ok_or_else(|| StoreError::bad_row("reminder", format!("{} has no stage {}", row.bill_id, row.stage)))
}

/// Why this stage of the bill is never sent. A pause is not among the reasons: what is paused waits.
fn look(bill: &BillRow, policy: &Policy, stage: &Stage, is_newest: bool) -> Option<SilenceReason> {
    digest::silence(bill, stage.minimum_fen)
        .or((!is_newest).then_some(SilenceReason::NewerStage))
        .or(policy.holds_out(bill.payer_party_id).then_some(SilenceReason::Holdout))
}

struct Kept<'a> {
    row: &'a DueRow,
    bill: &'a BillRow,
    policy: &'a Policy,
    stage: &'a Stage,
}

struct Claim<'a> {
    project: Arc<ProjectInfo>,
    asked: &'a asking::Asked,
    is_dry_run: bool,
    now: DateTime<Utc>,
    marks: Vec<Mark>,
    notices: Vec<NewNotice>,
    events: Vec<Event>,
    taken: Taken,
}

impl Claim<'_> {
    fn silence(&mut self, row: &DueRow, stage: &Stage, reason: SilenceReason) {
        let state = match reason {
            SilenceReason::NewerStage => "superseded",
            // Whoever has no WeChat is told before the bill is due; not announcing it is no failure.
            SilenceReason::NoChannel if stage.anchor != Anchor::Issued => "failed",
            _ => "suppressed",
        };
        let reason_word = reason.as_str();
        self.marks.push(Mark {
            bill_id: row.bill_id,
            stage: row.stage.clone(),
            state,
            reason: Some(reason_word),
            notice_id: None,
            send_at_ms: None,
        });
        self.events.push(Event::of_bill(state, row.bill_id, &row.stage, reason_word));
        self.taken.silent.push(Silent {
            bill_id: row.bill_id,
            stage: row.stage.clone(),
            payer_party_id: row.payer_party_id,
            reason,
        });
    }

    fn hold(&mut self, row: &DueRow, reason: HoldReason, until: DateTime<Utc>) {
        self.marks.push(Mark {
            bill_id: row.bill_id,
            stage: row.stage.clone(),
            state: "held",
            reason: Some(reason.as_str()),
            notice_id: None,
            send_at_ms: Some(until.timestamp_millis()),
        });
        self.events.push(Event::of_bill("held", row.bill_id, &row.stage, reason.as_str()));
        self.taken.held.push(Held {
            bill_id: row.bill_id,
            stage: row.stage.clone(),
            payer_party_id: row.payer_party_id,
            reason,
            until,
        });
    }

    /// One message over all that is due of a payer, the way that was granted. It speaks for the highest stage among
    /// them. What came up after the asking, or has other roads than those that were asked for, waits for the next
    /// round and is a message of its own.
    fn notice(&mut self, tx: &ProjectTx<'_>, payer: Uuid, kept: &[Kept<'_>]) -> Result<(), ReminderError> {
        let Some(highest) = kept.iter().max_by_key(|k| (k.stage.rung(), k.row.policy_version)) else {
            return Ok(());
        };
        let Some(asked) = self.asked.get(&payer) else { return Ok(()) };
        match &asked.answer {
            Answer::NoWay => {
                for k in kept.iter().filter(|k| asked.covers(k.stage)) {
                    self.silence(k.row, k.stage, SilenceReason::NoChannel);
                }
            }
            Answer::Held { reason, until } => {
                for k in kept {
                    self.hold(k.row, *reason, *until);
                }
            }
            // The asking went by the highest stage then; what is left may speak under other rules.
            Answer::Granted(way) if !highest.policy.quiet.allows(way.channel, self.local_time()) => {
                let until = highest.policy.quiet.next_allowed(way.channel, self.now, self.project.zone);
                for k in kept {
                    self.hold(k.row, HoldReason::QuietHours, until);
                }
            }
            Answer::Granted(way)
                if asked.carries(way, highest.stage)
                    && kept.iter().all(|k| asked.houses.contains(&k.bill.house_id)) =>
            {
                if let Some(reason) = asked.passed_over {
                    self.events.push(Event::of_notice("passed_over", asked.notice_id, reason));
                }
                self.granted(tx, asked.notice_id, way, highest, kept)?;
            }
            Answer::Granted(_) => {}
        }
        Ok(())
    }

    fn local_time(&self) -> NaiveTime {
        self.now.with_timezone(&self.project.zone).time()
    }

    fn granted(
        &mut self,
        tx: &ProjectTx<'_>,
        notice_id: Uuid,
        way: &Way,
        highest: &Kept<'_>,
        kept: &[Kept<'_>],
    ) -> Result<(), ReminderError> {
        let bills: Vec<&BillRow> = kept.iter().map(|k| k.bill).collect();
        let said = digest::digest(&self.project, &bills, highest.stage, self.now)?;
        let notice = NewNotice {
            id: notice_id,
            payer_party_id: highest.row.payer_party_id,
            person_id: way.person_id,
            stage: highest.row.stage.clone(),
            channel: way.channel.as_str(),
            policy_version: highest.row.policy_version,
            token: digest::new_token(&self.project)?,
            recipient_masked: way.recipient.masked(),
            text_sealed: digest::seal(tx, &said.wording)?,
            amount_fen: said.amount_fen,
            is_dry_run: self.is_dry_run,
            bills: kept.iter().map(|k| (k.bill.id, k.row.stage.clone(), k.bill.owed_fen)).collect(),
        };
        let (state, reason) =
            if self.is_dry_run { ("suppressed", Some(SilenceReason::DryRun.as_str())) } else { ("claimed", None) };
        self.marks.extend(kept.iter().map(|k| Mark {
            bill_id: k.bill.id,
            stage: k.row.stage.clone(),
            state,
            reason,
            notice_id: Some(notice.id),
            send_at_ms: None,
        }));
        let detail = reason.unwrap_or_else(|| way.channel.as_str());
        self.events.push(Event::of_notice(state, notice.id, detail));
        let claimed = self.claimed(&notice, way, said, &highest.stage.template);
        if self.is_dry_run {
            self.taken.tried.push(claimed);
        } else {
            self.taken.claimed.push(claimed);
        }
        self.notices.push(notice);
        Ok(())
    }

    fn claimed(&self, notice: &NewNotice, way: &Way, said: Digest, template: &str) -> Claimed {
        Claimed {
            message: digest::message(&self.project, notice.id, &notice.token, way, said.wording, template),
            channel: way.channel,
            cost_fen: way.cost_fen,
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

    async fn write(mut self, tx: &ProjectTx<'_>) -> Result<Taken, ReminderError> {
        let now_ms = self.now.timestamp_millis();
        self.taken.handled = self.marks.len();
        rows::insert_notices(tx, &self.notices, now_ms, (self.now + LEASE).timestamp_millis()).await?;
        rows::mark_reminders(tx, &self.marks, now_ms).await?;
        events::append(tx, &self.events, now_ms).await?;
        Ok(self.taken)
    }
}
