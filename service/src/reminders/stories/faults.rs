//! Crashes, lost answers, stale workers, and payments at every moment.

use super::super::record::record;
use super::super::resume;
use super::super::{Refusal, claim, suppress_voided};
use super::*;

async fn one_due() -> (World, Payer, Uuid) {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    let bill = world.bill(payer, "2026-11-22", 10_000).await;
    world.plan().await;
    (world, payer, bill)
}

#[tokio::test]
async fn a_stale_worker_writes_nothing() {
    let (world, ..) = one_due().await;
    let control = &world.fixture.control;
    let stale = claim(&world.db, control, world.now(), 10).await.unwrap();
    world.pass(TimeDelta::minutes(3));
    let fresh = resume::take(&world.db, control, world.now(), 10).await.unwrap().claimed;
    assert_eq!((stale[0].lease_no, fresh[0].lease_no), (1, 2));
    assert_eq!(stale[0].message.client_msg_id, fresh[0].message.client_msg_id);

    let refused = vec![(stale[0].clone(), refused(Refusal::Blocked))];
    assert_eq!(record(&world.db, control, &refused, world.now()).await.unwrap().stale, 1);
    let accepted = |id: &str| Outcome::Accepted { receipt_id: id.to_owned(), account: None };
    let late = vec![(stale[0].clone(), accepted("late"))];
    assert_eq!(record(&world.db, control, &late, world.now()).await.unwrap().stale, 1);
    assert_eq!(world.notices().await, ["wechat_template:claimed"]);

    let done = vec![(fresh[0].clone(), accepted("m1"))];
    assert_eq!(record(&world.db, control, &done, world.now()).await.unwrap().sent, 1);
    assert_eq!(world.words("SELECT receipt_id AS word FROM notice").await, ["m1"]);
}

#[tokio::test]
async fn an_unanswered_message_goes_out_again_under_the_same_id() {
    let (world, ..) = one_due().await;
    world.wechat.answers([no_answer()]);
    assert_eq!(world.dispatch().await.recorded.unknown, 1);
    assert_eq!(world.dispatch().await, DispatchReport::default(), "not at once");
    world.pass(TimeDelta::minutes(1));
    assert_eq!(world.dispatch().await.recorded.sent, 1);
    let sent = world.wechat.sent();
    assert_eq!((sent.len(), &sent[0].client_msg_id), (2, &sent[1].client_msg_id));
    assert_eq!(sent[0].recipient, sent[1].recipient);
    assert_eq!(world.count("SELECT attempts FROM notice").await, 2);
    assert_eq!(world.events().await, ["claimed", "unknown", "resent", "sent"]);
}

#[tokio::test]
async fn a_message_that_is_never_answered_ends_in_doubt_and_is_not_repeated() {
    let (world, ..) = one_due().await;
    world.wechat.answers(std::iter::repeat_n(no_answer(), 50));
    for _ in 0..30 {
        world.dispatch().await;
        world.pass(TimeDelta::minutes(1));
    }
    let tries = world.wechat.sent();
    assert_eq!(tries.len(), 5);
    assert_eq!(world.notices().await, ["wechat_template:in_doubt(in_doubt)"]);
    assert_eq!(world.sms.sent().len(), 0);
    assert_eq!(world.reminders().await[2], "overdue_1:sent(in_doubt)");
}

#[tokio::test]
async fn not_sent_after_an_unanswered_try_proves_nothing_about_the_first() {
    let (world, ..) = one_due().await;
    let not_sent = Outcome::NotSent { reason: "connect".to_owned() };
    world.wechat.answers([no_answer(), not_sent.clone(), not_sent.clone(), not_sent.clone(), not_sent]);
    for _ in 0..12 {
        world.dispatch().await;
        world.pass(TimeDelta::minutes(1));
    }
    let ids: Vec<_> = world.wechat.sent().into_iter().map(|message| message.client_msg_id).collect();
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(world.notices().await, ["wechat_template:in_doubt(in_doubt)"]);
}

#[tokio::test]
async fn a_worker_that_died_is_followed_within_ten_minutes_by_the_same_message_and_later_by_none() {
    for (minutes, expected) in [
        (3, "wechat_template:sent"),
        (9, "wechat_template:sent"),
        (10, "wechat_template:in_doubt(in_doubt)"),
        (600, "wechat_template:in_doubt(in_doubt)"),
    ] {
        let (world, ..) = one_due().await;
        let lost = claim(&world.db, &world.fixture.control, world.now(), 10).await.unwrap();
        world.pass(TimeDelta::minutes(minutes));
        world.dispatch().await;
        assert_eq!(world.notices().await, [expected], "{minutes}");
        let ids: Vec<_> = world.wechat.sent().into_iter().map(|message| message.client_msg_id).collect();
        assert!(ids.iter().all(|id| *id == lost[0].message.client_msg_id));
    }
}

#[tokio::test]
async fn an_unanswered_text_is_in_doubt_at_once() {
    let (world, ..) = one_due().await;
    world.wechat.answers([refused(Refusal::Blocked)]);
    world.sms.answers([no_answer()]);
    world.dispatch().await;
    world.pass(TimeDelta::minutes(5));
    world.dispatch().await;
    assert_eq!(world.sms.sent().len(), 1);
    assert_eq!(world.notices().await[1], "sms:in_doubt(in_doubt)");
}

#[tokio::test]
async fn what_was_not_sent_is_tried_after_1_3_9_and_9_minutes_and_then_given_up() {
    let (world, ..) = one_due().await;
    world.wechat.answers(std::iter::repeat_n(Outcome::NotSent { reason: "connect".to_owned() }, 9));
    let start = world.now();
    let mut minutes = Vec::new();
    for _ in 0..60 {
        let before = world.wechat.sent().len();
        world.dispatch().await;
        if world.wechat.sent().len() > before {
            minutes.push((world.now() - start).num_minutes());
        }
        world.pass(TimeDelta::minutes(1));
    }
    assert_eq!(minutes, [0, 1, 4, 13, 22]);
    assert_eq!(world.notices().await, ["wechat_template:failed(not_sent)"]);
    assert_eq!(world.reminders().await[2], "overdue_1:failed(not_sent)");
}

#[tokio::test]
async fn a_used_up_day_continues_tomorrow_at_the_same_hour() {
    let (world, ..) = one_due().await;
    world.wechat.answers([refused(Refusal::DailyQuota)]);
    assert_eq!(world.dispatch().await.recorded.retried, 1);
    assert_eq!(world.reminders().await[2], "overdue_1:held(daily_quota)");
    world.pass(TimeDelta::hours(23));
    assert_eq!(world.tick().await, DispatchReport::default());
    world.pass(TimeDelta::hours(1));
    assert_eq!(world.tick().await.recorded.sent, 1);
}

#[tokio::test]
async fn a_newer_stage_takes_the_place_of_one_that_waits() {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill(payer, "2026-11-23", 10_000).await;
    world.plan().await;
    world.wechat.answers([refused(Refusal::DailyQuota)]);
    world.dispatch().await;
    world.pass(TimeDelta::days(1));
    world.tick().await;
    assert_eq!(world.wechat.sent().len(), 2);
    assert_eq!(world.notices().await, ["wechat_template:suppressed(newer_stage)", "wechat_template:sent"]);
    assert_eq!(
        world.reminders().await,
        ["pre_due:superseded(newer_stage)", "due_day:superseded(newer_stage)", "overdue_1:sent"]
    );
}

#[tokio::test]
async fn a_payment_before_the_claim_silences_what_was_planned() {
    let (world, _, bill) = one_due().await;
    world.pay(&[bill]).await;
    assert_eq!(world.reminders().await[2], "overdue_1:suppressed(paid)");
    assert_eq!(world.tick().await, DispatchReport::default());
}

#[tokio::test]
async fn a_payment_that_told_nobody_is_still_seen_by_the_last_look() {
    let (world, _, bill) = one_due().await;
    world.sql("UPDATE bill SET paid_fen = total_fen, settled_at_ms = 1 WHERE id = $1", vec![bill.into()]).await;
    let report = world.dispatch().await;
    assert_eq!((report.handed_over, report.silent), (0, 1));
    assert_eq!(world.reminders().await[2], "overdue_1:suppressed(paid)");
}

#[tokio::test]
async fn a_payment_while_the_message_waits_for_another_try_silences_it() {
    let (world, _, bill) = one_due().await;
    world.wechat.answers([Outcome::NotSent { reason: "connect".to_owned() }]);
    world.dispatch().await;
    world.pay(&[bill]).await;
    world.pass(TimeDelta::minutes(5));
    assert_eq!(world.tick().await, DispatchReport::default());
    assert_eq!(world.notices().await, ["wechat_template:suppressed(paid)"]);
    assert_eq!(world.reminders().await[2], "overdue_1:suppressed(paid)");
}

#[tokio::test]
async fn a_payment_while_the_message_is_on_its_way_crosses_it_and_nothing_follows() {
    let (world, _, bill) = one_due().await;
    let claimed = claim(&world.db, &world.fixture.control, world.now(), 10).await.unwrap();
    world.pay(&[bill]).await;
    let done = vec![(claimed[0].clone(), Outcome::Accepted { receipt_id: "m1".to_owned(), account: None })];
    assert_eq!(record(&world.db, &world.fixture.control, &done, world.now()).await.unwrap().sent, 1);
    assert_eq!(world.events().await, ["claimed", "crossed", "sent"]);
    world.pass(TimeDelta::days(30));
    world.tick().await;
    assert_eq!((world.wechat.sent().len(), world.sms.sent().len()), (0, 0));
}

#[tokio::test]
async fn a_crossed_message_whose_answer_was_lost_is_not_sent_again() {
    let (world, _, bill) = one_due().await;
    claim(&world.db, &world.fixture.control, world.now(), 10).await.unwrap();
    world.pay(&[bill]).await;
    world.pass(TimeDelta::minutes(3));
    world.dispatch().await;
    assert_eq!(world.wechat.sent().len(), 0);
    assert_eq!(world.notices().await, ["wechat_template:in_doubt(in_doubt)"]);
}

#[tokio::test]
async fn a_payment_after_sending_ends_the_ladder_when_the_last_bill_of_the_message_is_paid() {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    let bills = [world.bill(payer, "2026-11-22", 10_000).await, world.bill(payer, "2026-11-22", 20_000).await];
    world.tick().await;
    world.pay(&bills[..1]).await;
    assert_eq!(
        world.count("SELECT COUNT(*) FROM notice WHERE paid_at_ms IS NULL AND escalate_at_ms IS NOT NULL").await,
        1
    );
    world.pay(&bills).await;
    assert_eq!(
        world.count("SELECT COUNT(*) FROM notice WHERE paid_at_ms IS NOT NULL AND escalate_at_ms IS NULL").await,
        1
    );
    assert_eq!(world.events().await, ["claimed", "sent", "paid"]);
    world.pass(TimeDelta::days(2));
    world.tick().await;
    assert_eq!(world.sms.sent().len(), 0);
}

#[tokio::test]
async fn a_bill_that_is_not_settled_is_left_alone_by_the_settlement() {
    let (world, _, bill) = one_due().await;
    let now = world.now();
    world.db.transact("story.part", async |tx| suppress_paid(tx, &[bill], now).await).await.unwrap();
    assert_eq!(world.reminders().await[2], "overdue_1:planned");
}

#[tokio::test]
async fn a_voided_bill_ends_its_reminders_and_counts_as_no_payment() {
    let (world, _, bill) = one_due().await;
    world.dispatch().await;
    world.sql("UPDATE bill SET voided_at_ms = 1 WHERE id = $1", vec![bill.into()]).await;
    let now = world.now();
    world.db.transact("story.void", async |tx| suppress_voided(tx, &[bill], now).await).await.unwrap();
    assert_eq!(world.count("SELECT COUNT(*) FROM notice WHERE paid_at_ms IS NULL AND escalate_at_ms IS NULL").await, 1);
    world.pass(TimeDelta::days(7));
    world.tick().await;
    assert_eq!((world.wechat.sent().len(), world.sms.sent().len()), (1, 0));
}
