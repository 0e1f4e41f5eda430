//! A day of reminders by real processes over HTTP: who follows, who pays and when, what the vendors do and where a
//! process dies are drawn from a seed. The oracle speaks at the end of each; the long runs with a clock of their own are
//! in `tests/simulation`.

use chrono::TimeDelta;
use futures_util::future::join_all;
use sim::{Endpoint, Trick};
use tests::process::{Process, until};
use tests::{Bill, House, Owner, World};

const SEEDS: [u64; 4] = [1, 2, 3, 4];
const HOUSEHOLDS: usize = 8;
/// Faults of vendors in one day.
const TRICKS: usize = 4;
/// Rounds in which another node ends what the dead ones left, a few minutes apart.
const ROUNDS_AFTER: usize = 6;
/// Where the first process may die; at the last it never comes by.
const EDGES: [&str; 7] = [
    "reminders.grants:after_commit",
    "reminders.claim:after_commit",
    "reminders.send:before_call",
    "reminders.send:after_call#2",
    "reminders.receipts:after_commit",
    "reminders.record:before_commit",
    "reminders.record:after_commit#99",
];

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(sides).unwrap()).unwrap()
    }
}

/// When a household pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pays {
    Before,
    Meanwhile,
    Never,
}

struct Household {
    owner: Owner,
    bill: Bill,
    pays: Pays,
}

/// Households whose bills were issued a week ago and are due today; some follow.
async fn households(world: &World, dice: &mut Dice) -> Vec<Household> {
    world.advance(TimeDelta::days(-7));
    let mut houses: Vec<House> = Vec::new();
    for number in 0..HOUSEHOLDS {
        houses.push(world.household(&format!("1-1-1{number:02}"), &format!("138000001{number:02}")).await);
    }
    let item = world.fee_item("建筑面积 × 单价", &[("unit_price", "1.80")], 7).await;
    let due = world.publish(item).await.due_day;
    world.advance(TimeDelta::days(7));
    world.remind_from_midnight().await;
    let raw = world.raw().await;
    let mut all = Vec::new();
    for house in houses {
        let sql =
            format!("SELECT b.id FROM bill b JOIN house h ON h.id = b.house_id WHERE h.house_key = '{}'", house.key);
        let bill = Bill { id: raw.one(&sql).await, fen: raw.one("SELECT MAX(total_fen) FROM bill").await, due };
        let owner = if dice.roll(3) > 0 { world.owner(&house.phone).await } else { world.stranger(&house.phone).await };
        let pays = [Pays::Before, Pays::Meanwhile, Pays::Never, Pays::Never][dice.roll(4)];
        all.push(Household { owner, bill, pays });
    }
    all
}

fn mischief(world: &World, dice: &mut Dice) {
    let refused = |code: &str| Trick::Refuse { status: 200, code: code.to_owned() };
    for _ in 0..TRICKS {
        let (endpoint, trick) = match dice.roll(7) {
            0 => (Endpoint::Template, Trick::StatusBefore { status: 503 }),
            1 => (Endpoint::Template, Trick::StatusAfter { status: 502 }),
            2 => (Endpoint::Template, refused("43004")),
            3 => (Endpoint::Template, refused("45009")),
            4 => (Endpoint::Template, refused("40001")),
            5 => (Endpoint::TencentSms, Trick::StatusAfter { status: 502 }),
            _ => (Endpoint::TencentSms, Trick::StatusBefore { status: 503 }),
        };
        world.sim.mischief().once(endpoint, trick);
    }
}

async fn pay(world: &World, households: &[Household], when: Pays) {
    let paying = households.iter().filter(|one| one.pays == when);
    join_all(paying.map(|one| async { one.owner.pay(world, &[&one.bill]).await })).await;
    let told = world.deliver_notifies().await;
    assert!(told.iter().all(|status| *status == Some(200)), "{told:?}");
}

async fn a_day(seed: u64) {
    let mut dice = Dice(seed);
    let world = World::builder().system_time().start().await;
    let households = households(&world, &mut dice).await;
    pay(&world, &households, Pays::Before).await;
    mischief(&world, &mut dice);
    let edge = EDGES[dice.roll(EDGES.len())];
    let mut dies = Process::start(&world, "jobs", "", Some(edge)).await;
    let mut lives = Process::start(&world, "jobs", "", None).await;
    pay(&world, &households, Pays::Meanwhile).await;
    let raw = world.raw().await;
    until("the processes have sent or one has died", async || {
        let has_begun = raw.count("reminder").await > 0;
        dies.is_dead() || (has_begun && raw.count("reminder WHERE state = 'planned'").await == 0)
    })
    .await;
    dies.kill();
    lives.kill();
    for _ in 0..ROUNDS_AFTER {
        world.advance(TimeDelta::minutes(5));
        world.node.engine.tick().await.unwrap();
        world.hear().await;
    }
    world.remind().await;
    let unexplained = "reminder WHERE state IN ('planned', 'claimed') OR (state <> 'sent' AND reason IS NULL)";
    assert_eq!(raw.count(unexplained).await, 0, "seed {seed}, {edge}");
    let due: i64 = raw.count("reminder WHERE stage = 'due_day'").await;
    let open = households.iter().filter(|one| one.pays == Pays::Never).count();
    assert!(due >= i64::try_from(open).unwrap(), "seed {seed}, {edge}: {due} of {open} stages");
    raw.close().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn days_of_real_processes_drawn_from_seeds_hold() {
    for seed in SEEDS {
        a_day(seed).await;
    }
}
