//! Schemas: what the program expects, what it refuses, and what it seals.

use service::job_runs::Outcome;
use service::rotation::{CONTROL_COLUMNS, PROJECT_COLUMNS, SealedColumn};
use service::store::{CONTROL_SCHEMA, PROJECT_SCHEMA};
use tests::{Raw, World};

#[test]
fn schema_constants_match_the_migrations() {
    assert_eq!((CONTROL_SCHEMA, PROJECT_SCHEMA), (migration::CONTROL_HEAD, migration::PROJECT_HEAD));
}

async fn sealed_columns(raw: &Raw) -> Vec<String> {
    let mut found = Vec::new();
    for table in raw.tables().await {
        let columns = raw.columns(&table).await;
        found.extend(columns.iter().filter_map(|name| Some(format!("{table}.{}", name.strip_suffix("_sealed")?))));
    }
    found.sort();
    found
}

fn listed(columns: &[SealedColumn]) -> Vec<String> {
    let mut listed: Vec<String> = columns.iter().map(|one| format!("{}.{}", one.table, one.column)).collect();
    listed.sort();
    listed
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sealed_column_is_known_to_rotation() {
    let world = World::start().await;
    assert_eq!(sealed_columns(&world.raw().await).await, listed(PROJECT_COLUMNS));
    assert_eq!(sealed_columns(&world.control_raw().await).await, listed(CONTROL_COLUMNS));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_behind_its_schema_is_refused() {
    let mut world = World::start().await;
    let behind = world.add_project("behind").await;
    let behind = world.communities[behind].clone();
    let there = world.household_of(&behind, "1-1-101", "13800000002").await;
    world.bill_of(&behind, &there, 10_000).await;
    let stranger = world.owner_of(&behind, &world.client(), "13800000002").await;
    let house = world.household("1-1-101", "13800000001").await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner("13800000001").await;

    let raw = Raw::open(&behind.database_url).await;
    raw.execute(&format!("DELETE FROM seaql_migrations WHERE version = '{}'", migration::PROJECT_HEAD)).await;
    world.node.installation.projects.forget(behind.id).await;
    let refused = stranger.client.get(503, &behind.owner_path("/receipts")).await;
    assert_eq!(refused["error"]["code"], "project_unavailable");
    let run = world.node.try_run("plan_reminders", behind.id).await;
    assert_eq!(run.outcome, Outcome::Failed);
    assert!(run.error.unwrap().contains("linli migrate"), "the record says what to do");

    world.run("plan_reminders").await;
    owner.pay_and_tell(&world, &[&bill]).await;
    world.expectations.broken.push(behind.code);
    world.finish().await;
}
