//! What the engine of reminders must survive, and that each fault of the table in `docs/REMINDERS.md` has its test.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, TimeDelta};
use service::audit::By;
use service::setup;
use sim::{Endpoint, Trick};
use tests::outside::TEMPLATE;
use tests::{Raw, World};

use crate::architecture::{root, sources};

/// The heading of the table.
const TABLE: &str = "## Faults and the tests that hold them";
/// Rows of the specification's list of faults and of the engines' that concern reminders.
const FAULTS_MIN: usize = 20;
/// A name of so many words in a promise is the name of a test.
const WORDS_OF_A_TEST: usize = 5;

/// The names of all tests, with the file of each.
fn tests_by_name() -> BTreeMap<String, String> {
    let folders =
        ["api", "domain", "gateway", "jobs", "linli", "service", "sim"].map(|name| root().join(name).join("src"));
    let stories = ["tests/stories", "tests/simulation"].map(|name| root().join(name));
    let mut found = BTreeMap::new();
    for (file, text) in sources(folders.into_iter().chain(stories)) {
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with("#[") {
                is_test |= line.contains("test");
            } else if let Some((_, rest)) = line.split_once("fn ") {
                if is_test {
                    let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                    found.insert(name, file.clone());
                }
                is_test = false;
            } else if !line.is_empty() && !line.starts_with("//") {
                is_test = false;
            }
        }
    }
    found
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_fault_of_the_table_and_every_promise_about_reminders_has_a_test_that_exists() {
    let text = std::fs::read_to_string(root().join("docs/REMINDERS.md")).unwrap();
    let known = tests_by_name();
    let table = text.split(TABLE).nth(1).unwrap_or_else(|| panic!("no table of faults")).split("\n## ").next().unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() >= FAULTS_MIN, "{} faults", rows.len());
    let mut wrong = Vec::new();
    for row in &rows {
        let tests = quoted(row);
        if tests.is_empty() {
            wrong.push(format!("no test: {row}"));
        }
        wrong.extend(tests.iter().filter(|name| !known.contains_key(**name)).map(|name| format!("{name} is no test")));
    }
    let named: BTreeSet<&str> = quoted(&text)
        .into_iter()
        .filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'))
        .filter(|name| name.split('_').count() >= WORDS_OF_A_TEST)
        .collect();
    wrong.extend(named.iter().filter(|name| !known.contains_key(**name)).map(|name| format!("{name} is no test")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_edited_under_way_changes_the_next_message_and_repeats_none() {
    let world = World::start().await;
    let house = world.household("1-1-101", "13800000001").await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner("13800000001").await;
    world.advance_to(bill.due - Days::new(3));
    world.renew_tokens().await;
    world.sim.mischief().once(Endpoint::Template, Trick::StatusAfter { status: 502 });
    world.remind().await;
    let taken = owner.messages(&world);
    assert_eq!(taken.len(), 1, "WeChat took it");
    let (control, official) = (&world.node.installation.control, &world.community().outside.official);
    let fields = [("thing1", "house"), ("amount2", "amount"), ("time3", "due"), ("thing4", "company")];
    let now_ms = world.now().timestamp_millis();
    setup::set_template(control, official, "bill_notice", TEMPLATE, &fields, &By::operator(), now_ms).await.unwrap();
    for _ in 0..5 {
        world.advance(TimeDelta::minutes(1));
        world.remind().await;
    }
    assert_eq!(owner.messages(&world).len(), 1, "the lost answer was asked for under the same id");
    world.advance_to(bill.due);
    world.remind().await;
    let lines: Vec<String> = owner
        .messages(&world)
        .iter()
        .map(|message| message.lines.iter().find(|line| line.key == "thing4").unwrap().value.clone())
        .collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0] != "测试物业" && lines[1] == "测试物业", "{lines:?} {taken:?}");
    world.finish().await;
}

/// Ends every connection to the databases, as a restart of the server does. A file has no server: the node opens it anew.
async fn restart_databases(world: &World) {
    for url in [world.control_url.clone(), world.community().database_url.clone()] {
        let raw = Raw::open(&url).await;
        if raw.is_postgres() {
            let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                          WHERE datname = current_database() AND pid <> pg_backend_pid()";
            raw.rows(others).await;
        } else {
            world.node.installation.projects.forget(world.community().id).await;
        }
        raw.close().await;
    }
}

/// Restarts the databases while a message is at the vendor: held before it is taken, or after.
async fn a_restart_meanwhile(held: Trick) {
    let world = World::start().await;
    let house = world.household("1-1-101", "13800000001").await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner("13800000001").await;
    world.advance_to(bill.due);
    world.run("plan_reminders").await;
    world.renew_tokens().await;
    world.sim.mischief().once(Endpoint::Template, held.clone());
    let (engine, project) = (world.node.engine.clone(), world.community().id);
    let sending = tokio::spawn(async move { engine.run_now("dispatch_reminders", Some(project)).await.map(|_| ()) });
    world.sim.until_held(1).await;
    restart_databases(&world).await;
    world.sim.release_holds();
    // However the run ended: what it did not write down is found again.
    let _ = sending.await.unwrap();
    for _ in 0..8 {
        world.advance(TimeDelta::minutes(2));
        let _ = world.node.engine.tick().await;
    }
    world.remind().await;
    assert_eq!(owner.messages(&world).len(), 1, "{held:?}");
    let ended = world.raw().await.count("notice WHERE state = 'sent'").await;
    assert_eq!(ended, 1, "{held:?}: and we know it");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_restarts_while_a_message_goes_out_loses_none_and_repeats_none() {
    for held in [Trick::HoldBefore, Trick::Hold] {
        a_restart_meanwhile(held).await;
    }
}
