//! The statements of planning. Parameters: 1 stage, 2 its offset, 3 policy version, 4 its time of day in ms, 5 now,
//! 6 and 7 the first and last anchor day, 8 its minimum, 9 from a day's midnight in UTC to its midnight in the zone,
//! 10 … its fee items.

use domain::reminder::{Anchor, Stage};

use super::rows::numbered;
use crate::tenancy::ProjectTx;

pub(super) const DAY_MS: i64 = 86_400_000;
/// Parameters before the fee items.
const PARAMETERS: usize = 9;

/// Anchor days whose stage days begin at the same distance from midnight UTC: all of the window unless the zone
/// changed its clocks in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slice {
    pub first: i64,
    pub last: i64,
    pub midnight_shift_ms: i64,
}

/// What becomes of the rows of one statement.
#[derive(Clone, Copy)]
pub(super) enum Fate {
    Planned,
    Superseded,
    BelowMinimum,
}

impl Fate {
    const fn sql(self) -> &'static str {
        match self {
            Self::Planned => "'planned', NULL",
            Self::Superseded => "'superseded', 'newer_stage'",
            Self::BelowMinimum => "'suppressed', 'below_minimum'",
        }
    }
}

/// A stage of the ladder has come up for the bill since it was issued, or a campaign has told of it, or is telling, on
/// the day of the announcement or later. A campaign that is only planned or waits may still be called off: which of the
/// two speaks is decided at the claim.
pub(super) fn spoken_since() -> String {
    format!(
        "EXISTS (SELECT 1 FROM reminder o WHERE o.bill_id = b.id AND o.stage <> $1 AND (o.policy_version > 0 \
         OR (o.state IN ('claimed', 'sent') AND o.stage_day >= {ISSUED_DAY})))"
    )
}

/// The day on which the announcement of a bill of run `r` falls.
const ISSUED_DAY: &str = "((r.published_at_ms - $9) / 86400000 + $2)";

/// Writes the rows of one stage, slice and fate.
pub(super) fn insert(stage: &Stage, fate: Fate, version: i64, has_hours: bool, condition: &str) -> String {
    let (from, day, window) = match stage.anchor {
        Anchor::Issued => (
            "bill_run r JOIN bill b ON b.run_id = r.id",
            ISSUED_DAY.to_owned(),
            format!("r.published_at_ms >= $6 * {DAY_MS} + $9 AND r.published_at_ms < ($7 + 1) * {DAY_MS} + $9"),
        ),
        Anchor::Due | Anchor::Campaign => (
            "bill b",
            "(b.due_day + $2)".to_owned(),
            format!(
                "b.due_day BETWEEN $6 AND $7 AND b.bill_day <= b.due_day + $2 \
                 AND b.created_at_ms < (b.due_day + $2 + 1) * {DAY_MS} + $9"
            ),
        ),
    };
    let (hours, time) = if has_hours {
        (" LEFT JOIN payer_hour ph ON ph.payer_party_id = b.payer_party_id", "COALESCE(ph.minute_of_day * 60000, $4)")
    } else {
        ("", "$4")
    };
    let owes = if matches!(fate, Fate::BelowMinimum) { "<" } else { ">=" };
    // Only a changed policy can bring a stage of another name for a day that has spoken already.
    let once_a_day = if version > 1 {
        format!(
            " AND NOT EXISTS (SELECT 1 FROM reminder o WHERE o.bill_id = b.id AND o.policy_version <> $3 \
             AND o.policy_version > 0 AND o.stage <> $1 AND o.stage_day >= {day})"
        )
    } else {
        String::new()
    };
    let fees = if stage.fee_items.is_empty() {
        String::new()
    } else {
        format!(" AND b.fee_item_id IN ({})", numbered(PARAMETERS + 1, stage.fee_items.len()))
    };
    format!(
        "INSERT INTO reminder (bill_id, stage, stage_day, payer_party_id, policy_version, send_at_ms, state, reason, \
         planned_at_ms, state_at_ms) \
         SELECT b.id, CAST($1 AS TEXT), {day}, b.payer_party_id, CAST($3 AS BIGINT), \
         {day} * {DAY_MS} + $9 + {time}, {}, CAST($5 AS BIGINT), CAST($5 AS BIGINT) \
         FROM {from}{hours} WHERE {window} AND b.settled_at_ms IS NULL AND b.voided_at_ms IS NULL \
         AND b.total_fen - b.paid_fen {owes} $8{fees}{once_a_day}{condition} \
         ON CONFLICT (bill_id, stage) DO NOTHING",
        fate.sql()
    )
}

/// Ends older stages of bills for which stage $2 is planned for a day up to $3. Rows that a payment or a claim holds
/// are decided there. With a limit, so many at most.
pub(super) fn supersede(tx: &ProjectTx<'_>, state: &str, condition: &str, limit: Option<usize>) -> String {
    let limit = limit.map_or_else(String::new, |limit| format!(" LIMIT {limit}"));
    let lock = if tx.is_postgres() { " FOR UPDATE OF r SKIP LOCKED" } else { "" };
    format!(
        "UPDATE reminder SET state = 'superseded', reason = 'newer_stage', state_at_ms = $1 \
         WHERE state = '{state}' AND (bill_id, stage) IN (SELECT r.bill_id, r.stage FROM reminder r \
         WHERE r.state = '{state}'{condition} AND EXISTS (SELECT 1 FROM reminder n \
         WHERE n.bill_id = r.bill_id AND n.stage = $2 AND n.stage_day > r.stage_day AND n.stage_day <= $3 \
         AND n.state = 'planned'){limit}{lock})"
    )
}

/// The condition under which a due later stage with a higher minimum takes this stage's place. Numbers of a checked
/// policy only. A later stage that speaks of some fees only is left to [`supersede`] and to the claim.
pub(super) fn some_silenced(stage: &Stage, later: &[Stage], today: i64) -> Option<String> {
    let conditions: Vec<String> = later
        .iter()
        .filter(|other| other.fee_items.is_empty())
        .take_while(|other| other.minimum_fen > stage.minimum_fen)
        .map(|other| {
            let last_due = today - other.offset_days;
            format!("(b.due_day <= {last_due} AND b.total_fen - b.paid_fen >= {})", other.minimum_fen)
        })
        .collect();
    (!conditions.is_empty()).then(|| conditions.join(" OR "))
}
