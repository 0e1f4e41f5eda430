//! Planning: which stages of which bills are due, written as rows by statements over sets.
//!
//! One row per bill and stage, unique: planning 96 times a day or once after five days writes the same rows. Of the
//! stages of a bill that are due and unsent only the newest speaks; the older are `superseded`. A stage whose day lies
//! before the bill existed is not planned at all.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::calendar::{day_number, day_of_number};
use domain::reminder::{Anchor, SilenceReason, Stage, instant_on};
use serde::Serialize;
use uuid::Uuid;

use super::events::{self, Event};
use super::plan_sql::{self, Fate, Slice};
use super::policy::{VersionedPolicy, current_in};
use super::{ReminderError, measured, policy};
use crate::store::{StoreError, Values};
use crate::tenancy::{ProjectDb, ProjectTx};

/// Days before the last planned one that are looked at again: a bill run that committed late, a clock that was set.
const LOOK_BACK_DAYS: i64 = 2;
/// Reminders that waited and are overtaken in one statement.
const WAITING_PER_STATEMENT: usize = 5_000;

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
    let known = db.read("reminders.plan_known", async |tx| Known::read(tx, &policy).await).await?;
    let mut report = PlanReport::default();
    for place in plan.newest_first() {
        report.add(db.transact("reminders.plan", async |tx| plan.stage(tx, &known, place).await).await?);
    }
    measured::planned(report.planned);
    Ok(report)
}

/// As [`plan`], inside one transaction: for previews.
pub(super) async fn plan_in(tx: &ProjectTx<'_>, now: DateTime<Utc>) -> Result<PlanReport, StoreError> {
    let policy = current_in(tx, now.timestamp_millis()).await?;
    let plan = Plan::new(&policy, tx.info().zone, tx.info().today(now), now);
    let known = Known::read(tx, &policy).await?;
    let mut report = PlanReport::default();
    for place in plan.newest_first() {
        report.add(plan.stage(tx, &known, place).await?);
    }
    Ok(report)
}

/// What planning has behind it under this policy, so that a night's work is the night's bills and not all bills.
struct Known {
    /// By stage: the last day whose bills were looked at.
    through: HashMap<String, i64>,
    /// Somebody's best hour is known.
    has_hours: bool,
}

#[derive(sea_orm::FromQueryResult)]
struct MarkRow {
    stage: String,
    through_day: i64,
}

impl Known {
    async fn read(tx: &ProjectTx<'_>, policy: &VersionedPolicy) -> Result<Self, StoreError> {
        let sql = "SELECT stage, through_day FROM reminder_plan_mark WHERE policy_version = $1";
        let marks: Vec<MarkRow> = tx.rows(sql, vec![policy.version.into()]).await?;
        let has_hours = policy.policy.uses_best_hour
            && tx.value::<i64>("SELECT minute_of_day FROM payer_hour LIMIT 1", vec![]).await?.is_some();
        Ok(Self { through: marks.into_iter().map(|row| (row.stage, row.through_day)).collect(), has_hours })
    }
}

#[derive(sea_orm::FromQueryResult)]
struct Superseded {
    bill_id: Uuid,
    stage: String,
}

struct Plan<'a> {
    policy: &'a VersionedPolicy,
    zone: Tz,
    today: NaiveDate,
    now_ms: i64,
}

impl<'a> Plan<'a> {
    fn new(policy: &'a VersionedPolicy, zone: Tz, today: NaiveDate, now: DateTime<Utc>) -> Self {
        Self { policy, zone, today, now_ms: now.timestamp_millis() }
    }

    /// A claim between two stages then finds the newest stage planned, never an older one alone.
    fn newest_first(&self) -> impl Iterator<Item = usize> + use<> {
        (0..self.policy.policy.stages.len()).rev()
    }

    async fn stage(&self, tx: &ProjectTx<'_>, known: &Known, place: usize) -> Result<PlanReport, StoreError> {
        let Some(stage) = self.policy.policy.stages.get(place) else { return Ok(PlanReport::default()) };
        let mut report = match stage.anchor {
            Anchor::Due => self.due_stage(tx, known, place, stage).await?,
            Anchor::Issued => self.issued_stage(tx, known, stage).await?,
            // Its rows are written when the campaign starts.
            Anchor::Campaign => return Ok(PlanReport::default()),
        };
        if report.planned > 0 {
            report.superseded += self.supersede_older(tx, stage).await?;
        }
        self.mark(tx, known, stage).await?;
        Ok(report)
    }

    async fn due_stage(
        &self,
        tx: &ProjectTx<'_>,
        known: &Known,
        place: usize,
        stage: &Stage,
    ) -> Result<PlanReport, StoreError> {
        let mut report = PlanReport::default();
        let later = self.policy.policy.stages.get(place + 1..).unwrap_or_default();
        let today = day_number(self.today);
        // A later stage with no higher minimum and no narrower choice of fees silences this one for every bill due by
        // `silent_until`; later stages before that one silence it only for the bills they speak of.
        let silent_until = later
            .iter()
            .find(|other| other.minimum_fen <= stage.minimum_fen && other.fee_items.is_empty())
            .map_or(i64::MIN, |other| today - other.offset_days);
        let some_silenced = plan_sql::some_silenced(stage, later, today);
        for slice in self.slices(stage, known) {
            let old = Slice { last: slice.last.min(silent_until), ..slice };
            let new = Slice { first: slice.first.max(silent_until.saturating_add(1)), ..slice };
            report.superseded += self.insert(tx, stage, known, old, Fate::Superseded, "").await?;
            if let Some(condition) = &some_silenced {
                let (yes, no) = (format!(" AND ({condition})"), format!(" AND NOT ({condition})"));
                report.superseded += self.insert(tx, stage, known, new, Fate::Superseded, &yes).await?;
                report.planned += self.insert(tx, stage, known, new, Fate::Planned, &no).await?;
            } else {
                report.planned += self.insert(tx, stage, known, new, Fate::Planned, "").await?;
            }
            if stage.minimum_fen > 1 {
                report.below_minimum += self.insert(tx, stage, known, slice, Fate::BelowMinimum, "").await?;
            }
        }
        Ok(report)
    }

    /// The bills of runs published lately. Where the due date has come so near that a later stage speaks, the
    /// announcement does not.
    async fn issued_stage(&self, tx: &ProjectTx<'_>, known: &Known, stage: &Stage) -> Result<PlanReport, StoreError> {
        let mut report = PlanReport::default();
        for slice in self.slices(stage, known) {
            let spoken = plan_sql::spoken_since();
            let (yes, no) = (format!(" AND {spoken}"), format!(" AND NOT {spoken}"));
            report.superseded += self.insert(tx, stage, known, slice, Fate::Superseded, &yes).await?;
            report.planned += self.insert(tx, stage, known, slice, Fate::Planned, &no).await?;
            if stage.minimum_fen > 1 {
                report.below_minimum += self.insert(tx, stage, known, slice, Fate::BelowMinimum, "").await?;
            }
        }
        Ok(report)
    }

    async fn insert(
        &self,
        tx: &ProjectTx<'_>,
        stage: &Stage,
        known: &Known,
        slice: Slice,
        fate: Fate,
        condition: &str,
    ) -> Result<u64, StoreError> {
        if slice.first > slice.last {
            return Ok(0);
        }
        let version = self.policy.version;
        let sql = plan_sql::insert(stage, fate, version, known.has_hours, condition);
        let mut values: Values = vec![
            stage.name.as_str().into(),
            stage.offset_days.into(),
            version.into(),
            since_midnight_ms(stage).into(),
            self.now_ms.into(),
            slice.first.into(),
            slice.last.into(),
            stage.minimum_fen.into(),
            slice.midnight_shift_ms.into(),
        ];
        values.extend(stage.fee_items.iter().map(|item| (*item).into()));
        tx.execute(&sql, values).await
    }

    /// Remembers that every bill whose stage fell on a day up to today has been looked at.
    async fn mark(&self, tx: &ProjectTx<'_>, known: &Known, stage: &Stage) -> Result<(), StoreError> {
        let today = day_number(self.today);
        if known.through.get(&stage.name).is_some_and(|through| *through >= today) {
            return Ok(());
        }
        tx.execute(
            "INSERT INTO reminder_plan_mark (policy_version, stage, through_day) VALUES ($1, $2, $3) \
             ON CONFLICT (policy_version, stage) DO UPDATE SET through_day = excluded.through_day \
             WHERE reminder_plan_mark.through_day < excluded.through_day",
            vec![self.policy.version.into(), stage.name.as_str().into(), today.into()],
        )
        .await?;
        Ok(())
    }

    /// What an earlier run planned, or what waits since then, and nobody sent before this stage came up.
    async fn supersede_older(&self, tx: &ProjectTx<'_>, stage: &Stage) -> Result<u64, StoreError> {
        let midnight_ms = instant_on(self.today, chrono::NaiveTime::MIN, self.zone).timestamp_millis();
        let today = day_number(self.today);
        let planned: Values = vec![self.now_ms.into(), stage.name.as_str().into(), today.into(), midnight_ms.into()];
        let held: Values = vec![self.now_ms.into(), stage.name.as_str().into(), today.into()];
        let (yet, waits) = (" AND r.send_at_ms < $4", " AND r.notice_id IS NULL");
        // What waited once has a history, which says that it does not wait any more.
        let waited = format!("{yet} AND r.state_at_ms > r.planned_at_ms");
        let waited = self.supersede_waiting(tx, "planned", &waited, &planned).await?
            + self.supersede_waiting(tx, "held", waits, &held).await?;
        let older = tx.execute(&plan_sql::supersede(tx, "planned", yet, None), planned).await?;
        Ok(older + waited)
    }

    /// So many at a time, because each of them is an event.
    async fn supersede_waiting(
        &self,
        tx: &ProjectTx<'_>,
        state: &str,
        condition: &str,
        values: &Values,
    ) -> Result<u64, StoreError> {
        let limit = Some(WAITING_PER_STATEMENT);
        let sql = plan_sql::supersede(tx, state, condition, limit) + " RETURNING bill_id, stage";
        let mut superseded = 0;
        loop {
            let rows: Vec<Superseded> = tx.rows(&sql, values.clone()).await?;
            let reason = SilenceReason::NewerStage.as_str();
            let events: Vec<Event> =
                rows.iter().map(|row| Event::of_bill("superseded", row.bill_id, &row.stage, reason)).collect();
            events::append(tx, &events, self.now_ms).await?;
            superseded += u64::try_from(rows.len()).unwrap_or(0);
            // A full statement has left its state, so there is less to find each time.
            if rows.len() < WAITING_PER_STATEMENT {
                return Ok(superseded);
            }
        }
    }

    /// The anchor days that have not been looked at, cut where the zone's distance to UTC changes.
    fn slices(&self, stage: &Stage, known: &Known) -> Vec<Slice> {
        let (first, last) = stage.due_window(self.today);
        let today = day_number(self.today);
        let looked_at = known.through.get(&stage.name).map(|through| {
            let first_stage_day = (*through).min(today) - LOOK_BACK_DAYS;
            day_of_number(first_stage_day - stage.offset_days).unwrap_or(first)
        });
        let first = looked_at.map_or(first, |known| known.max(first));
        let mut slices: Vec<Slice> = Vec::new();
        for anchor in first.iter_days().take_while(|anchor| *anchor <= last) {
            let day = stage.day_for(anchor);
            let midnight_ms = instant_on(day, chrono::NaiveTime::MIN, self.zone).timestamp_millis();
            let hour_ms = instant_on(day, stage.time_of_day, self.zone).timestamp_millis();
            // A day on which the clocks change before the sending hour counts by that hour.
            let shift_ms = (hour_ms - since_midnight_ms(stage)).max(midnight_ms) - day_number(day) * plan_sql::DAY_MS;
            let anchor = day_number(anchor);
            match slices.last_mut() {
                Some(slice) if slice.midnight_shift_ms == shift_ms => slice.last = anchor,
                _ => slices.push(Slice { first: anchor, last: anchor, midnight_shift_ms: shift_ms }),
            }
        }
        slices
    }
}

fn since_midnight_ms(stage: &Stage) -> i64 {
    stage.time_of_day.signed_duration_since(chrono::NaiveTime::MIN).max(TimeDelta::zero()).num_milliseconds()
}

#[cfg(test)]
mod tests {
    use domain::reminder::Policy;

    use super::*;

    #[test]
    fn a_night_looks_at_the_days_since_the_last_one_and_two_before() {
        let policy = VersionedPolicy { version: 1, policy: Policy::default() };
        let today: NaiveDate = "2026-11-23".parse().unwrap();
        let stage = policy.policy.stage("pre_due").unwrap();
        let plan = Plan::new(&policy, chrono_tz::Asia::Shanghai, today, DateTime::from_timestamp(0, 0).unwrap());
        let days = |through: Option<i64>| {
            let through = through.map(|days_ago| (stage.name.clone(), day_number(today) - days_ago)).into_iter();
            let slices = plan.slices(stage, &Known { through: through.collect(), has_hours: false });
            (slices.len(), slices[0].last - slices[0].first + 1, slices[0].last - day_number(today))
        };
        assert_eq!(days(None), (1, 46, 3));
        assert_eq!(days(Some(1)), (1, 4, 3));
        assert_eq!(days(Some(0)), (1, 3, 3));
        assert_eq!(days(Some(-30)), (1, 3, 3), "a clock that was set back");
        assert_eq!(days(Some(100)), (1, 46, 3));
    }

    #[test]
    fn a_window_across_a_clock_change_is_cut_in_two() {
        let policy = VersionedPolicy { version: 1, policy: Policy::default() };
        let today: NaiveDate = "2026-11-23".parse().unwrap();
        let now = DateTime::from_timestamp(1_795_399_200, 0).unwrap();
        let stage = policy.policy.stage("due_day").unwrap();
        let hours = |zone| -> Vec<i64> {
            let known = Known { through: HashMap::new(), has_hours: false };
            let slices = Plan::new(&policy, zone, today, now).slices(stage, &known);
            slices.iter().map(|s| s.midnight_shift_ms / 3_600_000).collect()
        };
        assert_eq!(hours(chrono_tz::Asia::Shanghai), [-8]);
        // New York left summer time on 2026-11-01.
        assert_eq!(hours(chrono_tz::America::New_York), [4, 5]);
    }
}
