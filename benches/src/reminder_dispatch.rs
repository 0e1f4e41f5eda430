//! `reminder-dispatch`: messages that are due, from the claim to the recorded outcome, against the bare HTTP client
//! sending the same bodies to the same vendor.
//!
//! Every payer has one bill that is due today and a follower who signed in. Ours finds what is due, takes leave to send
//! for each, claims, fills the account's template, sends over HTTP, and records what the vendor said, in the project and
//! in the control database, each batch durably. The vendor accepts at once and shares the cores with both.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, DatabaseConnection};
use service::installation::Installation;
use service::reminders;

use crate::bar::{Bar, Claim};
use crate::choice::Size;
use crate::measure::Rounds;
use crate::vendor::{ACCESS_TOKEN, SEND_PATH, Vendor};
use crate::world::{Engine, Site, World, now};
use crate::{Failure, bills, followers, must_be, outside, raw, rows};

const BAR: Claim = Claim::at_least("reminder-dispatch", "messages/s", 0.5, 0.8).or_because(
    "seven rows a message are written and five changed, durably, in two databases on the cores that send; the limit only posts",
);

/// Calls at once: as many as a dispatch makes.
const AT_ONCE: usize = 16;
/// As the service's own client.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// What a dispatch writes in the project, those that refer to others first.
const IN_PROJECT: [&str; 4] = ["notice_bill", "notice", "reminder_event", "reminder"];
/// What it writes in the control database.
const IN_CONTROL: [&str; 4] = ["send_grant", "contact_count", "account_quota", "message_receipt"];

const fn messages(size: Size) -> u64 {
    match size {
        Size::Small => 300,
        Size::Usual => 5_000,
        Size::Full => 20_000,
    }
}

/// Measures it.
///
/// # Errors
/// The databases', and a wrong count.
pub async fn run(engine: &Engine, size: Size) -> Result<Vec<Bar>, Failure> {
    let count = messages(size);
    let world = World::build(engine).await?;
    let vendor = Vendor::start().await?;
    let bench = Bench::build(&world, &vendor, count).await?;

    // The first dispatch opens connections and fetches the token; its bodies are what the limit sends.
    bench.start_over().await?;
    vendor.forget(true);
    bench.dispatch().await?;
    let bodies = Arc::new(vendor.bodies());
    must_be("bodies", bodies.len() as u64, count)?;

    let client = client()?;
    let url = format!("{}{SEND_PATH}?access_token={ACCESS_TOKEN}", vendor.url());
    let mut rounds = Rounds::default();
    for _ in 0..size.rounds() {
        bench.start_over().await?;
        vendor.forget(false);
        rounds.ours(bench.dispatch().await?);
        must_be("messages sent", vendor.messages(), count)?;

        vendor.forget(false);
        rounds.limit(send_bare(&client, &url, &bodies).await?);
        must_be("messages sent bare", vendor.messages(), count)?;
    }
    let (ours, limit) = rounds.rates(count);
    bench.close().await?;
    world.clear().await?;
    Ok(vec![BAR.measured(engine.name(), "", ours, limit)])
}

struct Bench {
    site: Site,
    control_raw: DatabaseConnection,
    installation: Installation,
    count: u64,
}

impl Bench {
    /// Furnishes, bills and plans.
    async fn build(world: &World, vendor: &Vendor, count: u64) -> Result<Self, Failure> {
        let mut site = world.site(1).await?;
        followers::open_account(world).await?;
        followers::gather(world, site.id, 0, count, "obench").await?;
        site.db = world.projects.open(site.id).await?;
        rows::furnish(&site.db, count).await?;
        bills::issue(&site.db, count, &[0]).await?;
        raw::analyze(&site.raw).await?;
        let planned = reminders::plan(&site.db, now()).await?;
        must_be("reminders planned", planned.planned, count)?;
        site.raw.execute_unprepared("CREATE TABLE bare_reminder AS SELECT * FROM reminder").await?;
        let control_raw = raw::open(world.control_placement.expose(), 1).await?;
        raw::analyze(&control_raw).await?;
        let installation = outside::installation(world, &world.clock(), Some(&vendor.url()))?;
        Ok(Self { site, control_raw, installation, count })
    }

    /// Everything is planned and nothing sent.
    async fn start_over(&self) -> Result<(), Failure> {
        raw::empty(&self.control_raw, &IN_CONTROL).await?;
        raw::empty(&self.site.raw, &IN_PROJECT).await?;
        raw::execute(&self.site.raw, "INSERT INTO reminder SELECT * FROM bare_reminder", vec![]).await?;
        raw::analyze(&self.site.raw).await?;
        Ok(raw::rest(&self.site.raw).await?)
    }

    async fn dispatch(&self) -> Result<Duration, Failure> {
        let Installation { control, senders, clock, .. } = &self.installation;
        let begun = Instant::now();
        let report = reminders::dispatch(&self.site.db, control, senders, clock, usize::MAX).await?;
        let took = begun.elapsed();
        must_be("messages recorded as sent", report.recorded.sent, self.count)?;
        for (table, condition) in
            [("notice", "WHERE state = 'sent'"), ("notice_bill", ""), ("reminder", "WHERE state = 'sent'")]
        {
            must_be(table, raw::count(&self.site.raw, table, condition).await?, self.count)?;
        }
        for (table, condition) in [("message_receipt", ""), ("send_grant", "WHERE state = 'spent'")] {
            must_be(table, raw::count(&self.control_raw, table, condition).await?, self.count)?;
        }
        Ok(took)
    }

    async fn close(self) -> Result<(), Failure> {
        self.control_raw.close().await?;
        Ok(self.site.raw.close().await?)
    }
}

/// The client that the service sends with, without the service.
fn client() -> Result<reqwest::Client, Failure> {
    let builder = reqwest::Client::builder()
        .user_agent(gateway::http::USER_AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .timeout(CALL_TIMEOUT);
    Ok(builder.build()?)
}

/// Sends every body once, so many at once; answers how long it took.
async fn send_bare(client: &reqwest::Client, url: &str, bodies: &Arc<Vec<Vec<u8>>>) -> Result<Duration, Failure> {
    let next = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let tasks: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (client, url, bodies, next) = (client.clone(), url.to_owned(), Arc::clone(bodies), Arc::clone(&next));
            tokio::spawn(async move {
                while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let request =
                        client.post(&url).header("content-type", "application/json; charset=utf-8").body(body.clone());
                    let answer = request.send().await?.bytes().await?;
                    if !answer.starts_with(br#"{"errcode":0,"#) {
                        return Err("WRONG: the vendor refused a message".into());
                    }
                }
                Ok::<_, Failure>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(begun.elapsed())
}
