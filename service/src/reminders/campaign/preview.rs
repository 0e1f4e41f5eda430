//! Exactly what a campaign would send, to whom, through which channel and at what cost: its rows are planned and
//! claimed by the code that plans and claims them, in transactions that are rolled back.
//!
//! Leave to send is asked for all payers at once, because they share quotas and caps; the claiming goes payer by payer
//! in batches of a dispatch, so that nobody's payment waits for a large preview.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::draft::{Draft, NewCampaign};
use super::error::CampaignError;
use super::view::CampaignState;
use super::{BILLS_MAX, create_in, repo};
use crate::audit::By;
use crate::reminders::asking::{Asked, Wish};
use crate::reminders::contacts;
use crate::reminders::plan::plan_in;
use crate::reminders::preview::{Preview, Tally, payer_names};
use crate::reminders::rehearsal::Rehearsal;
use crate::reminders::rows::{numbered, uuids};
use crate::reminders::{ReminderError, due, policy};
use crate::store::{StoreError, Values};
use crate::tenancy::{ControlDb, ProjectDb, ProjectTx};

/// Payers claimed in one transaction: as many as one of a dispatch.
const PAYERS_PER_CLAIM: usize = 256;
/// Previews a draft or a scheduled campaign, at its instant or, if it has none, as if it were sent now.
///
/// For a later instant, what the ladder says until then and what payers do until then is not known: caps, quotas and
/// bills are as of now.
///
/// # Errors
/// [`CampaignError::NotFound`], [`CampaignError::Started`], [`CampaignError::Ended`].
pub async fn preview_campaign(
    db: &ProjectDb,
    control: &ControlDb,
    no: i64,
    now: DateTime<Utc>,
) -> Result<Preview, CampaignError> {
    let stored = db.read("reminders.campaign", async |tx| repo::find(tx, no).await).await?;
    match stored.row.state {
        CampaignState::Draft | CampaignState::Scheduled => {}
        CampaignState::Running => return Err(CampaignError::Started),
        CampaignState::Done | CampaignState::Cancelled => return Err(CampaignError::Ended),
    }
    let saved = Some((no, stored.row.state));
    let subject = Subject { saved, at: stored.draft.send_at.unwrap_or(now).max(now), draft: stored.draft, now };
    run(db, control, &subject).await
}

/// Previews a campaign that nobody has written yet.
///
/// # Errors
/// As creating it.
pub async fn preview_new_campaign(
    db: &ProjectDb,
    control: &ControlDb,
    new: NewCampaign,
    now: DateTime<Utc>,
) -> Result<Preview, CampaignError> {
    let draft = new.check(db.info())?;
    let subject = Subject { saved: None, at: draft.send_at.unwrap_or(now).max(now), draft, now };
    run(db, control, &subject).await
}

/// What is previewed.
struct Subject {
    saved: Option<(i64, CampaignState)>,
    draft: Draft,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
}

impl Subject {
    /// Whatever is planned by now will have been said.
    fn is_later(&self) -> bool {
        self.at > self.now
    }

    /// Plans the campaign, of these payers or of all, and the ladder with it where `plans_ladder`. Answers its number.
    async fn plan(
        &self,
        tx: &ProjectTx<'_>,
        payers: Option<&[Uuid]>,
        plans_ladder: bool,
    ) -> Result<i64, CampaignError> {
        let no = match self.saved {
            Some((no, CampaignState::Draft)) => {
                // Sending it off takes the caps in force then.
                let in_force = policy::current_in(tx, self.now.timestamp_millis()).await?;
                let own = self.draft.policy(no, &in_force.policy, self.at, tx.info().zone);
                repo::set_policy(tx, no, &own).await?;
                no
            }
            Some((no, _)) => no,
            None => create_in(tx, &By::job(), &self.draft, self.now).await?,
        };
        if plans_ladder {
            plan_in(tx, self.at).await?;
        }
        let planned = repo::plan(tx, no, &self.draft.audience, self.at, payers, self.at, BILLS_MAX).await?;
        if usize::try_from(planned).map_or(true, |planned| planned > BILLS_MAX) {
            // As sending it would be: what is previewed is what is sent.
            let size = repo::size(tx, &self.draft.audience, self.at).await?;
            return Err(CampaignError::TooManyBills { bills: size.bills });
        }
        if !self.is_later() {
            release(tx, no, self.at).await?;
        }
        Ok(no)
    }
}

async fn run(db: &ProjectDb, control: &ControlDb, subject: &Subject) -> Result<Preview, CampaignError> {
    let at = subject.at;
    let (wishes, plans_ladder) = db
        .preview("reminders.campaign_due", async |tx| {
            let planned = if subject.is_later() { 0 } else { plan_in(tx, at).await?.planned };
            let no = subject.plan(tx, None, false).await?;
            // A ladder that is planned already need not be planned in every batch.
            Ok::<_, CampaignError>((wishes(tx, no, at, subject.is_later()).await?, planned > 0))
        })
        .await?;
    let mut tally = Tally::default();
    if wishes.is_empty() {
        return if subject.saved.is_some() { Ok(tally.shown(false, false)) } else { Err(CampaignError::NoBills) };
    }
    let pairs: Vec<(Uuid, Uuid)> =
        wishes.iter().flat_map(|(payer, wish)| wish.houses.iter().map(|house| (*payer, *house))).collect();
    let contacts = contacts::read(db, control, &pairs, at).await?;
    drop(pairs);
    let mut rehearsal = Rehearsal::begin(db, control, &contacts, at).await?;
    let mut rest = rehearsal.ask(db.info(), &wishes, at);
    drop(wishes);
    while !rest.is_empty() {
        let next = rest.keys().nth(PAYERS_PER_CLAIM).copied();
        let later = next.map_or_else(Asked::new, |payer| rest.split_off(&payer));
        claim_batch(db, subject, &rest, &mut rehearsal, plans_ladder, &mut tally).await?;
        rest = later;
    }
    Ok(tally.shown(false, contacts.is_dry_run))
}

async fn claim_batch(
    db: &ProjectDb,
    subject: &Subject,
    asked: &Asked,
    rehearsal: &mut Rehearsal<'_>,
    plans_ladder: bool,
    tally: &mut Tally,
) -> Result<(), CampaignError> {
    let payers: Vec<Uuid> = asked.keys().copied().collect();
    db.preview("reminders.campaign_preview", async |tx| {
        let no = subject.plan(tx, Some(&payers), plans_ladder).await?;
        if subject.is_later() {
            set_others_aside(tx, no, &payers).await?;
        }
        let taken = rehearsal.claim_all(tx, asked, subject.at).await?;
        let names = if tally.has_room() { payer_names(tx, &payers).await? } else { Default::default() };
        tally.add(&taken, &names);
        Ok(())
    })
    .await
}

/// What was held of the campaign's payers and is due again by then, as a dispatch releases it.
async fn release(tx: &ProjectTx<'_>, no: i64, at: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "UPDATE reminder SET state = 'planned', reason = NULL WHERE state = 'held' AND notice_id IS NULL \
         AND send_at_ms <= $1 AND payer_party_id IN (SELECT payer_party_id FROM reminder WHERE policy_version = $2 \
         AND policy_version < 0)";
    tx.execute(sql, vec![at.timestamp_millis().into(), (-no).into()]).await?;
    Ok(())
}

/// By a later instant, what these payers are to hear now has been said.
async fn set_others_aside(tx: &ProjectTx<'_>, no: i64, payers: &[Uuid]) -> Result<(), StoreError> {
    let sql = format!(
        "UPDATE reminder SET state = 'superseded' WHERE state IN ('planned', 'held') AND notice_id IS NULL \
         AND policy_version <> $1 AND payer_party_id IN ({})",
        numbered(2, payers.len())
    );
    let mut values: Values = vec![(-no).into()];
    values.extend(uuids(payers));
    tx.execute(&sql, values).await?;
    Ok(())
}

#[derive(sea_orm::FromQueryResult)]
struct PayerRow {
    payer_party_id: Uuid,
}

/// What the campaign's payers are to hear at that instant: of the campaign, and, if it is now, of the ladder.
async fn wishes(
    tx: &ProjectTx<'_>,
    no: i64,
    at: DateTime<Utc>,
    only_campaign: bool,
) -> Result<BTreeMap<Uuid, Wish>, ReminderError> {
    let sql = format!(
        "SELECT DISTINCT payer_party_id FROM reminder WHERE policy_version = $1 AND policy_version < 0 \
         ORDER BY payer_party_id LIMIT {BILLS_MAX}"
    );
    let rows: Vec<PayerRow> = tx.rows(&sql, vec![(-no).into()]).await?;
    let payers: Vec<Uuid> = rows.into_iter().map(|row| row.payer_party_id).collect();
    let mut wishes: BTreeMap<Uuid, Wish> = BTreeMap::new();
    for chunk in payers.chunks(PAYERS_PER_CLAIM) {
        wishes.extend(due::wishes_of(tx, chunk, at, only_campaign.then_some(-no)).await?);
    }
    Ok(wishes)
}
