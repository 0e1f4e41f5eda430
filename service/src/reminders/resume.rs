//! Notices in hand whose time has come: those that waited for another try or another channel, and those whose worker
//! never came back.
//!
//! A notice that waits was certainly not sent: it is looked at again and sent as it stands today. One whose worker was
//! lost may have been sent: within WeChat's memory of its `client_msg_id` the same message goes out under the same id;
//! otherwise nobody can know, it becomes `in_doubt`, and only the vendor's report moves it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::reminder::{Channel, HoldReason, SilenceReason, Stage};
use uuid::Uuid;

use super::ReminderError;
use super::claim::{Claimed, LEASE};
use super::contacts::{self, Contacts};
use super::digest;
use super::dispatch::CALL_TIMEOUT;
use super::due;
use super::events::Event;
use super::expired;
use super::follow_up::{self, Followed};
use super::grants::{self, Answer, Settled, Way};
use super::resumed::Resumed;
use super::rows::{NOTICE_COLUMNS, NoticeRow};
use super::standing::{self, Standing, Standings};
use super::taken::Taken;
use crate::tenancy::{ControlDb, ProjectDb, ProjectInfo, ProjectTx};

/// How long WeChat remembers a `client_msg_id`: "同一 client_msg_id 10 分钟内只发送一次".
pub(super) const CLIENT_MSG_ID_MEMORY: TimeDelta = TimeDelta::minutes(10);

/// What another worker has leave for is looked at again after this long.
const LEAVE_ELSEWHERE: TimeDelta = TimeDelta::minutes(1);

/// Whether a message first handed over then may be handed over again now, under the same id.
pub(super) fn may_resend(channel: Channel, first_sent_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    channel == Channel::WechatTemplate && now + CALL_TIMEOUT < first_sent_at + CLIENT_MSG_ID_MEMORY
}

/// Takes up to `limit` notices whose lease has run out.
pub(super) async fn take(
    db: &ProjectDb,
    control: &ControlDb,
    now: DateTime<Utc>,
    limit: usize,
) -> Result<Taken, ReminderError> {
    let expired = db.read("reminders.expired", async |tx| expired::find(tx, now, limit).await).await?;
    if expired.ids.is_empty() {
        return Ok(Taken::default());
    }
    let ids = &expired.ids;
    let contacts = contacts::read(db, control, &expired.pairs(), now).await?;
    let answers = expired::leave(db, control, &expired, &contacts, now).await?;
    let taken = db
        .transact("reminders.resume", async |tx| {
            let sql = format!(
                "SELECT {NOTICE_COLUMNS} FROM notice WHERE state = 'claimed' AND lease_until_ms <= $1 AND id {} \
             ORDER BY id{}",
                tx.among(2),
                tx.skip_locked()
            );
            let values = vec![now.timestamp_millis().into(), tx.listed(ids)];
            let notices: Vec<NoticeRow> = tx.rows(&sql, values).await?;
            let standings = standing::look(tx, &notices, now).await?;
            let unreached = notices.iter().filter(|one| matches!(answers.get(&one.id), Some(Answer::NoWay)));
            let followed = follow_up::followed(tx, unreached.map(|one| one.id)).await?;
            let project = Arc::new(tx.info().clone());
            let mut resume = Resume {
                project,
                contacts: &contacts,
                answers: &answers,
                standings: &standings,
                followed,
                resumed: Resumed::default(),
                now,
            };
            let mut taken = Taken { handled: notices.len(), ..Taken::default() };
            for notice in &notices {
                let claimed = if notice.is_waiting() { resume.send(tx, notice)? } else { resume.settle(tx, notice)? };
                taken.claimed.extend(claimed);
            }
            resume.resumed.write(tx, now).await?;
            Ok::<_, ReminderError>(taken)
        })
        .await;
    let claimed: HashSet<Uuid> =
        taken.iter().flat_map(|taken| &taken.claimed).map(|claimed| claimed.message.notice_id).collect();
    let unused: Vec<(Uuid, Settled)> = answers
        .iter()
        .filter(|(id, answer)| matches!(answer, Answer::Granted(_)) && !claimed.contains(id))
        .map(|(id, _)| (*id, Settled::Returned))
        .collect();
    if !unused.is_empty() {
        control.transact("reminders.unused_grants", async |tx| grants::settle(tx, &unused, now).await).await?;
    }
    taken
}

struct Resume<'a> {
    project: Arc<ProjectInfo>,
    contacts: &'a Contacts,
    /// Leave for what waits, by notice.
    answers: &'a HashMap<Uuid, Answer>,
    standings: &'a Standings,
    /// Messages that another one follows already.
    followed: Followed,
    resumed: Resumed,
    now: DateTime<Utc>,
}

impl<'a> Resume<'a> {
    /// A notice that was certainly not sent: as its bills stand today, to whoever can be reached today.
    fn send(&mut self, tx: &ProjectTx<'_>, notice: &NoticeRow) -> Result<Option<Claimed>, ReminderError> {
        let standings = self.standings;
        let (open, closed): (Vec<&Standing>, Vec<&Standing>) =
            standings.of(notice).iter().partition(|standing| standing.silence.is_none());
        let stage = standings.stage(notice)?;
        let is_paused = |standing: &Standing| standing.silence == Some(SilenceReason::Paused);
        if open.is_empty() && closed.iter().any(|standing| is_paused(standing)) {
            // What is not paused has ended, and does not wait for what is.
            let ended: Vec<&Standing> = closed.into_iter().filter(|standing| !is_paused(standing)).collect();
            self.resumed.silence(notice, &ended);
            self.hold(notice, HoldReason::Paused, due::next_look(stage, self.project.zone, self.now));
            return Ok(None);
        }
        self.resumed.silence(notice, &closed);
        if open.is_empty() {
            let reason = closed.iter().find_map(|s| s.silence).unwrap_or(SilenceReason::Paid).as_str();
            self.resumed.suppress(notice, reason);
            return Ok(None);
        }
        let Some(way) = self.way(tx, notice, stage)? else { return Ok(None) };
        let bills: Vec<_> = open.iter().map(|standing| &standing.bill).collect();
        let said = digest::digest(&self.project, &bills, stage, self.now)?;
        let text = digest::seal(tx, &said.wording)?;
        self.resumed.send(notice, way, &bills, (text, said.amount_fen));
        Ok(Some(self.claimed(notice, way, said.wording, &stage.template, self.now, false)))
    }

    /// The way that was granted for what waits; where there is none, what follows from that is decided.
    fn way(&mut self, tx: &ProjectTx<'_>, notice: &NoticeRow, stage: &Stage) -> Result<Option<&'a Way>, ReminderError> {
        let channel = notice.channel()?;
        match self.answers.get(&notice.id) {
            // Another worker may have moved it to another channel since the asking: the next round has its answer.
            Some(Answer::Granted(way)) => return Ok((way.channel == channel).then_some(way)),
            Some(Answer::Held { reason, until }) => self.hold(notice, *reason, *until),
            Some(Answer::NoWay) => match follow_up::next_channel(&self.project, stage, channel) {
                Some(next) => self.resumed.change_channel(notice, next),
                None => {
                    let decided = &mut self.resumed.decided;
                    let _ = decided.fail(tx, (notice, stage), &self.followed, "no_channel", "")?;
                }
            },
            // Another worker has leave for it, or died with it.
            None => self.resumed.decided.put_off(notice.id, self.now + LEAVE_ELSEWHERE),
        }
        Ok(None)
    }

    /// It has no leave to be sent yet.
    fn hold(&mut self, notice: &NoticeRow, reason: HoldReason, until: DateTime<Utc>) {
        let decided = &mut self.resumed.decided;
        decided.wait(notice.id, reason.as_str(), until, "held");
        // Waiting on for the same reason is no news.
        if notice.reason.as_deref() != Some(reason.as_str()) {
            decided.events.push(Event::of_notice("held", notice.id, reason.as_str()));
        }
    }

    /// A notice whose worker was lost: sent already by the vendor's word, or the same again while WeChat remembers, or
    /// in doubt.
    fn settle(&mut self, tx: &ProjectTx<'_>, notice: &NoticeRow) -> Result<Option<Claimed>, ReminderError> {
        let first_ms = notice.sent_at_ms.unwrap_or(notice.created_at_ms);
        let first = DateTime::from_timestamp_millis(first_ms).unwrap_or(self.now);
        let channel = notice.channel()?;
        let standings = self.standings.of(notice);
        let speaks = standings.iter().any(|standing| standing.silence.is_none());
        let houses: BTreeSet<Uuid> = standings.iter().map(|standing| standing.bill.house_id).collect();
        let stage = self.standings.stage(notice)?;
        let payer = notice.payer_party_id;
        let again = self.contacts.again(&self.project, payer, channel, &houses, stage, &notice.recipient_masked);
        match again {
            Some(way) if speaks && notice.delivered_at_ms.is_none() && may_resend(channel, first, self.now) => {
                self.resumed.resend(notice, channel);
                let wording = digest::unseal(tx, &notice.text_sealed)?;
                Ok(Some(self.claimed(notice, &way, wording, &stage.template, first, true)))
            }
            _ => {
                let target = follow_up::escalation(&self.project, stage, channel);
                let unread_at =
                    target.map(|_| self.standings.policy(notice)).transpose()?.map(|p| p.unread_at(stage, first));
                self.resumed.decided.in_doubt(notice, unread_at, "lease_expired");
                Ok(None)
            }
        }
    }

    fn claimed(
        &self,
        notice: &NoticeRow,
        way: &Way,
        wording: domain::notice::Wording,
        template: &str,
        first_sent_at: DateTime<Utc>,
        is_resend: bool,
    ) -> Claimed {
        Claimed {
            message: digest::message(&self.project, notice.id, &notice.token, way, wording, template),
            channel: way.channel,
            cost_fen: way.cost_fen,
            stage: notice.stage.clone(),
            lease_no: notice.lease_no + 1,
            lease_until: self.now + LEASE,
            attempts: notice.attempts + 1,
            first_sent_at,
            is_resend,
            policy_version: notice.policy_version,
            payer_party_id: notice.payer_party_id,
        }
    }
}
