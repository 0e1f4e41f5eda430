//! The SQL that claiming, resuming and recording share.

use std::collections::{HashMap, HashSet};

use domain::calendar::day_number;
use sea_orm::sea_query::Value;
use uuid::Uuid;

use crate::store::{StoreError, Values};
use crate::tenancy::ProjectTx;

/// Ids in one IN list.
pub(super) const IDS_PER_QUERY: usize = 5_000;
/// Rows in one UPDATE over a VALUES list.
const MARKS_PER_STATEMENT: usize = 1_000;

/// `$3, $4, $5` for `numbered(3, 3)`.
pub(super) fn numbered(first: usize, count: usize) -> String {
    (first..first + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

/// `($2, $3), ($4, $5)` for `tuples(2, 2, 2)`.
pub(super) fn tuples(first: usize, width: usize, rows: usize) -> String {
    (0..rows).map(|row| format!("({})", numbered(first + row * width, width))).collect::<Vec<_>>().join(", ")
}

pub(super) fn uuids(ids: &[Uuid]) -> Values {
    ids.iter().map(|id| (*id).into()).collect()
}

/// A bill as a reminder sees it.
#[derive(Debug, Clone, PartialEq, Eq, sea_orm::FromQueryResult)]
pub(super) struct BillRow {
    pub id: Uuid,
    pub house_id: Uuid,
    pub payer_party_id: Uuid,
    pub house_key: String,
    pub building: String,
    pub due_day: i64,
    pub owed_fen: i64,
    pub settled_at_ms: Option<i64>,
    pub voided_at_ms: Option<i64>,
}

/// The bills with these ids.
pub(super) async fn bills(tx: &ProjectTx<'_>, ids: &[Uuid]) -> Result<HashMap<Uuid, BillRow>, StoreError> {
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(IDS_PER_QUERY) {
        let sql = format!(
            "SELECT b.id, b.house_id, b.payer_party_id, h.house_key, h.building, b.due_day, \
             b.total_fen - b.paid_fen AS owed_fen, b.settled_at_ms, b.voided_at_ms \
             FROM bill b JOIN house h ON h.id = b.house_id WHERE b.id IN ({})",
            numbered(1, chunk.len())
        );
        let rows: Vec<BillRow> = tx.rows(&sql, uuids(chunk)).await?;
        found.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(found)
}

#[derive(sea_orm::FromQueryResult)]
struct PauseRow {
    level: String,
    subject: String,
}

/// What is paused today among these bills: answers the ids of the bills.
pub(super) async fn paused(
    tx: &ProjectTx<'_>,
    bills: &HashMap<Uuid, BillRow>,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<HashSet<Uuid>, StoreError> {
    let subjects = |bill: &BillRow| {
        [
            ("project", tx.info().id.to_string()),
            ("building", bill.building.clone()),
            ("house", bill.house_id.to_string()),
            ("payer", bill.payer_party_id.to_string()),
            ("bill", bill.id.to_string()),
        ]
    };
    let wanted: HashSet<String> = bills.values().flat_map(subjects).map(|(_, subject)| subject).collect();
    let wanted: Vec<String> = wanted.into_iter().collect();
    let mut pauses: HashSet<(String, String)> = HashSet::new();
    for chunk in wanted.chunks(IDS_PER_QUERY) {
        let sql = format!(
            "SELECT level, subject FROM reminder_pause WHERE ended_at_ms IS NULL \
             AND (until_day IS NULL OR until_day >= $1) AND subject IN ({})",
            numbered(2, chunk.len())
        );
        let mut values: Values = vec![day_number(tx.info().today(now)).into()];
        values.extend(chunk.iter().map(|subject| Value::from(subject.as_str())));
        let rows: Vec<PauseRow> = tx.rows(&sql, values).await?;
        pauses.extend(rows.into_iter().map(|row| (row.level, row.subject)));
    }
    if pauses.is_empty() {
        return Ok(HashSet::new());
    }
    let is_paused = |bill: &BillRow| {
        subjects(bill).into_iter().any(|(level, subject)| pauses.contains(&(level.to_owned(), subject)))
    };
    Ok(bills.values().filter(|bill| is_paused(bill)).map(|bill| bill.id).collect())
}

/// Where a reminder goes now.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub bill_id: Uuid,
    pub stage: String,
    pub state: &'static str,
    pub reason: Option<&'static str>,
    pub notice_id: Option<Uuid>,
    /// When a held one is looked at again.
    pub send_at_ms: Option<i64>,
}

/// Moves reminders to their new states.
pub(super) async fn mark_reminders(tx: &ProjectTx<'_>, marks: &[Mark], now_ms: i64) -> Result<(), StoreError> {
    for chunk in marks.chunks(MARKS_PER_STATEMENT) {
        let mut values: Values = Vec::with_capacity(chunk.len() * 6 + 1);
        for mark in chunk {
            values.extend([
                mark.bill_id.into(),
                Value::from(mark.stage.as_str()),
                mark.state.into(),
                mark.reason.into(),
                mark.notice_id.into(),
                mark.send_at_ms.into(),
            ]);
        }
        values.push(now_ms.into());
        let sql = format!(
            "WITH v (v_bill, v_stage, v_state, v_reason, v_notice, v_send_at_ms) AS (VALUES {}) \
             UPDATE reminder SET state = v_state, reason = v_reason, notice_id = v_notice, \
             send_at_ms = COALESCE(v_send_at_ms, send_at_ms), state_at_ms = ${} \
             FROM v WHERE bill_id = v_bill AND stage = v_stage",
            tuples(1, 6, chunk.len()),
            values.len()
        );
        tx.execute(&sql, values).await?;
    }
    Ok(())
}

/// A message about to be claimed.
#[derive(Debug)]
pub(super) struct NewNotice {
    pub id: Uuid,
    pub payer_party_id: Uuid,
    pub person_id: Option<Uuid>,
    pub stage: String,
    pub channel: &'static str,
    pub policy_version: i64,
    pub token: String,
    pub recipient_masked: String,
    pub text_sealed: Vec<u8>,
    pub amount_fen: i64,
    /// Written and never sent.
    pub is_dry_run: bool,
    /// Bill, its stage, what it owes.
    pub bills: Vec<(Uuid, String, i64)>,
}

/// Writes first notices of a ladder: claimed, lease 1, handed over at `now_ms`.
pub(super) async fn insert_notices(
    tx: &ProjectTx<'_>,
    notices: &[NewNotice],
    now_ms: i64,
    lease_until_ms: i64,
) -> Result<(), StoreError> {
    const COLUMNS: [&str; 19] = [
        "id",
        "payer_party_id",
        "person_id",
        "stage",
        "channel",
        "rung",
        "policy_version",
        "state",
        "reason",
        "token",
        "recipient_masked",
        "text_sealed",
        "amount_fen",
        "lease_no",
        "lease_until_ms",
        "attempts",
        "cost_fen",
        "created_at_ms",
        "sent_at_ms",
    ];
    let row = |notice: &NewNotice| -> Values {
        vec![
            notice.id.into(),
            notice.payer_party_id.into(),
            notice.person_id.into(),
            notice.stage.as_str().into(),
            notice.channel.into(),
            1_i64.into(),
            notice.policy_version.into(),
            if notice.is_dry_run { "suppressed" } else { "claimed" }.into(),
            notice.is_dry_run.then_some("dry_run").into(),
            notice.token.as_str().into(),
            notice.recipient_masked.as_str().into(),
            notice.text_sealed.clone().into(),
            notice.amount_fen.into(),
            1_i64.into(),
            (!notice.is_dry_run).then_some(lease_until_ms).into(),
            1_i64.into(),
            0_i64.into(),
            now_ms.into(),
            (!notice.is_dry_run).then_some(now_ms).into(),
        ]
    };
    tx.insert_many("notice", &COLUMNS, notices.iter().map(row).collect(), "").await?;
    let bills = notices.iter().flat_map(|notice| {
        notice.bills.iter().map(|(bill_id, stage, owed_fen)| -> Values {
            vec![notice.id.into(), (*bill_id).into(), stage.as_str().into(), (*owed_fen).into()]
        })
    });
    tx.insert_many("notice_bill", &["notice_id", "bill_id", "stage", "amount_fen"], bills.collect(), "").await?;
    Ok(())
}

/// Leaves only these bills on a notice, with what they owe today.
pub(super) async fn keep_notice_bills(
    tx: &ProjectTx<'_>,
    notice_id: Uuid,
    bills: &[&BillRow],
) -> Result<(), StoreError> {
    for bill in bills {
        tx.execute(
            "UPDATE notice_bill SET amount_fen = $1 WHERE notice_id = $2 AND bill_id = $3 AND amount_fen <> $1",
            vec![bill.owed_fen.into(), notice_id.into(), bill.id.into()],
        )
        .await?;
    }
    let sql = format!("DELETE FROM notice_bill WHERE notice_id = $1 AND bill_id NOT IN ({})", numbered(2, bills.len()));
    let mut values: Values = vec![notice_id.into()];
    values.extend(bills.iter().map(|bill| Value::from(bill.id)));
    tx.execute(&sql, values).await?;
    Ok(())
}

/// A notice in hand or sent, as the ladder sees it.
#[derive(Debug, Clone, sea_orm::FromQueryResult)]
pub(super) struct NoticeRow {
    pub id: Uuid,
    pub payer_party_id: Uuid,
    pub stage: String,
    pub channel: String,
    pub policy_version: i64,
    pub state: String,
    pub reason: Option<String>,
    pub token: String,
    pub recipient_masked: String,
    pub text_sealed: Vec<u8>,
    pub lease_no: i64,
    pub attempts: i64,
    pub created_at_ms: i64,
    /// When it was handed to the vendor: for a claimed notice the first attempt of which nothing certain is known.
    pub sent_at_ms: Option<i64>,
    pub delivered_at_ms: Option<i64>,
    pub paid_at_ms: Option<i64>,
}

/// The columns of a [`NoticeRow`].
pub(super) const NOTICE_COLUMNS: &str = "id, payer_party_id, stage, channel, policy_version, state, reason, \
     token, recipient_masked, text_sealed, lease_no, attempts, created_at_ms, sent_at_ms, delivered_at_ms, paid_at_ms";

impl NoticeRow {
    pub fn channel(&self) -> Result<domain::reminder::Channel, StoreError> {
        domain::reminder::Channel::parse(&self.channel)
            .ok_or_else(|| StoreError::bad_row("notice", format!("{} channel {}", self.id, self.channel)))
    }

    /// It waits for its turn and was certainly not sent; otherwise a claimed notice may have been.
    pub const fn is_waiting(&self) -> bool {
        self.reason.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_through() {
        assert_eq!(numbered(3, 2), "$3, $4");
        assert_eq!(tuples(2, 2, 2), "($2, $3), ($4, $5)");
    }
}
