//! The SQL that claiming, resuming and recording share.

use std::collections::{HashMap, HashSet};

use domain::calendar::day_number;
use uuid::Uuid;

use super::due::REMINDERS_PER_CLAIM;
use crate::store::bulk::{self, Cell, Column, Kind, Over, Target, column};
use crate::store::{StoreError, Values};
use crate::tenancy::ProjectTx;

/// Ids in one IN list.
pub(super) const IDS_PER_QUERY: usize = 5_000;
/// Pauses in force that are read all at once; where there are more, only those of the bills at hand are looked for.
const PAUSES_AT_ONCE: usize = 500;

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
    let sql = format!(
        "SELECT b.id, b.house_id, b.payer_party_id, h.house_key, h.building, b.due_day, \
         b.total_fen - b.paid_fen AS owed_fen, b.settled_at_ms, b.voided_at_ms \
         FROM bill b JOIN house h ON h.id = b.house_id WHERE b.id {}",
        tx.among(1)
    );
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(IDS_PER_QUERY) {
        let rows: Vec<BillRow> = tx.rows(&sql, vec![tx.listed(chunk)]).await?;
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
    let today = day_number(tx.info().today(now));
    let mut pauses = open_pauses(tx, today).await?;
    if pauses.len() > PAUSES_AT_ONCE {
        let wanted: HashSet<(&'static str, String)> = bills.values().flat_map(subjects).collect();
        pauses = pauses_among(tx, &wanted, today).await?;
    }
    let pauses: HashSet<(String, String)> = pauses.into_iter().map(|row| (row.level, row.subject)).collect();
    if pauses.is_empty() {
        return Ok(HashSet::new());
    }
    let is_paused = |bill: &BillRow| {
        subjects(bill).into_iter().any(|(level, subject)| pauses.contains(&(level.to_owned(), subject)))
    };
    Ok(bills.values().filter(|bill| is_paused(bill)).map(|bill| bill.id).collect())
}

/// As [`paused`], of bills that need not be read while nothing at all is paused.
pub(super) async fn paused_of(
    tx: &ProjectTx<'_>,
    ids: impl Iterator<Item = Uuid>,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<HashSet<Uuid>, StoreError> {
    if open_pauses(tx, day_number(tx.info().today(now))).await?.is_empty() {
        return Ok(HashSet::new());
    }
    let ids: HashSet<Uuid> = ids.collect();
    let bills = bills(tx, &ids.into_iter().collect::<Vec<_>>()).await?;
    paused(tx, &bills, now).await
}

/// What a pause in force looks like; `$1` is today.
const IN_FORCE: &str = "p.ended_at_ms IS NULL AND (p.until_day IS NULL OR p.until_day >= $1)";

/// All pauses in force; one more than [`PAUSES_AT_ONCE`] when there are too many to read all.
async fn open_pauses(tx: &ProjectTx<'_>, today: i64) -> Result<Vec<PauseRow>, StoreError> {
    let limit = PAUSES_AT_ONCE + 1;
    let sql = format!("SELECT p.level, p.subject FROM reminder_pause p WHERE {IN_FORCE} LIMIT {limit}");
    tx.rows(&sql, vec![today.into()]).await
}

/// Those that concern these subjects.
async fn pauses_among(
    tx: &ProjectTx<'_>,
    wanted: &HashSet<(&'static str, String)>,
    today: i64,
) -> Result<Vec<PauseRow>, StoreError> {
    const COLUMNS: [Column; 2] = [column("v_level", Kind::Text), column("v_subject", Kind::Text)];
    let sql = format!(
        "SELECT DISTINCT p.level, p.subject FROM v JOIN reminder_pause p ON p.level = v_level AND p.subject = v_subject \
         WHERE {IN_FORCE}"
    );
    let over = Over { table: "reminder_pause", columns: &COLUMNS, values: vec![today.into()], sql: &sql };
    bulk::rows(tx, &over, wanted.iter().map(|(level, subject)| [Cell::Text(level), Cell::Text(subject)])).await
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
    // What keeps its hour keeps its place in the indexes by hour.
    let (moved, stayed): (Vec<&Mark>, Vec<&Mark>) = marks.iter().partition(|mark| mark.send_at_ms.is_some());
    mark(tx, &stayed, "", now_ms).await?;
    mark(tx, &moved, "send_at_ms = v_send_at_ms, ", now_ms).await
}

async fn mark(tx: &ProjectTx<'_>, marks: &[&Mark], hour: &str, now_ms: i64) -> Result<(), StoreError> {
    const COLUMNS: [Column; 6] = [
        column("v_bill", Kind::Uuid),
        column("v_stage", Kind::Text),
        column("v_state", Kind::Text),
        column("v_reason", Kind::Text),
        column("v_notice", Kind::Uuid),
        column("v_send_at_ms", Kind::Int),
    ];
    let sql = format!(
        "UPDATE reminder SET state = v_state, reason = v_reason, notice_id = v_notice, {hour}state_at_ms = $1 \
         FROM v WHERE bill_id = v_bill AND stage = v_stage"
    );
    let over = Over { table: "reminder", columns: &COLUMNS, values: vec![now_ms.into()], sql: &sql };
    let rows = marks.iter().map(|mark| {
        [
            Cell::Uuid(mark.bill_id),
            Cell::Text(&mark.stage),
            Cell::Text(mark.state),
            mark.reason.into(),
            mark.notice_id.into(),
            mark.send_at_ms.into(),
        ]
    });
    bulk::execute(tx, &over, rows).await?;
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
    const COLUMNS: [Column; 10] = [
        column("id", Kind::Uuid),
        column("payer_party_id", Kind::Uuid),
        column("person_id", Kind::Uuid),
        column("stage", Kind::Text),
        column("channel", Kind::Text),
        column("policy_version", Kind::Int),
        column("token", Kind::Text),
        column("recipient_masked", Kind::Text),
        column("text_sealed", Kind::Bytes),
        column("amount_fen", Kind::Int),
    ];
    let (tried, sent): (Vec<&NewNotice>, Vec<&NewNotice>) = notices.iter().partition(|notice| notice.is_dry_run);
    let (sent_at_ms, lease_until_ms) = (Some(now_ms), Some(lease_until_ms));
    for (notices, state, reason, sent_at_ms, lease_until_ms) in
        [(sent, "claimed", None, sent_at_ms, lease_until_ms), (tried, "suppressed", Some("dry_run"), None, None)]
    {
        let shared = vec![
            (column("state", Kind::Text), state.into()),
            (column("reason", Kind::Text), reason.into()),
            (column("rung", Kind::Int), 1_i64.into()),
            (column("lease_no", Kind::Int), 1_i64.into()),
            (column("attempts", Kind::Int), 1_i64.into()),
            (column("cost_fen", Kind::Int), 0_i64.into()),
            (column("created_at_ms", Kind::Int), now_ms.into()),
            (column("sent_at_ms", Kind::Int), sent_at_ms.into()),
            (column("lease_until_ms", Kind::Int), lease_until_ms.into()),
        ];
        let into = Target { table: "notice", columns: &COLUMNS, shared, tail: "" };
        let rows = notices.iter().map(|notice| {
            [
                Cell::Uuid(notice.id),
                Cell::Uuid(notice.payer_party_id),
                notice.person_id.into(),
                Cell::Text(&notice.stage),
                Cell::Text(notice.channel),
                Cell::Int(notice.policy_version),
                Cell::Text(&notice.token),
                Cell::Text(&notice.recipient_masked),
                Cell::Bytes(&notice.text_sealed),
                Cell::Int(notice.amount_fen),
            ]
        });
        bulk::insert(tx, &into, rows).await?;
    }
    insert_notice_bills(tx, notices).await
}

async fn insert_notice_bills(tx: &ProjectTx<'_>, notices: &[NewNotice]) -> Result<(), StoreError> {
    const COLUMNS: [Column; 4] = [
        column("notice_id", Kind::Uuid),
        column("bill_id", Kind::Uuid),
        column("stage", Kind::Text),
        column("amount_fen", Kind::Int),
    ];
    let into = Target { table: "notice_bill", columns: &COLUMNS, shared: vec![], tail: "" };
    let rows = notices.iter().flat_map(|notice| {
        notice.bills.iter().map(|(bill_id, stage, owed_fen)| {
            [Cell::Uuid(notice.id), Cell::Uuid(*bill_id), Cell::Text(stage), Cell::Int(*owed_fen)]
        })
    });
    bulk::insert(tx, &into, rows).await?;
    Ok(())
}

/// How many of these notices, the first of them at least, together have no more bills than one transaction takes.
pub(super) async fn within_bounds(tx: &ProjectTx<'_>, ids: &[Uuid]) -> Result<usize, StoreError> {
    #[derive(sea_orm::FromQueryResult)]
    struct CountRow {
        notice_id: Uuid,
        bills: i64,
    }
    if ids.len() <= 1 {
        return Ok(ids.len());
    }
    let sql = format!(
        "SELECT notice_id, COUNT(*) AS bills FROM notice_bill WHERE notice_id {} GROUP BY notice_id",
        tx.among(1)
    );
    let rows: Vec<CountRow> = tx.rows(&sql, vec![tx.listed(ids)]).await?;
    let bills: HashMap<Uuid, i64> = rows.into_iter().map(|row| (row.notice_id, row.bills)).collect();
    let mut left = i64::try_from(REMINDERS_PER_CLAIM).unwrap_or(i64::MAX);
    let fits = ids.iter().take_while(|id| {
        left = left.saturating_sub(bills.get(id).copied().unwrap_or(0));
        left >= 0
    });
    Ok(fits.count().max(1))
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
