//! Who gets a message, through what, and once.

use chrono::{Days, TimeDelta};
use futures_util::future::join_all;
use service::staff::Role;
use sim::{Channel, Endpoint, Trick};
use tests::World;

const PHONE: &str = "13800000001";

#[tokio::test(flavor = "multi_thread")]
async fn three_bills_are_one_message() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    for fen in [10_000, 5_029, 3_500] {
        world.bill(&house, fen).await;
    }
    let owner = world.owner(PHONE).await;
    world.advance_to(world.today() + Days::new(7));
    world.remind().await;
    let messages = owner.messages(&world);
    assert_eq!(messages.len(), 1);
    let amount = messages[0].lines.iter().find(|line| line.key == "amount2").unwrap();
    assert_eq!(amount.value, "185.29元");
    world.remind().await;
    assert_eq!(owner.messages(&world).len(), 1, "once");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_is_exactly_what_is_sent() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    world.household("1-1-102", "13800000002").await;
    world.bill(&house, 10_000).await;
    let bill = world.bill(&house, 5_029).await;
    let owner = world.owner(PHONE).await;
    let steward = world.staff("steward", &[Role::Steward], None).await;
    let path = world.community().staff_path("/reminder-preview");
    let before = steward.get(200, &path).await;
    let announced: Vec<&str> =
        before["messages"].as_array().unwrap().iter().map(|one| one["stage"].as_str().unwrap()).collect();
    assert_eq!(announced, ["issued"], "the bill is new; nothing is due yet, and a text costs money");

    world.advance_to(bill.due - Days::new(3));
    let steward = world.client().with_token(&world.sign_in_again("steward").await);
    let sizes = world.raw().await.sizes().await;
    let preview = steward.get(200, &path).await;
    assert_eq!(world.raw().await.sizes().await, sizes, "looking writes nothing");
    world.remind().await;
    let mut foreseen: Vec<&str> =
        preview["messages"].as_array().unwrap().iter().map(|one| one["channel"].as_str().unwrap()).collect();
    foreseen.sort_unstable();
    assert_eq!(foreseen, ["sms", "wechat_template"]);
    let book = world.sim.book();
    assert_eq!((book.messages.len(), book.telecom.len(), owner.messages(&world).len()), (1, 1, 1));
    let db = world.project().await;
    for notice in world.raw().await.column("SELECT id FROM notice").await {
        let sent = service::reminders::timeline(&db, notice).await.unwrap().text;
        let texts = preview["messages"].as_array().unwrap().iter();
        assert!(texts.into_iter().any(|one| one["text"] == sent.as_str()), "{sent} was not foreseen");
    }
    assert_eq!(steward.get(200, &path).await["messages"], serde_json::json!([]), "nothing is left");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_follow_gets_an_sms_at_once() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let silent = world.household("1-1-102", "13800000002").await;
    let owner = world.owner(PHONE).await;
    // Unfollowed, and we are not told: the refusal tells us.
    world.sim.unfollow(owner.person, &world.community().outside.official).unwrap();
    world.sim.mischief().always(Endpoint::Push, Trick::Drop);
    world.sim.deliver_pushes().await;
    world.bill(&silent, 10_000).await;

    world.advance_to(bill.due);
    world.remind().await;
    let book = world.sim.book();
    assert_eq!(book.messages.len(), 0);
    let mut phones: Vec<String> = book.telecom.iter().map(|text| text.phone.clone()).collect();
    phones.sort();
    assert_eq!(phones, [PHONE, "13800000002"]);
    assert!(book.telecom.iter().all(|text| text.text.starts_with("【翠湖物业】1-1-10")), "{:?}", book.telecom);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_down_for_five_days_sends_one_message() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner(PHONE).await;
    // Planning and sending run side by side: after a few minutes the bill is announced, whichever was first.
    for _ in 0..3 {
        world.node.engine.tick().await.unwrap();
        world.advance(TimeDelta::minutes(1));
    }
    assert_eq!(owner.messages(&world).len(), 1);
    // Down from the day before the first stage to the day after the due day.
    world.advance_to(bill.due + Days::new(1));
    for _ in 0..3 {
        let tick = world.node.engine.tick().await.unwrap();
        assert!(tick.runs.iter().all(|run| run.error.is_none()), "{tick:?}");
        world.advance(TimeDelta::minutes(15));
    }
    assert_eq!(owner.messages(&world).len(), 2, "the announcement, and one for all that was missed");
    let raw = world.raw().await;
    let stages: Vec<String> = raw.column("SELECT stage || ':' || state FROM reminder ORDER BY stage_day").await;
    assert_eq!(stages, ["issued:sent", "pre_due:superseded", "due_day:superseded", "overdue_1:sent"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_job_nodes_send_once() {
    let world = World::start().await;
    let other = world.second_node().await;
    let mut due = world.today();
    for room in 0..12 {
        let house = world.household(&format!("1-1-1{room:02}"), &format!("138000001{room:02}")).await;
        if room == 11 {
            due = world.bill(&house, 20_000).await.due;
        }
    }
    world.advance_to(due);
    for _ in 0..4 {
        let ticks = join_all([&world.node, &other].map(|node| async {
            let planned = node.engine.run_now("plan_reminders", Some(world.community().id)).await;
            let ticked = node.engine.tick().await.unwrap();
            assert!(ticked.runs.iter().all(|run| run.error.is_none()), "{ticked:?}");
            planned.is_ok()
        }));
        ticks.await;
        world.advance(TimeDelta::minutes(1));
    }
    assert_eq!(world.sim.book().telecom.len(), 12, "one text for each household");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_frozen_past_its_lease_changes_nothing() {
    let world = World::start().await;
    let other = world.second_node().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner(PHONE).await;
    world.advance_to(bill.due);
    world.run("plan_reminders").await;
    world.sim.mischief().once(Endpoint::Template, Trick::HoldBefore);
    let project = world.community().id;
    let meanwhile = async {
        world.sim.until_held(1).await;
        world.advance(TimeDelta::minutes(3));
        other.run("dispatch_reminders", project).await;
        world.sim.release_holds();
    };
    let (frozen, ()) = tokio::join!(world.node.try_run("dispatch_reminders", project), meanwhile);
    assert!(!frozen.recorded, "the lease is another node's: {frozen:?}");
    assert_eq!(owner.messages(&world).len(), 1, "both sent it under one id");
    let attempts: i64 = world.raw().await.one("SELECT attempts FROM notice").await;
    assert_eq!(attempts, 2);
    world.hear().await;
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_answer_was_lost_is_not_sent_twice() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner(PHONE).await;
    world.advance_to(bill.due);
    world.renew_tokens().await;
    world.sim.mischief().once(Endpoint::Template, Trick::StatusAfter { status: 502 });
    world.remind().await;
    assert_eq!(owner.messages(&world).len(), 1, "WeChat took it");
    for _ in 0..15 {
        world.advance(TimeDelta::minutes(1));
        world.remind().await;
    }
    assert_eq!(owner.messages(&world).len(), 1);
    assert_eq!(world.sim.book().contacts(owner.person), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_died_early_is_fetched_once_more() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner(PHONE).await;
    world.advance_to(bill.due - Days::new(3));
    world.remind().await;
    world.sim.kill_tokens(&world.community().outside.official);
    world.advance_to(bill.due);
    world.remind().await;
    assert_eq!(owner.messages(&world).len(), 2, "one for each stage");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daily_quota_that_is_used_up_waits_for_tomorrow() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner(PHONE).await;
    world.advance_to(bill.due - Days::new(3));
    world.sim.mischief().once(Endpoint::Template, Trick::Refuse { status: 200, code: "45009".to_owned() });
    world.remind().await;
    world.remind().await;
    assert_eq!(owner.messages(&world).len(), 0);
    world.advance_to(bill.due - Days::new(2));
    world.remind().await;
    let channels: Vec<Channel> = owner.messages(&world).iter().map(|message| message.channel).collect();
    assert_eq!(channels, [Channel::Template]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_household_imported_late_is_billed() {
    let world = World::start().await;
    let house = world.household("1-1-101", PHONE).await;
    world.bill(&house, 20_000).await;
    world.advance(TimeDelta::days(3));
    let late = world.household("1-1-102", "13800000002").await;
    assert_eq!(world.run("catch_up_bills").await["bills"], 1);
    assert_eq!(world.run("catch_up_bills").await["bills"], 0, "once");
    let raw = world.raw().await;
    let days: Vec<i64> = raw.column("SELECT due_day - bill_day FROM bill ORDER BY created_at_ms").await;
    assert_eq!(days.len(), 2);
    let due: i64 = raw.one("SELECT MAX(due_day) FROM bill").await;
    let least = domain::calendar::day_number(world.today() + Days::new(7));
    assert!(due >= least, "a bill that comes late leaves a week");
    let owner = world.owner(&late.phone).await;
    world.advance_to(world.today() + Days::new(7));
    world.remind().await;
    assert_eq!(owner.messages(&world).len(), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_projects_broken_database_stops_no_other() {
    let mut world = World::start().await;
    let broken = world.add_project("broken").await;
    let broken = world.communities[broken].clone();
    let house = world.household("1-1-101", PHONE).await;
    let bill = world.bill(&house, 20_000).await;
    let owner = world.owner(PHONE).await;
    let raw = tests::Raw::open(&broken.database_url).await;
    raw.execute("ALTER TABLE reminder RENAME TO reminder_away").await;
    world.advance_to(bill.due);
    for _ in 0..3 {
        world.node.engine.tick().await.unwrap();
        world.advance(TimeDelta::minutes(15));
    }
    assert_eq!(owner.messages(&world).len(), 1);
    let failed: i64 = world.control_raw().await.count("job_run WHERE outcome = 'failed'").await;
    assert!(failed > 0, "and the record says which job failed");
    raw.execute("ALTER TABLE reminder_away RENAME TO reminder").await;
    world.finish().await;
}
