//! What the code promises about itself: which crate may know which, where the time comes from, how long a file is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Which of our crates each crate may know. `tests`, `simulation` and `benches` may know every one.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("entity", &["domain"]),
    ("gateway", &["domain"]),
    ("books", &["domain"]),
    ("papers", &["domain"]),
    ("migration", &[]),
    ("sim", &[]),
    ("service", &["domain", "entity", "gateway", "books", "papers"]),
    ("api", &["service", "domain"]),
    ("jobs", &["service", "domain"]),
    ("linli", &["api", "books", "domain", "entity", "gateway", "jobs", "migration", "service", "sim"]),
];
/// May name `gateway` in `startup.rs`, to be handed a client, and nowhere else.
const SHELLS: [&str; 2] = ["api", "jobs"];
/// Who may hold an HTTP client.
const HTTP_CLIENTS: [&str; 4] = ["gateway", "sim", "tests", "benches"];
/// The readers of the system clock: ours, and the outside world's own.
const CLOCKS: [&str; 2] = ["service/src/clock.rs", "sim/src/clock.rs"];
/// Lines of a file.
const LINES_MAX: usize = 400;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Crate by crate, what it depends on: `true` for a dependency of the product, `false` for one of its tests.
fn dependencies() -> BTreeMap<String, Vec<(String, bool)>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let dependency = |one: &Value| (one["name"].as_str().unwrap().to_owned(), one["kind"].is_null());
    packages
        .map(|package| {
            let all = package["dependencies"].as_array().unwrap();
            (package["name"].as_str().unwrap().to_owned(), all.iter().map(dependency).collect())
        })
        .collect()
}

/// Every `.rs` file below these folders, as paths from the root.
pub(crate) fn sources(folders: impl Iterator<Item = PathBuf>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = folders.collect();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// A module that its crate's `lib.rs` declares for tests alone.
fn is_for_tests(name: &str, file: &str) -> bool {
    let lib = std::fs::read_to_string(root().join(name).join("src/lib.rs")).unwrap();
    let module = file.rsplit('/').next().unwrap().trim_end_matches(".rs");
    lib.contains(&format!("#[cfg(test)]\nmod {module};"))
}

fn product_sources() -> Vec<(String, String)> {
    sources(MAY_KNOW.iter().map(|(name, _)| root().join(name).join("src")))
}

#[test]
fn the_architecture_holds() {
    let dependencies = dependencies();
    let ours: BTreeSet<&str> = dependencies.keys().map(String::as_str).collect();
    let mut wrong = Vec::new();
    for (name, may_know) in MAY_KNOW {
        for (other, of_product) in &dependencies[*name] {
            let other = other.as_str();
            if *of_product && ours.contains(other) && !may_know.contains(&other) {
                let as_startup = other == "gateway" && SHELLS.contains(name);
                if !as_startup {
                    wrong.push(format!("{name} must not know {other}"));
                }
            }
        }
    }
    for (name, all) in &dependencies {
        if all.iter().any(|(other, _)| other == "reqwest") && !HTTP_CLIENTS.contains(&name.as_str()) {
            wrong.push(format!("{name} must not hold an HTTP client"));
        }
        let known =
            MAY_KNOW.iter().any(|(one, _)| one == name) || ["tests", "simulation", "benches"].contains(&name.as_str());
        if !known {
            wrong.push(format!("{name} is not on the map"));
        }
    }
    for shell in SHELLS {
        for (file, text) in sources(std::iter::once(root().join(shell).join("src"))) {
            if text.contains("gateway::") && !file.ends_with("/startup.rs") && !is_for_tests(shell, &file) {
                wrong.push(format!("{file} names gateway"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_clock_reads_the_time() {
    let reads = |line: &str| {
        let code = line.split("//").next().unwrap_or_default();
        ["Utc::now", "Local::now", "SystemTime::now"].iter().any(|call| code.contains(call))
    };
    let mut wrong = Vec::new();
    for (file, text) in product_sources() {
        if !CLOCKS.contains(&file.as_str()) && text.lines().any(reads) {
            wrong.push(file);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn no_file_is_too_long() {
    let everything = ["tests", "benches"].map(|name| root().join(name).join("src"));
    let stories = root().join("tests/stories");
    let all = product_sources().into_iter().chain(sources(everything.into_iter().chain([stories])));
    let long: Vec<String> = all
        .map(|(file, text)| (file, text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(file, lines)| format!("{file}: {lines}"))
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn every_dependency_says_why_it_is_there() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let reasons = std::fs::read_to_string(root().join("docs/DEPENDENCIES.md")).expect("docs/DEPENDENCIES.md");
    let table = manifest.split("[workspace.dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let external = table.lines().filter(|line| line.contains('=') && !line.contains("path ="));
    let names = external.map(|line| line.split('=').next().unwrap().trim());
    let first_cells = reasons.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let explained: BTreeSet<&str> = first_cells.flat_map(|cell| cell.split(", ")).collect();
    let silent: Vec<&str> = names.filter(|name| !explained.contains(name)).collect();
    assert!(silent.is_empty(), "no line in docs/DEPENDENCIES.md: {silent:?}");
}
