//! Notices in hand whose time has come: those that waited for another try or another channel, and those whose worker
//! never came back.
//!
//! A notice that waits was certainly not sent: it is looked at again and sent as it stands today. One whose worker was
//! lost may have been sent: within WeChat's memory of its `client_msg_id` the same message goes out under the same id;
//! otherwise nobody can know, it becomes `in_doubt`, and only the vendor's report moves it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::reminder::{Channel, HoldReason, SilenceReason};
use uuid::Uuid;

use super::claim::{Claimed, LEASE};
use super::contacts::{self, Contacts};
use super::digest;
use super::dispatch::CALL_TIMEOUT;
use super::due;
use super::events::{self, Event};
use super::expired;
use super::follow_up;
use super::grants::{self, Answer, Settled, Way};
use super::rows::{self, NOTICE_COLUMNS, NoticeRow};
use super::standing::{self, Standing, Standings};
use super::taken::Taken;
use super::{ReminderError, record};
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
            let project = Arc::new(tx.info().clone());
            let resume = Resume { project, contacts: &contacts, answers: &answers, standings: &standings, now };
            let mut taken = Taken { handled: notices.len(), ..Taken::default() };
            for notice in &notices {
                let claimed = if notice.is_waiting() {
                    resume.send(tx, notice).await?
                } else {
                    resume.settle(tx, notice).await?
                };
                taken.claimed.extend(claimed);
            }
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
    now: DateTime<Utc>,
}

impl Resume<'_> {
    /// A notice that was certainly not sent: as its bills stand today, to whoever can be reached today.
    async fn send(&self, tx: &ProjectTx<'_>, notice: &NoticeRow) -> Result<Option<Claimed>, ReminderError> {
        let now_ms = self.now.timestamp_millis();
        let (open, closed): (Vec<&Standing>, Vec<&Standing>) =
            self.standings.of(notice).iter().partition(|standing| standing.silence.is_none());
        let is_paused = |standing: &Standing| standing.silence == Some(SilenceReason::Paused);
        if open.is_empty() && closed.iter().any(|standing| is_paused(standing)) {
            // What is not paused has ended, and does not wait for what is.
            let ended: Vec<&Standing> = closed.into_iter().filter(|standing| !is_paused(standing)).collect();
            self.silence(tx, notice, &ended).await?;
            let until = due::next_look(self.standings.stage(notice)?, self.project.zone, self.now);
            self.hold(tx, notice, HoldReason::Paused, until).await?;
            return Ok(None);
        }
        self.silence(tx, notice, &closed).await?;
        if open.is_empty() {
            let reason = closed.iter().find_map(|s| s.silence).unwrap_or(SilenceReason::Paid).as_str();
            tx.execute(
                "UPDATE notice SET state = 'suppressed', reason = $1, lease_until_ms = NULL WHERE id = $2",
                vec![reason.into(), notice.id.into()],
            )
            .await?;
            events::append(tx, &[Event::of_notice("suppressed", notice.id, reason)], now_ms).await?;
            return Ok(None);
        }
        let channel = notice.channel()?;
        let bills: Vec<_> = open.iter().map(|standing| &standing.bill).collect();
        let stage = self.standings.stage(notice)?;
        let way = match self.answers.get(&notice.id) {
            // Another worker may have moved it to another channel since the asking.
            Some(Answer::Granted(way)) if way.channel == channel => way,
            Some(Answer::Held { reason, until }) => {
                self.hold(tx, notice, *reason, *until).await?;
                return Ok(None);
            }
            Some(Answer::NoWay) => {
                match follow_up::next_channel(&self.project, stage, channel) {
                    Some(next) => self.change_channel(tx, notice, next).await?,
                    None => _ = record::fail(tx, notice, stage, "no_channel", "", now_ms).await?,
                }
                return Ok(None);
            }
            // It began to wait after the asking: the next round has its answer.
            Some(Answer::Granted(_)) => return Ok(None),
            // Another worker has leave for it, or died with it.
            None => {
                let sql = "UPDATE notice SET lease_until_ms = $1 WHERE id = $2";
                let later_ms = (self.now + LEAVE_ELSEWHERE).timestamp_millis();
                tx.execute(sql, vec![later_ms.into(), notice.id.into()]).await?;
                return Ok(None);
            }
        };
        let said = digest::digest(&self.project, &bills, stage, self.now)?;
        rows::keep_notice_bills(tx, notice.id, &bills).await?;
        tx.execute(
            "UPDATE reminder SET state = 'claimed', reason = NULL, state_at_ms = $1 \
             WHERE notice_id = $2 AND state = 'held'",
            vec![now_ms.into(), notice.id.into()],
        )
        .await?;
        let text = digest::seal(tx, &said.wording)?;
        tx.execute(
            "UPDATE notice SET reason = NULL, lease_no = lease_no + 1, attempts = attempts + 1, lease_until_ms = $1, \
             sent_at_ms = $2, person_id = $3, recipient_masked = $4, text_sealed = $5, amount_fen = $6 WHERE id = $7",
            vec![
                (self.now + LEASE).timestamp_millis().into(),
                now_ms.into(),
                way.person_id.into(),
                way.recipient.masked().into(),
                text.into(),
                said.amount_fen.into(),
                notice.id.into(),
            ],
        )
        .await?;
        events::append(tx, &[Event::of_notice("claimed", notice.id, channel.as_str())], now_ms).await?;
        Ok(Some(self.claimed(notice, way, said.wording, &stage.template, self.now, false)))
    }

    /// Nobody can be reached by the channel it waits for, and nothing was sent: it takes the next one at once.
    async fn change_channel(
        &self,
        tx: &ProjectTx<'_>,
        notice: &NoticeRow,
        channel: Channel,
    ) -> Result<(), ReminderError> {
        let now_ms = self.now.timestamp_millis();
        tx.execute(
            "UPDATE notice SET channel = $1, reason = 'queued', lease_until_ms = $2 WHERE id = $3",
            vec![channel.as_str().into(), now_ms.into(), notice.id.into()],
        )
        .await?;
        let event = Event::of_notice("next_channel", notice.id, channel.as_str());
        events::append(tx, &[event], now_ms).await?;
        Ok(())
    }

    /// It has no leave to be sent yet.
    async fn hold(
        &self,
        tx: &ProjectTx<'_>,
        notice: &NoticeRow,
        reason: HoldReason,
        until: DateTime<Utc>,
    ) -> Result<(), ReminderError> {
        let now_ms = self.now.timestamp_millis();
        tx.execute(
            "UPDATE notice SET reason = $1, lease_until_ms = $2 WHERE id = $3",
            vec![reason.as_str().into(), until.timestamp_millis().into(), notice.id.into()],
        )
        .await?;
        tx.execute(
            "UPDATE reminder SET reason = $1, state_at_ms = $2 WHERE notice_id = $3 AND state = 'held'",
            vec![reason.as_str().into(), now_ms.into(), notice.id.into()],
        )
        .await?;
        // Waiting on for the same reason is no news.
        if notice.reason.as_deref() != Some(reason.as_str()) {
            events::append(tx, &[Event::of_notice("held", notice.id, reason.as_str())], now_ms).await?;
        }
        Ok(())
    }

    /// Ends the reminders that this message no longer speaks for.
    async fn silence(&self, tx: &ProjectTx<'_>, notice: &NoticeRow, closed: &[&Standing]) -> Result<(), ReminderError> {
        let now_ms = self.now.timestamp_millis();
        for standing in closed {
            let (state, reason) = standing.end();
            let changed = tx
                .execute(
                    "UPDATE reminder SET state = $1, reason = $2, notice_id = $7, state_at_ms = $3 \
                     WHERE bill_id = $4 AND stage = $5 AND notice_id = $6 AND state IN ('claimed', 'held')",
                    vec![
                        state.into(),
                        reason.into(),
                        now_ms.into(),
                        standing.bill.id.into(),
                        standing.stage.as_str().into(),
                        notice.id.into(),
                        standing.said.as_ref().map(|said| said.notice_id).into(),
                    ],
                )
                .await?;
            if changed > 0 {
                let why = standing.silence.unwrap_or(SilenceReason::Paid).as_str();
                let event = Event::of_bill(state, standing.bill.id, &standing.stage, reason.unwrap_or(why));
                events::append(tx, &[event], now_ms).await?;
            }
        }
        Ok(())
    }

    /// A notice whose worker was lost: sent already by the vendor's word, or the same again while WeChat remembers, or
    /// in doubt.
    async fn settle(&self, tx: &ProjectTx<'_>, notice: &NoticeRow) -> Result<Option<Claimed>, ReminderError> {
        let now_ms = self.now.timestamp_millis();
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
                tx.execute(
                    "UPDATE notice SET lease_no = lease_no + 1, attempts = attempts + 1, lease_until_ms = $1 \
                     WHERE id = $2",
                    vec![(self.now + LEASE).timestamp_millis().into(), notice.id.into()],
                )
                .await?;
                events::append(tx, &[Event::of_notice("resent", notice.id, channel.as_str())], now_ms).await?;
                let wording = digest::unseal(tx, &notice.text_sealed)?;
                Ok(Some(self.claimed(notice, &way, wording, &stage.template, first, true)))
            }
            _ => {
                let target = follow_up::escalation(&self.project, stage, channel);
                let unread_at =
                    target.map(|_| self.standings.policy(notice)).transpose()?.map(|p| p.unread_at(stage, first));
                record::in_doubt(tx, notice.id, notice.lease_no, unread_at, "lease_expired", now_ms).await?;
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
            message: digest::message(&self.project, notice.id, &notice.token, way.recipient.clone(), wording, template),
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
