//! Without Redis everything is as it was.

use chrono::Days;
use tests::proxy::Proxy;
use tests::{Owner, World};

/// Bills, pays and is reminded once; what comes of it must not depend on Redis.
async fn a_month(world: &World, owner: &Owner, house: &tests::House) {
    let before = owner.messages(world).len();
    let paid = world.bill(house, 20_000).await;
    owner.pay_and_tell(world, &[&paid]).await;
    let unpaid = world.bill(house, 30_000).await;
    world.advance_to(unpaid.due - Days::new(3));
    world.remind().await;
    world.hear().await;
    assert_eq!(owner.messages(world).len(), before + 1);
    owner.pay_and_tell(world, &[&unpaid]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_gone_changes_nothing() {
    // Where no Redis is given the proxy leads nowhere: gone from the start.
    let url = std::env::var("LINLI_TEST_REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:1".to_owned());
    let proxy = Proxy::to(url.strip_prefix("redis://").unwrap()).await;
    let world = World::builder().redis(&format!("redis://{}", proxy.address())).start().await;
    let house = world.household("1-1-101", "13800000001").await;
    let owner = world.owner("13800000001").await;
    a_month(&world, &owner, &house).await;
    proxy.cut();
    a_month(&world, &owner, &house).await;
    world.finish().await;
}
