//! How the bills of messages stand now: what may still be said, and why the rest may not.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::reminder::{Policy, SilenceReason, Stage};
use uuid::Uuid;

use super::rows::{self, BillRow, IDS_PER_QUERY, NoticeRow};
use super::{digest, policy};
use crate::store::StoreError;
use crate::tenancy::ProjectTx;

/// One bill of a message.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub bill: BillRow,
    /// The stage the message speaks for on this bill.
    pub stage: String,
    /// Nothing more may be said of it, and why.
    pub silence: Option<SilenceReason>,
    /// The other message that said it through the same channel.
    pub said: Option<Said>,
}

/// Another message over the same bill and stage, through the same channel.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub notice_id: Uuid,
    state: String,
    reason: Option<String>,
}

impl Standing {
    /// Where the reminder ends that this message no longer speaks for: its state, and the reason if it needs one. What
    /// another message says shares that one's fate.
    pub fn end(&self) -> (&'static str, Option<&str>) {
        let reason = self.silence.unwrap_or(SilenceReason::Paid);
        match (reason, &self.said) {
            (SilenceReason::NewerStage, _) => ("superseded", Some(reason.as_str())),
            (SilenceReason::AlreadySaid, Some(said)) => match said.state.as_str() {
                "failed" => ("failed", said.reason.as_deref().or(Some(reason.as_str()))),
                "in_doubt" => ("sent", Some("in_doubt")),
                "claimed" => ("claimed", None),
                _ => ("sent", None),
            },
            _ => ("suppressed", Some(reason.as_str())),
        }
    }
}

/// What a batch of messages is about.
#[derive(Debug, Default)]
pub(super) struct Standings {
    by_notice: HashMap<Uuid, Vec<Standing>>,
    policies: HashMap<i64, Policy>,
}

#[derive(sea_orm::FromQueryResult)]
struct NoticeBillRow {
    notice_id: Uuid,
    bill_id: Uuid,
    stage: String,
}

#[derive(sea_orm::FromQueryResult)]
struct StageRow {
    bill_id: Uuid,
    stage: String,
    stage_day: i64,
    state: String,
    send_at_ms: i64,
}

impl Standings {
    /// The bills of a message.
    pub fn of(&self, notice: &NoticeRow) -> &[Standing] {
        self.by_notice.get(&notice.id).map_or(&[], Vec::as_slice)
    }

    /// The policy a message was made under.
    pub fn policy(&self, notice: &NoticeRow) -> Result<&Policy, StoreError> {
        self.policies
            .get(&notice.policy_version)
            .ok_or_else(|| StoreError::bad_row("notice", format!("{} policy {}", notice.id, notice.policy_version)))
    }

    /// The stage a message speaks for.
    pub fn stage(&self, notice: &NoticeRow) -> Result<&Stage, StoreError> {
        self.policy(notice)?
            .stage(&notice.stage)
            .ok_or_else(|| StoreError::bad_row("notice", format!("{} stage {}", notice.id, notice.stage)))
    }
}

/// Looks at the bills of these messages: paid, voided, paused, below the minimum, or spoken of by a newer stage.
pub(super) async fn look(
    tx: &ProjectTx<'_>,
    notices: &[NoticeRow],
    now: DateTime<Utc>,
) -> Result<Standings, StoreError> {
    let ids: Vec<Uuid> = notices.iter().map(|notice| notice.id).collect();
    let mut pairs: Vec<NoticeBillRow> = Vec::new();
    let sql = format!(
        "SELECT notice_id, bill_id, stage FROM notice_bill WHERE notice_id {} ORDER BY notice_id, bill_id",
        tx.among(1)
    );
    for chunk in ids.chunks(IDS_PER_QUERY) {
        pairs.extend(tx.rows::<NoticeBillRow>(&sql, vec![tx.listed(chunk)]).await?);
    }
    let bill_ids: Vec<Uuid> = pairs.iter().map(|pair| pair.bill_id).collect::<HashSet<_>>().into_iter().collect();
    let bills = rows::bills(tx, &bill_ids).await?;
    let paused = rows::paused(tx, &bills, now).await?;
    let stages = stages(tx, &bill_ids).await?;
    let policies = policy::of_versions(tx, notices.iter().map(|notice| notice.policy_version)).await?;
    let said = said(tx, &bill_ids).await?;
    let channels: HashMap<Uuid, &str> = notices.iter().map(|notice| (notice.id, notice.channel.as_str())).collect();
    let versions: HashMap<Uuid, i64> = notices.iter().map(|notice| (notice.id, notice.policy_version)).collect();

    let mut standings = Standings { by_notice: HashMap::new(), policies };
    for pair in pairs {
        let bill = bills.get(&pair.bill_id).ok_or_else(|| StoreError::bad_row("notice_bill", pair.bill_id))?;
        let minimum_fen = versions
            .get(&pair.notice_id)
            .and_then(|version| standings.policies.get(version))
            .and_then(|policy| policy.stage(&pair.stage))
            .map_or(0, |stage| stage.minimum_fen);
        let newer = is_overtaken(stages.get(&pair.bill_id), &pair.stage, now).then_some(SilenceReason::NewerStage);
        let other = said.get(&pair.bill_id).into_iter().flatten().find(|one| {
            one.stage == pair.stage
                && one.notice_id != pair.notice_id
                && channels.get(&pair.notice_id) == Some(&one.channel.as_str())
        });
        let silence = digest::silence(bill, minimum_fen)
            .or(paused.contains(&bill.id).then_some(SilenceReason::Paused))
            .or(newer)
            .or(other.map(|_| SilenceReason::AlreadySaid));
        let said = other.filter(|_| silence == Some(SilenceReason::AlreadySaid)).map(|one| Said {
            notice_id: one.notice_id,
            state: one.state.clone(),
            reason: one.reason.clone(),
        });
        let standing = Standing { bill: bill.clone(), stage: pair.stage, silence, said };
        standings.by_notice.entry(pair.notice_id).or_default().push(standing);
    }
    Ok(standings)
}

#[derive(sea_orm::FromQueryResult)]
struct SaidRow {
    notice_id: Uuid,
    bill_id: Uuid,
    stage: String,
    channel: String,
    state: String,
    reason: Option<String>,
}

/// What has been said, or may have been, of these bills: a stage speaks once through each channel.
async fn said(tx: &ProjectTx<'_>, bill_ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<SaidRow>>, StoreError> {
    let sql = format!(
        "SELECT nb.notice_id, nb.bill_id, nb.stage, n.channel, n.state, n.reason FROM notice_bill nb JOIN notice n ON n.id = nb.notice_id \
         WHERE nb.bill_id {} AND (n.state IN ('sent', 'in_doubt') OR n.receipt_id IS NOT NULL \
         OR n.state = 'claimed' AND n.reason IS NULL)",
        tx.among(1)
    );
    let mut found: HashMap<Uuid, Vec<SaidRow>> = HashMap::new();
    for chunk in bill_ids.chunks(IDS_PER_QUERY) {
        for row in tx.rows::<SaidRow>(&sql, vec![tx.listed(chunk)]).await? {
            found.entry(row.bill_id).or_default().push(row);
        }
    }
    Ok(found)
}

async fn stages(tx: &ProjectTx<'_>, bill_ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<StageRow>>, StoreError> {
    let sql =
        format!("SELECT bill_id, stage, stage_day, state, send_at_ms FROM reminder WHERE bill_id {}", tx.among(1));
    let mut found: HashMap<Uuid, Vec<StageRow>> = HashMap::new();
    for chunk in bill_ids.chunks(IDS_PER_QUERY) {
        for row in tx.rows::<StageRow>(&sql, vec![tx.listed(chunk)]).await? {
            found.entry(row.bill_id).or_default().push(row);
        }
    }
    Ok(found)
}

/// A newer stage of the bill has spoken, is speaking, or is due.
fn is_overtaken(stages: Option<&Vec<StageRow>>, own: &str, now: DateTime<Utc>) -> bool {
    let Some(stages) = stages else { return false };
    let Some(own_day) = stages.iter().find(|row| row.stage == own).map(|row| row.stage_day) else { return false };
    stages.iter().any(|row| {
        let speaks = match row.state.as_str() {
            "claimed" | "held" | "sent" => true,
            "planned" => row.send_at_ms <= now.timestamp_millis(),
            _ => false,
        };
        row.stage_day > own_day && speaks
    })
}
