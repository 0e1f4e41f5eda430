//! What becomes of messages whose time has come, written for all of a batch together.

use chrono::{DateTime, Utc};
use domain::reminder::{Channel, SilenceReason};
use uuid::Uuid;

use super::claim::LEASE;
use super::decided::Decided;
use super::events::{self, Event};
use super::grants::Way;
use super::rows::{BillRow, NoticeRow};
use super::standing::Standing;
use crate::store::StoreError;
use crate::store::bulk::{self, Cell, Column, Kind, Over, column};
use crate::tenancy::ProjectTx;

/// Decisions of one batch.
#[derive(Debug, Default)]
pub(super) struct Resumed {
    pub decided: Decided,
    closed: Vec<Closed>,
    kept: Vec<(Uuid, Uuid, i64)>,
    again: Vec<Again>,
    same: Vec<Uuid>,
    channels: Vec<(Uuid, Channel)>,
    suppressed: Vec<(Uuid, &'static str)>,
}

/// A bill that a message no longer speaks of.
#[derive(Debug)]
struct Closed {
    notice_id: Uuid,
    bill_id: Uuid,
    stage: String,
    state: &'static str,
    reason: Option<String>,
    /// The other message that said it.
    said_by: Option<Uuid>,
    why: &'static str,
}

/// A message that goes out as its bills stand today.
#[derive(Debug)]
struct Again {
    notice_id: Uuid,
    person_id: Option<Uuid>,
    recipient_masked: String,
    text_sealed: Vec<u8>,
    amount_fen: i64,
}

impl Resumed {
    /// The message no longer speaks for these. Their reminders end, if they still hang on it.
    pub fn silence(&mut self, notice: &NoticeRow, closed: &[&Standing]) {
        for standing in closed {
            let (state, reason) = standing.end();
            self.closed.push(Closed {
                notice_id: notice.id,
                bill_id: standing.bill.id,
                stage: standing.stage.clone(),
                state,
                reason: reason.map(str::to_owned),
                said_by: standing.said.as_ref().map(|said| said.notice_id),
                why: standing.silence.unwrap_or(SilenceReason::Paid).as_str(),
            });
        }
    }

    /// There is nothing left to say.
    pub fn suppress(&mut self, notice: &NoticeRow, reason: &'static str) {
        self.suppressed.push((notice.id, reason));
        self.decided.events.push(Event::of_notice("suppressed", notice.id, reason));
    }

    /// Nobody can be reached by the channel it waits for, and nothing was sent: it takes another one at once.
    pub fn change_channel(&mut self, notice: &NoticeRow, channel: Channel) {
        self.channels.push((notice.id, channel));
        self.decided.events.push(Event::of_notice("next_channel", notice.id, channel.as_str()));
    }

    /// It goes out over these bills, with what they owe today. Those it was silenced about leave it.
    pub fn send(&mut self, notice: &NoticeRow, way: &Way, bills: &[&BillRow], (text, amount_fen): (Vec<u8>, i64)) {
        self.kept.extend(bills.iter().map(|bill| (notice.id, bill.id, bill.owed_fen)));
        self.again.push(Again {
            notice_id: notice.id,
            person_id: way.person_id,
            recipient_masked: way.recipient.masked(),
            text_sealed: text,
            amount_fen,
        });
        self.decided.events.push(Event::of_notice("claimed", notice.id, way.channel.as_str()));
    }

    /// The same goes out again under the same id.
    pub fn resend(&mut self, notice: &NoticeRow, channel: Channel) {
        self.same.push(notice.id);
        self.decided.events.push(Event::of_notice("resent", notice.id, channel.as_str()));
    }

    /// Writes all of it, each kind in one statement.
    pub async fn write(self, tx: &ProjectTx<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
        let now_ms = now.timestamp_millis();
        let lease_until_ms = (now + LEASE).timestamp_millis();
        write_closed(tx, &self.closed, now_ms).await?;
        write_kept(tx, &self.kept, &self.closed, &self.again).await?;
        write_again(tx, &self.again, now_ms, lease_until_ms).await?;
        if !self.same.is_empty() {
            let sql = format!(
                "UPDATE notice SET lease_no = lease_no + 1, attempts = attempts + 1, lease_until_ms = $1 WHERE id {}",
                tx.among(2)
            );
            tx.execute(&sql, vec![lease_until_ms.into(), tx.listed(&self.same)]).await?;
        }
        const CHANNELS: [Column; 2] = [column("v_id", Kind::Uuid), column("v_channel", Kind::Text)];
        let sql =
            "UPDATE notice SET channel = v_channel, reason = 'queued', lease_until_ms = $1 FROM v WHERE id = v_id";
        let over = Over { table: "notice", columns: &CHANNELS, values: vec![now_ms.into()], sql };
        let rows = self.channels.iter().map(|(id, channel)| [Cell::Uuid(*id), Cell::Text(channel.as_str())]);
        bulk::execute(tx, &over, rows).await?;
        const SUPPRESSED: [Column; 2] = [column("v_id", Kind::Uuid), column("v_reason", Kind::Text)];
        let sql =
            "UPDATE notice SET state = 'suppressed', reason = v_reason, lease_until_ms = NULL FROM v WHERE id = v_id";
        let over = Over { table: "notice", columns: &SUPPRESSED, values: vec![], sql };
        bulk::execute(tx, &over, self.suppressed.iter().map(|(id, reason)| [Cell::Uuid(*id), Cell::Text(reason)]))
            .await?;
        self.decided.write(tx, now_ms).await
    }
}

async fn write_closed(tx: &ProjectTx<'_>, closed: &[Closed], now_ms: i64) -> Result<(), StoreError> {
    #[derive(sea_orm::FromQueryResult)]
    struct Changed {
        bill_id: Uuid,
        stage: String,
    }
    const COLUMNS: [Column; 6] = [
        column("v_notice", Kind::Uuid),
        column("v_bill", Kind::Uuid),
        column("v_stage", Kind::Text),
        column("v_state", Kind::Text),
        column("v_reason", Kind::Text),
        column("v_said_by", Kind::Uuid),
    ];
    let sql = "UPDATE reminder SET state = v_state, reason = v_reason, notice_id = v_said_by, state_at_ms = $1 FROM v \
         WHERE bill_id = v_bill AND stage = v_stage AND notice_id = v_notice AND state IN ('claimed', 'held') \
         RETURNING bill_id, stage";
    let over = Over { table: "reminder", columns: &COLUMNS, values: vec![now_ms.into()], sql };
    let rows = closed.iter().map(|one| {
        [
            Cell::Uuid(one.notice_id),
            Cell::Uuid(one.bill_id),
            Cell::Text(&one.stage),
            Cell::Text(one.state),
            one.reason.as_deref().into(),
            one.said_by.into(),
        ]
    });
    let changed: Vec<Changed> = bulk::rows(tx, &over, rows).await?;
    let mut changed: std::collections::HashSet<(Uuid, String)> =
        changed.into_iter().map(|row| (row.bill_id, row.stage)).collect();
    let ended = closed.iter().filter(|one| changed.remove(&(one.bill_id, one.stage.clone())));
    let events: Vec<Event> = ended
        .map(|one| Event::of_bill(one.state, one.bill_id, &one.stage, one.reason.as_deref().unwrap_or(one.why)))
        .collect();
    events::append(tx, &events, now_ms).await
}

/// Leaves on the messages that go out only the bills they speak of, with what these owe today.
async fn write_kept(
    tx: &ProjectTx<'_>,
    kept: &[(Uuid, Uuid, i64)],
    closed: &[Closed],
    again: &[Again],
) -> Result<(), StoreError> {
    const AMOUNTS: [Column; 3] =
        [column("v_notice", Kind::Uuid), column("v_bill", Kind::Uuid), column("v_owed_fen", Kind::Int)];
    let sql = "UPDATE notice_bill SET amount_fen = v_owed_fen FROM v \
         WHERE notice_id = v_notice AND bill_id = v_bill AND amount_fen <> v_owed_fen";
    let over = Over { table: "notice_bill", columns: &AMOUNTS, values: vec![], sql };
    let rows = kept.iter().map(|(notice, bill, owed)| [Cell::Uuid(*notice), Cell::Uuid(*bill), Cell::Int(*owed)]);
    bulk::execute(tx, &over, rows).await?;
    let going: std::collections::HashSet<Uuid> = again.iter().map(|one| one.notice_id).collect();
    const GONE: [Column; 2] = [column("v_notice", Kind::Uuid), column("v_bill", Kind::Uuid)];
    let sql = "DELETE FROM notice_bill WHERE (notice_id, bill_id) IN (SELECT v_notice, v_bill FROM v)";
    let over = Over { table: "notice_bill", columns: &GONE, values: vec![], sql };
    let gone = closed.iter().filter(|one| going.contains(&one.notice_id));
    bulk::execute(tx, &over, gone.map(|one| [Cell::Uuid(one.notice_id), Cell::Uuid(one.bill_id)])).await?;
    Ok(())
}

async fn write_again(tx: &ProjectTx<'_>, again: &[Again], now_ms: i64, lease_until_ms: i64) -> Result<(), StoreError> {
    const COLUMNS: [Column; 5] = [
        column("v_id", Kind::Uuid),
        column("v_person", Kind::Uuid),
        column("v_recipient", Kind::Text),
        column("v_text", Kind::Bytes),
        column("v_amount_fen", Kind::Int),
    ];
    if again.is_empty() {
        return Ok(());
    }
    let sql = "UPDATE notice SET reason = NULL, lease_no = lease_no + 1, attempts = attempts + 1, lease_until_ms = $1, \
         sent_at_ms = $2, person_id = v_person, recipient_masked = v_recipient, text_sealed = v_text, \
         amount_fen = v_amount_fen FROM v WHERE id = v_id";
    let values = vec![lease_until_ms.into(), now_ms.into()];
    let over = Over { table: "notice", columns: &COLUMNS, values, sql };
    let rows = again.iter().map(|one| {
        [
            Cell::Uuid(one.notice_id),
            one.person_id.into(),
            Cell::Text(&one.recipient_masked),
            Cell::Bytes(&one.text_sealed),
            Cell::Int(one.amount_fen),
        ]
    });
    bulk::execute(tx, &over, rows).await?;
    let ids: Vec<Uuid> = again.iter().map(|one| one.notice_id).collect();
    let sql = format!(
        "UPDATE reminder SET state = 'claimed', reason = NULL, state_at_ms = $1 WHERE notice_id {} AND state = 'held'",
        tx.among(2)
    );
    tx.execute(&sql, vec![now_ms.into(), tx.listed(&ids)]).await?;
    Ok(())
}
