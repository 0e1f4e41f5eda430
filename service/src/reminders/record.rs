//! What became of a message, written under the lease it was sent with: a stale worker changes zero rows.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::reminder::{Policy, Stage};
use serde::Serialize;
use uuid::Uuid;

use super::claim::Claimed;
use super::decided::Decided;
use super::deliver::{Outcome, account_of};
use super::events::{self, Event};
use super::follow_up::Followed;
use super::rows::{NOTICE_COLUMNS, NoticeRow};
use super::verdict::{Verdict, verdict};
use super::{ReminderError, follow_up, measured, policy, record_control, stood_in};
use crate::store::StoreError;
use crate::store::bulk::{self, Cell, Column, Kind, Over, column};
use crate::tenancy::{ControlDb, ProjectDb, ProjectTx};

/// What recording did, in notices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Recorded {
    /// Taken by the vendor.
    pub sent: u64,
    /// Not sent, to be tried again later.
    pub retried: u64,
    /// No answer; the same message will go out under the same id.
    pub unknown: u64,
    /// No answer and no way to ask again.
    pub in_doubt: u64,
    /// Refused; the next channel takes over.
    pub next_channel: u64,
    /// Refused for good.
    pub failed: u64,
    /// The lease had been lost: nothing was written.
    pub stale: u64,
}

impl Recorded {
    pub(super) fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.retried += other.retried;
        self.unknown += other.unknown;
        self.in_doubt += other.in_doubt;
        self.next_channel += other.next_channel;
        self.failed += other.failed;
        self.stale += other.stale;
    }
}

/// Records a batch: receipts and follow states in the control database first, so that a delivery report always finds
/// its notice, then the notices in one transaction.
pub(super) async fn record(
    db: &ProjectDb,
    control: &ControlDb,
    results: &[(Claimed, Outcome)],
    now: DateTime<Utc>,
) -> Result<Recorded, ReminderError> {
    if results.is_empty() {
        return Ok(Recorded::default());
    }
    record_control::write(db, control, results, now).await?;
    let costs = stood_in::book(control, &stood_in::of(db.info(), results)).await?;
    let priced = if costs.is_empty() { Vec::new() } else { stood_in::priced(results, &costs) };
    let results = if costs.is_empty() { results } else { &priced };
    results.iter().for_each(|(claimed, outcome)| measured::answered(claimed, outcome));
    db.transact("reminders.record", async |tx| {
        let policies = policy::of_versions(tx, results.iter().map(|(claimed, _)| claimed.policy_version)).await?;
        let mut sent = Vec::new();
        let mut others = Vec::new();
        for (claimed, outcome) in results {
            let policy = policies.get(&claimed.policy_version);
            let stage = policy.and_then(|p| p.stage(&claimed.stage));
            let (Some(policy), Some(stage)) = (policy, stage) else {
                return Err(StoreError::bad_row("notice", claimed.message.notice_id).into());
            };
            match verdict(claimed, outcome, stage, tx.info(), now) {
                Verdict::Sent { receipt_id, account } => {
                    sent.push(Sent { claimed, receipt_id, account, policy, stage })
                }
                verdict => others.push(Other { claimed, verdict, policy, stage }),
            }
        }
        let mut recorded = write_sent(tx, &sent, now).await?;
        recorded.add(write_others(tx, &others, now).await?);
        Ok(recorded)
    })
    .await
}

struct Sent<'a> {
    claimed: &'a Claimed,
    receipt_id: String,
    /// The account that stood in for the project's first.
    account: Option<String>,
    policy: &'a Policy,
    stage: &'a Stage,
}

async fn write_sent(tx: &ProjectTx<'_>, sent: &[Sent<'_>], now: DateTime<Utc>) -> Result<Recorded, ReminderError> {
    #[derive(sea_orm::FromQueryResult)]
    struct Changed {
        id: Uuid,
    }
    if sent.is_empty() {
        return Ok(Recorded::default());
    }
    const COLUMNS: [Column; 6] = [
        column("v_id", Kind::Uuid),
        column("v_lease_no", Kind::Int),
        column("v_account", Kind::Text),
        column("v_receipt_id", Kind::Text),
        column("v_escalate_at_ms", Kind::Int),
        column("v_cost_fen", Kind::Int),
    ];
    let now_ms = now.timestamp_millis();
    let accounts: Vec<Option<String>> =
        sent.iter().map(|one| one.account.clone().or_else(|| account_of(tx.info(), one.claimed.channel))).collect();
    let rows = sent.iter().zip(&accounts).map(|(one, account)| {
        let target = follow_up::escalation(tx.info(), one.stage, one.claimed.channel);
        [
            Cell::Uuid(one.claimed.message.notice_id),
            Cell::Int(one.claimed.lease_no),
            account.as_deref().into(),
            Cell::Text(&one.receipt_id),
            target.map(|_| one.policy.unread_at(one.stage, now).timestamp_millis()).into(),
            Cell::Int(one.claimed.cost_fen),
        ]
    });
    let over = Over {
        table: "notice",
        columns: &COLUMNS,
        values: vec![now_ms.into()],
        sql: "UPDATE notice SET state = 'sent', reason = NULL, account = v_account, receipt_id = v_receipt_id, \
              cost_fen = v_cost_fen, sent_at_ms = $1, lease_until_ms = NULL, escalate_at_ms = CASE WHEN paid_at_ms IS NULL \
              AND opened_at_ms IS NULL AND acknowledged_at_ms IS NULL THEN v_escalate_at_ms END \
              FROM v WHERE id = v_id AND lease_no = v_lease_no AND state = 'claimed' RETURNING id",
    };
    let changed: Vec<Changed> = bulk::rows(tx, &over, rows).await?;
    let changed: Vec<Uuid> = changed.into_iter().map(|row| row.id).collect();
    follow_up::mark_sent(tx, &changed, None, now_ms).await?;
    let known: HashSet<Uuid> = changed.iter().copied().collect();
    let events: Vec<Event> = sent
        .iter()
        .filter(|one| known.contains(&one.claimed.message.notice_id))
        .map(|one| Event::of_notice("sent", one.claimed.message.notice_id, one.receipt_id.as_str()))
        .collect();
    events::append(tx, &events, now_ms).await?;
    let (all, changed) = (u64::try_from(sent.len()).unwrap_or(0), u64::try_from(changed.len()).unwrap_or(0));
    Ok(Recorded { sent: changed, stale: all.saturating_sub(changed), ..Recorded::default() })
}

struct Other<'a> {
    claimed: &'a Claimed,
    verdict: Verdict,
    policy: &'a Policy,
    stage: &'a Stage,
}

async fn write_others(tx: &ProjectTx<'_>, others: &[Other<'_>], now: DateTime<Utc>) -> Result<Recorded, ReminderError> {
    let mut recorded = Recorded::default();
    if others.is_empty() {
        return Ok(recorded);
    }
    let ids: Vec<Uuid> = others.iter().map(|other| other.claimed.message.notice_id).collect();
    let sql = format!(
        "SELECT {NOTICE_COLUMNS} FROM notice WHERE state = 'claimed' AND id {} ORDER BY id{}",
        tx.among(1),
        tx.for_update()
    );
    let rows: Vec<NoticeRow> = tx.rows(&sql, vec![tx.listed(&ids)]).await?;
    let rows: HashMap<Uuid, NoticeRow> = rows.into_iter().map(|row| (row.id, row)).collect();
    let may_follow = others.iter().filter(|other| matches!(other.verdict, Verdict::Fail { may_go_on: true, .. }));
    let followed = follow_up::followed(tx, may_follow.map(|other| other.claimed.message.notice_id)).await?;
    let mut decided = Decided::default();
    for other in others {
        recorded.add(match rows.get(&other.claimed.message.notice_id) {
            Some(notice) if notice.lease_no == other.claimed.lease_no => {
                decide(tx, &mut decided, notice, other, &followed, now)?
            }
            _ => Recorded { stale: 1, ..Recorded::default() },
        });
    }
    decided.write(tx, now.timestamp_millis()).await?;
    Ok(recorded)
}

fn decide(
    tx: &ProjectTx<'_>,
    decided: &mut Decided,
    notice: &NoticeRow,
    other: &Other<'_>,
    followed: &Followed,
    now: DateTime<Utc>,
) -> Result<Recorded, ReminderError> {
    let Other { claimed, stage, .. } = other;
    let nothing = Recorded::default();
    match &other.verdict {
        Verdict::Sent { .. } => Ok(nothing),
        Verdict::RetryAt { at, reason, detail } => {
            decided.wait(notice.id, reason, *at, "claimed");
            decided.events.push(Event::of_notice("retry_later", notice.id, format!("{reason} {detail}")));
            if *reason == "daily_quota" {
                decided.alarm(tx, (notice.id, claimed.channel), reason, detail, now);
            }
            Ok(Recorded { retried: 1, ..nothing })
        }
        Verdict::ResendAt { at, detail } => {
            decided.put_off(notice.id, *at);
            decided.events.push(Event::of_notice("unknown", notice.id, detail.as_str()));
            Ok(Recorded { unknown: 1, ..nothing })
        }
        Verdict::InDoubt { detail } => {
            let target = follow_up::escalation(tx.info(), stage, claimed.channel);
            let unread_at = target.map(|_| other.policy.unread_at(stage, claimed.first_sent_at));
            decided.in_doubt(notice, unread_at, detail);
            Ok(Recorded { in_doubt: 1, ..nothing })
        }
        Verdict::Fail { reason, detail, may_go_on: true } => {
            let went_on = decided.fail(tx, (notice, stage), followed, reason, detail)?;
            Ok(if went_on { Recorded { next_channel: 1, ..nothing } } else { Recorded { failed: 1, ..nothing } })
        }
        // Staff are told once.
        Verdict::Fail { reason, detail, may_go_on: false } => {
            decided.give_up(notice.id, reason, detail);
            decided.alarm(tx, (notice.id, claimed.channel), reason, detail, now);
            Ok(Recorded { failed: 1, ..nothing })
        }
    }
}
