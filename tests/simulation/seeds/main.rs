//! Months of reminders from seeds, each held against the oracle.
//!
//! `LINLI_SEED=n` runs one seed alone and shows what it did, `LINLI_BILL=id` adds the life of one bill;
//! `SEEDS=n make soak` runs as many as wanted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test stops at the first surprise and says what it saw"
)]

mod oracle;

use std::time::Instant;

use simulation::databases::is_postgres;
use simulation::run::Setting;
use simulation::seed;

/// Seeds of one test over SQLite; over PostgreSQL, where a database costs more, fewer.
const SEEDS_EACH: u64 = 25;
const SEEDS_EACH_POSTGRES: u64 = 2;
/// Payers of the large community: with the houses that some have besides, three thousand households.
const LARGE: i64 = 1_900;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

fn holds(group: u64) {
    if number("LINLI_SEED").is_some() {
        return;
    }
    let first = group * SEEDS_EACH;
    let count = if is_postgres() { SEEDS_EACH_POSTGRES } else { SEEDS_EACH };
    seed::all(first..first + count).unwrap_or_else(|words| panic!("{words}"));
}

/// Groups, so that a runner can run them side by side.
macro_rules! groups {
    ($($name:ident: $group:expr;)*) => {
        $(#[test]
        fn $name() {
            holds($group);
        })*
    };
}

groups! {
    seeds_0_to_24_hold: 0;
    seeds_25_to_49_hold: 1;
    seeds_50_to_74_hold: 2;
    seeds_75_to_99_hold: 3;
    seeds_100_to_124_hold: 4;
    seeds_125_to_149_hold: 5;
    seeds_150_to_174_hold: 6;
    seeds_175_to_199_hold: 7;
    seeds_200_to_224_hold: 8;
    seeds_225_to_249_hold: 9;
    seeds_250_to_274_hold: 10;
    seeds_275_to_299_hold: 11;
    seeds_300_to_324_hold: 12;
    seeds_325_to_349_hold: 13;
    seeds_350_to_374_hold: 14;
    seeds_375_to_399_hold: 15;
    seeds_400_to_424_hold: 16;
    seeds_425_to_449_hold: 17;
    seeds_450_to_474_hold: 18;
    seeds_475_to_499_hold: 19;
}

#[test]
fn the_seed_that_was_asked_for_holds() {
    let Some(seed) = number("LINLI_SEED") else { return };
    let outcome = seed::run(seed, Setting::usual());
    for line in &outcome.log {
        eprintln!("{line}");
    }
    assert!(outcome.wrong.is_empty(), "seed {seed}:\n  {}", outcome.wrong.join("\n  "));
}

/// Ids are made anew in every run; what is done and what comes of it is not.
fn without_ids(line: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let mut masked = String::new();
    for piece in line.split_inclusive(|c| !word(c)) {
        let body = piece.trim_end_matches(|c| !word(c));
        masked.push_str(if body.len() >= 20 { "…" } else { body });
        masked.push_str(&piece[body.len()..]);
    }
    masked
}

#[test]
fn a_seed_replays_exactly() {
    for seed in [3, 20, 33] {
        let twice = [(); 2].map(|()| seed::run(seed, Setting::usual()));
        let [first, second] = twice.map(|outcome| outcome.log.iter().map(|line| without_ids(line)).collect::<Vec<_>>());
        let differs = first.iter().zip(&second).find(|(one, other)| one != other);
        assert!(first == second, "seed {seed} went another way: {differs:?}");
    }
}

/// Over PostgreSQL with a tenth of the payers. `PAYERS=n` takes as many as wanted.
#[test]
fn a_month_of_three_thousand_households() {
    let started = Instant::now();
    let payers = number("PAYERS").and_then(|text| i64::try_from(text).ok()).unwrap_or(LARGE);
    let payers = if is_postgres() { payers / 10 } else { payers };
    let outcome = seed::run(1, Setting::large(payers));
    eprintln!("{}", outcome.took);
    eprintln!("{payers} payers, {} messages, {:?}", outcome.accepted, started.elapsed());
    assert!(outcome.wrong.is_empty(), "{}", outcome.wrong.join("\n"));
    assert!(outcome.accepted > usize::try_from(payers).unwrap(), "{} messages", outcome.accepted);
}

#[test]
#[ignore = "make soak"]
fn soak() {
    let (first, count) = (number("LINLI_SEED").unwrap_or(0), number("SEEDS").unwrap_or(1_000));
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let started = Instant::now();
    let failed = seed::soak(first, count, threads);
    eprintln!("{count} seeds from {first}, {} failed, {:?}", failed.len(), started.elapsed());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
