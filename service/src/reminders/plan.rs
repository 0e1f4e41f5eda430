//! Planning: which stages of which bills are due, written as rows by statements over sets.
//!
//! One row per bill and stage, unique: planning 96 times a day or once after five days writes the same rows. Of the
//! stages of a bill that are due and unsent only the newest speaks; the older are `superseded`. A stage whose day lies
//! before the bill existed is not planned at all.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::calendar::day_number;
use domain::reminder::{Stage, instant_on};
use serde::Serialize;

use super::policy::{VersionedPolicy, current_in};
use super::{ReminderError, policy};
use crate::store::{StoreError, Values};
use crate::tenancy::{ProjectDb, ProjectTx};

const DAY_MS: i64 = 86_400_000;

/// What a planning run wrote. All zero when everything had been planned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct PlanReport {
    /// Reminders that will be sent.
    pub planned: u64,
    /// Stages that came too late: a newer one of the same bill speaks.
    pub superseded: u64,
    /// Stages that send nothing because the bill owes less than the stage's minimum.
    pub below_minimum: u64,
}

impl PlanReport {
    fn add(&mut self, other: Self) {
        self.planned += other.planned;
        self.superseded += other.superseded;
        self.below_minimum += other.below_minimum;
    }
}

/// Plans every stage that is due today or was missed lately. A stage is one transaction, so payments get their turn
/// between two of them.
///
/// # Errors
/// [`ReminderError::Store`].
pub async fn plan(db: &ProjectDb, now: DateTime<Utc>) -> Result<PlanReport, ReminderError> {
    let policy = policy::current(db, now).await?;
    let plan = Plan::new(&policy, db.info().zone, db.info().today(now), now);
    let mut report = PlanReport::default();
    for place in plan.newest_first() {
        report.add(db.transact("reminders.plan", async |tx| plan.stage(tx, place).await).await?);
    }
    Ok(report)
}

/// As [`plan`], inside one transaction: for previews.
pub(super) async fn plan_in(tx: &ProjectTx<'_>, now: DateTime<Utc>) -> Result<PlanReport, StoreError> {
    let policy = current_in(tx, now.timestamp_millis()).await?;
    let plan = Plan::new(&policy, tx.info().zone, tx.info().today(now), now);
    let mut report = PlanReport::default();
    for place in plan.newest_first() {
        report.add(plan.stage(tx, place).await?);
    }
    Ok(report)
}

struct Plan<'a> {
    policy: &'a VersionedPolicy,
    zone: Tz,
    today: NaiveDate,
    now_ms: i64,
}

/// Due days whose stage falls at the same distance from midnight UTC: all of the window unless the zone changed its
/// clocks in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Slice {
    first_due: i64,
    last_due: i64,
    /// From the stage day's midnight in UTC to the sending time.
    send_shift_ms: i64,
}

/// What becomes of the rows of one statement.
#[derive(Clone, Copy)]
enum Fate {
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

impl<'a> Plan<'a> {
    fn new(policy: &'a VersionedPolicy, zone: Tz, today: NaiveDate, now: DateTime<Utc>) -> Self {
        Self { policy, zone, today, now_ms: now.timestamp_millis() }
    }

    /// A claim between two stages then finds the newest stage planned, never an older one alone.
    fn newest_first(&self) -> impl Iterator<Item = usize> + use<> {
        (0..self.policy.policy.stages.len()).rev()
    }

    async fn stage(&self, tx: &ProjectTx<'_>, place: usize) -> Result<PlanReport, StoreError> {
        let mut report = PlanReport::default();
        let stages = &self.policy.policy.stages;
        let Some(stage) = stages.get(place) else { return Ok(report) };
        let later = stages.get(place + 1..).unwrap_or_default();
        let today = day_number(self.today);
        // A later stage with no higher minimum silences this one for every bill due by `silent_until`; later stages
        // before that one silence it only for the bills that owe their minimum.
        let silent_until = later
            .iter()
            .find(|other| other.minimum_fen <= stage.minimum_fen)
            .map_or(i64::MIN, |other| today - other.offset_days);
        let some_silenced = some_silenced(stage, later, today);
        for slice in self.slices(stage) {
            let old = Slice { last_due: slice.last_due.min(silent_until), ..slice };
            let new = Slice { first_due: slice.first_due.max(silent_until.saturating_add(1)), ..slice };
            report.superseded += self.insert(tx, stage, old, Fate::Superseded, "").await?;
            if let Some(condition) = &some_silenced {
                report.superseded +=
                    self.insert(tx, stage, new, Fate::Superseded, &format!(" AND ({condition})")).await?;
                report.planned +=
                    self.insert(tx, stage, new, Fate::Planned, &format!(" AND NOT ({condition})")).await?;
            } else {
                report.planned += self.insert(tx, stage, new, Fate::Planned, "").await?;
            }
            if stage.minimum_fen > 1 {
                report.below_minimum += self.insert(tx, stage, slice, Fate::BelowMinimum, "").await?;
            }
        }
        if report.planned > 0 {
            report.superseded += self.supersede_older(tx, stage).await?;
        }
        Ok(report)
    }

    async fn insert(
        &self,
        tx: &ProjectTx<'_>,
        stage: &Stage,
        slice: Slice,
        fate: Fate,
        condition: &str,
    ) -> Result<u64, StoreError> {
        if slice.first_due > slice.last_due {
            return Ok(0);
        }
        let owes = if matches!(fate, Fate::BelowMinimum) { "<" } else { ">=" };
        // Only a changed policy can bring a stage of another name for a day that has spoken already.
        let once_a_day = if self.policy.version > 1 {
            " AND NOT EXISTS (SELECT 1 FROM reminder o WHERE o.bill_id = b.id AND o.policy_version <> $3 \
             AND o.stage <> $1 AND o.stage_day >= b.due_day + $2)"
        } else {
            ""
        };
        let sql = format!(
            "INSERT INTO reminder (bill_id, stage, stage_day, payer_party_id, policy_version, send_at_ms, state, reason, \
             planned_at_ms, state_at_ms) \
             SELECT b.id, CAST($1 AS TEXT), b.due_day + $2, b.payer_party_id, CAST($3 AS BIGINT), \
             (b.due_day + $2) * {DAY_MS} + $4, {}, CAST($5 AS BIGINT), CAST($5 AS BIGINT) \
             FROM bill b WHERE b.due_day BETWEEN $6 AND $7 AND b.settled_at_ms IS NULL AND b.voided_at_ms IS NULL \
             AND b.total_fen - b.paid_fen {owes} $8 \
             AND b.bill_day <= b.due_day + $2 AND b.created_at_ms < (b.due_day + $2 + 1) * {DAY_MS} + $9\
             {once_a_day}{condition} ON CONFLICT (bill_id, stage) DO NOTHING",
            fate.sql()
        );
        let midnight_shift_ms = slice.send_shift_ms - since_midnight_ms(stage);
        let values: Values = vec![
            stage.name.as_str().into(),
            stage.offset_days.into(),
            self.policy.version.into(),
            slice.send_shift_ms.into(),
            self.now_ms.into(),
            slice.first_due.into(),
            slice.last_due.into(),
            stage.minimum_fen.into(),
            midnight_shift_ms.into(),
        ];
        tx.execute(&sql, values).await
    }

    /// What an earlier run planned and nobody sent before this stage came up.
    async fn supersede_older(&self, tx: &ProjectTx<'_>, stage: &Stage) -> Result<u64, StoreError> {
        let midnight_ms = instant_on(self.today, chrono::NaiveTime::MIN, self.zone).timestamp_millis();
        // Rows that a payment or a claim holds are decided there.
        let lock = if tx.is_postgres() { " FOR UPDATE OF r SKIP LOCKED" } else { "" };
        let sql = format!(
            "UPDATE reminder SET state = 'superseded', reason = 'newer_stage', state_at_ms = $1 \
             WHERE state = 'planned' AND (bill_id, stage) IN (SELECT r.bill_id, r.stage FROM reminder r \
             WHERE r.state = 'planned' AND r.send_at_ms < $2 AND EXISTS (SELECT 1 FROM reminder n \
             WHERE n.bill_id = r.bill_id AND n.stage = $3 AND n.stage_day > r.stage_day AND n.stage_day <= $4 \
             AND n.state = 'planned'){lock})"
        );
        let values: Values =
            vec![self.now_ms.into(), midnight_ms.into(), stage.name.as_str().into(), day_number(self.today).into()];
        tx.execute(&sql, values).await
    }

    /// The window of due days, cut where the zone's distance to UTC changes.
    fn slices(&self, stage: &Stage) -> Vec<Slice> {
        let (first, last) = stage.due_window(self.today);
        let mut slices: Vec<Slice> = Vec::new();
        for due in first.iter_days().take_while(|due| *due <= last) {
            let day = stage.day_for(due);
            let shift_ms = instant_on(day, stage.time_of_day, self.zone).timestamp_millis() - day_number(day) * DAY_MS;
            let due = day_number(due);
            match slices.last_mut() {
                Some(slice) if slice.send_shift_ms == shift_ms => slice.last_due = due,
                _ => slices.push(Slice { first_due: due, last_due: due, send_shift_ms: shift_ms }),
            }
        }
        slices
    }
}

/// The condition under which a due later stage with a higher minimum takes this stage's place. Numbers of a checked
/// policy only.
fn some_silenced(stage: &Stage, later: &[Stage], today: i64) -> Option<String> {
    let conditions: Vec<String> = later
        .iter()
        .take_while(|other| other.minimum_fen > stage.minimum_fen)
        .map(|other| {
            let last_due = today - other.offset_days;
            format!("(b.due_day <= {last_due} AND b.total_fen - b.paid_fen >= {})", other.minimum_fen)
        })
        .collect();
    (!conditions.is_empty()).then(|| conditions.join(" OR "))
}

fn since_midnight_ms(stage: &Stage) -> i64 {
    stage.time_of_day.signed_duration_since(chrono::NaiveTime::MIN).max(TimeDelta::zero()).num_milliseconds()
}

#[cfg(test)]
mod tests {
    use domain::reminder::Policy;

    use super::*;

    #[test]
    fn a_window_across_a_clock_change_is_cut_in_two() {
        let policy = VersionedPolicy { version: 1, policy: Policy::default() };
        let today: NaiveDate = "2026-11-23".parse().unwrap();
        let now = DateTime::from_timestamp(1_795_399_200, 0).unwrap();
        let stage = policy.policy.stage("due_day").unwrap();
        let hours = |zone| -> Vec<i64> {
            Plan::new(&policy, zone, today, now).slices(stage).iter().map(|s| s.send_shift_ms / 3_600_000).collect()
        };
        assert_eq!(hours(chrono_tz::Asia::Shanghai), [2]);
        // New York left summer time on 2026-11-01.
        assert_eq!(hours(chrono_tz::America::New_York), [14, 15]);
    }
}
