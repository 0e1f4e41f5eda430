//! One message per payer, to the right person, by the first channel that reaches them.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::{Refusal, claim};
use super::*;
use crate::clock::Clock;

#[tokio::test]
async fn three_due_bills_of_one_payer_are_one_message() {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill(payer, "2026-11-22", 10_000).await;
    world.bill(payer, "2026-11-23", 5_029).await;
    let second = Payer { house: world.house("1-102").await, ..payer };
    world.bill(second, "2026-11-26", 3_500).await;
    let report = world.tick().await;
    assert_eq!((report.handed_over, report.recorded.sent), (1, 1));
    let sent = world.wechat.sent();
    assert_eq!(
        world.wechat.texts(),
        [
            "【翠湖花园】账单通知：1-101等2处共3笔账单，合计185.29元，最早应缴日期2026年11月22日，其中1笔已过应缴日，请查看账单。"
        ]
    );
    assert_eq!(sent[0].client_msg_id, sent[0].notice_id.simple().to_string());
    assert!(sent[0].page.starts_with("pages/reminder/reminder?token=ch."), "{}", sent[0].page);
    assert_eq!(world.words("SELECT stage AS word FROM notice").await, ["overdue_1"], "the highest stage speaks");
    assert_eq!(world.reminders().await.iter().filter(|r| r.ends_with(":sent")).count(), 3);
}

#[tokio::test]
async fn two_workers_claim_each_reminder_once() {
    let world = World::new().await;
    for number in 0..30 {
        let payer = world.payer(&format!("1-{number}")).await;
        world.bill(payer, "2026-11-23", 10_000).await;
        world.bill(payer, "2026-11-23", 20_000).await;
    }
    world.plan().await;
    let control = &world.fixture.control;
    let (one, two) =
        tokio::join!(claim(&world.db, control, world.now(), 20), claim(&world.db, control, world.now(), 20));
    let mut claimed = [one.unwrap(), two.unwrap()].concat();
    claimed.extend(claim(&world.db, control, world.now(), 100).await.unwrap());
    let recipients: HashSet<_> = claimed.iter().map(|c| c.message.recipient.masked()).collect();
    assert_eq!((claimed.len(), world.count("SELECT COUNT(*) FROM notice").await), (30, 30), "{}", recipients.len());
    assert_eq!(world.count("SELECT COUNT(*) FROM notice_bill").await, 60);
    assert_eq!(world.count("SELECT COUNT(*) FROM reminder WHERE state = 'planned'").await, 0);
}

#[tokio::test]
async fn who_does_not_follow_gets_a_text_at_once() {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill(payer, "2026-11-23", 10_000).await;
    world.wechat.answers([refused(Refusal::NotFollower)]);
    let report = world.tick().await;
    assert_eq!((report.recorded.next_channel, report.recorded.sent), (1, 1));
    assert_eq!(world.notices().await, ["wechat_template:failed(not_follower)", "sms:sent"]);
    assert_eq!(world.reminders().await, ["pre_due:superseded(newer_stage)", "due_day:sent"]);
    assert_eq!(world.sms.sent()[0].recipient.masked(), "138****1234");
    world.pass(TimeDelta::days(1));
    world.tick().await;
    assert_eq!(world.wechat.sent().len(), 1, "the next stage asks no more whether they follow");
    assert_eq!(world.sms.sent().len(), 2);
}

#[tokio::test]
async fn who_cannot_be_reached_at_all_is_in_the_history_with_the_reason() {
    let world = World::new().await;
    let house = world.house("1-101").await;
    let party = world.party(house, true).await;
    let payer = Payer { party, house };
    world.bill(payer, "2026-11-23", 10_000).await;
    let report = world.tick().await;
    assert_eq!((report.handed_over, report.silent), (0, 1));
    assert_eq!(world.reminders().await[1], "due_day:failed(no_channel)");
    assert_eq!(world.dispatch().await, DispatchReport::default());
}

#[tokio::test]
async fn the_new_owner_does_not_read_the_old_owners_debt() {
    let world = World::new().await;
    let old_owner = world.payer("1-101").await;
    world.bill(old_owner, "2026-11-23", 10_000).await;
    world.sql("DELETE FROM house_party WHERE house_id = $1", vec![old_owner.house.into()]).await;
    control(
        &world.fixture,
        vec![("UPDATE house_binding SET state = 'ended' WHERE house_id = $1", vec![old_owner.house.into()])],
    )
    .await;
    let new_party = world.party(old_owner.house, true).await;
    world.follower(old_owner.house, Some(new_party), "oNewOwner1").await;
    world.follower(old_owner.house, None, "oNewFamily").await;
    world.tick().await;
    assert_eq!(world.wechat.sent().len(), 0);
    assert_eq!(world.sms.sent().len(), 1, "the old owner's phone is still in the books");
}

#[tokio::test]
async fn our_own_mistake_is_told_to_staff_once_and_not_paid_for_in_texts() {
    let world = World::new().await;
    for key in ["1-101", "1-102"] {
        let payer = world.payer(key).await;
        world.bill(payer, "2026-11-23", 10_000).await;
    }
    world.wechat.answers([refused(Refusal::OurConfig), refused(Refusal::OurConfig)]);
    assert_eq!(world.tick().await.recorded.failed, 2);
    assert_eq!(world.sms.sent().len(), 0);
    assert_eq!(world.count("SELECT COUNT(*) FROM staff_task").await, 1);
}

#[tokio::test]
async fn two_nodes_and_payments_at_the_same_time_send_every_bill_at_most_once() {
    let world = World::new().await;
    let mut bills = Vec::new();
    for number in 0..40 {
        let payer = world.payer(&format!("1-{number}")).await;
        bills.push(world.bill(payer, "2026-11-23", 10_000).await);
        bills.push(world.bill(payer, "2026-11-22", 20_000).await);
    }
    world.plan().await;
    let pay = async {
        for pair in bills.chunks(3) {
            world.pay(pair).await;
        }
    };
    let (one, two, ()) = tokio::join!(world.dispatch(), world.dispatch(), pay);
    let sent = world.wechat.sent();
    let ids: HashSet<_> = sent.iter().map(|message| message.notice_id).collect();
    assert_eq!(u64::try_from(ids.len()).unwrap(), one.recorded.sent + two.recorded.sent);
    assert_eq!((ids.len(), world.sms.sent().len()), (sent.len(), 0));
    let twice = "SELECT COUNT(*) FROM (SELECT bill_id FROM notice_bill GROUP BY bill_id HAVING COUNT(*) > 1) AS twice";
    assert_eq!(world.count(twice).await, 0);
    let open = "SELECT COUNT(*) FROM reminder WHERE state IN ('planned', 'held', 'claimed')";
    assert_eq!(world.count(open).await, 0, "everything that was due has an end");
    assert_eq!(world.count("SELECT COUNT(*) FROM notice WHERE state <> 'sent' OR paid_at_ms IS NULL").await, 0);
    assert_eq!(world.escalate().await, 0);
}

/// A vendor that takes two seconds for each message; while it takes the fifth, somebody pays.
struct Slow {
    clock: Clock,
    db: ProjectDb,
    bill: Uuid,
    calls: AtomicUsize,
    sent: Arc<Scripted>,
}

#[async_trait]
impl Deliver for Slow {
    fn channel(&self) -> Channel {
        self.sent.channel()
    }

    async fn deliver(&self, message: &Message) -> Outcome {
        self.clock.advance_ms(2_000);
        if self.calls.fetch_add(1, Ordering::SeqCst) == 4 {
            pay(&self.db, &[self.bill], self.clock.now()).await;
        }
        self.sent.deliver(message).await
    }
}

#[tokio::test]
async fn what_a_slow_batch_leaves_is_looked_at_again_and_a_payment_meanwhile_silences_it() {
    let mut world = World::new().await;
    let mut bill = Uuid::nil();
    for number in 0..40 {
        let house = world.house(&format!("1-{number}")).await;
        let party = world.party(house, true).await;
        world.follower(house, Some(party), &format!("oPenid{number}")).await;
        bill = world.bill(Payer { party, house }, "2026-11-23", 10_000).await;
    }
    world.plan().await;
    let (clock, db, sent) = (world.fixture.clock.clone(), world.db.clone(), world.wechat.clone());
    world.senders = Senders::none().with(Arc::new(Slow { clock, db, bill, calls: AtomicUsize::new(0), sent }));
    let report = world.dispatch().await;
    assert_eq!((report.recorded.sent, world.wechat.sent().len()), (39, 39));
    assert!(report.handed_over > 40, "what was left was claimed again: {report:?}");
    let paid = "SELECT COUNT(*) FROM reminder WHERE stage = 'due_day' AND state = 'suppressed' AND reason = 'paid'";
    assert_eq!(world.count(paid).await, 1);
    assert_eq!(world.count("SELECT COUNT(*) FROM notice WHERE state = 'suppressed' AND reason = 'paid'").await, 1);
    let read = world.fixture.control.read("story.grants", async |tx| {
        let sql = "SELECT CAST(SUM(taken) AS BIGINT) FROM account_quota";
        tx.value::<i64>(sql, vec![]).await
    });
    let taken = Result::<_, StoreError>::unwrap(read.await);
    assert_eq!(taken, Some(39), "leave that was not used went back");
}

#[tokio::test]
async fn of_many_pauses_those_of_the_bills_at_hand_hold() {
    let world = World::new().await;
    let (paused, other) = (world.payer("1-101").await, world.payer("1-102").await);
    for payer in [paused, other] {
        world.bill(payer, "2026-11-23", 10_000).await;
    }
    for number in 0..600 {
        let subject = if number == 300 { paused.house.to_string() } else { Uuid::now_v7().to_string() };
        world
            .sql(
                "INSERT INTO reminder_pause (id, level, subject, reason, created_at_ms) VALUES ($1, 'house', $2, 'dispute', 0)",
                vec![Uuid::now_v7().into(), subject.into()],
            )
            .await;
    }
    let report = world.tick().await;
    assert_eq!((report.recorded.sent, report.held), (1, 1));
    assert!(world.reminders().await.contains(&"due_day:held(paused)".to_owned()));
}

#[tokio::test]
async fn a_payer_with_very_many_due_bills_does_not_hide_the_next_one() {
    let world = World::new().await;
    let (first, second) = (world.payer("1-101").await, world.payer("1-102").await);
    for _ in 0..70 {
        world.bill(first, "2026-11-22", 100).await;
    }
    world.bill(second, "2026-11-22", 100).await;
    world.plan().await;
    let claimed = claim(&world.db, &world.fixture.control, world.now(), 2).await.unwrap();
    assert_eq!(claimed.len(), 2);
}
