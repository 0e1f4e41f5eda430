//! Clocks that jump, months that end, years that leap, and rules that change under way.

use domain::reminder::{Caps, Policy};

use super::super::set_policy;
use super::*;
use crate::audit::By;

/// Hours between two looks of the jobs.
const STEP_HOURS: i64 = 3;
/// From three days before the due day until the second overdue stage is over.
const DAYS: i64 = 13;

/// A fortnight in which the clock jumps once, so many hours after its beginning.
async fn fortnight_with_a_jump(jump: TimeDelta, after_hours: i64) -> World {
    let world = World::new().await;
    let roomy = Policy { caps: Caps { per_day: 9, per_week: 40 }, ..Policy::default() };
    let _set = set_policy(&world.db, &By::operator(), &roomy, world.now()).await.unwrap();
    let payer = world.payer("1-101").await;
    world.bill(payer, "2026-11-26", 10_000).await;
    for hour in (0..DAYS * 24).step_by(usize::try_from(STEP_HOURS).unwrap()) {
        if hour == after_hours {
            world.pass(jump);
        }
        world.tick().await;
        world.pass(TimeDelta::hours(STEP_HOURS));
    }
    world
}

#[tokio::test]
async fn a_clock_that_jumps_an_hour_or_a_day_skips_no_stage_and_repeats_none() {
    for jump in [TimeDelta::hours(1), TimeDelta::hours(-1), TimeDelta::days(1), TimeDelta::days(-1)] {
        // Just after the first message, in the night, and in the morning of the due day before its hour.
        for after_hours in [3, 15, 69] {
            let world = fortnight_with_a_jump(jump, after_hours).await;
            let ended = world.reminders().await;
            let stages: Vec<&str> = ended.iter().map(|row| row.split(':').next().unwrap()).collect();
            assert_eq!(stages, ["pre_due", "due_day", "overdue_1", "overdue_7"], "{jump} after {after_hours} h");
            let is_explained = |row: &String| row.ends_with(":sent") || row.ends_with(":superseded(newer_stage)");
            assert!(ended.iter().all(is_explained), "{jump} after {after_hours} h: {ended:?}");
            let silent = ended.iter().filter(|row| !row.ends_with(":sent")).count();
            assert!(silent <= usize::from(jump == TimeDelta::days(1)), "only a lost day loses its stage: {ended:?}");
            let twice =
                "SELECT COUNT(*) FROM (SELECT stage FROM notice GROUP BY stage, channel HAVING COUNT(*) > 1) AS t";
            assert_eq!(world.count(twice).await, 0, "{jump} after {after_hours} h");
        }
    }
}

#[tokio::test]
async fn stages_fall_on_their_days_over_the_ends_of_months_and_years_and_leap_days() {
    for (due, expected) in [
        ("2026-12-31", ["2026-12-28", "2026-12-31", "2027-01-01", "2027-01-07", "2027-01-15", "2027-01-30"]),
        ("2027-02-28", ["2027-02-25", "2027-02-28", "2027-03-01", "2027-03-07", "2027-03-15", "2027-03-30"]),
        ("2028-02-29", ["2028-02-26", "2028-02-29", "2028-03-01", "2028-03-07", "2028-03-15", "2028-03-30"]),
    ] {
        let world = World::new().await;
        let payer = world.payer("1-101").await;
        world.bill(payer, due, 10_000).await;
        world.pass(day(due) - TimeDelta::days(4) - day("2026-11-23"));
        let mut days = Vec::new();
        for _ in 0..36 {
            let before = world.wechat.sent().len();
            world.tick().await;
            if world.wechat.sent().len() > before {
                days.push(world.now().with_timezone(&chrono_tz::Asia::Shanghai).date_naive().to_string());
            }
            world.pass(TimeDelta::days(1));
        }
        assert_eq!(days, expected);
    }
}

#[tokio::test]
async fn what_was_planned_under_a_policy_goes_by_it_though_the_policy_is_changed_under_way() {
    let world = World::new().await;
    let (sent, planned) = (world.payer("1-101").await, world.payer("1-102").await);
    world.bill(sent, "2026-11-22", 10_000).await;
    world.tick().await;
    world.bill(planned, "2026-11-22", 20_000).await;
    world.plan().await;
    let mut changed = Policy { caps: Caps { per_day: 9, per_week: 40 }, ..Policy::default() };
    for stage in &mut changed.stages {
        stage.channels = vec![Channel::Sms];
        stage.escalate_to = None;
    }
    let _set = set_policy(&world.db, &By::operator(), &changed, world.now()).await.unwrap();
    let late = world.payer("1-103").await;
    world.bill(late, "2026-11-22", 30_000).await;
    world.tick().await;
    let versions = "SELECT channel || ' ' || CAST(policy_version AS TEXT) AS word FROM notice ORDER BY amount_fen";
    assert_eq!(world.words(versions).await, ["wechat_template 1", "wechat_template 1", "sms 2"]);
    world.pass(TimeDelta::hours(24));
    world.tick().await;
    let unread = "SELECT CAST(policy_version AS TEXT) AS word FROM notice WHERE escalated_from IS NOT NULL";
    assert_eq!(world.words(unread).await, ["1", "1"], "unread goes on as it was promised, and only that");
}
