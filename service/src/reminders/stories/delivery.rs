//! What vendors report, early, late, twice.

use super::super::{DeliveryKind, DeliveryReport, apply_deliveries, record_delivery};
use super::*;

async fn report(world: &World, receipt: &str, kind: DeliveryKind) -> bool {
    let key = format!("{receipt}-{kind:?}");
    record_delivery(&world.fixture.control, SERVICE_ACCOUNT, &key, receipt, kind, world.now()).await.unwrap()
}

async fn apply(world: &World) -> DeliveryReport {
    apply_deliveries(&world.fixture.control, &world.fixture.projects, world.now(), 100).await.unwrap()
}

async fn due() -> World {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill(payer, "2026-11-22", 10_000).await;
    world.plan().await;
    world
}

#[tokio::test]
async fn a_report_that_comes_before_its_message_waits_for_it() {
    let world = due().await;
    assert!(report(&world, "wechat_template-1", DeliveryKind::Delivered).await);
    assert!(!report(&world, "wechat_template-1", DeliveryKind::Delivered).await, "WeChat repeats itself");
    assert_eq!(apply(&world).await, DeliveryReport::default());
    world.dispatch().await;
    assert_eq!(apply(&world).await.applied, 1);
    assert_eq!(apply(&world).await.applied, 0);
    assert_eq!(world.events().await, ["claimed", "sent", "delivered"]);
    world.pass(TimeDelta::hours(24));
    world.tick().await;
    assert_eq!(world.sms.sent().len(), 1, "delivered is not opened");
}

#[tokio::test]
async fn who_refuses_the_account_gets_a_text() {
    let world = due().await;
    world.dispatch().await;
    report(&world, "wechat_template-1", DeliveryKind::UserBlocked).await;
    assert_eq!(apply(&world).await.next_channel, 1);
    world.dispatch().await;
    assert_eq!(world.notices().await, ["wechat_template:failed(user_blocked)", "sms:sent"]);
    assert_eq!(world.reminders().await[2], "overdue_1:sent");
    world.pass(TimeDelta::days(2));
    world.tick().await;
    assert_eq!(world.sms.sent().len(), 1, "what failed is not unread as well");
}

#[tokio::test]
async fn a_failure_report_after_the_payment_changes_nothing() {
    let world = due().await;
    world.dispatch().await;
    let bill: Uuid = world
        .db
        .read("story.bill", async |tx| tx.value::<Uuid>("SELECT id FROM bill", vec![]).await)
        .await
        .unwrap()
        .unwrap();
    world.pay(&[bill]).await;
    report(&world, "wechat_template-1", DeliveryKind::Failed).await;
    assert_eq!(apply(&world).await, DeliveryReport { applied: 1, ..DeliveryReport::default() });
    world.dispatch().await;
    assert_eq!(world.sms.sent().len(), 0);
}

#[tokio::test]
async fn a_report_of_somebody_elses_message_is_put_away_after_a_week() {
    let world = due().await;
    report(&world, "not-ours", DeliveryKind::Delivered).await;
    world.pass(TimeDelta::days(8));
    apply(&world).await;
    let open: Option<i64> = world
        .fixture
        .control
        .read("story.open", async |tx| {
            tx.value("SELECT COUNT(*) FROM delivery_event WHERE applied_at_ms IS NULL", vec![]).await
        })
        .await
        .map_err(|e: StoreError| e)
        .unwrap();
    assert_eq!(open, Some(0));
}

#[tokio::test]
async fn two_reports_of_one_failure_are_followed_by_one_message() {
    let world = due().await;
    world.dispatch().await;
    report(&world, "wechat_template-1", DeliveryKind::UserBlocked).await;
    report(&world, "wechat_template-1", DeliveryKind::Failed).await;
    assert_eq!(apply(&world).await, DeliveryReport { applied: 2, next_channel: 1, waiting: 0 });
    world.dispatch().await;
    assert_eq!(world.sms.sent().len(), 1);
}

#[tokio::test]
async fn a_failure_that_is_told_together_with_the_delivery_is_not_believed() {
    let world = due().await;
    world.dispatch().await;
    report(&world, "wechat_template-1", DeliveryKind::Delivered).await;
    report(&world, "wechat_template-1", DeliveryKind::Failed).await;
    assert_eq!(apply(&world).await.next_channel, 0);
    assert_eq!(world.notices().await, ["wechat_template:sent"]);
}
