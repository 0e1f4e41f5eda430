//! Learning when each payer looks at messages, from what they opened and when they paid.
//!
//! Payers are read in batches, in the order of their ids; facts are counted into habits of the payer, the building and
//! the project. A payer's own hour is written with the batch, then each building's and the project's fill in for those
//! who left too few facts. Whoever was written first in a run keeps that hour, and what no run renews is forgotten.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use domain::reminder::{Basis, BestHour, FACT_AGE_DAYS_MAX, Habit, QuietHours, Trace, best_hour};
use serde::Serialize;
use uuid::Uuid;

use super::{ReminderError, policy};
use crate::store::bulk::{self, Cell, Column, Kind, Target, column};
use crate::store::{StoreError, Values};
use crate::tenancy::{ProjectDb, ProjectTx};

/// Payers of one batch.
const PAYERS_PER_BATCH: usize = 1_000;
/// Facts of one batch; more than this of a thousand payers is not a habit but a fault.
const FACTS_PER_BATCH: usize = 500_000;
/// Buildings with an hour of their own.
const BUILDINGS_MAX: usize = 10_000;

const DIFFERS: [Column; 3] =
    [column("payer_party_id", Kind::Uuid), column("minute_of_day", Kind::Int), column("facts", Kind::Int)];

/// The first to write in a run wins.
const ON_CONFLICT: &str = "ON CONFLICT (payer_party_id) DO UPDATE SET minute_of_day = excluded.minute_of_day, \
     basis = excluded.basis, facts = excluded.facts, learned_at_ms = excluded.learned_at_ms \
     WHERE payer_hour.learned_at_ms <> excluded.learned_at_ms";

/// What a run learned, in payers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct LearnReport {
    /// Looked at.
    pub payers: u64,
    /// Have an hour of their own.
    pub own: u64,
    /// Have their building's.
    pub by_building: u64,
    /// Have the project's.
    pub by_project: u64,
    /// Had an hour that no facts support any more.
    pub forgotten: u64,
}

/// Learns the hours of all payers of a project anew. Nothing is learned under a policy that does not use them. Run
/// again at the same instant it changes nothing.
///
/// # Errors
/// [`ReminderError`]; what was learned before the failure stays.
pub async fn learn_hours(db: &ProjectDb, now: DateTime<Utc>) -> Result<LearnReport, ReminderError> {
    let policy = policy::current(db, now).await?.policy;
    if !policy.uses_best_hour {
        return Ok(LearnReport::default());
    }
    let mut learning = Learning { now, quiet: policy.quiet, habits: Habits::default(), report: LearnReport::default() };
    let mut bounds = vec![Uuid::nil()];
    while let Some(after) = bounds.last().copied() {
        match learning.batch(db, after).await? {
            Some(last) => bounds.push(last),
            None => break,
        }
    }
    learning.buildings(db).await?;
    learning.project(db, &bounds).await?;
    let now_ms = now.timestamp_millis();
    learning.report.forgotten = db
        .transact("reminders.hours_forgotten", async |tx| {
            tx.execute("DELETE FROM payer_hour WHERE learned_at_ms <> $1", vec![now_ms.into()]).await
        })
        .await
        .map_err(|e: StoreError| e)?;
    Ok(learning.report)
}

#[derive(Default)]
struct Habits {
    buildings: BTreeMap<String, Habit>,
    project: Habit,
}

struct Learning {
    now: DateTime<Utc>,
    quiet: QuietHours,
    habits: Habits,
    report: LearnReport,
}

#[derive(sea_orm::FromQueryResult)]
struct PayerRow {
    payer: Uuid,
    building: String,
}

#[derive(sea_orm::FromQueryResult)]
struct OpeningRow {
    payer: Uuid,
    opened_at_ms: Option<i64>,
    acknowledged_at_ms: Option<i64>,
}

#[derive(sea_orm::FromQueryResult)]
struct PaymentRow {
    payer: Uuid,
    paid_at_ms: i64,
}

/// What was read of a batch.
struct Batch {
    payers: Vec<PayerRow>,
    openings: Vec<OpeningRow>,
    payments: Vec<PaymentRow>,
}

impl Learning {
    /// Learns the next payers after `after`; answers the last of them.
    async fn batch(&mut self, db: &ProjectDb, after: Uuid) -> Result<Option<Uuid>, StoreError> {
        let since_ms = (self.now - TimeDelta::days(FACT_AGE_DAYS_MAX)).timestamp_millis();
        let batch = db.read("reminders.hour_facts", async |tx| read(tx, after, since_ms).await).await?;
        let Some(last) = batch.payers.last().map(|row| row.payer) else { return Ok(None) };
        let own = self.count(db, &batch);
        let now_ms = self.now.timestamp_millis();
        let target = Target {
            table: "payer_hour",
            columns: &DIFFERS,
            shared: vec![
                (column("basis", Kind::Text), Basis::Payer.as_str().into()),
                (column("learned_at_ms", Kind::Int), now_ms.into()),
            ],
            tail: ON_CONFLICT,
        };
        let rows =
            own.iter().map(|(payer, hour)| [Cell::Uuid(*payer), Cell::Int(hour.minute_of_day), Cell::Int(hour.facts)]);
        self.report.own += db.transact("reminders.hours", async |tx| bulk::insert(tx, &target, rows).await).await?;
        Ok(Some(last))
    }

    /// Counts the facts of a batch into the habits; answers the hours of those who have one of their own.
    fn count(&mut self, db: &ProjectDb, batch: &Batch) -> Vec<(Uuid, BestHour)> {
        let today = db.info().today(self.now);
        let mut own: HashMap<Uuid, Habit> = HashMap::new();
        let openings = batch.openings.iter().flat_map(|row| {
            let acknowledged = row.acknowledged_at_ms.map(|at_ms| (row.payer, Trace::Acknowledged, at_ms));
            row.opened_at_ms.map(|at_ms| (row.payer, Trace::Opened, at_ms)).into_iter().chain(acknowledged)
        });
        let payments = batch.payments.iter().map(|row| (row.payer, Trace::Paid, row.paid_at_ms));
        for (payer, trace, at_ms) in openings.chain(payments) {
            let Some(at) = DateTime::from_timestamp_millis(at_ms) else { continue };
            let local = at.with_timezone(&db.info().zone);
            let age_days = (today - local.date_naive()).num_days();
            own.entry(payer).or_default().note(trace, local.hour() * 60 + local.minute(), age_days);
        }
        let mut hours = Vec::new();
        let nothing = Habit::default();
        self.report.payers += u64::try_from(batch.payers.len()).unwrap_or(0);
        for row in &batch.payers {
            let Some(habit) = own.get(&row.payer) else { continue };
            self.habits.project.merge(habit);
            if self.habits.buildings.len() < BUILDINGS_MAX || self.habits.buildings.contains_key(&row.building) {
                self.habits.buildings.entry(row.building.clone()).or_default().merge(habit);
            }
            // Others fill in later, when all facts are known.
            hours.extend(best_hour(habit, &nothing, &nothing, &self.quiet).map(|hour| (row.payer, hour)));
        }
        hours
    }

    /// Each building's hour for its payers who have none of their own. Of somebody with houses in several buildings
    /// the first by name counts.
    async fn buildings(&mut self, db: &ProjectDb) -> Result<(), StoreError> {
        let sql = format!(
            "INSERT INTO payer_hour (payer_party_id, minute_of_day, basis, facts, learned_at_ms) \
             SELECT DISTINCT hp.party_id, CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT) \
             FROM house h JOIN house_party hp ON hp.house_id = h.id WHERE h.building = $5 AND hp.is_payer {ON_CONFLICT}"
        );
        let nothing = Habit::default();
        for (building, habit) in &self.habits.buildings {
            let Some(hour) = best_hour(&nothing, habit, &nothing, &self.quiet) else { continue };
            let mut values = self.values(&hour);
            values.push(building.as_str().into());
            self.report.by_building +=
                db.transact("reminders.hours_of_building", async |tx| tx.execute(&sql, values).await).await?;
        }
        Ok(())
    }

    /// The project's hour for everybody else, between two bounds at a time.
    async fn project(&mut self, db: &ProjectDb, bounds: &[Uuid]) -> Result<(), StoreError> {
        let nothing = Habit::default();
        let Some(hour) = best_hour(&nothing, &nothing, &self.habits.project, &self.quiet) else { return Ok(()) };
        let sql = format!(
            "INSERT INTO payer_hour (payer_party_id, minute_of_day, basis, facts, learned_at_ms) \
             SELECT DISTINCT hp.party_id, CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT) \
             FROM house_party hp WHERE hp.is_payer AND hp.party_id > $5 AND hp.party_id <= $6 {ON_CONFLICT}"
        );
        for (after, last) in bounds.iter().zip(bounds.iter().skip(1)) {
            let mut values = self.values(&hour);
            values.extend([(*after).into(), (*last).into()]);
            self.report.by_project +=
                db.transact("reminders.hours_of_project", async |tx| tx.execute(&sql, values).await).await?;
        }
        Ok(())
    }

    fn values(&self, hour: &BestHour) -> Values {
        vec![
            hour.minute_of_day.into(),
            hour.basis.as_str().into(),
            hour.facts.into(),
            self.now.timestamp_millis().into(),
        ]
    }
}

async fn read(tx: &ProjectTx<'_>, after: Uuid, since_ms: i64) -> Result<Batch, StoreError> {
    let sql = format!(
        "SELECT hp.party_id AS payer, MIN(h.building) AS building FROM house_party hp JOIN house h ON h.id = hp.house_id \
         WHERE hp.is_payer AND hp.party_id > $1 GROUP BY hp.party_id ORDER BY hp.party_id LIMIT {PAYERS_PER_BATCH}"
    );
    let payers: Vec<PayerRow> = tx.rows(&sql, vec![after.into()]).await?;
    let Some(last) = payers.last().map(|row| row.payer) else {
        return Ok(Batch { payers, openings: Vec::new(), payments: Vec::new() });
    };
    let between: Values = vec![after.into(), last.into(), since_ms.into()];
    let sql = format!(
        "SELECT payer_party_id AS payer, opened_at_ms, acknowledged_at_ms FROM notice \
         WHERE payer_party_id > $1 AND payer_party_id <= $2 AND created_at_ms >= $3 \
         AND (opened_at_ms IS NOT NULL OR acknowledged_at_ms IS NOT NULL) LIMIT {FACTS_PER_BATCH}"
    );
    let openings = tx.rows(&sql, between.clone()).await?;
    // One payment over many bills is one fact. Money at the cash desk says when the desk is open.
    let sql = format!(
        "SELECT DISTINCT hp.party_id AS payer, y.id, y.paid_at_ms FROM house_party hp \
         JOIN bill b ON b.house_id = hp.house_id AND b.payer_party_id = hp.party_id \
         JOIN allocation a ON a.bill_id = b.id JOIN payment y ON y.id = a.payment_id \
         WHERE hp.is_payer AND hp.party_id > $1 AND hp.party_id <= $2 AND y.paid_at_ms >= $3 AND y.method = 'wechat' \
         LIMIT {FACTS_PER_BATCH}"
    );
    let payments = tx.rows(&sql, between).await?;
    Ok(Batch { payers, openings, payments })
}
