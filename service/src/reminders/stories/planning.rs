//! One row per bill and stage, the newest stage only.

use chrono::TimeDelta;
use domain::applied::Applied;
use domain::reminder::Policy;

use super::super::{PlanReport, ReminderError, current, set_policy};
use super::*;
use crate::audit::By;

#[tokio::test]
async fn a_stage_is_planned_once_though_planning_runs_96_times_a_day() {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill(payer, "2026-11-26", 10_000).await;
    assert_eq!(world.plan().await, PlanReport { planned: 1, ..PlanReport::default() });
    for _ in 0..96 {
        world.pass(TimeDelta::minutes(15));
        assert_eq!(world.plan().await, PlanReport::default());
    }
    assert_eq!(world.reminders().await, ["pre_due:planned"]);
}

#[tokio::test]
async fn every_stage_of_a_bill_is_sent_on_its_day_at_its_hour_and_never_twice() {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill(payer, "2026-11-26", 10_000).await;
    let mut days = Vec::new();
    for _ in 0..40 * 24 {
        let before = world.wechat.sent().len();
        world.tick().await;
        if world.wechat.sent().len() > before {
            days.push(world.now().with_timezone(&chrono_tz::Asia::Shanghai).format("%m-%d %H").to_string());
        }
        world.pass(TimeDelta::hours(1));
    }
    assert_eq!(days, ["11-23 10", "11-26 10", "11-27 10", "12-03 10", "12-11 10", "12-26 10"]);
    assert_eq!(world.wechat.sent().len(), 6);
}

#[tokio::test]
async fn after_days_of_silence_only_the_newest_stage_speaks() {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill(payer, "2026-11-21", 10_000).await;
    assert_eq!(world.plan().await, PlanReport { planned: 1, superseded: 2, below_minimum: 0 });
    assert_eq!(
        world.reminders().await,
        ["pre_due:superseded(newer_stage)", "due_day:superseded(newer_stage)", "overdue_1:planned"]
    );
    world.dispatch().await;
    assert_eq!(world.wechat.sent().len(), 1);
}

#[tokio::test]
async fn what_was_planned_before_the_outage_is_superseded_and_what_was_sent_stays_sent() {
    let world = World::new().await;
    let (sent, unsent) = (world.payer("1-101").await, world.payer("1-102").await);
    world.bill(sent, "2026-11-26", 10_000).await;
    world.tick().await;
    world.bill(unsent, "2026-11-26", 20_000).await;
    world.plan().await;
    world.pass(TimeDelta::days(5));
    let report = world.plan().await;
    assert_eq!((report.planned, report.superseded), (2, 3), "due_day twice, and pre_due of the second");
    assert_eq!(
        world.reminders().await,
        [
            "pre_due:sent",
            "pre_due:superseded(newer_stage)",
            "due_day:superseded(newer_stage)",
            "due_day:superseded(newer_stage)",
            "overdue_1:planned",
            "overdue_1:planned"
        ]
    );
    world.dispatch().await;
    assert_eq!(world.wechat.sent().len(), 3);
    assert_eq!(world.plan().await, PlanReport::default());
}

#[tokio::test]
async fn a_stage_before_the_bill_existed_is_not_planned_at_all() {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill_issued(payer, day("2026-11-23"), "2026-11-22", 10_000).await;
    world.bill_issued(payer, day("2026-11-23"), "2026-11-24", 10_000).await;
    world.bill_issued(payer, day("2026-11-22"), "2026-11-23", 10_000).await;
    assert_eq!(world.plan().await.planned, 2);
    assert_eq!(world.reminders().await, ["overdue_1:planned", "due_day:planned"]);
}

#[tokio::test]
async fn paid_and_voided_bills_are_not_planned_and_small_ones_fall_silent_with_a_reason() -> Story {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    let mut policy = Policy::default();
    policy.stages[2].minimum_fen = 5_000;
    assert_eq!(set_policy(&world.db, &By::operator(), &policy, world.now()).await?, Applied::Done(2));
    assert_eq!(set_policy(&world.db, &By::operator(), &policy, world.now()).await?, Applied::Already(2));
    let paid = world.bill(payer, "2026-11-23", 10_000).await;
    let voided = world.bill(payer, "2026-11-23", 10_000).await;
    world.bill(payer, "2026-11-23", 4_999).await;
    world.bill(payer, "2026-11-23", 5_000).await;
    world.pay(&[paid]).await;
    world.sql("UPDATE bill SET voided_at_ms = 1 WHERE id = $1", vec![voided.into()]).await;
    // Both were three days before when nobody looked.
    assert_eq!(world.plan().await, PlanReport { planned: 2, superseded: 1, below_minimum: 1 });
    assert_eq!(
        world.reminders().await,
        ["pre_due:planned", "pre_due:superseded(newer_stage)", "due_day:suppressed(below_minimum)", "due_day:planned"]
    );
    Ok(())
}

#[tokio::test]
async fn a_renamed_stage_does_not_speak_again_for_the_same_day() -> Story {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill(payer, "2026-11-23", 10_000).await;
    world.tick().await;
    let mut policy = current(&world.db, world.now()).await?.policy;
    policy.stages[1].name = "the_day".to_owned();
    let _ = set_policy(&world.db, &By::operator(), &policy, world.now()).await?;
    world.tick().await;
    assert_eq!(world.wechat.sent().len(), 1);
    world.pass(TimeDelta::days(1));
    world.tick().await;
    assert_eq!(world.wechat.sent().len(), 2, "the next day speaks as ever");
    Ok(())
}

#[tokio::test]
async fn a_policy_with_mistakes_is_refused_with_all_of_them() {
    let world = World::new().await;
    let policy = Policy { stages: Vec::new(), unread_after_hours: 0, ..Policy::default() };
    let error = set_policy(&world.db, &By::operator(), &policy, world.now()).await.unwrap_err();
    assert!(matches!(&error, ReminderError::Policy(all) if all.len() == 2), "{error}");
    assert_eq!(error.code(), "reminder_policy_invalid");
}

#[tokio::test]
async fn a_policy_for_a_fee_item_of_another_community_is_refused() -> Story {
    let world = World::new().await;
    let mut policy = current(&world.db, world.now()).await?.policy;
    policy.stages[1].fee_items = vec![Uuid::now_v7()];
    let refused = set_policy(&world.db, &By::operator(), &policy, world.now()).await.unwrap_err();
    let ReminderError::Policy(mistakes) = refused else { panic!("{refused:?}") };
    assert_eq!(mistakes.iter().map(|one| one.field.as_str()).collect::<Vec<_>>(), ["stages[1].fee_items"]);
    assert_eq!(current(&world.db, world.now()).await?.version, 1);
    Ok(())
}

#[tokio::test]
async fn an_older_bill_paid_first_does_not_shift_the_newer_ones_stages() {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    let older = world.bill(payer, "2026-11-22", 10_000).await;
    world.bill(payer, "2026-11-26", 20_000).await;
    world.tick().await;
    world.pay(&[older]).await;
    for _ in 0..4 {
        world.pass(TimeDelta::days(1));
        world.tick().await;
    }
    let notes: Vec<_> = world.wechat.sent().into_iter().map(|message| message.wording.note).collect();
    assert_eq!(notes, ["其中1笔已过应缴日，请查看账单", "今天到期，可在线查看缴纳", "已过应缴日1天，请查看账单"]);
}
