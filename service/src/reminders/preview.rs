//! Exactly what would be sent now, computed by the code that would send it, in transactions that are rolled back.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use domain::person::masked_name;
use domain::reminder::{Channel, Policy};
use serde::Serialize;
use uuid::Uuid;

use super::ReminderError;
use super::dispatch::BATCH_NOTICES_MAX;
use super::plan::plan_in;
use super::policy::put_in;
use super::rehearsal::Rehearsal;
use super::rows::{IDS_PER_QUERY, numbered, uuids};
use super::taken::Taken;
use super::{contacts, due};
use crate::store::StoreError;
use crate::tenancy::{ControlDb, ProjectDb, ProjectTx};

/// Payers looked at in one preview of what is due.
const PAYERS_MAX: usize = 2_000;
/// Rounds of one preview: each decides something of the payers that are looked at.
const ROUNDS_MAX: usize = 1_000;
/// How far ahead a policy is tried.
const AHEAD_MAX: TimeDelta = TimeDelta::days(31);
/// Rows shown of each kind; the totals count all.
const ROWS_MAX: usize = 2_000;

/// What a dispatch at this moment would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Preview {
    /// The messages, at most 2,000.
    pub messages: Vec<PreviewRow>,
    /// Due reminders that would wait, at most 2,000.
    pub held: Vec<PreviewHeld>,
    /// Due reminders that would send nothing, at most 2,000.
    pub silent: Vec<PreviewSilence>,
    /// What all of it comes to.
    pub totals: PreviewTotals,
    /// There is more than is shown here.
    pub more: bool,
    /// The project only tries: all of this would be written and nothing sent.
    pub is_dry_run: bool,
}

/// The sums over everything that was looked at, shown or not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PreviewTotals {
    /// Messages.
    pub messages: u64,
    /// What they cost.
    pub cost_fen: i64,
    /// By channel.
    pub channels: Vec<ChannelTotal>,
    /// Reminders that would wait, by reason.
    pub held: Vec<ReasonTotal>,
    /// Reminders that would send nothing, by reason.
    pub silent: Vec<ReasonTotal>,
}

/// The messages of one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ChannelTotal {
    /// Stable code.
    pub channel: &'static str,
    /// The channel in words.
    pub channel_words: &'static str,
    /// How many.
    pub messages: u64,
    /// What they cost.
    pub cost_fen: i64,
}

/// Reminders with the same reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ReasonTotal {
    /// Stable code.
    pub reason: &'static str,
    /// The reason in words.
    pub reason_words: &'static str,
    /// How many: one for each bill and stage.
    pub reminders: u64,
}

/// One message that would go out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PreviewRow {
    /// The payer, masked.
    pub payer: String,
    /// Stable code.
    pub channel: &'static str,
    /// The channel in words.
    pub channel_words: &'static str,
    /// Masked openid or phone.
    pub recipient: String,
    /// The stage it speaks for.
    pub stage: String,
    /// The exact text.
    pub text: String,
    /// What it costs.
    pub cost_fen: i64,
}

/// A due reminder that would wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PreviewHeld {
    /// The bill.
    pub bill_id: Uuid,
    /// The stage.
    pub stage: String,
    /// The payer, masked.
    pub payer: String,
    /// Stable code.
    pub reason: &'static str,
    /// The reason in words.
    pub reason_words: &'static str,
    /// When it is looked at again.
    pub until: DateTime<Utc>,
}

/// A due reminder that would send nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PreviewSilence {
    /// The bill.
    pub bill_id: Uuid,
    /// The stage.
    pub stage: String,
    /// The payer, masked.
    pub payer: String,
    /// Stable code.
    pub reason: &'static str,
    /// The reason in words.
    pub reason_words: &'static str,
}

#[derive(sea_orm::FromQueryResult)]
struct NameRow {
    id: Uuid,
    name_sealed: Vec<u8>,
}

/// Computes what planning and dispatching would send now. Nothing is written.
///
/// # Errors
/// [`ReminderError`].
pub async fn preview(db: &ProjectDb, control: &ControlDb, now: DateTime<Utc>) -> Result<Preview, ReminderError> {
    preview_under(db, control, None, now).await
}

/// Computes what would have gone out by `at` if this policy were in force from now on and nothing else happened until
/// then. Nothing is written.
///
/// # Errors
/// [`ReminderError::Policy`] with everything wrong, [`ReminderError::PreviewTooFar`], what [`preview`] answers.
pub async fn preview_policy(
    db: &ProjectDb,
    control: &ControlDb,
    policy: &Policy,
    (now, at): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Preview, ReminderError> {
    if at < now || at - now > AHEAD_MAX {
        return Err(ReminderError::PreviewTooFar);
    }
    policy.check().map_err(ReminderError::Policy)?;
    preview_under(db, control, Some(policy), at).await
}

/// Plans what is due, under another policy if one is to be tried.
async fn plan_under(tx: &ProjectTx<'_>, policy: Option<&Policy>, now: DateTime<Utc>) -> Result<(), ReminderError> {
    if let Some(policy) = policy {
        let _ = put_in(tx, policy, None, None, now.timestamp_millis()).await?;
    }
    plan_in(tx, now).await?;
    due::release_held(tx, now).await?;
    Ok(())
}

async fn preview_under(
    db: &ProjectDb,
    control: &ControlDb,
    policy: Option<&Policy>,
    now: DateTime<Utc>,
) -> Result<Preview, ReminderError> {
    let due = db
        .preview("reminders.preview_due", async |tx| {
            plan_under(tx, policy, now).await?;
            Ok::<_, ReminderError>(due::due(tx, now, PAYERS_MAX).await?)
        })
        .await?;
    let mut tally = Tally::default();
    if due.wishes.is_empty() {
        return Ok(tally.shown(false, false));
    }
    let contacts = contacts::read(db, control, &due.pairs(), now).await?;
    let mut rehearsal = Rehearsal::begin(db, control, &contacts, now).await?;
    let (known, more): (HashSet<Uuid>, bool) = (due.wishes.into_keys().collect(), due.more);
    db.preview("reminders.preview", async |tx| {
        plan_under(tx, policy, now).await?;
        for _ in 0..ROUNDS_MAX {
            due::release_held(tx, now).await?;
            let mut wishes = due::due(tx, now, BATCH_NOTICES_MAX).await?.wishes;
            // How others are reached, who came up meanwhile or are too many, was not read.
            wishes.retain(|payer, _| known.contains(payer));
            if wishes.is_empty() {
                break;
            }
            let asked = rehearsal.ask(tx.info(), &wishes, now);
            let taken = rehearsal.claim(tx, &asked, now).await?;
            let payers: Vec<Uuid> = asked.into_keys().collect();
            let names = if tally.has_room() { payer_names(tx, &payers).await? } else { HashMap::new() };
            tally.add(&taken, &names);
            if taken.handled == 0 {
                break;
            }
        }
        Ok(tally.shown(more, contacts.is_dry_run))
    })
    .await
}

/// Adds up what claims decided, and shows the first of it.
#[derive(Debug, Default)]
pub(super) struct Tally {
    preview: Preview,
    channels: BTreeMap<Channel, (u64, i64)>,
    held: BTreeMap<&'static str, u64>,
    silent: BTreeMap<&'static str, u64>,
}

impl Tally {
    /// Whether rows of one kind or another would still be shown.
    pub fn has_room(&self) -> bool {
        let Preview { messages, held, silent, .. } = &self.preview;
        [messages.len(), held.len(), silent.len()].iter().any(|rows| *rows < ROWS_MAX)
    }

    /// Adds what a claim decided, with the names of its payers.
    pub fn add(&mut self, taken: &Taken, names: &HashMap<Uuid, String>) {
        let name = |payer: &Uuid| names.get(payer).cloned().unwrap_or_default();
        for claimed in taken.claimed.iter().chain(&taken.tried) {
            let (messages, cost_fen) = self.channels.entry(claimed.channel).or_default();
            (*messages, *cost_fen) = (*messages + 1, *cost_fen + claimed.cost_fen);
            if self.has_room_for(self.preview.messages.len()) {
                self.preview.messages.push(PreviewRow {
                    payer: name(&claimed.payer_party_id),
                    channel: claimed.channel.as_str(),
                    channel_words: claimed.channel.words(),
                    recipient: claimed.message.recipient.masked(),
                    stage: claimed.stage.clone(),
                    text: claimed.message.wording.text.clone(),
                    cost_fen: claimed.cost_fen,
                });
            }
        }
        for held in &taken.held {
            *self.held.entry(held.reason.as_str()).or_default() += 1;
            if self.has_room_for(self.preview.held.len()) {
                self.preview.held.push(PreviewHeld {
                    bill_id: held.bill_id,
                    stage: held.stage.clone(),
                    payer: name(&held.payer_party_id),
                    reason: held.reason.as_str(),
                    reason_words: super::words::reason(held.reason.as_str()),
                    until: held.until,
                });
            }
        }
        for silent in &taken.silent {
            *self.silent.entry(silent.reason.as_str()).or_default() += 1;
            if self.has_room_for(self.preview.silent.len()) {
                self.preview.silent.push(PreviewSilence {
                    bill_id: silent.bill_id,
                    stage: silent.stage.clone(),
                    payer: name(&silent.payer_party_id),
                    reason: silent.reason.as_str(),
                    reason_words: super::words::reason(silent.reason.as_str()),
                });
            }
        }
    }

    fn has_room_for(&mut self, rows: usize) -> bool {
        let has_room = rows < ROWS_MAX;
        self.preview.more |= !has_room;
        has_room
    }

    /// The preview, with its totals.
    pub fn shown(self, more: bool, is_dry_run: bool) -> Preview {
        let reasons = |counts: BTreeMap<&'static str, u64>| -> Vec<ReasonTotal> {
            let total =
                |(reason, reminders)| ReasonTotal { reason, reason_words: super::words::reason(reason), reminders };
            counts.into_iter().map(total).collect()
        };
        let totals = PreviewTotals {
            messages: self.channels.values().map(|(messages, _)| messages).sum(),
            cost_fen: self.channels.values().map(|(_, cost_fen)| cost_fen).sum(),
            held: reasons(self.held),
            silent: reasons(self.silent),
            channels: self
                .channels
                .into_iter()
                .map(|(channel, (messages, cost_fen))| ChannelTotal {
                    channel: channel.as_str(),
                    channel_words: channel.words(),
                    messages,
                    cost_fen,
                })
                .collect(),
        };
        Preview { totals, more: self.preview.more || more, is_dry_run, ..self.preview }
    }
}

/// The masked names of these payers.
pub(super) async fn payer_names(tx: &ProjectTx<'_>, payers: &[Uuid]) -> Result<HashMap<Uuid, String>, StoreError> {
    let mut found = HashMap::new();
    for chunk in payers.chunks(IDS_PER_QUERY) {
        let sql = format!("SELECT id, name_sealed FROM party WHERE id IN ({})", numbered(1, chunk.len()));
        for row in tx.rows::<NameRow>(&sql, uuids(chunk)).await? {
            // A damaged box hides one name, not the whole list.
            let name = tx.sealer().open("party.name", &row.name_sealed).map(|name| masked_name(&name));
            found.insert(row.id, name.unwrap_or_else(|_| "（无法读取）".to_owned()));
        }
    }
    Ok(found)
}
