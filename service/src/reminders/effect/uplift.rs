//! Reminded payers against those that the policy holds out.

use std::collections::BTreeSet;

use domain::reminder::Policy;
use uuid::Uuid;

use super::super::policy;
use super::Range;
use super::view::{Group, Uplift};
use crate::store::StoreError;
use crate::tenancy::ProjectTx;

/// Payers whose bills are read at a time.
const PAYERS_AT_ONCE: usize = 50_000;
/// Versions of a project's policy.
const VERSIONS_MAX: usize = 5_000;

#[derive(sea_orm::FromQueryResult)]
struct PayerRow {
    payer: Uuid,
    /// The smallest and the largest share that was held out when its reminders were planned, in thousandths.
    low_permille: i64,
    high_permille: i64,
    bills: i64,
    paid_bills: i64,
    total_fen: i64,
    paid_fen: i64,
}

#[derive(sea_orm::FromQueryResult)]
struct VersionRow {
    version: i64,
}

/// Compares bills due in the range for which the ladder had something planned. Being planned comes before anybody is
/// held out, so it favours neither side.
pub(super) async fn uplift(tx: &ProjectTx<'_>, range: &Range) -> Result<Uplift, StoreError> {
    let sql = format!("SELECT version FROM reminder_policy WHERE version > 0 ORDER BY version LIMIT {VERSIONS_MAX}");
    let versions: Vec<VersionRow> = tx.rows(&sql, vec![]).await?;
    let policies = policy::of_versions(tx, versions.iter().map(|row| row.version)).await?;
    let shares: BTreeSet<(i64, i64)> =
        policies.iter().map(|(version, policy)| (*version, policy.holdout_permille)).collect();
    let sql = statement(&shares);
    let (mut reminded, mut held_out, mut mixed_bills) = (Group::default(), Group::default(), 0);
    let mut after = Uuid::nil();
    loop {
        let last = bound(tx, after).await?;
        let until = last.unwrap_or_else(Uuid::max);
        let values = vec![range.from_day.into(), range.to_day.into(), after.into(), until.into()];
        for row in tx.rows::<PayerRow>(&sql, values).await? {
            match (holds_out(row.low_permille, row.payer), holds_out(row.high_permille, row.payer)) {
                (true, true) => add(&mut held_out, &row),
                (false, false) => add(&mut reminded, &row),
                _ => mixed_bills += row.bills,
            }
        }
        match last {
            Some(last) => after = last,
            None => break,
        }
    }
    Ok(Uplift::of(reminded, held_out, mixed_bills))
}

/// Where the next payers end; nothing when they are the last.
async fn bound(tx: &ProjectTx<'_>, after: Uuid) -> Result<Option<Uuid>, StoreError> {
    let sql = format!("SELECT id FROM party WHERE id > $1 ORDER BY id LIMIT 1 OFFSET {PAYERS_AT_ONCE}");
    tx.value(&sql, vec![after.into()]).await
}

fn holds_out(holdout_permille: i64, payer: Uuid) -> bool {
    Policy { holdout_permille, ..Policy::default() }.holds_out(payer)
}

fn add(group: &mut Group, row: &PayerRow) {
    group.bills += row.bills;
    group.paid_bills += row.paid_bills;
    group.total_fen += row.total_fen;
    group.paid_fen += row.paid_fen;
}

fn statement(shares: &BTreeSet<(i64, i64)>) -> String {
    let cases: Vec<String> =
        shares.iter().map(|(version, permille)| format!("WHEN {version} THEN {permille}")).collect();
    let permille =
        if cases.is_empty() { "0".to_owned() } else { format!("CASE r.policy_version {} ELSE 0 END", cases.join(" ")) };
    format!(
        "SELECT t.payer, t.low_permille, t.high_permille, COUNT(*) AS bills, \
         COUNT(CASE WHEN t.settled_at_ms IS NOT NULL THEN 1 END) AS paid_bills, \
         CAST(SUM(t.total_fen) AS BIGINT) AS total_fen, CAST(SUM(t.paid_fen) AS BIGINT) AS paid_fen \
         FROM (SELECT b.id, b.payer_party_id AS payer, b.settled_at_ms, b.total_fen, b.paid_fen, \
         CAST(MIN({permille}) AS BIGINT) AS low_permille, CAST(MAX({permille}) AS BIGINT) AS high_permille \
         FROM bill b JOIN reminder r ON r.bill_id = b.id AND r.policy_version > 0 \
         WHERE b.due_day BETWEEN $1 AND $2 AND b.voided_at_ms IS NULL AND b.payer_party_id > $3 \
         AND b.payer_party_id <= $4 GROUP BY b.id, b.payer_party_id, b.settled_at_ms, b.total_fen, b.paid_fen) AS t \
         GROUP BY t.payer, t.low_permille, t.high_permille"
    )
}
