//! Notices in hand whose time has come: those that waited for another try or another channel, and those whose worker
//! never came back.
//!
//! A notice that waits was certainly not sent: it is looked at again and sent as it stands today. One whose worker was
//! lost may have been sent: within WeChat's memory of its `client_msg_id` the same message goes out under the same id;
//! otherwise nobody can know, it becomes `in_doubt`, and only the vendor's report moves it.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::reminder::{Channel, SilenceReason};
use uuid::Uuid;

use super::claim::{Claimed, LEASE, Taken};
use super::contacts::{self, Contacts, Reached};
use super::digest;
use super::dispatch::CALL_TIMEOUT;
use super::events::{self, Event};
use super::follow_up;
use super::rows::{self, NOTICE_COLUMNS, NoticeRow, numbered, uuids};
use super::standing::{self, Standing, Standings};
use super::{ReminderError, record};
use crate::store::{StoreError, Values};
use crate::tenancy::{ControlDb, ProjectDb, ProjectInfo, ProjectTx};

/// How long WeChat remembers a `client_msg_id`: "同一 client_msg_id 10 分钟内只发送一次".
pub(super) const CLIENT_MSG_ID_MEMORY: TimeDelta = TimeDelta::minutes(10);

#[derive(sea_orm::FromQueryResult)]
struct DueNotice {
    id: Uuid,
}

#[derive(sea_orm::FromQueryResult)]
struct PairRow {
    payer_party_id: Uuid,
    house_id: Uuid,
}

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
    let (ids, pairs) = db.read("reminders.expired", async |tx| expired(tx, now, limit).await).await?;
    if ids.is_empty() {
        return Ok(Taken::default());
    }
    let contacts = contacts::read(db, control, &pairs).await?;
    db.transact("reminders.resume", async |tx| {
        let sql = format!(
            "SELECT {NOTICE_COLUMNS} FROM notice WHERE state = 'claimed' AND lease_until_ms <= $1 AND id IN ({}) \
             ORDER BY id{}",
            numbered(2, ids.len()),
            tx.skip_locked()
        );
        let mut values: Values = vec![now.timestamp_millis().into()];
        values.extend(uuids(&ids));
        let notices: Vec<NoticeRow> = tx.rows(&sql, values).await?;
        let standings = standing::look(tx, &notices, now).await?;
        let resume = Resume { project: Arc::new(tx.info().clone()), contacts: &contacts, standings: &standings, now };
        let mut taken = Taken { handled: notices.len(), ..Taken::default() };
        for notice in &notices {
            let claimed =
                if notice.is_waiting() { resume.send(tx, notice).await? } else { resume.settle(tx, notice).await? };
            taken.claimed.extend(claimed);
        }
        Ok(taken)
    })
    .await
}

type Expired = (Vec<Uuid>, Vec<(Uuid, Uuid)>);

async fn expired(tx: &ProjectTx<'_>, now: DateTime<Utc>, limit: usize) -> Result<Expired, StoreError> {
    let sql = format!(
        "SELECT id FROM notice WHERE state = 'claimed' AND lease_until_ms <= $1 ORDER BY lease_until_ms LIMIT {limit}"
    );
    let rows: Vec<DueNotice> = tx.rows(&sql, vec![now.timestamp_millis().into()]).await?;
    let ids: Vec<Uuid> = rows.into_iter().map(|row| row.id).collect();
    if ids.is_empty() {
        return Ok((ids, Vec::new()));
    }
    let sql = format!(
        "SELECT DISTINCT n.payer_party_id, b.house_id FROM notice_bill nb JOIN notice n ON n.id = nb.notice_id \
         JOIN bill b ON b.id = nb.bill_id WHERE nb.notice_id IN ({})",
        numbered(1, ids.len())
    );
    let pairs: Vec<PairRow> = tx.rows(&sql, uuids(&ids)).await?;
    Ok((ids, pairs.into_iter().map(|row| (row.payer_party_id, row.house_id)).collect()))
}

struct Resume<'a> {
    project: Arc<ProjectInfo>,
    contacts: &'a Contacts,
    standings: &'a Standings,
    now: DateTime<Utc>,
}

impl Resume<'_> {
    /// A notice that was certainly not sent: as its bills stand today, to whoever can be reached today.
    async fn send(&self, tx: &ProjectTx<'_>, notice: &NoticeRow) -> Result<Option<Claimed>, ReminderError> {
        let now_ms = self.now.timestamp_millis();
        let (open, closed): (Vec<&Standing>, Vec<&Standing>) =
            self.standings.of(notice).iter().partition(|standing| standing.silence.is_none());
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
        let said = digest::digest(&self.project, &bills, self.now)?;
        let Some(reached) = self.contacts.reach(&self.project, notice.payer_party_id, channel, &said.houses) else {
            record::fail(tx, notice, self.standings.stage(notice)?, "no_channel", "", now_ms).await?;
            return Ok(None);
        };
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
                reached.person_id.into(),
                reached.recipient.masked().into(),
                text.into(),
                said.amount_fen.into(),
                notice.id.into(),
            ],
        )
        .await?;
        events::append(tx, &[Event::of_notice("claimed", notice.id, channel.as_str())], now_ms).await?;
        Ok(Some(self.claimed(notice, channel, reached, said.wording, self.now, false)))
    }

    /// Ends the reminders that this message no longer speaks for.
    async fn silence(&self, tx: &ProjectTx<'_>, notice: &NoticeRow, closed: &[&Standing]) -> Result<(), ReminderError> {
        let now_ms = self.now.timestamp_millis();
        for standing in closed {
            let reason = standing.silence.unwrap_or(SilenceReason::Paid);
            let state = if reason == SilenceReason::NewerStage { "superseded" } else { "suppressed" };
            let changed = tx
                .execute(
                    "UPDATE reminder SET state = $1, reason = $2, notice_id = NULL, state_at_ms = $3 \
                     WHERE bill_id = $4 AND stage = $5 AND notice_id = $6 AND state IN ('claimed', 'held')",
                    vec![
                        state.into(),
                        reason.as_str().into(),
                        now_ms.into(),
                        standing.bill.id.into(),
                        standing.stage.as_str().into(),
                        notice.id.into(),
                    ],
                )
                .await?;
            if changed > 0 {
                let event = Event::of_bill(state, standing.bill.id, &standing.stage, reason.as_str());
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
        let again =
            self.contacts.again(&self.project, notice.payer_party_id, channel, &houses, &notice.recipient_masked);
        match again {
            Some(reached) if speaks && notice.delivered_at_ms.is_none() && may_resend(channel, first, self.now) => {
                tx.execute(
                    "UPDATE notice SET lease_no = lease_no + 1, attempts = attempts + 1, lease_until_ms = $1 \
                     WHERE id = $2",
                    vec![(self.now + LEASE).timestamp_millis().into(), notice.id.into()],
                )
                .await?;
                events::append(tx, &[Event::of_notice("resent", notice.id, channel.as_str())], now_ms).await?;
                let wording = digest::unseal(tx, &notice.text_sealed)?;
                Ok(Some(self.claimed(notice, channel, reached, wording, first, true)))
            }
            _ => {
                let stage = self.standings.stage(notice)?;
                let target = follow_up::escalation(&self.project, stage, channel);
                let unread_at = target.map(|_| self.standings.policy(notice)).transpose()?.map(|p| p.unread_at(first));
                record::in_doubt(tx, notice.id, notice.lease_no, unread_at, "lease_expired", now_ms).await?;
                Ok(None)
            }
        }
    }

    fn claimed(
        &self,
        notice: &NoticeRow,
        channel: Channel,
        reached: Reached,
        wording: domain::notice::Wording,
        first_sent_at: DateTime<Utc>,
        is_resend: bool,
    ) -> Claimed {
        Claimed {
            message: digest::message(&self.project, notice.id, &notice.token, reached.recipient, wording),
            channel,
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
