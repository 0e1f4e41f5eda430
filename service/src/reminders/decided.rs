//! What is decided about messages one by one, and written for all of a batch together.

use chrono::{DateTime, Utc};
use domain::reminder::{Channel, Stage};
use uuid::Uuid;

use super::ReminderError;
use super::digest;
use super::events::{self, Event};
use super::follow_up::{self, Followed};
use super::rows::NoticeRow;
use crate::store::StoreError;
use crate::store::bulk::{self, Cell, Column, Kind, Over, Target, column};
use crate::tenancy::ProjectTx;

/// Decisions about messages that this transaction holds, each about another message.
#[derive(Debug, Default)]
pub(super) struct Decided {
    waits: Vec<Wait>,
    put_off: Vec<(Uuid, i64)>,
    in_doubt: Vec<InDoubt>,
    failed: Vec<(Uuid, String)>,
    ends: Vec<End>,
    next: Vec<Next>,
    alarms: Vec<Alarm>,
    pub events: Vec<Event>,
}

/// A message that waits for another try.
#[derive(Debug)]
struct Wait {
    notice_id: Uuid,
    reason: &'static str,
    until_ms: i64,
    /// The state of its reminders until now.
    from: &'static str,
}

#[derive(Debug)]
struct InDoubt {
    notice_id: Uuid,
    lease_no: i64,
    unread_at_ms: Option<i64>,
    detail: String,
}

/// Reminders of a message with which no other goes on.
#[derive(Debug)]
struct End {
    notice_id: Uuid,
    reason: String,
    /// Also those that count as sent: the vendor says later that it did not arrive.
    is_late: bool,
}

/// The message after one, through another channel.
#[derive(Debug)]
struct Next {
    id: Uuid,
    token: String,
    from: Uuid,
    channel: &'static str,
    takes_over: bool,
}

#[derive(Debug)]
struct Alarm {
    key: String,
    subject: String,
    words: String,
}

impl Decided {
    /// Not sent, to be tried again then. `from` is where its reminders stand.
    pub fn wait(&mut self, notice_id: Uuid, reason: &'static str, until: DateTime<Utc>, from: &'static str) {
        self.waits.push(Wait { notice_id, reason, until_ms: until.timestamp_millis(), from });
    }

    /// Looked at again then, as it is.
    pub fn put_off(&mut self, notice_id: Uuid, until: DateTime<Utc>) {
        self.put_off.push((notice_id, until.timestamp_millis()));
    }

    /// Nobody knows whether it arrived.
    pub fn in_doubt(&mut self, notice: &NoticeRow, unread_at: Option<DateTime<Utc>>, detail: &str) {
        let unread_at_ms = unread_at.map(|at| at.timestamp_millis());
        let (notice_id, lease_no) = (notice.id, notice.lease_no);
        self.in_doubt.push(InDoubt { notice_id, lease_no, unread_at_ms, detail: detail.to_owned() });
    }

    /// This channel does not reach the payer: the next one takes over, or the reminder has failed. Answers whether it
    /// went on.
    pub fn fail(
        &mut self,
        tx: &ProjectTx<'_>,
        (notice, stage): (&NoticeRow, &Stage),
        followed: &Followed,
        reason: &str,
        detail: &str,
    ) -> Result<bool, ReminderError> {
        self.failed(notice.id, reason, detail);
        // Whoever was told again because they did not look is not told a third time because it did not arrive.
        let goes_on = notice.paid_at_ms.is_none() && !followed.contains(&notice.id);
        let next = if goes_on { follow_up::next_channel(tx.info(), stage, notice.channel()?) } else { None };
        if let Some(channel) = next {
            self.go_on(tx, notice.id, channel, true)?;
            return Ok(true);
        }
        self.ends.push(End { notice_id: notice.id, reason: reason.to_owned(), is_late: true });
        Ok(false)
    }

    /// Another channel would meet the same trouble, or costs money for our own mistake.
    pub fn give_up(&mut self, notice_id: Uuid, reason: &str, detail: &str) {
        self.failed(notice_id, reason, detail);
        self.ends.push(End { notice_id, reason: reason.to_owned(), is_late: false });
    }

    fn failed(&mut self, notice_id: Uuid, reason: &str, detail: &str) {
        self.failed.push((notice_id, reason.to_owned()));
        let detail = format!("{reason} {detail}");
        self.events.push(Event::of_notice("failed", notice_id, detail.trim_end()));
    }

    /// Queues the next message after one: a copy with its own token, waiting for the next dispatch, which looks at the
    /// bills and finds the recipient. With `takes_over` the reminders then hang on the new one; otherwise (escalation)
    /// they stay sent.
    pub fn go_on(
        &mut self,
        tx: &ProjectTx<'_>,
        from: Uuid,
        channel: Channel,
        takes_over: bool,
    ) -> Result<(), ReminderError> {
        let channel = channel.as_str();
        let token = digest::new_token(tx.info())?;
        self.next.push(Next { id: Uuid::now_v7(), token, from, channel, takes_over });
        let kind = if takes_over { "next_channel" } else { "escalated" };
        self.events.push(Event::of_notice(kind, from, channel));
        Ok(())
    }

    /// Opens a task for staff, once a day for each channel and cause.
    pub fn alarm(
        &mut self,
        tx: &ProjectTx<'_>,
        (notice_id, channel): (Uuid, Channel),
        reason: &str,
        detail: &str,
        now: DateTime<Utc>,
    ) {
        let day = tx.info().today(now);
        self.alarms.push(Alarm {
            key: format!("reminder_channel:{}:{reason}:{detail}:{day}", channel.as_str()),
            subject: format!("notice:{notice_id}"),
            words: format!("{}发送失败（{detail}）：{}", channel.words(), super::words::reason(reason)),
        });
    }

    /// Writes all of it, each kind in one statement.
    pub async fn write(self, tx: &ProjectTx<'_>, now_ms: i64) -> Result<(), StoreError> {
        write_waits(tx, &self.waits, now_ms).await?;
        write_put_off(tx, &self.put_off).await?;
        write_failed(tx, &self.failed).await?;
        write_ends(tx, &self.ends, now_ms).await?;
        write_next(tx, &self.next, now_ms).await?;
        write_alarms(tx, &self.alarms, now_ms).await?;
        let mut events = self.events;
        events.extend(write_in_doubt(tx, self.in_doubt, now_ms).await?);
        events::append(tx, &events, now_ms).await
    }
}

async fn write_waits(tx: &ProjectTx<'_>, waits: &[Wait], now_ms: i64) -> Result<(), StoreError> {
    const NOTICES: [Column; 3] =
        [column("v_id", Kind::Uuid), column("v_reason", Kind::Text), column("v_until_ms", Kind::Int)];
    let sql =
        "UPDATE notice SET reason = v_reason, sent_at_ms = NULL, lease_until_ms = v_until_ms FROM v WHERE id = v_id";
    let over = Over { table: "notice", columns: &NOTICES, values: vec![], sql };
    let rows = waits.iter().map(|one| [Cell::Uuid(one.notice_id), Cell::Text(one.reason), Cell::Int(one.until_ms)]);
    bulk::execute(tx, &over, rows).await?;
    const REMINDERS: [Column; 3] =
        [column("v_id", Kind::Uuid), column("v_reason", Kind::Text), column("v_from", Kind::Text)];
    let sql = "UPDATE reminder SET state = 'held', reason = v_reason, state_at_ms = $1 FROM v \
               WHERE notice_id = v_id AND state = v_from";
    let over = Over { table: "reminder", columns: &REMINDERS, values: vec![now_ms.into()], sql };
    let rows = waits.iter().map(|one| [Cell::Uuid(one.notice_id), Cell::Text(one.reason), Cell::Text(one.from)]);
    bulk::execute(tx, &over, rows).await?;
    Ok(())
}

async fn write_put_off(tx: &ProjectTx<'_>, put_off: &[(Uuid, i64)]) -> Result<(), StoreError> {
    const COLUMNS: [Column; 2] = [column("v_id", Kind::Uuid), column("v_until_ms", Kind::Int)];
    let sql = "UPDATE notice SET lease_until_ms = v_until_ms FROM v WHERE id = v_id";
    let over = Over { table: "notice", columns: &COLUMNS, values: vec![], sql };
    bulk::execute(tx, &over, put_off.iter().map(|(id, until)| [Cell::Uuid(*id), Cell::Int(*until)])).await?;
    Ok(())
}

async fn write_failed(tx: &ProjectTx<'_>, failed: &[(Uuid, String)]) -> Result<(), StoreError> {
    const COLUMNS: [Column; 2] = [column("v_id", Kind::Uuid), column("v_reason", Kind::Text)];
    let sql = "UPDATE notice SET state = 'failed', reason = v_reason, lease_until_ms = NULL, escalate_at_ms = NULL FROM v \
               WHERE id = v_id";
    let over = Over { table: "notice", columns: &COLUMNS, values: vec![], sql };
    bulk::execute(tx, &over, failed.iter().map(|(id, reason)| [Cell::Uuid(*id), Cell::Text(reason)])).await?;
    Ok(())
}

async fn write_ends(tx: &ProjectTx<'_>, ends: &[End], now_ms: i64) -> Result<(), StoreError> {
    const COLUMNS: [Column; 3] =
        [column("v_id", Kind::Uuid), column("v_reason", Kind::Text), column("v_is_late", Kind::Bool)];
    let sql = "UPDATE reminder SET state = 'failed', reason = v_reason, state_at_ms = $1 FROM v \
               WHERE notice_id = v_id AND (state IN ('claimed', 'held') OR (v_is_late AND state = 'sent'))";
    let over = Over { table: "reminder", columns: &COLUMNS, values: vec![now_ms.into()], sql };
    let rows = ends.iter().map(|end| [Cell::Uuid(end.notice_id), Cell::Text(&end.reason), Cell::Bool(end.is_late)]);
    bulk::execute(tx, &over, rows).await?;
    Ok(())
}

async fn write_next(tx: &ProjectTx<'_>, next: &[Next], now_ms: i64) -> Result<(), StoreError> {
    const NOTICES: [Column; 4] = [
        column("v_id", Kind::Uuid),
        column("v_from", Kind::Uuid),
        column("v_channel", Kind::Text),
        column("v_token", Kind::Text),
    ];
    const PAIRS: [Column; 2] = [column("v_id", Kind::Uuid), column("v_from", Kind::Uuid)];
    let sql = "INSERT INTO notice (id, payer_party_id, stage, channel, rung, escalated_from, policy_version, state, reason, \
         token, recipient_masked, text_sealed, amount_fen, lease_no, lease_until_ms, attempts, cost_fen, created_at_ms) \
         SELECT v_id, payer_party_id, stage, v_channel, rung + 1, id, policy_version, 'claimed', 'queued', v_token, '', \
         text_sealed, amount_fen, 0, CAST($1 AS BIGINT), 0, 0, CAST($1 AS BIGINT) FROM v JOIN notice ON id = v_from";
    let over = Over { table: "notice", columns: &NOTICES, values: vec![now_ms.into()], sql };
    let rows = next.iter().map(|n| [Cell::Uuid(n.id), Cell::Uuid(n.from), Cell::Text(n.channel), Cell::Text(&n.token)]);
    bulk::execute(tx, &over, rows).await?;
    let sql = "INSERT INTO notice_bill (notice_id, bill_id, stage, amount_fen) \
         SELECT v_id, bill_id, stage, amount_fen FROM v JOIN notice_bill ON notice_id = v_from";
    let over = Over { table: "notice_bill", columns: &PAIRS, values: vec![], sql };
    bulk::execute(tx, &over, next.iter().map(|n| [Cell::Uuid(n.id), Cell::Uuid(n.from)])).await?;
    let sql = "UPDATE reminder SET state = 'held', reason = 'queued', notice_id = v_id, state_at_ms = $1 FROM v \
         WHERE notice_id = v_from AND state IN ('claimed', 'held', 'sent')";
    let over = Over { table: "reminder", columns: &PAIRS, values: vec![now_ms.into()], sql };
    let taking_over = next.iter().filter(|n| n.takes_over).map(|n| [Cell::Uuid(n.id), Cell::Uuid(n.from)]);
    bulk::execute(tx, &over, taking_over).await?;
    Ok(())
}

async fn write_alarms(tx: &ProjectTx<'_>, alarms: &[Alarm], now_ms: i64) -> Result<(), StoreError> {
    const COLUMNS: [Column; 4] = [
        column("id", Kind::Uuid),
        column("natural_key", Kind::Text),
        column("subject", Kind::Text),
        column("words", Kind::Text),
    ];
    let shared = vec![
        (column("kind", Kind::Text), "reminder_channel".into()),
        (column("created_at_ms", Kind::Int), now_ms.into()),
    ];
    let into = Target { table: "staff_task", columns: &COLUMNS, shared, tail: "ON CONFLICT (natural_key) DO NOTHING" };
    let rows = alarms.iter().map(|one| {
        [Cell::Uuid(Uuid::now_v7()), Cell::Text(&one.key), Cell::Text(&one.subject), Cell::Text(&one.words)]
    });
    bulk::insert(tx, &into, rows).await?;
    Ok(())
}

/// Counts as sent what the vendor has reported as delivered already. Answers what happened.
async fn write_in_doubt(tx: &ProjectTx<'_>, in_doubt: Vec<InDoubt>, now_ms: i64) -> Result<Vec<Event>, StoreError> {
    #[derive(sea_orm::FromQueryResult)]
    struct Changed {
        id: Uuid,
    }
    const COLUMNS: [Column; 3] =
        [column("v_id", Kind::Uuid), column("v_lease_no", Kind::Int), column("v_unread_at_ms", Kind::Int)];
    let sql = "UPDATE notice SET state = CASE WHEN delivered_at_ms IS NULL THEN 'in_doubt' ELSE 'sent' END, \
         reason = CASE WHEN delivered_at_ms IS NULL THEN 'in_doubt' END, \
         sent_at_ms = COALESCE(sent_at_ms, created_at_ms), lease_until_ms = NULL, \
         escalate_at_ms = CASE WHEN paid_at_ms IS NULL AND opened_at_ms IS NULL AND acknowledged_at_ms IS NULL \
         THEN v_unread_at_ms END FROM v WHERE id = v_id AND lease_no = v_lease_no AND state = 'claimed' RETURNING id";
    let over = Over { table: "notice", columns: &COLUMNS, values: vec![], sql };
    let rows = in_doubt.iter().map(|one| [Cell::Uuid(one.notice_id), Cell::Int(one.lease_no), one.unread_at_ms.into()]);
    let changed: Vec<Changed> = bulk::rows(tx, &over, rows).await?;
    let changed: Vec<Uuid> = changed.into_iter().map(|row| row.id).collect();
    follow_up::mark_sent(tx, &changed, Some("in_doubt"), now_ms).await?;
    let known: std::collections::HashSet<Uuid> = changed.into_iter().collect();
    let events = in_doubt.into_iter().filter(|one| known.contains(&one.notice_id));
    Ok(events.map(|one| Event::of_notice("in_doubt", one.notice_id, one.detail)).collect())
}
