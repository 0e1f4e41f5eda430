//! Running what was asked for, one line a bar, and all of it in `target/bench.json`.

use std::path::PathBuf;

use crate::bar::Bar;
use crate::choice::{Bench, Choice, Size};
use crate::world::Engine;
use crate::{
    Failure, bill_run, callback, forged, formula, many_projects, node, reminder_dispatch, reminder_fair, reminder_plan,
};

/// Runs the benches and says whether nothing was wrong. A bench that fails is named and does not stop the others.
pub async fn run_all(choice: &Choice) -> bool {
    let mut bars: Vec<Bar> = Vec::new();
    let mut sound = true;
    println!("{:<36} {:>6} {:>5}", "name/db", "ratio", "bar");
    for bench in &choice.benches {
        for engine in choice.engines.iter().take(bench.engines_max()) {
            match run(*bench, engine, choice.size).await {
                Ok(measured) => {
                    measured.iter().for_each(|bar| println!("{bar}"));
                    bars.extend(measured);
                }
                Err(error) => {
                    sound = false;
                    eprintln!("{bench:?} on {}:", engine.name());
                    let mut cause: Option<&dyn std::error::Error> = Some(error.as_ref());
                    while let Some(inner) = cause {
                        eprintln!("  {inner}");
                        cause = inner.source();
                    }
                }
            }
        }
    }
    if choice.size == Size::Small {
        println!("a quick try: figures mean nothing and are not stored");
        return sound;
    }
    let is_everything = choice.benches.len() == Bench::ALL.len() && choice.engines.len() > 1;
    match store(&bars, !is_everything) {
        Ok(path) => println!("{}", path.display()),
        Err(error) => {
            sound = false;
            eprintln!("target/bench.json: {error}");
        }
    }
    sound
}

async fn run(bench: Bench, engine: &Engine, size: Size) -> Result<Vec<Bar>, Failure> {
    match bench {
        Bench::BillRun => bill_run::run(engine, size).await,
        Bench::Formula => formula::run(size),
        Bench::ReminderPlan => reminder_plan::run(engine, size).await,
        Bench::ReminderDispatch => reminder_dispatch::run(engine, size).await,
        Bench::ReminderFair => reminder_fair::run(engine, size).await,
        Bench::ManyProjects => many_projects::run(engine, size).await,
        Bench::Callback => callback::run(engine, size).await,
        Bench::CallbackForged => forged::run(engine, size).await,
        Bench::Node => node::run(engine, size).await,
    }
}

/// Stores the bars; after a run of some benches, what earlier runs measured of the others stays.
fn store(bars: &[Bar], keeps_others: bool) -> Result<PathBuf, Failure> {
    let path = target_folder()?.join("bench.json");
    let stored = std::fs::read(&path).ok().filter(|_| keeps_others);
    let earlier: Vec<serde_json::Value> =
        stored.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let again = |old: &serde_json::Value| {
        let is = |field: &str, value: &str| old.get(field).and_then(serde_json::Value::as_str) == Some(value);
        bars.iter().any(|bar| is("name", &bar.name) && is("database", bar.database))
    };
    let mut all: Vec<serde_json::Value> = earlier.into_iter().filter(|old| !again(old)).collect();
    for bar in bars {
        all.push(serde_json::to_value(bar)?);
    }
    std::fs::write(&path, serde_json::to_vec_pretty(&all)?)?;
    Ok(path)
}

/// The workspace's `target`, wherever the program was started.
fn target_folder() -> Result<PathBuf, Failure> {
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let target = workspace.parent().ok_or("no workspace")?.join("target");
    std::fs::create_dir_all(&target)?;
    Ok(target)
}
