//! Campaigns whose time has come, and campaigns that are over.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::audience::Audience;
use super::error::CampaignError;
use super::view::CampaignState;
use super::{BILLS_MAX, cancel, repo, subject};
use crate::audit::{self, By};
use crate::tenancy::{ProjectDb, ProjectTx};

/// Campaigns begun in one run.
const BEGUN_MAX: usize = 20;
/// Running campaigns looked at in one run.
const RUNNING_MAX: usize = 100;
/// What a cap, a pause or an outage has kept from being sent by then is old news.
const LASTS: TimeDelta = TimeDelta::days(7);

/// What a run did with campaigns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct CampaignsReport {
    /// Begun now.
    pub begun: u64,
    /// Bills whose reminders were planned.
    pub planned: u64,
    /// Not begun, because the audience had grown beyond what one campaign may speak of. Staff have a task.
    pub refused: u64,
    /// Campaigns of which nothing is left to send.
    pub done: u64,
    /// Bills that waited seven days and are not spoken of any more.
    pub ended_unsent: u64,
}

/// Begins scheduled campaigns that are due, and closes those of which nothing is left. Asked again it does nothing.
///
/// # Errors
/// [`CampaignError`].
pub async fn run_campaigns(db: &ProjectDb, now: DateTime<Utc>) -> Result<CampaignsReport, CampaignError> {
    run_up_to(db, now, BILLS_MAX).await
}

/// As [`run_campaigns`], with campaigns of at most so many bills.
pub(super) async fn run_up_to(
    db: &ProjectDb,
    now: DateTime<Utc>,
    bills_max: usize,
) -> Result<CampaignsReport, CampaignError> {
    let mut report = CampaignsReport::default();
    // One that cannot be read must not keep the others from being sent.
    let mut failed = None;
    let due = async |state, limit| {
        db.read("reminders.due_campaigns", async |tx| repo::due(tx, state, now, limit).await).await
    };
    for no in due(CampaignState::Scheduled, BEGUN_MAX).await? {
        match db.transact("reminders.begin_campaign", async |tx| start(tx, no, now, bills_max).await).await {
            Ok(planned) => {
                report.begun += u64::from(planned.is_some());
                report.planned += planned.unwrap_or(0);
            }
            // Cut short it would leave out somebody, and nobody would know whom.
            Err(CampaignError::TooManyBills { bills }) => {
                db.transact("reminders.refuse_campaign", async |tx| refuse(tx, no, bills, now).await).await?;
                report.refused += 1;
            }
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    for no in due(CampaignState::Running, RUNNING_MAX).await? {
        if let Err(error) = close(db, no, now, &mut report).await {
            failed = failed.or(Some(error));
        }
    }
    failed.map_or(Ok(report), Err)
}

/// Begins one scheduled campaign; `None` when somebody else did, or called it off.
async fn start(
    tx: &ProjectTx<'_>,
    no: i64,
    now: DateTime<Utc>,
    bills_max: usize,
) -> Result<Option<u64>, CampaignError> {
    let stored = repo::hold(tx, no).await?;
    let at = stored.row.send_at.unwrap_or(now);
    if stored.row.state != CampaignState::Scheduled || at > now {
        return Ok(None);
    }
    let planned = begin(tx, no, &stored.draft.audience, at, now, bills_max).await?;
    audit::append(tx, &By::job(), "begin.campaign", &subject(no), &json!({ "bills": planned }), now.timestamp_millis())
        .await?;
    Ok(Some(planned))
}

/// Calls off a scheduled campaign that has become too large: nothing was sent, and staff are told once.
async fn refuse(tx: &ProjectTx<'_>, no: i64, bills: i64, now: DateTime<Utc>) -> Result<(), CampaignError> {
    let stored = repo::hold(tx, no).await?;
    if stored.row.state != CampaignState::Scheduled {
        return Ok(());
    }
    let now_ms = now.timestamp_millis();
    repo::end(tx, no, CampaignState::Cancelled, now_ms).await?;
    let name = &stored.row.name;
    let words = format!("群发「{name}」没有发送：{}后重新安排", CampaignError::TooManyBills { bills });
    tx.execute(
        "INSERT INTO staff_task (id, natural_key, kind, subject, words, created_at_ms) \
         VALUES ($1, $2, 'campaign_refused', $3, $4, $5) ON CONFLICT (natural_key) DO NOTHING",
        vec![
            Uuid::now_v7().into(),
            format!("campaign_refused:{no}").into(),
            subject(no).into(),
            words.into(),
            now_ms.into(),
        ],
    )
    .await?;
    audit::append(tx, &By::job(), "refuse.campaign", &subject(no), &json!({ "bills": bills }), now_ms).await?;
    Ok(())
}

/// Plans the rows of a campaign that the caller holds, and says that it runs.
///
/// # Errors
/// [`CampaignError::TooManyBills`]: nothing of it may stay, the caller's transaction ends with it.
pub(super) async fn begin(
    tx: &ProjectTx<'_>,
    no: i64,
    audience: &Audience,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
    bills_max: usize,
) -> Result<u64, CampaignError> {
    let planned = repo::plan(tx, no, audience, at, None, now, bills_max).await?;
    if usize::try_from(planned).map_or(true, |planned| planned > bills_max) {
        let size = repo::size(tx, audience, now).await?;
        return Err(CampaignError::TooManyBills { bills: size.bills });
    }
    repo::begin(tx, no, now.timestamp_millis()).await?;
    Ok(planned)
}

/// Closes a running campaign when nothing of it is left, or when it has lasted long enough.
async fn close(db: &ProjectDb, no: i64, now: DateTime<Utc>, report: &mut CampaignsReport) -> Result<(), CampaignError> {
    let stored = db.read("reminders.running_campaign", async |tx| repo::find(tx, no).await).await?;
    let is_over = stored.row.send_at.is_some_and(|at| at + LASTS <= now);
    let is_left = db.read("reminders.campaign_left", async |tx| repo::is_left(tx, no).await).await?;
    if is_left && !is_over {
        return Ok(());
    }
    let now_ms = now.timestamp_millis();
    db.transact("reminders.close_campaign", async |tx| {
        if repo::hold(tx, no).await?.row.state != CampaignState::Running {
            return Ok(());
        }
        let unsent = if is_left { cancel::silence(tx, no, true, now).await? } else { 0 };
        report.ended_unsent += unsent;
        if unsent > 0 {
            let detail = json!({ "bills": unsent });
            audit::append(tx, &By::job(), "end.campaign", &subject(no), &detail, now_ms).await?;
        }
        // What is in hand at this moment ends soon; the next run closes the campaign.
        if !repo::is_left(tx, no).await? {
            repo::end(tx, no, CampaignState::Done, now_ms).await?;
            report.done += 1;
        }
        Ok(())
    })
    .await
}
