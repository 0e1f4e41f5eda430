//! Bills of one payer whose stages go by different roads.

use domain::reminder::Policy;

use super::super::{PauseLevel, PauseReason, account_of, pause, preview, set_policy};
use super::*;
use crate::audit::By;

/// A payer who can only be texted, with a bill due today and one seven days overdue; overdue stages go by WeChat alone.
async fn two_roads() -> World {
    let world = World::new().await;
    let mut policy = Policy::default();
    for stage in policy.stages.iter_mut().filter(|stage| stage.is_overdue()) {
        stage.channels = vec![Channel::WechatTemplate];
        stage.escalate_to = None;
    }
    let _ = set_policy(&world.db, &By::operator(), &policy, world.now()).await.unwrap();
    let house = world.house("1-101").await;
    let payer = Payer { party: world.party(house, true).await, house };
    world.phone(payer.party, "13900000001").await;
    world.bill(payer, "2026-11-16", 70_000).await;
    world.bill(payer, "2026-11-23", 10_000).await;
    world
}

/// The stages that were not overtaken, and what became of them.
async fn newest(world: &World) -> Vec<String> {
    let sql = "SELECT stage || ':' || state || '(' || COALESCE(reason, '') || ')' AS word FROM reminder \
               WHERE state <> 'superseded' ORDER BY stage";
    world.words(sql).await
}

#[tokio::test]
async fn a_bill_that_a_text_would_reach_is_not_silenced_by_a_higher_stage_without_a_road() {
    let world = two_roads().await;
    world.tick().await;
    assert_eq!(newest(&world).await, ["due_day:sent()", "overdue_7:failed(no_channel)"]);
    assert_eq!(world.notices().await, ["sms:sent"]);
    let text = &world.sms.texts()[0];
    assert!(text.contains("100.00") && !text.contains("800.00"), "of the one bill: {text}");
}

#[tokio::test]
async fn a_preview_goes_to_the_end_of_every_road_and_is_what_is_then_sent() -> Story {
    let world = two_roads().await;
    // One text is left of the day.
    let account = account_of(world.db.info(), Channel::Sms).unwrap();
    let limit = "INSERT INTO sending_account (account, channel, daily_quota, overdue_reserve, cost_fen, updated_at_ms) \
                 VALUES ($1, 'sms', 1, 0, 5, 0)";
    control(&world.fixture, vec![(limit, vec![account.into()])]).await;
    let house = world.house("1-102").await;
    let other = Payer { party: world.party(house, true).await, house };
    world.phone(other.party, "13900000002").await;
    world.bill(other, "2026-11-26", 5_000).await;
    let shown = preview(&world.db, &world.fixture.control, world.now()).await?;
    let channels: Vec<&str> = shown.messages.iter().map(|row| row.channel).collect();
    let silent: Vec<(&str, &str)> = shown.silent.iter().map(|row| (row.stage.as_str(), row.reason)).collect();
    let held: Vec<(&str, &str)> = shown.held.iter().map(|row| (row.stage.as_str(), row.reason)).collect();
    world.tick().await;
    assert_eq!(channels.len(), world.sms.sent().len());
    let texts: Vec<&str> = shown.messages.iter().map(|row| row.text.as_str()).collect();
    assert_eq!(texts, world.sms.texts());
    assert_eq!(silent, [("overdue_7", "no_channel")]);
    assert_eq!(held.len(), 1, "{held:?}");
    assert_eq!(held[0].1, "quota");
    let held_now = format!("{}:held(quota)", held[0].0);
    assert!(newest(&world).await.contains(&held_now), "{:?}", newest(&world).await);
    Ok(())
}

#[tokio::test]
async fn whoever_is_paused_takes_no_leave_that_others_need() -> Story {
    let world = World::new().await;
    let account = account_of(world.db.info(), Channel::WechatTemplate).unwrap();
    let limit = "INSERT INTO sending_account (account, channel, daily_quota, overdue_reserve, cost_fen, updated_at_ms) \
                 VALUES ($1, 'wechat_template', 1, 0, 0, 0)";
    control(&world.fixture, vec![(limit, vec![account.into()])]).await;
    let (paused, other) = (world.payer("1-101").await, world.payer("1-102").await);
    world.bill(paused, "2026-11-16", 70_000).await;
    world.bill(other, "2026-11-23", 10_000).await;
    let level = PauseLevel::Payer(paused.party);
    pause(&world.db, &By::operator(), &level, PauseReason::Dispute, None, world.now()).await?;
    world.tick().await;
    assert_eq!(newest(&world).await, ["due_day:sent()", "overdue_7:held(paused)"]);
    assert_eq!(world.wechat.sent().len(), 1);
    Ok(())
}
