//! A campaign is called off, or lasts too long.

use chrono::TimeDelta;
use domain::applied::Applied;

use super::super::{
    CampaignState, campaign, cancel_campaign, create_campaign, preview_campaign, run_campaigns, send_campaign,
};
use super::*;
use crate::reminders::{Outcome, PauseLevel, PauseReason, dispatch, pause};

fn not_sent() -> Outcome {
    Outcome::NotSent { reason: "connect".to_owned() }
}

#[tokio::test]
async fn a_campaign_called_off_half_way_sends_nothing_more_and_keeps_what_it_sent() -> Story {
    let world = World::new().await;
    for n in 1..=3 {
        let payer = phone_only(&world, &format!("1-10{n}"), &format!("1380000000{n}")).await;
        world.bill(payer, FAR, 10_000).await;
    }
    let no = create_campaign(&world.db, &staff(), to_all(), world.now()).await?;
    let _sent = send_campaign(&world.db, &staff(), no, world.now()).await?;
    dispatch(&world.db, &world.fixture.control, &world.senders, &world.fixture.clock, 1).await?;
    assert_eq!(world.sms.sent().len(), 1);
    world.pass(TimeDelta::minutes(1));
    assert_eq!(cancel_campaign(&world.db, &staff(), no, world.now()).await?, Applied::Done(2));
    assert_eq!(states(&world, no).await, ["sent", "suppressed(cancelled)", "suppressed(cancelled)"]);
    assert_eq!(cancel_campaign(&world.db, &staff(), no, world.now()).await?, Applied::Already(0));
    let events = "SELECT COUNT(*) FROM reminder_event WHERE kind = 'suppressed' AND detail = 'cancelled'";
    assert_eq!(world.count(events).await, 2);
    world.pass(TimeDelta::hours(1));
    run_campaigns(&world.db, world.now()).await?;
    world.tick().await;
    assert_eq!(world.sms.sent().len(), 1);
    let shown = campaign(&world.db, no).await?;
    assert_eq!(shown.row.state, CampaignState::Cancelled);
    assert_eq!(shown.counts[1].reason_words, Some("群发已取消"));
    assert_eq!(send_campaign(&world.db, &staff(), no, world.now()).await.unwrap_err().code(), "campaign_ended");
    assert_eq!(world.count("SELECT COUNT(*) FROM audit_log WHERE action = 'cancel.campaign'").await, 1);
    Ok(())
}

#[tokio::test]
async fn a_scheduled_campaign_that_was_called_off_never_begins() -> Story {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill(payer, FAR, 10_000).await;
    let later = world.now() + TimeDelta::hours(2);
    let new = NewCampaign { send_at: Some(later), ..to_all() };
    let no = create_campaign(&world.db, &staff(), new, world.now()).await?;
    let _sent = send_campaign(&world.db, &staff(), no, world.now()).await?;
    assert_eq!(cancel_campaign(&world.db, &staff(), no, world.now()).await?, Applied::Done(0));
    assert_eq!(run_campaigns(&world.db, later).await?.begun, 0);
    assert_eq!(states(&world, no).await, Vec::<String>::new());
    let refused = preview_campaign(&world.db, &world.fixture.control, no, later).await.unwrap_err();
    assert_eq!(refused.code(), "campaign_ended");
    Ok(())
}

#[tokio::test]
async fn a_message_that_waits_for_another_try_is_called_off_with_its_campaign() -> Story {
    let world = World::new().await;
    let payer = phone_only(&world, "1-101", "13800000001").await;
    world.bill(payer, FAR, 10_000).await;
    world.sms.answers([not_sent()]);
    let no = create_campaign(&world.db, &staff(), to_all(), world.now()).await?;
    let _sent = send_campaign(&world.db, &staff(), no, world.now()).await?;
    world.dispatch().await;
    assert_eq!(states(&world, no).await, ["held(not_sent)"]);
    assert_eq!(cancel_campaign(&world.db, &staff(), no, world.now()).await?, Applied::Done(1));
    assert_eq!(states(&world, no).await, ["suppressed(cancelled)"]);
    assert_eq!(world.notices().await, ["sms:suppressed(cancelled)"]);
    world.pass(TimeDelta::hours(1));
    world.tick().await;
    assert_eq!(world.sms.sent().len(), 1, "the try before it was called off");
    Ok(())
}

#[tokio::test]
async fn a_waiting_message_of_the_ladder_goes_on_without_the_bills_of_the_campaign() -> Story {
    let world = World::new().await;
    let payer = phone_only(&world, "1-101", "13800000001").await;
    let elsewhere = second_house(&world, payer, "2-201").await;
    world.bill(payer, "2026-11-23", 10_000).await;
    world.bill(elsewhere, FAR, 20_000).await;
    let no = create_campaign(&world.db, &staff(), to_building("2"), world.now()).await?;
    let _sent = send_campaign(&world.db, &staff(), no, world.now()).await?;
    world.sms.answers([not_sent()]);
    world.tick().await;
    assert!(world.sms.texts()[0].contains("300.00元"), "{:?}", world.sms.texts());
    assert_eq!(cancel_campaign(&world.db, &staff(), no, world.now()).await?, Applied::Done(1));
    world.pass(TimeDelta::minutes(5));
    world.tick().await;
    assert!(world.sms.texts()[1].contains("100.00元"), "{:?}", world.sms.texts());
    assert_eq!(states(&world, no).await, ["suppressed(cancelled)"]);
    assert!(world.reminders().await.contains(&"due_day:sent".to_owned()));
    Ok(())
}

#[tokio::test]
async fn what_waits_longer_than_seven_days_is_not_sent_and_the_campaign_is_done() -> Story {
    let world = World::new().await;
    let (heard, paused) = (world.payer("1-101").await, world.payer("1-102").await);
    world.bill(heard, "2026-12-20", 10_000).await;
    world.bill(paused, "2026-12-20", 10_000).await;
    pause(&world.db, &staff(), &PauseLevel::Payer(paused.party), PauseReason::Dispute, None, world.now()).await?;
    let no = create_campaign(&world.db, &staff(), to_all(), world.now()).await?;
    let _sent = send_campaign(&world.db, &staff(), no, world.now()).await?;
    for _ in 0..7 {
        world.tick().await;
        assert_eq!(run_campaigns(&world.db, world.now()).await?.done, 0);
        world.pass(TimeDelta::days(1));
    }
    let report = run_campaigns(&world.db, world.now()).await?;
    assert_eq!((report.done, report.ended_unsent), (1, 1));
    assert_eq!(states(&world, no).await, ["sent", "suppressed(paused)"]);
    assert_eq!(campaign(&world.db, no).await?.row.state, CampaignState::Done);
    Ok(())
}
