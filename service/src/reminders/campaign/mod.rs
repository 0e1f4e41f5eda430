//! Campaigns: messages that staff send beside the ladder.
//!
//! A campaign is a policy of its own (version −no) with one stage, `campaign_<no>`. Once its rows are planned, the
//! engine treats them like any stage: one message per payer over all that is due, the same caps, quotas, quiet hours
//! and pauses, the same last look before sending.

mod audience;
mod cancel;
mod draft;
mod error;
mod preview;
mod repo;
mod run;
mod view;

#[cfg(test)]
mod stories;

use chrono::{DateTime, TimeDelta, Utc};
use domain::applied::Applied;
use domain::notice::StaffNote;
use domain::reminder::Channel;
use serde_json::json;
use uuid::Uuid;

pub use audience::{Audience, Entrance, Range};
pub use draft::NewCampaign;
pub use error::CampaignError;
pub use preview::{preview_campaign, preview_new_campaign};
pub use run::{CampaignsReport, run_campaigns};
pub use view::{CampaignCount, CampaignPage, CampaignRow, CampaignState, CampaignView};

use self::draft::{Draft, stage_name};
use super::policy::current_in;
use super::words;
use crate::audit::{self, By};
use crate::store::StoreError;
use crate::tenancy::{ProjectDb, ProjectTx};

/// Bills one campaign may speak of.
pub const BILLS_MAX: usize = 200_000;
/// Campaigns of one page.
const PAGE_ROWS_MAX: u64 = 200;
/// Unknown house keys named in an error.
const UNKNOWN_NAMED_MAX: usize = 10;
/// The same message by the same colleague to the same people within so long is a second press of the same button.
const REPEAT_WINDOW: TimeDelta = TimeDelta::minutes(10);
/// Campaigns looked at to find a second press.
const REPEATS_LOOKED_AT: u64 = 20;

/// Writes a draft; nothing is sent. Answers its number.
///
/// # Errors
/// [`CampaignError`]: everything that would keep it from being sent now, an empty audience first of all.
pub async fn create_campaign(
    db: &ProjectDb,
    by: &By,
    new: NewCampaign,
    now: DateTime<Utc>,
) -> Result<i64, CampaignError> {
    let draft = new.check(db.info())?;
    db.transact("reminders.create_campaign", async |tx| create_in(tx, by, &draft, now).await).await
}

/// Sends a draft off: now, or at its instant. From then on it can only be called off.
///
/// # Errors
/// [`CampaignError`]: its instant has passed or is at night, no bill matches any more, it has ended.
pub async fn send_campaign(
    db: &ProjectDb,
    by: &By,
    no: i64,
    now: DateTime<Utc>,
) -> Result<Applied<CampaignState>, CampaignError> {
    db.transact("reminders.send_campaign", async |tx| send_in(tx, by, no, now).await).await
}

/// Whom a message is sent to at once.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", content = "subject", rename_all = "snake_case")]
pub enum SendTarget {
    /// The payers of one house.
    House(Uuid),
    /// The payers of a building, by its name.
    Building(String),
}

/// Sends a message to a house or a building now: a campaign with that audience, begun in the same call. The same
/// again within ten minutes by the same colleague is answered with the first one's number.
///
/// # Errors
/// [`CampaignError`].
pub async fn send_to(
    db: &ProjectDb,
    by: &By,
    target: &SendTarget,
    channels: Vec<Channel>,
    note: Option<String>,
    now: DateTime<Utc>,
) -> Result<Applied<i64>, CampaignError> {
    let audience = match target {
        SendTarget::House(id) => Audience { houses: vec![*id], ..Audience::default() },
        SendTarget::Building(name) if name.trim().is_empty() => {
            return Err(CampaignError::invalid("target", "请选择楼栋"));
        }
        SendTarget::Building(name) => Audience { buildings: vec![name.clone()], ..Audience::default() },
    };
    db.transact("reminders.send_to", async |tx| {
        let name = format!("即时发送：{}", subject_words(tx, target).await?);
        let new = NewCampaign { name, audience: audience.clone(), channels, note, send_at: None };
        let draft = new.check(tx.info())?;
        if let Some(no) = pressed_before(tx, by, &draft, now).await? {
            return Ok(Applied::Already(no));
        }
        let no = create_in(tx, by, &draft, now).await?;
        let _begun = send_in(tx, by, no, now).await?;
        Ok(Applied::Done(no))
    })
    .await
}

/// Calls a campaign off: what was not sent stays unsent, what was sent stays.
///
/// # Errors
/// [`CampaignError::NotFound`], [`CampaignError::Ended`] when nothing is left to call off.
pub async fn cancel_campaign(
    db: &ProjectDb,
    by: &By,
    no: i64,
    now: DateTime<Utc>,
) -> Result<Applied<u64>, CampaignError> {
    let now_ms = now.timestamp_millis();
    db.transact("reminders.cancel_campaign", async |tx| {
        let stored = repo::hold(tx, no).await?;
        match stored.row.state {
            CampaignState::Done => return Err(CampaignError::Ended),
            CampaignState::Cancelled => return Ok(Applied::Already(0)),
            CampaignState::Draft | CampaignState::Scheduled | CampaignState::Running => {}
        }
        let bills = cancel::silence(tx, no, false, now).await?;
        repo::end(tx, no, CampaignState::Cancelled, now_ms).await?;
        audit::append(tx, by, "cancel.campaign", &subject(no), &json!({ "bills": bills }), now_ms).await?;
        Ok(Applied::Done(bills))
    })
    .await
}

/// Campaigns with a number below `before`, the newest first. `limit` is cut to 200.
///
/// # Errors
/// [`CampaignError::Store`].
pub async fn campaigns(db: &ProjectDb, before: Option<i64>, limit: u64) -> Result<CampaignPage, CampaignError> {
    let limit = limit.clamp(1, PAGE_ROWS_MAX);
    db.read("reminders.campaigns", async |tx| {
        let found = repo::list(tx, before.unwrap_or(i64::MAX), limit + 1).await?;
        let mut rows: Vec<CampaignRow> = found.into_iter().map(|stored| stored.row).collect();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        Ok(CampaignPage { rows, more })
    })
    .await
}

/// One campaign with its bills counted by where they stand.
///
/// # Errors
/// [`CampaignError::NotFound`], [`CampaignError::Store`].
pub async fn campaign(db: &ProjectDb, no: i64) -> Result<CampaignView, CampaignError> {
    db.read("reminders.campaign", async |tx| {
        let stored = repo::find(tx, no).await?;
        let counts = repo::counts(tx, no).await?.into_iter().map(|row| CampaignCount {
            state_words: words::state(&row.state),
            reason_words: row.reason.as_deref().map(words::reason),
            state: row.state,
            reason: row.reason,
            bills: row.bills,
        });
        Ok(CampaignView {
            row: stored.row,
            stage: stage_name(no),
            channels: repo::channel_words(&stored.draft.channels),
            audience: stored.draft.audience,
            note: stored.draft.note,
            counts: counts.collect(),
        })
    })
    .await
}

async fn create_in(tx: &ProjectTx<'_>, by: &By, draft: &Draft, now: DateTime<Utc>) -> Result<i64, CampaignError> {
    let now_ms = now.timestamp_millis();
    let in_force = current_in(tx, now_ms).await?;
    let zone = tx.info().zone;
    let at = match draft.send_at {
        Some(_) => draft.instant(in_force.policy.quiet, zone, now)?,
        // When it will be sent is not known yet: a draft may be written at night.
        None => now,
    };
    let unknown = repo::unknown_keys(tx, &draft.audience.house_keys).await?;
    if !unknown.is_empty() {
        let named = unknown.iter().take(UNKNOWN_NAMED_MAX).cloned().collect();
        return Err(CampaignError::UnknownHouses { named, count: unknown.len() });
    }
    let size = bounded(repo::size(tx, &draft.audience, at).await?)?;
    let no = repo::next_no(tx).await?;
    let policy = draft.policy(no, &in_force.policy, at, zone);
    repo::insert(tx, no, draft, &policy, size, by.actor.id(), now_ms).await?;
    let detail = json!({
        "audience": draft.audience,
        "channels": repo::channel_words(&draft.channels),
        "bills": size.bills,
        "send_at": draft.send_at,
    });
    audit::append(tx, by, "create.campaign", &subject(no), &detail, now_ms).await?;
    Ok(no)
}

async fn send_in(
    tx: &ProjectTx<'_>,
    by: &By,
    no: i64,
    now: DateTime<Utc>,
) -> Result<Applied<CampaignState>, CampaignError> {
    let now_ms = now.timestamp_millis();
    let stored = repo::hold(tx, no).await?;
    match stored.row.state {
        CampaignState::Draft => {}
        state @ (CampaignState::Scheduled | CampaignState::Running) => return Ok(Applied::Already(state)),
        CampaignState::Done | CampaignState::Cancelled => return Err(CampaignError::Ended),
    }
    let draft = stored.draft;
    // The list of words that vendors refuse may have grown since it was written.
    draft.note.as_deref().map(StaffNote::parse).transpose()?;
    let in_force = current_in(tx, now_ms).await?;
    let zone = tx.info().zone;
    let at = draft.instant(in_force.policy.quiet, zone, now)?;
    let size = bounded(repo::size(tx, &draft.audience, at).await?)?;
    repo::schedule(tx, no, at, &draft.policy(no, &in_force.policy, at, zone), size).await?;
    let detail = json!({ "bills": size.bills, "send_at": at });
    audit::append(tx, by, "send.campaign", &subject(no), &detail, now_ms).await?;
    if at > now {
        return Ok(Applied::Done(CampaignState::Scheduled));
    }
    run::begin(tx, no, &draft.audience, at, now, BILLS_MAX).await?;
    Ok(Applied::Done(CampaignState::Running))
}

fn bounded(size: repo::Size) -> Result<repo::Size, CampaignError> {
    if size.bills == 0 {
        Err(CampaignError::NoBills)
    } else if usize::try_from(size.bills).is_ok_and(|bills| bills > BILLS_MAX) {
        Err(CampaignError::TooManyBills { bills: size.bills })
    } else {
        Ok(size)
    }
}

/// A campaign of the same colleague that says the same to the same people a moment ago.
async fn pressed_before(
    tx: &ProjectTx<'_>,
    by: &By,
    draft: &Draft,
    now: DateTime<Utc>,
) -> Result<Option<i64>, StoreError> {
    let lately = repo::written_since(tx, by.actor.id(), now - REPEAT_WINDOW, REPEATS_LOOKED_AT).await?;
    let is_same = |stored: &repo::Stored| {
        let other = &stored.draft;
        stored.row.state != CampaignState::Draft
            && other.audience == draft.audience
            && other.channels == draft.channels
            && other.note == draft.note
    };
    Ok(lately.into_iter().find(is_same).map(|stored| stored.row.no))
}

async fn subject_words(tx: &ProjectTx<'_>, target: &SendTarget) -> Result<String, CampaignError> {
    match target {
        SendTarget::Building(name) => Ok(name.trim().to_owned()),
        SendTarget::House(id) => {
            let key: Option<String> = tx.value("SELECT house_key FROM house WHERE id = $1", vec![(*id).into()]).await?;
            key.ok_or(CampaignError::NoBills)
        }
    }
}

fn subject(no: i64) -> String {
    format!("campaign:{no}")
}
