//! What owners say to a bill: disputes and promises, and who may end them.

use domain::applied::Applied;
use domain::ids::{HouseId, PersonId, StaffId};

use super::super::{
    HoldError, PROMISE_DAYS_MAX, PauseLevel, PauseReason, dispute, holds, pause, pauses, promise, resume, withdraw,
};
use super::*;
use crate::audit::{Actor, By};

fn staff() -> By {
    By { actor: Actor::Staff(StaffId::new()), request_id: Some("r1".to_owned()) }
}

/// Somebody bound to a house.
struct Resident {
    person: PersonId,
    houses: Vec<HouseId>,
}

impl Resident {
    fn of(payer: Payer) -> Self {
        Self { person: PersonId::new(), houses: vec![HouseId(payer.house)] }
    }

    fn by(&self) -> By {
        By { actor: Actor::Owner(self.person), request_id: None }
    }

    async fn disputes(&self, world: &World, bill: Uuid, words: &str) -> Result<Uuid, HoldError> {
        dispute(&world.db, &self.by(), &self.houses, bill, words, world.now()).await
    }

    async fn promises(&self, world: &World, bill: Uuid, until: NaiveDate) -> Result<Uuid, HoldError> {
        promise(&world.db, &self.by(), &self.houses, bill, until, world.now()).await
    }

    async fn withdraws(&self, world: &World, hold: Uuid) -> Result<Applied<()>, HoldError> {
        withdraw(&world.db, &self.by(), &self.houses, hold, world.now()).await
    }
}

fn code<T: std::fmt::Debug>(answer: Result<T, HoldError>) -> &'static str {
    answer.unwrap_err().code()
}

/// A bill whose stage of the seventh day after is due today; the next one comes in eight days.
async fn overdue(world: &World, key: &str) -> (Resident, Uuid) {
    let payer = world.payer(key).await;
    let bill = world.bill(payer, "2026-11-16", 10_000).await;
    (Resident::of(payer), bill)
}

const OPEN_TASKS: &str = "SELECT COUNT(*) FROM staff_task WHERE kind = 'bill_dispute' AND done_at_ms IS NULL";

#[tokio::test]
async fn a_disputed_bill_is_silent_until_staff_end_it_and_speaks_on_the_day_after() -> Story {
    let world = World::new().await;
    let (resident, bill) = overdue(&world, "1-101").await;
    let hold = resident.disputes(&world, bill, " 面积不对，应为 89 平方米 ").await.unwrap();
    world.tick().await;
    assert_eq!(world.reminders().await.last().unwrap(), "overdue_7:held(paused)");
    assert_eq!(world.count(OPEN_TASKS).await, 1);
    let shown = pauses(&world.db, world.now()).await?;
    assert_eq!((shown[0].id, shown[0].origin.as_str(), shown[0].reason_words), (hold, "owner", "业主有异议"));
    assert_eq!(shown[0].words.as_deref(), Some("面积不对，应为 89 平方米"));
    let stored = world.words("SELECT detail AS word FROM reminder_event WHERE kind = 'disputed'").await;
    assert!(!stored[0].contains("面积") && !stored[0].contains(&hex::encode("面积")), "sealed");

    resume(&world.db, &staff(), hold, world.now()).await?;
    assert_eq!(world.count(OPEN_TASKS).await, 0);
    world.tick().await;
    assert_eq!(world.wechat.sent().len(), 0, "not on the day it ends");
    world.pass(TimeDelta::days(1));
    world.tick().await;
    assert_eq!(world.wechat.sent().len(), 1);
    assert_eq!(world.reminders().await.last().unwrap(), "overdue_7:sent");
    Ok(())
}

#[tokio::test]
async fn a_promise_keeps_a_bill_silent_to_the_end_of_its_day() {
    let world = World::new().await;
    let (resident, bill) = overdue(&world, "1-101").await;
    resident.promises(&world, bill, day("2026-11-25")).await.unwrap();
    for _ in 0..3 {
        world.tick().await;
        assert_eq!(world.reminders().await.last().unwrap(), "overdue_7:held(paused)");
        world.pass(TimeDelta::days(1));
    }
    assert_eq!(world.wechat.sent().len(), 0);
    world.tick().await;
    assert_eq!(world.wechat.sent().len(), 1, "2026-11-26");
}

#[tokio::test]
async fn a_newer_stage_takes_the_place_of_one_that_waits() {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    let bill = world.bill(payer, "2026-11-23", 10_000).await;
    Resident::of(payer).promises(&world, bill, day("2026-11-23")).await.unwrap();
    world.tick().await;
    world.pass(TimeDelta::days(1));
    world.tick().await;
    let reminders = world.reminders().await;
    let last_two = &reminders[reminders.len() - 2..];
    assert_eq!(last_two, ["due_day:superseded(newer_stage)", "overdue_1:sent"]);
    assert_eq!(world.wechat.sent().len(), 1, "one message, of the stage that holds today");
}

#[tokio::test]
async fn a_promise_is_for_a_day_from_today_to_thirty_days_ahead_and_given_twice_at_most() {
    let world = World::new().await;
    let (resident, bill) = overdue(&world, "1-101").await;
    let today = world.db.info().today(world.now());
    let refused = resident.promises(&world, bill, today - TimeDelta::days(1)).await.unwrap_err();
    assert_eq!((refused.code(), refused.to_string().contains("已过")), ("promise_day_past", true));
    let last = today + TimeDelta::days(PROMISE_DAYS_MAX);
    assert_eq!(code(resident.promises(&world, bill, last + TimeDelta::days(1)).await), "promise_day_too_far");
    resident.promises(&world, bill, today).await.unwrap();
    let second = resident.promises(&world, bill, last).await.unwrap();
    let standing = holds(&world.db, resident.person, &resident.houses, bill, world.now()).await.unwrap();
    let standing_ids: Vec<_> = standing.holds.iter().filter(|hold| hold.is_standing).map(|hold| hold.id).collect();
    assert_eq!((standing_ids, standing.promises_left), (vec![second], 0), "the second took the place of the first");
    let _ = resident.withdraws(&world, second).await.unwrap();
    assert_eq!(code(resident.promises(&world, bill, last).await), "too_many_promises");
    let (other, another) = overdue(&world, "1-102").await;
    other.promises(&world, another, last).await.unwrap();
}

#[tokio::test]
async fn a_hold_is_seen_and_withdrawn_by_people_of_its_house_alone() {
    let world = World::new().await;
    let (resident, bill) = overdue(&world, "1-101").await;
    let (neighbour, _) = overdue(&world, "1-102").await;
    assert_eq!(code(neighbour.disputes(&world, bill, "不是我的").await), "not_found");
    assert_eq!(code(neighbour.promises(&world, bill, day("2026-11-25")).await), "not_found");
    let hold = resident.disputes(&world, bill, "重复收费").await.unwrap();
    assert_eq!(code(neighbour.withdraws(&world, hold).await), "not_found");
    assert_eq!(code(holds(&world.db, neighbour.person, &neighbour.houses, bill, world.now()).await), "not_found");
    let family = Resident { person: PersonId::new(), houses: resident.houses.clone() };
    let seen = holds(&world.db, family.person, &family.houses, bill, world.now()).await.unwrap();
    assert_eq!((seen.holds.len(), seen.holds[0].words.as_deref()), (1, None), "the words are whose they are");
    assert_eq!(family.withdraws(&world, hold).await.unwrap(), Applied::Done(()));
    assert_eq!(resident.withdraws(&world, hold).await.unwrap(), Applied::Already(()));
    assert_eq!(world.count(OPEN_TASKS).await, 0);
    let by_staff = pause(&world.db, &staff(), &PauseLevel::Bill(bill), PauseReason::Staff, None, world.now()).await;
    assert_eq!(code(resident.withdraws(&world, by_staff.unwrap()).await), "not_found", "staff's own pause");
    for action in ["dispute.bill", "withdraw.hold"] {
        assert_eq!(world.count(&format!("SELECT COUNT(*) FROM audit_log WHERE action = '{action}'")).await, 1);
    }
}

#[tokio::test]
async fn a_dispute_says_what_is_wrong_once_at_a_time_and_of_an_open_bill() {
    let world = World::new().await;
    let (resident, bill) = overdue(&world, "1-101").await;
    assert_eq!(code(resident.disputes(&world, bill, "  ").await), "dispute_words");
    assert_eq!(code(resident.disputes(&world, bill, &"错".repeat(201)).await), "dispute_words");
    for _ in 0..3 {
        let hold = resident.disputes(&world, bill, &"错".repeat(200)).await.unwrap();
        assert_eq!(code(resident.disputes(&world, bill, "还是不对").await), "already_disputed");
        let _ = resident.withdraws(&world, hold).await.unwrap();
    }
    assert_eq!(code(resident.disputes(&world, bill, "不对").await), "too_many_disputes");
    world.pay(&[bill]).await;
    assert_eq!(code(resident.promises(&world, bill, day("2026-11-25")).await), "bill_closed");
}

#[tokio::test]
async fn staff_cannot_pause_what_is_not_there_or_until_yesterday() {
    let world = World::new().await;
    let (_, bill) = overdue(&world, "1-101").await;
    let paused = async |level: PauseLevel, until: Option<&str>| {
        pause(&world.db, &staff(), &level, PauseReason::Staff, until.map(day), world.now()).await
    };
    for name in ["", " ", "没有这栋"] {
        let refused = paused(PauseLevel::Building(name.to_owned()), None).await.unwrap_err();
        assert_eq!(refused.code(), "building_not_found", "{name:?}");
    }
    for level in [PauseLevel::House(bill), PauseLevel::Payer(bill), PauseLevel::Bill(Uuid::nil())] {
        assert_eq!(paused(level.clone(), None).await.unwrap_err().code(), "reminder_not_found", "{level:?}");
    }
    let late = paused(PauseLevel::Project, Some("2026-11-22")).await.unwrap_err();
    assert_eq!(late.code(), "pause_day_past");
    paused(PauseLevel::Project, Some("2026-11-23")).await.unwrap();
}
