//! A campaign is sent by the engine that sends everything.

use chrono::TimeDelta;
use domain::applied::Applied;
use domain::reminder::{Caps, Policy};

use super::super::run::run_up_to;
use super::super::{
    CampaignError, CampaignState, SendTarget, campaign, cancel_campaign, create_campaign, preview_campaign,
    preview_new_campaign, run_campaigns, send_campaign, send_to,
};
use super::*;
use crate::reminders::preview::Preview;
use crate::reminders::{HistoryFilter, PauseLevel, PauseReason, ReasonTotal, history, pause, set_policy};

async fn caps(world: &World, per_day: i64) {
    let policy = Policy { caps: Caps { per_day, per_week: 7 }, ..Policy::default() };
    let _set = set_policy(&world.db, &staff(), &policy, world.now()).await.unwrap();
}

/// Channel and text of every message that is shown, sorted.
fn promised(preview: &Preview) -> Vec<(String, String)> {
    let mut rows: Vec<_> = preview.messages.iter().map(|row| (row.channel.to_owned(), row.text.clone())).collect();
    rows.sort();
    rows
}

/// The same of every message that was sent.
fn sent(world: &World) -> Vec<(String, String)> {
    let wechat = world.wechat.texts().into_iter().map(|text| ("wechat_template".to_owned(), text));
    let texts = world.sms.texts().into_iter().map(|text| ("sms".to_owned(), text));
    let mut rows: Vec<_> = wechat.chain(texts).collect();
    rows.sort();
    rows
}

fn reasons(totals: &[ReasonTotal]) -> Vec<(&'static str, u64)> {
    totals.iter().map(|total| (total.reason, total.reminders)).collect()
}

#[tokio::test]
async fn the_preview_of_a_campaign_is_exactly_what_is_then_sent_and_writes_nothing() -> Story {
    let world = World::new().await;
    texts_cost(&world, 5).await;
    let follower = world.payer("1-101").await;
    let twice = second_house(&world, phone_only(&world, "1-102", "13800000002").await, "1-103").await;
    let paused = phone_only(&world, "1-104", "13800000004").await;
    let house = world.house("1-105").await;
    let silent = Payer { party: world.party(house, true).await, house };
    world.bill(follower, "2026-11-23", 10_000).await;
    for payer in [follower, twice, paused, silent] {
        world.bill(payer, FAR, 20_000).await;
    }
    world.bill(Payer { house: world.house("1-106").await, ..twice }, "2026-11-13", 30_000).await;
    pause(&world.db, &staff(), &PauseLevel::Payer(paused.party), PauseReason::Staff, None, world.now()).await?;

    let control = &world.fixture.control;
    let unwritten = preview_new_campaign(&world.db, control, to_building("1"), world.now()).await?;
    assert_eq!(world.count("SELECT COUNT(*) FROM campaign").await, 0);
    assert_eq!(world.count("SELECT COUNT(*) FROM reminder").await, 0);
    let no = create_campaign(&world.db, &staff(), to_building("1"), world.now()).await?;
    let shown = preview_campaign(&world.db, control, no, world.now()).await?;
    assert_eq!(promised(&unwritten), promised(&shown));
    assert_eq!(world.count("SELECT COUNT(*) FROM reminder").await, 0);
    assert_eq!(shown.messages.len(), 2, "two houses of one payer are one message: {:?}", shown.messages);
    assert_eq!((shown.totals.messages, shown.totals.cost_fen), (2, 5));
    let channels: Vec<_> = shown.totals.channels.iter().map(|c| (c.channel, c.messages, c.cost_fen)).collect();
    assert_eq!(channels, [("wechat_template", 1, 0), ("sms", 1, 5)]);
    assert_eq!(reasons(&shown.totals.held), [("paused", 1)]);
    assert!(reasons(&shown.totals.silent).contains(&("no_channel", 1)), "{:?}", shown.silent);
    assert!(shown.messages.iter().all(|row| row.payer == "张**" && row.recipient.contains("****")));
    assert!(!shown.more && !shown.is_dry_run);

    assert_eq!(send_campaign(&world.db, &staff(), no, world.now()).await?, Applied::Done(CampaignState::Running));
    world.tick().await;
    assert_eq!(sent(&world), promised(&shown));
    assert_eq!(world.count("SELECT CAST(SUM(cost_fen) AS BIGINT) FROM notice").await, 5);
    assert_eq!(preview_campaign(&world.db, control, no, world.now()).await.unwrap_err().code(), "campaign_started");
    Ok(())
}

#[tokio::test]
async fn staff_speak_in_their_own_words_with_the_facts_of_the_bills() -> Story {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill(payer, FAR, 12_345).await;
    let no = create_campaign(&world.db, &staff(), to_all(), world.now()).await?;
    let _sent = send_campaign(&world.db, &staff(), no, world.now()).await?;
    world.dispatch().await;
    let text = &world.wechat.texts()[0];
    assert!(text.contains("本周六服务中心照常办公") && text.contains("123.45元"), "{text}");
    assert_eq!(states(&world, no).await, ["sent"]);
    let report = run_campaigns(&world.db, world.now()).await?;
    assert_eq!(report.done, 1);
    let shown = campaign(&world.db, no).await?;
    assert_eq!((shown.row.state_words, shown.stage.as_str()), ("已完成", "campaign_1"));
    assert_eq!(shown.counts[0].state_words, "已发出");
    Ok(())
}

#[tokio::test]
async fn the_day_cap_holds_across_ladder_and_campaign_and_the_held_message_goes_out_tomorrow() -> Story {
    let world = World::new().await;
    caps(&world, 1).await;
    let payer = phone_only(&world, "1-101", "13800000001").await;
    let elsewhere = second_house(&world, payer, "2-201").await;
    world.bill(payer, "2026-11-23", 10_000).await;
    world.bill(elsewhere, FAR, 20_000).await;
    world.tick().await;
    assert_eq!(world.sms.sent().len(), 1, "the ladder has spoken today");
    world.pass(TimeDelta::hours(1));
    let no = create_campaign(&world.db, &staff(), to_building("2"), world.now()).await?;
    let shown = preview_campaign(&world.db, &world.fixture.control, no, world.now()).await?;
    assert_eq!((shown.messages.len(), reasons(&shown.totals.held)), (0, vec![("day_cap", 1)]));
    assert_eq!(shown.held[0].until, at("2026-11-24T00:00"));
    let _sent = send_campaign(&world.db, &staff(), no, world.now()).await?;
    world.tick().await;
    assert_eq!((world.sms.sent().len(), states(&world, no).await), (1, vec!["held(day_cap)".to_owned()]));
    assert_eq!(run_campaigns(&world.db, world.now()).await?.done, 0);
    world.pass(TimeDelta::hours(22));
    world.tick().await;
    assert_eq!((world.sms.sent().len(), states(&world, no).await), (2, vec!["sent".to_owned()]));
    assert!(world.sms.texts()[1].contains("本周六服务中心照常办公"));
    Ok(())
}

#[tokio::test]
async fn whoever_pays_between_preview_and_sending_hears_nothing() -> Story {
    let world = World::new().await;
    let (pays, owes) = (world.payer("1-101").await, world.payer("1-102").await);
    let early = world.bill(pays, FAR, 10_000).await;
    let late = world.bill(owes, FAR, 20_000).await;
    let no = create_campaign(&world.db, &staff(), to_all(), world.now()).await?;
    let shown = preview_campaign(&world.db, &world.fixture.control, no, world.now()).await?;
    assert_eq!(shown.messages.len(), 2);
    world.pay(&[early]).await;
    let _sent = send_campaign(&world.db, &staff(), no, world.now()).await?;
    assert_eq!(states(&world, no).await, ["planned"], "a paid bill is not even planned");
    world.pay(&[late]).await;
    world.tick().await;
    assert_eq!((world.wechat.sent().len(), world.sms.sent().len()), (0, 0));
    assert_eq!(states(&world, no).await, ["suppressed(paid)"]);
    Ok(())
}

#[tokio::test]
async fn a_scheduled_campaign_begins_at_its_instant_and_is_sent_once_though_the_job_runs_often() -> Story {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill(payer, FAR, 10_000).await;
    let new = NewCampaign { send_at: Some(at("2026-11-24T15:00")), ..to_all() };
    let no = create_campaign(&world.db, &staff(), new, world.now()).await?;
    let shown = preview_campaign(&world.db, &world.fixture.control, no, world.now()).await?;
    assert_eq!(send_campaign(&world.db, &staff(), no, world.now()).await?, Applied::Done(CampaignState::Scheduled));
    assert_eq!(send_campaign(&world.db, &staff(), no, world.now()).await?, Applied::Already(CampaignState::Scheduled));
    let mut begun = Vec::new();
    for _ in 0..96 {
        if run_campaigns(&world.db, world.now()).await?.begun > 0 {
            begun.push(world.now());
        }
        world.tick().await;
        world.pass(TimeDelta::minutes(30));
    }
    assert_eq!(begun, [at("2026-11-24T15:00")]);
    assert_eq!(sent(&world), promised(&shown));
    assert_eq!(campaign(&world.db, no).await?.row.state, CampaignState::Done);
    Ok(())
}

#[tokio::test]
async fn a_house_or_a_building_is_sent_to_at_once_and_a_second_press_sends_nothing_more() -> Story {
    let world = World::new().await;
    let (one, two) = (world.payer("1-101").await, world.payer("2-201").await);
    world.bill(one, FAR, 10_000).await;
    world.bill(two, FAR, 10_000).await;
    let by = staff();
    let channels = vec![Channel::WechatTemplate];
    let press = async |target: SendTarget| send_to(&world.db, &by, &target, channels.clone(), None, world.now()).await;
    let house = SendTarget::House(one.house);
    assert_eq!(press(house.clone()).await?, Applied::Done(1));
    world.dispatch().await;
    world.pass(TimeDelta::seconds(2));
    assert_eq!(press(house.clone()).await?, Applied::Already(1));
    world.dispatch().await;
    assert_eq!(world.wechat.sent().len(), 1);
    assert_eq!(campaign(&world.db, 1).await?.row.name, "即时发送：1-101");
    assert_eq!(press(SendTarget::Building("2".to_owned())).await?, Applied::Done(2));
    world.dispatch().await;
    assert_eq!(world.wechat.sent().len(), 2);
    let refused = press(SendTarget::House(Uuid::now_v7())).await.unwrap_err();
    assert_eq!(refused.code(), "campaign_no_bills");
    assert!(matches!(press(SendTarget::Building(" ".to_owned())).await, Err(CampaignError::Invalid { .. })));
    world.pass(TimeDelta::minutes(11));
    assert_eq!(press(house).await?, Applied::Done(3), "later it is meant");
    let filter = HistoryFilter { stage: Some("campaign_2".to_owned()), ..HistoryFilter::default() };
    let listed = history(&world.db, &filter, None, 10).await?;
    let rows: Vec<_> = listed.rows.iter().map(|row| (row.stage_words.as_str(), row.state.as_str())).collect();
    assert_eq!(rows, [("群发", "sent")], "it is a stage in the history");
    Ok(())
}

#[tokio::test]
async fn a_large_preview_counts_everybody_and_shows_the_first() -> Story {
    let world = World::new().await;
    texts_cost(&world, 4).await;
    for n in 0..300 {
        let payer = phone_only(&world, &format!("1-{n}"), &format!("139{n:08}")).await;
        world.bill(payer, FAR, 10_000).await;
    }
    let account = account_of(world.db.info(), Channel::Sms).unwrap();
    let sql = "UPDATE sending_account SET daily_quota = 290, overdue_reserve = 0 WHERE account = $1";
    control(&world.fixture, vec![(sql, vec![account.into()])]).await;
    let shown = preview_new_campaign(&world.db, &world.fixture.control, to_all(), world.now()).await?;
    assert_eq!((shown.totals.messages, shown.totals.cost_fen), (290, 4 * 290), "the quota is one for all batches");
    assert_eq!(reasons(&shown.totals.held), [("quota", 10)]);
    Ok(())
}

#[tokio::test]
async fn two_nodes_begin_a_campaign_once() -> Story {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill(payer, FAR, 10_000).await;
    let later = world.now() + TimeDelta::hours(1);
    let no =
        create_campaign(&world.db, &staff(), NewCampaign { send_at: Some(later), ..to_all() }, world.now()).await?;
    let _sent = send_campaign(&world.db, &staff(), no, world.now()).await?;
    let (one, two) = tokio::join!(run_campaigns(&world.db, later), run_campaigns(&world.db, later));
    let (one, two) = (one?, two?);
    assert_eq!((one.begun + two.begun, one.planned + two.planned), (1, 1));
    Ok(())
}

#[tokio::test]
async fn a_project_that_only_tries_previews_its_messages_and_says_that_none_leaves() -> Story {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill(payer, FAR, 10_000).await;
    let project = world.db.id().uuid();
    control(&world.fixture, vec![("UPDATE project SET is_dry_run = TRUE WHERE id = $1", vec![project.into()])]).await;
    let no = create_campaign(&world.db, &staff(), to_all(), world.now()).await?;
    let shown = preview_campaign(&world.db, &world.fixture.control, no, world.now()).await?;
    assert_eq!((shown.messages.len(), shown.is_dry_run), (1, true));
    let _sent = send_campaign(&world.db, &staff(), no, world.now()).await?;
    world.tick().await;
    assert_eq!((world.wechat.sent().len(), states(&world, no).await), (0, vec!["suppressed(dry_run)".to_owned()]));
    Ok(())
}

/// A bill issued today, of a run published this minute, that the ladder has not looked at yet.
async fn just_issued(world: &World) {
    let payer = world.payer("1-101").await;
    world.bill_issued(payer, day("2026-11-23"), "2026-12-20", 10_000).await;
    let published = "UPDATE bill_run SET published_at_ms = $1";
    world.sql(published, vec![world.now().timestamp_millis().into()]).await;
}

#[tokio::test]
async fn what_a_campaign_has_told_is_not_announced_on_the_same_day() -> Story {
    let world = World::new().await;
    just_issued(&world).await;
    let no = create_campaign(&world.db, &staff(), to_all(), world.now()).await?;
    let _sent = send_campaign(&world.db, &staff(), no, world.now()).await?;
    world.dispatch().await;
    world.tick().await;
    assert_eq!(world.wechat.sent().len(), 1);
    assert_eq!(world.reminders().await.len(), 2);
    assert!(world.reminders().await.contains(&"issued:superseded(newer_stage)".to_owned()));
    Ok(())
}

#[tokio::test]
async fn a_campaign_called_off_before_it_spoke_does_not_keep_a_bill_from_being_announced() -> Story {
    let world = World::new().await;
    just_issued(&world).await;
    let no = create_campaign(&world.db, &staff(), to_all(), world.now()).await?;
    let _sent = send_campaign(&world.db, &staff(), no, world.now()).await?;
    world.plan().await;
    let _off = cancel_campaign(&world.db, &staff(), no, world.now()).await?;
    world.tick().await;
    assert_eq!(world.wechat.sent().len(), 1);
    assert!(world.wechat.texts()[0].contains("新出"), "{:?}", world.wechat.texts());
    assert!(world.reminders().await.contains(&"issued:sent".to_owned()));
    Ok(())
}

#[tokio::test]
async fn a_campaign_whose_audience_has_grown_too_large_is_not_sent_in_part_and_staff_are_told() -> Story {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill(payer, FAR, 10_000).await;
    world.bill(payer, FAR, 20_000).await;
    let later = world.now() + TimeDelta::hours(1);
    let new = NewCampaign { send_at: Some(later), ..to_all() };
    let no = create_campaign(&world.db, &staff(), new, world.now()).await?;
    let _sent = send_campaign(&world.db, &staff(), no, world.now()).await?;
    world.bill(payer, FAR, 40_000).await;
    for refused in [1, 0] {
        let report = run_up_to(&world.db, later, 2).await?;
        assert_eq!((report.begun, report.planned, report.refused), (0, 0, refused));
    }
    assert!(states(&world, no).await.is_empty());
    assert_eq!(campaign(&world.db, no).await?.row.state, CampaignState::Cancelled);
    let told = world.words("SELECT words AS word FROM staff_task WHERE kind = 'campaign_refused'").await;
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("周六办公") && told[0].contains("有 3 笔"), "{told:?}");
    Ok(())
}

#[tokio::test]
async fn a_campaign_of_exactly_as_many_bills_as_may_be_is_sent() -> Story {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill(payer, FAR, 10_000).await;
    world.bill(payer, FAR, 20_000).await;
    let later = world.now() + TimeDelta::hours(1);
    let new = NewCampaign { send_at: Some(later), ..to_all() };
    let no = create_campaign(&world.db, &staff(), new, world.now()).await?;
    let _sent = send_campaign(&world.db, &staff(), no, world.now()).await?;
    let report = run_up_to(&world.db, later, 2).await?;
    assert_eq!((report.begun, report.planned, report.refused), (1, 2, 0));
    Ok(())
}
