//! Opened, acknowledged, unread: what moves a message up the ladder and what stops it.

use super::super::{Refusal, acknowledge, open_by_token, project_code_of};
use super::*;

async fn overdue() -> (World, Payer, Uuid) {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    let bill = world.bill(payer, "2026-11-22", 10_000).await;
    world.tick().await;
    assert_eq!(world.wechat.sent().len(), 1);
    (world, payer, bill)
}

fn token(message: &Message) -> String {
    message.page.split_once("token=").unwrap().1.to_owned()
}

#[tokio::test]
async fn what_nobody_opened_becomes_a_text_after_24_hours() {
    let (world, ..) = overdue().await;
    world.pass(TimeDelta::hours(24) - TimeDelta::seconds(1));
    world.tick().await;
    assert_eq!(world.sms.sent().len(), 0);
    world.pass(TimeDelta::seconds(1));
    world.tick().await;
    assert_eq!(world.sms.sent().len(), 1);
    assert_eq!(world.notices().await, ["wechat_template:sent", "sms:sent"]);
    assert_eq!(world.events().await, ["claimed", "sent", "escalated", "claimed", "sent"]);
    assert!(world.sms.texts()[0].contains("已过应缴日2天"), "it speaks of today: {:?}", world.sms.texts());
    assert_ne!(token(&world.wechat.sent()[0]), token(&world.sms.sent()[0]), "each message has its own link");
    for _ in 0..3 {
        world.pass(TimeDelta::days(1));
        world.tick().await;
    }
    assert_eq!(world.sms.sent().len(), 1, "a text is not followed by the same text");
}

#[tokio::test]
async fn opening_stops_the_ladder_and_is_recorded_once() {
    let (world, _, bill) = overdue().await;
    let token = token(&world.wechat.sent()[0]);
    assert_eq!(project_code_of(&token), Some("ch"));
    let shown = open_by_token(&world.db, &token, world.now()).await.unwrap();
    open_by_token(&world.db, &token, world.now()).await.unwrap();
    assert_eq!((shown.houses.as_slice(), shown.owed_fen, shown.state), (&["1-101".to_owned()][..], 10_000, "open"));
    assert_eq!((shown.bills[0].bill_id, shown.bills[0].fee_item.as_str()), (bill, "物业费"));
    let json = serde_json::to_string(&shown).unwrap();
    assert!(!json.contains("张") && !json.contains("13800001234") && !json.contains("138****"), "{json}");
    assert_eq!(world.events().await, ["claimed", "sent", "opened"]);
    world.pass(TimeDelta::days(2));
    world.tick().await;
    assert_eq!(world.sms.sent().len(), 0);
    world.pay(&[bill]).await;
    let shown = open_by_token(&world.db, &token, world.now()).await.unwrap();
    assert_eq!((shown.bills.len(), shown.state), (0, "paid"));
}

#[tokio::test]
async fn acknowledging_stops_the_ladder_and_is_not_an_opening() {
    let (world, ..) = overdue().await;
    let token = token(&world.wechat.sent()[0]);
    assert!(acknowledge(&world.db, &token, world.now()).await.unwrap());
    assert!(!acknowledge(&world.db, &token, world.now()).await.unwrap());
    assert_eq!(world.events().await, ["claimed", "sent", "acknowledged"]);
    assert_eq!(world.count("SELECT COUNT(*) FROM notice WHERE opened_at_ms IS NULL").await, 1);
    world.pass(TimeDelta::days(2));
    world.tick().await;
    assert_eq!(world.sms.sent().len(), 0);
}

#[tokio::test]
async fn a_strange_or_old_token_is_not_there() {
    let (world, ..) = overdue().await;
    let token = token(&world.wechat.sent()[0]);
    for wrong in ["", "ch.zz", &token.replacen("ch.", "xx.", 1), &format!("ch.{}", "0".repeat(32))] {
        let error = open_by_token(&world.db, wrong, world.now()).await.unwrap_err();
        assert_eq!(error.code(), "reminder_not_found", "{wrong}");
    }
    world.pass(TimeDelta::days(181));
    assert!(open_by_token(&world.db, &token, world.now()).await.is_err());
}

#[tokio::test]
async fn a_message_that_was_never_sent_is_not_unread() {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill(payer, "2026-11-22", 10_000).await;
    world.plan().await;
    world.wechat.answers(std::iter::repeat_n(refused(Refusal::OurConfig), 5));
    world.dispatch().await;
    world.pass(TimeDelta::days(3));
    assert_eq!(world.escalate().await, 0);
}

#[tokio::test]
async fn a_message_in_doubt_counts_as_seen_until_the_wait_is_over() {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill(payer, "2026-11-22", 10_000).await;
    world.wechat.answers(std::iter::repeat_n(no_answer(), 5));
    for _ in 0..20 {
        world.tick().await;
        world.pass(TimeDelta::minutes(1));
    }
    assert_eq!(world.notices().await, ["wechat_template:in_doubt(in_doubt)"]);
    world.pass(TimeDelta::hours(23));
    world.tick().await;
    assert_eq!(world.sms.sent().len(), 0);
    world.pass(TimeDelta::hours(1));
    world.tick().await;
    assert_eq!(world.sms.sent().len(), 1);
}

#[tokio::test]
async fn a_payment_after_the_text_was_queued_and_before_it_was_sent_stops_it() {
    let (world, _, bill) = overdue().await;
    world.pass(TimeDelta::hours(24));
    assert_eq!(world.escalate().await, 1);
    world.pay(&[bill]).await;
    world.dispatch().await;
    assert_eq!(world.sms.sent().len(), 0);
    assert_eq!(world.notices().await, ["wechat_template:sent", "sms:suppressed(paid)"]);
    assert_eq!(world.escalate().await, 0);
}

#[tokio::test]
async fn an_escalated_text_speaks_only_of_what_is_still_open() {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    let paid = world.bill(payer, "2026-11-22", 10_000).await;
    world.bill(payer, "2026-11-22", 20_000).await;
    world.tick().await;
    world.pay(&[paid]).await;
    world.pass(TimeDelta::hours(24));
    world.tick().await;
    assert!(world.sms.texts()[0].contains("共1笔账单，合计200.00元"), "{:?}", world.sms.texts());
    assert_eq!(world.reminders().await.last().unwrap(), "overdue_1:sent", "the first message is still what was sent");
}
