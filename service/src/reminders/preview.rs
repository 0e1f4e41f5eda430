//! Exactly what would be sent now, computed by the code that would send it, in transactions that are rolled back.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::person::masked_name;
use serde::Serialize;
use uuid::Uuid;

use super::ReminderError;
use super::claim::{self, Taken};
use super::contacts;
use super::plan::plan_in;
use super::rows::{IDS_PER_QUERY, numbered, uuids};
use crate::store::StoreError;
use crate::tenancy::{ControlDb, ProjectDb, ProjectTx};

/// Payers looked at in one preview.
const PAYERS_MAX: usize = 2_000;

/// What a dispatch at this moment would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Preview {
    /// The messages.
    pub messages: Vec<PreviewRow>,
    /// Due reminders that would send nothing.
    pub silent: Vec<PreviewSilence>,
    /// There are more payers than one preview shows.
    pub more: bool,
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
    let mut due = db
        .preview("reminders.preview_due", async |tx| {
            plan_in(tx, now).await?;
            claim::due(tx, now, PAYERS_MAX + 1).await
        })
        .await?;
    let more = due.payers.len() > PAYERS_MAX;
    due.payers.truncate(PAYERS_MAX);
    if due.payers.is_empty() {
        return Ok(show(&Taken::default(), &HashMap::new(), false));
    }
    let contacts = contacts::read(db, control, &due.pairs).await?;
    db.preview("reminders.preview", async |tx| {
        plan_in(tx, now).await?;
        let taken = claim::claim_in(tx, &due.payers, &contacts, now).await?;
        let names = payer_names(tx, &due.payers).await?;
        Ok(show(&taken, &names, more))
    })
    .await
}

fn show(taken: &Taken, names: &HashMap<Uuid, String>, more: bool) -> Preview {
    let name = |payer: &Uuid| names.get(payer).cloned().unwrap_or_default();
    let messages = taken.claimed.iter().map(|claimed| PreviewRow {
        payer: name(&claimed.payer_party_id),
        channel: claimed.channel.as_str(),
        channel_words: claimed.channel.words(),
        recipient: claimed.message.recipient.masked(),
        stage: claimed.stage.clone(),
        text: claimed.message.wording.text.clone(),
    });
    let silent = taken.silent.iter().map(|silent| PreviewSilence {
        bill_id: silent.bill_id,
        stage: silent.stage.clone(),
        payer: name(&silent.payer_party_id),
        reason: silent.reason.as_str(),
        reason_words: super::words::reason(silent.reason.as_str()),
    });
    Preview { messages: messages.collect(), silent: silent.collect(), more }
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
