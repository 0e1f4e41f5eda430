//! Best hours: learned from openings and payments, filled in by building and project, forgotten when facts grow old.

use super::super::{LearnReport, learn_hours};
use super::*;

impl World {
    /// A message that was opened at this time of day, some days ago.
    async fn opened(&self, payer: Payer, days_ago: i64, time: &str) {
        let at_ms = self.at(days_ago, time);
        let id = Uuid::now_v7();
        self.sql(
            "INSERT INTO notice (id, payer_party_id, stage, channel, rung, policy_version, state, token, recipient_masked, \
             text_sealed, amount_fen, lease_no, attempts, cost_fen, created_at_ms, sent_at_ms, opened_at_ms) \
             VALUES ($1, $2, 'due_day', 'sms', 1, 1, 'sent', $3, '', $4, 1, 1, 1, 0, $5, $5, $6)",
            vec![
                id.into(),
                payer.party.into(),
                id.to_string().into(),
                vec![0_u8].into(),
                (at_ms - 600_000).into(),
                at_ms.into(),
            ],
        )
        .await;
    }

    /// One payment over these bills at this time of day.
    async fn paid(&self, bills: &[Uuid], method: &str, days_ago: i64, time: &str) {
        let id = Uuid::now_v7();
        let at_ms = self.at(days_ago, time);
        self.sql(
            "INSERT INTO payment (id, natural_key, method, amount_fen, refundable_fen, paid_at_ms, booked_at_ms) \
             VALUES ($1, $2, $3, 100, 0, $4, $4)",
            vec![id.into(), id.to_string().into(), method.into(), at_ms.into()],
        )
        .await;
        for bill in bills {
            self.sql(
                "INSERT INTO allocation (payment_id, bill_id, amount_fen) VALUES ($1, $2, 50)",
                vec![id.into(), (*bill).into()],
            )
            .await;
        }
    }

    fn at(&self, days_ago: i64, time: &str) -> i64 {
        let day = self.db.info().today(self.now()) - TimeDelta::days(days_ago);
        domain::reminder::instant_on(day, time.parse().unwrap(), self.db.info().zone).timestamp_millis()
    }

    async fn learn(&self) -> LearnReport {
        learn_hours(&self.db, self.now()).await.unwrap()
    }

    /// `9-101 19:30 payer 3`, by house.
    async fn hours(&self) -> Vec<String> {
        self.words(
            "SELECT h.house_key || ' ' || CAST(p.minute_of_day / 60 AS TEXT) || ':' || CAST(p.minute_of_day % 60 AS TEXT) \
             || ' ' || p.basis || ' ' || CAST(p.facts AS TEXT) AS word FROM payer_hour p \
             JOIN house_party hp ON hp.party_id = p.payer_party_id JOIN house h ON h.id = hp.house_id ORDER BY h.house_key",
        )
        .await
    }
}

#[tokio::test]
async fn each_payer_has_their_own_hour_or_the_buildings_or_the_projects() {
    let world = World::new().await;
    let (busy, shy) = (world.payer("1-101").await, world.payer("1-102").await);
    world.payer("2-201").await;
    for days_ago in [1, 8, 15] {
        world.opened(busy, days_ago, "19:35:00").await;
    }
    world.opened(shy, 2, "12:05:00").await;
    let report = world.learn().await;
    assert_eq!(report, LearnReport { payers: 3, own: 1, by_building: 1, by_project: 1, forgotten: 0 });
    assert_eq!(world.hours().await, ["1-101 19:30 payer 3", "1-102 19:30 building 4", "2-201 19:30 project 4"]);

    // Learned anew, the shy one has found an hour.
    world.pass(TimeDelta::days(1));
    let bill = world.bill(shy, "2026-11-20", 10_000).await;
    world.paid(&[bill], "wechat", 0, "12:10:00").await;
    world.opened(shy, 1, "12:10:00").await;
    let report = world.learn().await;
    assert_eq!((report.own, report.by_building, report.by_project), (2, 0, 1));
    assert_eq!(world.hours().await[1], "1-102 12:0 payer 3");
    assert!(world.hours().await[2].contains("project 6"), "{:?}", world.hours().await);
}

#[tokio::test]
async fn one_payment_over_three_bills_is_one_fact_and_cash_is_none() {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    let mut bills = Vec::new();
    for _ in 0..3 {
        bills.push(world.bill(payer, "2026-11-20", 10_000).await);
    }
    world.paid(&bills, "wechat", 1, "12:00:00").await;
    world.paid(&bills, "cash", 2, "12:00:00").await;
    world.paid(&bills, "cash", 3, "12:00:00").await;
    assert_eq!(world.learn().await, LearnReport { payers: 1, ..LearnReport::default() });
    assert!(world.hours().await.is_empty());
    world.paid(&bills[..1], "wechat", 40, "12:00:00").await;
    world.paid(&bills[..1], "wechat", 70, "12:00:00").await;
    assert_eq!(world.learn().await.own, 1);
    assert_eq!(world.hours().await, ["1-101 12:0 payer 3"]);
}

#[tokio::test]
async fn learning_twice_changes_nothing_and_old_facts_are_forgotten() {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    for days_ago in [100, 101, 102] {
        world.opened(payer, days_ago, "15:00:00").await;
    }
    assert_eq!(world.learn().await.own, 1);
    let before = world.hours().await;
    let again = world.learn().await;
    assert_eq!((again.own, again.forgotten), (0, 0), "nothing is written twice for one instant");
    assert_eq!(world.hours().await, before);
    world.pass(TimeDelta::days(90));
    assert_eq!(world.learn().await.forgotten, 1);
    assert!(world.hours().await.is_empty());
}

#[tokio::test]
async fn the_hour_keeps_out_of_quiet_hours_and_a_policy_without_best_hours_learns_none() {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    for days_ago in [1, 2, 3] {
        world.opened(payer, days_ago, "23:20:00").await;
    }
    world.learn().await;
    assert_eq!(world.hours().await, ["1-101 19:45 payer 3"]);
    let current = super::super::current(&world.db, world.now()).await.unwrap().policy;
    let policy = domain::reminder::Policy { uses_best_hour: false, ..current };
    let set = super::super::set_policy(&world.db, &crate::audit::By::operator(), &policy, world.now()).await;
    assert_eq!(set.unwrap().into_inner(), 2);
    world.pass(TimeDelta::days(1));
    assert_eq!(world.learn().await, LearnReport::default());
}
