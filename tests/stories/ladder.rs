//! What follows a message: opened, acknowledged, paid, or unread and so an SMS.

use chrono::{Days, TimeDelta};
use service::reminders::{bill_reminders, timeline};
use sim::Channel;
use tests::{Bill, Owner, World};

const PHONE: &str = "13800000001";

/// A follower whose bill is a day over its due day and who has just been told so.
async fn told_that_it_is_overdue() -> (World, Bill, Owner) {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner(PHONE).await;
    world.advance_to(bill.due + Days::new(1));
    world.remind().await;
    world.hear().await;
    assert_eq!(channels(&world, &owner), [Channel::Template]);
    (world, bill, owner)
}

fn channels(world: &World, owner: &Owner) -> Vec<Channel> {
    owner.messages(world).iter().map(|message| message.channel).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_is_planned_sent_opened_and_paid() {
    let (world, bill, owner) = told_that_it_is_overdue().await;
    let token = owner.message_token(&world);
    world.advance(TimeDelta::minutes(1));
    let opened = owner.open_reminder(&token).await;
    assert_eq!((&opened["owed_fen"], &opened["state"]), (&20_000.into(), &"open".into()));
    assert_eq!(opened["bills"][0]["bill_id"], bill.id.to_string());
    world.advance(TimeDelta::minutes(1));
    owner.pay_and_tell(&world, &[&bill]).await;
    assert_eq!(owner.open_reminder(&token).await["state"], "paid");

    let db = world.project().await;
    let stages = bill_reminders(&db, bill.id).await.unwrap();
    let states: Vec<(&str, &str)> = stages.iter().map(|one| (one.stage.as_str(), one.state.as_str())).collect();
    assert_eq!(
        states,
        [("issued", "superseded"), ("pre_due", "superseded"), ("due_day", "superseded"), ("overdue_1", "paid")]
    );
    let message = timeline(&db, stages[3].notice_id.unwrap()).await.unwrap();
    let events: Vec<&str> = message.events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(events, ["claimed", "sent", "delivered", "opened", "paid"]);
    assert!(message.text.contains("200.00元"), "{}", message.text);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unread_notice_becomes_an_sms() {
    let (world, _, owner) = told_that_it_is_overdue().await;
    world.advance(TimeDelta::hours(23));
    world.remind().await;
    assert_eq!(channels(&world, &owner), [Channel::Template], "a day has not passed");
    world.advance(TimeDelta::hours(1));
    world.remind().await;
    world.hear().await;
    assert_eq!(channels(&world, &owner), [Channel::Template, Channel::Sms]);
    world.advance(TimeDelta::days(2));
    world.remind().await;
    assert_eq!(channels(&world, &owner).len(), 2, "and no second one");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_acknowledges_gets_no_sms() {
    let (world, _, owner) = told_that_it_is_overdue().await;
    owner.acknowledge(&owner.message_token(&world)).await;
    world.advance(TimeDelta::days(3));
    world.remind().await;
    assert_eq!(channels(&world, &owner), [Channel::Template]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_opens_the_bill_gets_no_sms() {
    let (world, _, owner) = told_that_it_is_overdue().await;
    owner.open_reminder(&owner.message_token(&world)).await;
    world.advance(TimeDelta::days(3));
    world.remind().await;
    assert_eq!(channels(&world, &owner), [Channel::Template]);
    world.finish().await;
}
