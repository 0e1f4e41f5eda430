//! Running seeds, and saying which one failed.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::oracle::{self, Facts};
use crate::run::{Run, Setting};

/// What a seed came to.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What does not hold.
    pub wrong: Vec<String>,
    /// What was done.
    pub log: Vec<String>,
    /// Messages that vendors took.
    pub accepted: usize,
    /// How long it took.
    pub took: String,
}

/// Runs one seed to its end. `LINLI_BILL` tells the life of a bill.
#[must_use]
pub fn run(seed: u64, setting: Setting) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let started = std::time::Instant::now();
        let mut run = Run::begin(seed, setting).await;
        let begun = started.elapsed();
        run.month();
        let month = started.elapsed();
        run.come_to_rest();
        let rest = started.elapsed();
        let wrong = oracle::examine(&run);
        let examined = started.elapsed();
        let mut took = format!("founded after {begun:.1?}, month over after {month:.1?}, at rest after {rest:.1?}, ");
        let _ = writeln!(took, "examined after {examined:.1?}");
        for (act, (times, spent)) in &run.memory.spent {
            let _ = writeln!(took, "{act}: {times} times, {spent:.1?}");
        }
        let mut log = std::mem::take(&mut run.memory.log);
        if let Ok(bill) = std::env::var("LINLI_BILL") {
            log.push(oracle::biography::biography(&Facts::of(&run), bill.parse().unwrap()));
        }
        let accepted = run.vendors.book().accepted.len();
        run.end().await;
        Outcome { wrong, log, accepted, took }
    })
}

/// Violations shown of one seed.
const SHOWN_MAX: usize = 20;

/// How to see a seed again.
fn again(seed: u64, wrong: &[String]) -> String {
    let more = wrong.len().saturating_sub(SHOWN_MAX);
    let wrong = &wrong[..wrong.len() - more];
    format!(
        "seed {seed} does not hold; LINLI_SEED={seed} runs it alone and shows what it did\n  {}",
        wrong.join("\n  ")
    )
}

/// Runs seeds one after another.
///
/// # Errors
/// The first that does not hold.
pub fn all(seeds: impl Iterator<Item = u64>) -> Result<usize, String> {
    let mut accepted = 0;
    for seed in seeds {
        let outcome = run(seed, Setting::usual());
        if !outcome.wrong.is_empty() {
            return Err(again(seed, &outcome.wrong));
        }
        accepted += outcome.accepted;
    }
    Ok(accepted)
}

/// Runs so many seeds on so many threads, whatever fails; answers what failed.
#[must_use]
pub fn soak(first: u64, count: u64, threads: usize) -> Vec<String> {
    let next = AtomicU64::new(first);
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= first + count {
                        return;
                    }
                    if let Err(words) = all(std::iter::once(seed)) {
                        failed.lock().unwrap().push(words);
                    }
                }
            });
        }
    });
    failed.into_inner().unwrap()
}
