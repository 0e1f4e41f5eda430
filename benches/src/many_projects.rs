//! `many-projects`: a night's reminders of many projects with a database each, against the same rows in one database.
//!
//! The night has the two steps of the reminder engine: the stages that fall on the day are planned, and what is planned
//! is sent. Both run as jobs of the real engine, with its leases, its records of every run and its limits on what runs
//! at once; databases are opened when a job needs them and at most fifty stay open, as shipped. The channel only counts:
//! a vendor would take the same time of both. `many-projects-plan` is the first step alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ids::ProjectId;
use domain::reminder::Channel;
use jobs::{EngineSettings, JobError, ProjectJob, Schedule};
use sea_orm::DatabaseConnection;
use serde_json::Value as Json;
use service::clock::Clock;
use service::job_runs::Outcome as RunOutcome;
use service::reminders::{self, Deliver, Message, Outcome, Senders};
use service::tenancy::{ControlDb, ProjectDb};

use crate::bar::{Bar, Claim};
use crate::choice::Size;
use crate::measure::Rounds;
use crate::world::{Engine, World};
use crate::{Failure, bills, followers, must_be, projects, raw, rows};

const NIGHT: Claim = Claim::at_most("many-projects", "s", 1.3, 1.1).or_because(
    "every database pays for its own opening, lease, record and commits; one database pays for each of these once",
);
const PLAN: Claim = Claim { name: "many-projects-plan", ..NIGHT };

/// Projects, as files and on a PostgreSQL server.
const FILES: u64 = 500;
const ON_SERVER: u64 = 100;
const SMALL: u64 = 5;
/// Bills of each whose stage falls on this day: a tenth of the houses of a large project, a fifth of a small one's.
const BILLS_EACH: u64 = 40;

const DEADLINE: Duration = Duration::from_secs(1_800);
/// A slot of a job; the clock moves on by as much before each.
const SLOT_MS: i64 = 1_000;

/// What a night writes in a project, those that refer to others first.
const IN_PROJECT: [&str; 5] = ["notice_bill", "notice", "reminder_event", "reminder", "reminder_plan_mark"];
/// What it writes in the control database.
const IN_CONTROL: [&str; 4] = ["send_grant", "contact_count", "account_quota", "message_receipt"];

/// Measures both steps.
///
/// # Errors
/// The databases', a run that went wrong, and a wrong count.
pub async fn run(engine: &Engine, size: Size) -> Result<Vec<Bar>, Failure> {
    let count = match (size, engine) {
        (Size::Small, _) => SMALL,
        (_, Engine::Sqlite) => FILES,
        (_, Engine::Postgres { .. }) => ON_SERVER,
    };
    let many = Estate::build(engine, count, BILLS_EACH).await?;
    let one = Estate::build(engine, 1, count * BILLS_EACH).await?;
    // The first night makes rows that later ones find: leases, policies.
    many.night().await?;
    one.night().await?;
    let (mut whole, mut plan) = (Rounds::default(), Rounds::default());
    for _ in 0..size.rounds() {
        let (planning, sending) = many.night().await?;
        whole.ours(planning + sending);
        plan.ours(planning);
        let (planning, sending) = one.night().await?;
        whole.limit(planning + sending);
        plan.limit(planning);
    }
    many.clear().await?;
    one.clear().await?;
    let variant = if count == FILES { String::new() } else { format!("-{count}") };
    let bar =
        |claim: Claim, rounds: &Rounds| claim.measured(engine.name(), &variant, rounds.ours_s(), rounds.limit_s());
    Ok(vec![bar(NIGHT, &whole), bar(PLAN, &plan)])
}

/// An installation whose projects have the same number of due bills each.
struct Estate {
    world: World,
    projects: Vec<ProjectId>,
    control_raw: DatabaseConnection,
    clock: Clock,
    planning: jobs::Engine,
    sending: jobs::Engine,
    counted: Arc<AtomicU64>,
    bills: u64,
}

impl Estate {
    async fn build(engine: &Engine, count: u64, bills_each: u64) -> Result<Self, Failure> {
        let world = World::build(engine).await?;
        followers::open_account(&world).await?;
        let projects = projects::register(&world, count, count).await?;
        for (place, project) in (0_u64..).zip(&projects) {
            followers::gather(&world, *project, place, bills_each, "obench").await?;
            let db = world.projects.open(*project).await?;
            rows::furnish(&db, bills_each).await?;
            bills::issue(&db, bills_each, &[0]).await?;
            world.projects.forget(*project).await;
        }
        for (_, placement) in world.projects.placements().await? {
            let raw = raw::open(placement.expose(), 1).await?;
            raw::analyze(&raw).await?;
            raw.close().await?;
        }
        let control_raw = raw::open(world.control_placement.expose(), 1).await?;
        raw::analyze(&control_raw).await?;
        let (clock, counted) = (world.clock(), Arc::new(AtomicU64::new(0)));
        let senders = Senders::none().with(Arc::new(Counting(Arc::clone(&counted))));
        let new_engine = || {
            let (control, settings) = (world.control.clone(), EngineSettings::default());
            jobs::Engine::new(control, world.projects.clone(), clock.clone(), "bench", settings)
        };
        let planning = new_engine().project_job(Planning);
        let sending =
            new_engine().project_job(Sending { control: world.control.clone(), senders, clock: clock.clone() });
        Ok(Self { projects, control_raw, clock, planning, sending, counted, bills: count * bills_each, world })
    }

    /// Plans and sends everywhere; answers how long each took. Nothing is open before, neither is planned or sent.
    async fn night(&self) -> Result<(Duration, Duration), Failure> {
        self.start_over().await?;
        let planning = self.tick(&self.planning, "planned").await?;
        let before = self.counted.load(Ordering::SeqCst);
        let sending = self.tick(&self.sending, "handed_over").await?;
        must_be("messages counted", self.counted.load(Ordering::SeqCst) - before, self.bills)?;
        Ok((planning, sending))
    }

    /// Runs a job in all projects. `figure` of their reports together must be the number of bills.
    async fn tick(&self, engine: &jobs::Engine, figure: &str) -> Result<Duration, Failure> {
        self.clock.advance_ms(SLOT_MS);
        let begun = Instant::now();
        let report = engine.tick().await?;
        let took = begun.elapsed();
        if let Some(wrong) = report.runs.iter().find(|run| run.outcome != RunOutcome::Ok) {
            return Err(format!("WRONG: {}: {}", wrong.job, wrong.error.as_deref().unwrap_or_default()).into());
        }
        must_be("projects", report.runs.len() as u64, self.projects.len() as u64)?;
        let figures = report.runs.iter().filter_map(|run| run.report.as_ref()?.get(figure)?.as_u64());
        must_be(figure, figures.sum(), self.bills)?;
        Ok(took)
    }

    async fn start_over(&self) -> Result<(), Failure> {
        raw::empty(&self.control_raw, &IN_CONTROL).await?;
        for (info, placement) in self.world.projects.placements().await? {
            self.world.projects.forget(info.id).await;
            let raw = raw::open(placement.expose(), 1).await?;
            raw::empty(&raw, &IN_PROJECT).await?;
            raw.close().await?;
        }
        Ok(())
    }

    async fn clear(self) -> Result<(), Failure> {
        self.control_raw.close().await?;
        self.world.clear().await
    }
}

/// A channel that counts.
struct Counting(Arc<AtomicU64>);

#[async_trait]
impl Deliver for Counting {
    fn channel(&self) -> Channel {
        Channel::WechatTemplate
    }

    async fn deliver(&self, _message: &Message) -> Outcome {
        let receipt_id = self.0.fetch_add(1, Ordering::SeqCst).to_string();
        Outcome::Accepted { receipt_id, account: None }
    }
}

struct Planning;

#[async_trait]
impl ProjectJob for Planning {
    fn name(&self) -> &'static str {
        "bench_plan"
    }

    fn every(&self) -> Schedule {
        Schedule::EverySeconds(1)
    }

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    async fn run(&self, project: &ProjectDb, now: DateTime<Utc>) -> Result<Json, JobError> {
        Ok(serde_json::to_value(reminders::plan(project, now).await?)?)
    }
}

/// Sends all at once: the job that is shipped stops after 2,000 messages, which one database alone would feel.
struct Sending {
    control: ControlDb,
    senders: Senders,
    clock: Clock,
}

#[async_trait]
impl ProjectJob for Sending {
    fn name(&self) -> &'static str {
        "bench_send"
    }

    fn every(&self) -> Schedule {
        Schedule::EverySeconds(1)
    }

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    async fn run(&self, project: &ProjectDb, _now: DateTime<Utc>) -> Result<Json, JobError> {
        let Self { control, senders, clock } = self;
        Ok(serde_json::to_value(reminders::dispatch(project, control, senders, clock, usize::MAX).await?)?)
    }
}
