//! `reminder-plan` and `reminder-replan`: planning every reminder of a project, against inserting the same rows bare.
//!
//! Every house has six bills, one for each stage of the default policy that falls on today. In `reminder-plan` nothing
//! was planned before: today's stages are planned and the missed ones before them superseded. In
//! `reminder-plan-nightly` the missed ones were written in the nights before, as in a system that is not new. The limit
//! copies the same rows from a table without indexes into the same table with its key and indexes. `reminder-replan`
//! asks again, against copying again with ON CONFLICT DO NOTHING; neither writes a row.

use std::time::{Duration, Instant};

use domain::calendar::day_number;
use domain::reminder::{Anchor, Policy};
use sea_orm::ConnectionTrait;
use service::reminders::{self, PlanReport};

use crate::bar::{Bar, Claim};
use crate::choice::Size;
use crate::measure::{Rounds, exponent};
use crate::world::{Engine, Site, World, now};
use crate::{Failure, bills, must_be, raw, rows};

const PLAN: Claim = Claim::at_least("reminder-plan", "due bills/s", 0.6, 0.8);
const NIGHTLY: Claim = PLAN
    .or_because("looking two days back meets rows that are planned already; the limit is told which ones are missing");
const REPLAN: Claim = Claim::at_least("reminder-replan", "due bills/s", 0.7, 1.0);
const GROWTH: Claim = Claim::at_most("reminder-plan-growth", "exponent", 1.1, 1.0);

#[derive(Default)]
struct Measured {
    plan: Rounds,
    nightly: Rounds,
    replan: Rounds,
}

/// Measures every size; the bar is that of the largest.
///
/// # Errors
/// The databases', and a wrong count.
pub async fn run(engine: &Engine, size: Size) -> Result<Vec<Bar>, Failure> {
    let (mut bars, mut cost_s) = (Vec::new(), Vec::new());
    for wanted in size.rows() {
        let due = Due::of(*wanted);
        let measured = measure(engine, &due, size.rounds()).await?;
        cost_s.push((due.bills(), measured.plan.ours_s()));
        let variant = if size.rows().last() == Some(wanted) { String::new() } else { format!("-{wanted}") };
        let nightly = format!("-nightly{variant}");
        for (claim, variant, rounds) in [
            (PLAN, &variant, &measured.plan),
            (NIGHTLY, &nightly, &measured.nightly),
            (REPLAN, &variant, &measured.replan),
        ] {
            let (ours, limit) = rounds.rates(due.bills());
            bars.push(claim.measured(engine.name(), variant, ours, limit));
        }
    }
    bars.extend(exponent(&cost_s).map(|e| GROWTH.measured(engine.name(), "", e, 1.0)));
    Ok(bars)
}

/// How many bills there are and what planning them writes.
struct Due {
    houses: u64,
    /// From the due day, of every stage, in order.
    offsets: Vec<i64>,
}

impl Due {
    fn of(bills: u64) -> Self {
        let offsets: Vec<i64> = Policy::default()
            .stages
            .iter()
            .filter(|stage| stage.anchor == Anchor::Due)
            .map(|stage| stage.offset_days)
            .collect();
        Self { houses: bills.div_ceil(offsets.len().max(1) as u64), offsets }
    }

    fn bills(&self) -> u64 {
        self.houses * self.offsets.len() as u64
    }

    /// A bill whose third stage falls on today has missed two.
    fn superseded(&self) -> u64 {
        self.houses * (0..self.offsets.len() as u64).sum::<u64>()
    }
}

async fn measure(engine: &Engine, due: &Due, times: usize) -> Result<Measured, Failure> {
    let world = World::build(engine).await?;
    let site = world.site(1).await?;
    rows::furnish(&site.db, due.houses).await?;
    bills::issue(&site.db, due.houses, &due.offsets).await?;
    raw::analyze(&site.raw).await?;
    // What the limits copy. Planning writes a stage at a time; the copies keep that order.
    plan(&site, due.bills(), due.superseded()).await?;
    for (table, states) in
        [("bare_reminder", "TRUE"), ("bare_today", "state = 'planned'"), ("bare_before", "state <> 'planned'")]
    {
        let sql = format!("CREATE TABLE {table} AS SELECT * FROM reminder WHERE {states}");
        site.raw.execute_unprepared(&sql).await?;
    }
    raw::analyze(&site.raw).await?;
    let mut measured = Measured::default();
    for _ in 0..times {
        first_time(&site, due, &mut measured).await?;
        nightly(&site, due, &mut measured.nightly).await?;
    }
    site.raw.close().await?;
    world.clear().await?;
    Ok(measured)
}

/// Nothing was planned before; then the same again.
async fn first_time(site: &Site, due: &Due, measured: &mut Measured) -> Result<(), Failure> {
    let all = due.bills() + due.superseded();
    raw::empty(&site.raw, &["reminder", "reminder_plan_mark"]).await?;
    measured.plan.ours(plan(site, due.bills(), due.superseded()).await?);
    holds(site, due, all).await?;
    raw::rest(&site.raw).await?;
    measured.replan.ours(plan(site, 0, 0).await?);
    holds(site, due, all).await?;

    raw::empty(&site.raw, &["reminder", "reminder_plan_mark"]).await?;
    measured.plan.limit(copy(site, "bare_reminder", "", all).await?);
    holds(site, due, all).await?;
    raw::rest(&site.raw).await?;
    let no_op = "WHERE TRUE ON CONFLICT (bill_id, stage) DO NOTHING";
    measured.replan.limit(copy(site, "bare_reminder", no_op, 0).await?);
    holds(site, due, all).await
}

/// The stages before today's are there already.
async fn nightly(site: &Site, due: &Due, rounds: &mut Rounds) -> Result<(), Failure> {
    let all = due.bills() + due.superseded();
    nights_before(site, due).await?;
    rounds.ours(plan(site, due.bills(), 0).await?);
    holds(site, due, all).await?;
    nights_before(site, due).await?;
    rounds.limit(copy(site, "bare_today", "", due.bills()).await?);
    holds(site, due, all).await
}

async fn nights_before(site: &Site, due: &Due) -> Result<(), Failure> {
    raw::empty(&site.raw, &["reminder", "reminder_plan_mark"]).await?;
    copy(site, "bare_before", "", due.superseded()).await?;
    // Planning remembers the night before.
    let yesterday = day_number(site.db.info().today(now())) - 1;
    for stage in &Policy::default().stages {
        raw::execute(
            &site.raw,
            "INSERT INTO reminder_plan_mark (policy_version, stage, through_day) VALUES (1, $1, $2)",
            vec![stage.name.as_str().into(), yesterday.into()],
        )
        .await?;
    }
    Ok(raw::rest(&site.raw).await?)
}

async fn plan(site: &Site, planned: u64, superseded: u64) -> Result<Duration, Failure> {
    let begun = Instant::now();
    let report = reminders::plan(&site.db, now()).await?;
    let took = begun.elapsed();
    let PlanReport { below_minimum, .. } = report;
    must_be("reminders planned", report.planned, planned)?;
    must_be("reminders superseded", report.superseded, superseded)?;
    must_be("reminders below their minimum", below_minimum, 0)?;
    Ok(took)
}

async fn copy(site: &Site, from: &str, tail: &str, inserted: u64) -> Result<Duration, Failure> {
    let begun = Instant::now();
    let tx = raw::begin(&site.raw).await?;
    let copied = raw::execute(&tx, &format!("INSERT INTO reminder SELECT * FROM {from} {tail}"), vec![]).await?;
    tx.commit().await?;
    let took = begun.elapsed();
    must_be("reminders copied", copied, inserted)?;
    Ok(took)
}

/// So many rows, of which so many speak.
async fn holds(site: &Site, due: &Due, all: u64) -> Result<(), Failure> {
    must_be("rows of reminder", raw::count(&site.raw, "reminder", "").await?, all)?;
    let planned = raw::count(&site.raw, "reminder", "WHERE state = 'planned'").await?;
    must_be("planned rows of reminder", planned, due.bills())
}
