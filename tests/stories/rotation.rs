//! Keys are changed under a running system.

use chrono::Days;
use secrecy::ExposeSecret;
use service::audit::By;
use service::rotation::{self, CONTROL_COLUMNS, PROJECT_COLUMNS, SealedColumn};
use service::tenancy::CONTROL_SCOPE;
use service::vault::{MasterKey, version_of};
use tests::{Raw, World};

const NEW_MASTER_KEY: &str = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";

async fn versions(raw: &Raw, columns: &[SealedColumn]) -> Vec<u32> {
    let mut found = Vec::new();
    for SealedColumn { table, column, .. } in columns {
        let sql = format!("SELECT {column}_sealed FROM {table} WHERE {column}_sealed IS NOT NULL");
        let sealed: Vec<Vec<u8>> = raw.column(&sql).await;
        found.extend(sealed.iter().map(|value| version_of(value).unwrap()));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Signs in by phone, is reminded by WeChat and by text, and pays: whatever is sealed is opened on the way.
async fn everything_works(world: &World, house: &tests::House, text_only: &tests::House) {
    let owner = world.owner(&house.phone).await;
    let bill = world.bill(house, 20_000).await;
    let texts = world.sim.book().telecom.len();
    world.advance_to(bill.due - Days::new(3));
    world.remind().await;
    world.hear().await;
    let told = owner.message_token(world);
    assert_eq!(owner.open_reminder(&told).await["bills"].as_array().unwrap().len(), 1);
    assert_eq!(world.sim.book().telecom.len(), texts + 1, "{} gets a text", text_only.key);
    owner.pay_and_tell(world, &[&bill]).await;
    let text_bill: uuid::Uuid = world.raw().await.one("SELECT id FROM bill WHERE settled_at_ms IS NULL").await;
    let late = world.stranger(&text_only.phone).await;
    late.pay_and_tell(world, &[&tests::Bill { id: text_bill, ..bill }]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_rotate_and_everything_still_opens() {
    let mut world = World::start().await;
    let house = world.household("1-1-101", "13800000001").await;
    let text_only = world.household("1-1-102", "13800000002").await;
    everything_works(&world, &house, &text_only).await;

    let (by, id) = (By::operator(), world.community().id);
    let (master, now_ms) = (world.config.master_key.clone(), world.now().timestamp_millis());
    let scope = id.to_string();
    for scope in [scope.as_str(), CONTROL_SCOPE] {
        rotation::new_key(&world.node.installation.control, &master, scope, &by, now_ms).await.unwrap();
    }
    world.restart().await;
    everything_works(&world, &house, &text_only).await;

    let control = world.node.installation.control.clone();
    let project = world.project().await;
    let (first, second) = (rotation::reseal_project(&project).await, rotation::reseal_control(&control).await);
    let (first, second) = (first.unwrap(), second.unwrap());
    assert!(first.resealed > 0 && second.resealed > 0);
    assert_eq!(rotation::reseal_project(&project).await.unwrap().resealed, 0, "nothing the second time");
    assert_eq!(versions(&world.raw().await, PROJECT_COLUMNS).await, [first.version]);
    assert_eq!(versions(&world.control_raw().await, CONTROL_COLUMNS).await, [second.version]);
    rotation::retire_older(&control, &scope, first.version, now_ms).await.unwrap();
    rotation::retire_older(&control, CONTROL_SCOPE, second.version, now_ms).await.unwrap();
    world.restart().await;
    everything_works(&world, &house, &text_only).await;

    let new_master = MasterKey::parse(secrecy::SecretString::from(NEW_MASTER_KEY).expose_secret()).unwrap();
    rotation::new_master_key(&control, &master, &new_master, &by, now_ms).await.unwrap();
    assert!(linli::start::installation(&world.config, world.clock.clone()).await.is_err(), "the old one opens nothing");
    world.config.master_key = new_master;
    world.restart().await;
    everything_works(&world, &house, &text_only).await;
    world.finish().await;
}
