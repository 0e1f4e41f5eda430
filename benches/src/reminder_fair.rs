//! `reminder-fair`: when the last message of twenty small projects leaves while a large one has 200,000 to send, against
//! the same twenty alone.
//!
//! Everything is as shipped: all clock jobs are in the engine, all projects send from one account through the real
//! channel, and the large project's turn comes first. The time is taken where the messages arrive.

use std::time::{Duration, Instant};

use domain::ids::ProjectId;
use jobs::startup::Deps;
use sea_orm::DatabaseConnection;
use service::clock::Clock;
use service::job_runs::Outcome;

use crate::bar::{Bar, Claim};
use crate::choice::Size;
use crate::measure::Rounds;
use crate::vendor::{Vendor, WATCHED};
use crate::world::{Engine, Site, World};
use crate::{Failure, bills, followers, must_be, outside, projects, raw, rows};

const FAIR: Claim = Claim::at_most("reminder-fair", "s", 2.0, 1.4).or_because(
    "the large project plans and sends on the same cores and takes its leave to send from the same control database",
);

const SMALL_PROJECTS: u64 = 20;
/// Due bills of a small one.
const SMALL_BILLS: u64 = 10;
/// Due bills of the large one.
const LARGE_BILLS: u64 = 200_000;
const LARGE_BILLS_QUICK: u64 = 3_000;

/// Everything is planned half an hour before it is sent.
const PLANNED_BEFORE_MS: i64 = 1_800_000;
/// Rounds are so far apart that every job which is due several times an hour is due in each.
const ROUND_MS: i64 = 600_000;

/// What a dispatch writes in the control database, apart from receipts.
const IN_CONTROL: [&str; 3] = ["send_grant", "contact_count", "account_quota"];

/// Measures it.
///
/// # Errors
/// The databases', a run that went wrong, and a wrong count.
pub async fn run(engine: &Engine, size: Size) -> Result<Vec<Bar>, Failure> {
    let town = Town::build(engine, if size == Size::Small { LARGE_BILLS_QUICK } else { LARGE_BILLS }).await?;
    // The first round opens every database and fetches the token.
    town.round(true).await?;
    let mut rounds = Rounds::default();
    for _ in 0..size.rounds() {
        rounds.ours(town.round(true).await?);
        rounds.limit(town.round(false).await?);
    }
    town.clear().await?;
    Ok(vec![FAIR.measured(engine.name(), "", rounds.ours_s(), rounds.limit_s())])
}

struct Town {
    world: World,
    vendor: Vendor,
    clock: Clock,
    engine: jobs::Engine,
    large: Site,
    small: Vec<DatabaseConnection>,
    control_raw: DatabaseConnection,
}

impl Town {
    /// Builds all projects; the engine has planned everything.
    async fn build(engine: &Engine, large_bills: u64) -> Result<Self, Failure> {
        let world = World::build(engine).await?;
        let vendor = Vendor::start().await?;
        followers::open_account(&world).await?;
        let large = world.site(1).await?;
        populate(&world, large.id, SMALL_PROJECTS, large_bills, "obench").await?;
        raw::analyze(&large.raw).await?;
        let mut small = Vec::new();
        for (place, project) in (0_u64..).zip(projects::register(&world, SMALL_PROJECTS, SMALL_PROJECTS).await?) {
            populate(&world, project, place, SMALL_BILLS, WATCHED).await?;
        }
        for (info, placement) in world.projects.placements().await? {
            if info.id != large.id {
                small.push(raw::open(placement.expose(), 1).await?);
            }
        }
        let control_raw = raw::open(world.control_placement.expose(), 1).await?;
        raw::analyze(&control_raw).await?;
        let clock = world.clock();
        clock.advance_ms(-PLANNED_BEFORE_MS);
        let installation = outside::installation(&world, &clock, Some(&vendor.url()))?;
        let engine = jobs::catalogue(&Deps::of(&installation, "bench"));
        engine.tick().await?;
        let planned = raw::count(&large.raw, "reminder", "WHERE state = 'planned'").await?;
        must_be("reminders planned", planned, large_bills)?;
        must_be("messages sent too early", vendor.messages(), 0)?;
        raw::analyze(&large.raw).await?;
        clock.advance_ms(PLANNED_BEFORE_MS - ROUND_MS);
        Ok(Self { world, vendor, clock, engine, large, small, control_raw })
    }

    /// Runs all that is due, with the large project or without it; answers when the last message of the small ones
    /// arrived.
    async fn round(&self, with_large: bool) -> Result<Duration, Failure> {
        let state = if with_large { "active" } else { "closed" };
        let values = vec![state.into(), self.large.id.uuid().into()];
        raw::execute(&self.control_raw, "UPDATE project SET state = $1 WHERE id = $2", values).await?;
        self.start_over().await?;
        self.clock.advance_ms(ROUND_MS);
        self.vendor.forget(false);
        let begun = Instant::now();
        let report = self.engine.tick().await?;
        let (watched, last) = self.vendor.watched(begun);
        if let Some(wrong) = report.runs.iter().find(|run| run.outcome != Outcome::Ok && run.project.is_some()) {
            return Err(format!("WRONG: {}: {}", wrong.job, wrong.error.as_deref().unwrap_or_default()).into());
        }
        must_be("messages of the small projects", watched, SMALL_PROJECTS * SMALL_BILLS)?;
        if with_large == (self.vendor.messages() == watched) {
            return Err("WRONG: the large project sent when it should not, or did not when it should".into());
        }
        Ok(last)
    }

    /// The small projects have sent nothing; what the large one sent stays sent, it has more than enough.
    async fn start_over(&self) -> Result<(), Failure> {
        raw::empty(&self.control_raw, &IN_CONTROL).await?;
        for raw in &self.small {
            let again = "UPDATE reminder SET state = 'planned', notice_id = NULL WHERE state = 'sent'";
            raw::execute(raw, again, vec![]).await?;
            raw::empty(raw, &["notice_bill", "notice", "reminder_event"]).await?;
        }
        Ok(raw::rest(&self.large.raw).await?)
    }

    async fn clear(self) -> Result<(), Failure> {
        for raw in self.small {
            raw.close().await?;
        }
        self.large.raw.close().await?;
        self.control_raw.close().await?;
        self.world.clear().await
    }
}

async fn populate(world: &World, project: ProjectId, place: u64, count: u64, prefix: &str) -> Result<(), Failure> {
    followers::gather(world, project, place, count, prefix).await?;
    let db = world.projects.open(project).await?;
    rows::furnish(&db, count).await?;
    bills::issue(&db, count, &[0]).await
}
