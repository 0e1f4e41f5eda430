//! Whom a campaign is for.

use domain::applied::Applied;
use domain::calendar::day_number;

use super::super::{
    CampaignState, Entrance, Range, campaign, campaigns, create_campaign, repo, run_campaigns, send_campaign,
};
use super::*;

async fn size(world: &World, audience: Audience) -> (i64, i64) {
    let now = world.now();
    let size = world.db.read("story.size", async |tx| repo::size(tx, &audience, now).await).await.unwrap();
    (size.bills, size.payers)
}

#[tokio::test]
async fn every_condition_narrows_and_all_must_be_met() -> Story {
    let world = World::new().await;
    let (one, two) = (world.payer("1-101").await, world.payer("2-201").await);
    world.bill(one, "2026-11-13", 10_000).await;
    world.bill(one, "2026-10-24", 10_000).await;
    world.bill(two, FAR, 15_000).await;
    let paid = world.bill(two, "2026-10-01", 99_000).await;
    world.pay(&[paid]).await;
    world.sql("UPDATE house SET entrance = '甲' WHERE id = $1", vec![two.house.into()]).await;
    let entrance = |building: &str| vec![Entrance { building: building.to_owned(), entrance: "甲".to_owned() }];
    let nothing = Audience::default;
    assert_eq!(size(&world, nothing()).await, (3, 2));
    assert_eq!(size(&world, Audience { buildings: vec!["1".to_owned()], ..nothing() }).await, (2, 1));
    assert_eq!(size(&world, Audience { entrances: entrance("2"), ..nothing() }).await, (1, 1));
    assert_eq!(size(&world, Audience { entrances: entrance("1"), ..nothing() }).await, (0, 0));
    assert_eq!(size(&world, Audience { houses: vec![two.house], ..nothing() }).await, (1, 1));
    assert_eq!(size(&world, Audience { house_keys: vec!["1-101".to_owned()], ..nothing() }).await, (2, 1));
    assert_eq!(size(&world, Audience { fee_items: vec![Uuid::now_v7()], ..nothing() }).await, (0, 0));
    let overdue = |from, to| Audience { overdue_days: Some(Range { from, to }), ..nothing() };
    assert_eq!(size(&world, overdue(None, Some(10))).await, (1, 1));
    assert_eq!(size(&world, overdue(Some(11), None)).await, (1, 1));
    assert_eq!(size(&world, overdue(Some(1), None)).await, (2, 1));
    let arrears = |from, to| Audience { arrears_fen: Some(Range { from, to }), ..nothing() };
    assert_eq!(size(&world, arrears(Some(15_001), None)).await, (2, 1), "two bills of one payer add up");
    assert_eq!(size(&world, arrears(None, Some(15_000))).await, (1, 1));
    let both = Audience { buildings: vec!["2".to_owned()], ..overdue(Some(1), None) };
    assert_eq!(size(&world, both).await, (0, 0));
    let of_thirty_days =
        Audience { overdue_days: Some(Range { from: Some(30), to: None }), ..arrears(Some(10_001), None) };
    assert_eq!(size(&world, of_thirty_days).await, (0, 0), "arrears are of the bills that meet the rest");
    Ok(())
}

#[tokio::test]
async fn an_audience_without_an_open_bill_is_refused() -> Story {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    let bill = world.bill(payer, FAR, 10_000).await;
    let refused = create_campaign(&world.db, &staff(), to_building("7"), world.now()).await.unwrap_err();
    assert_eq!((refused.code(), refused.to_string().as_str()), ("campaign_no_bills", "没有符合条件的账单"));
    let no = create_campaign(&world.db, &staff(), to_building("1"), world.now()).await?;
    world.pay(&[bill]).await;
    let refused = send_campaign(&world.db, &staff(), no, world.now()).await.unwrap_err();
    assert_eq!(refused.code(), "campaign_no_bills", "paid while the draft lay there");
    assert_eq!(campaign(&world.db, no).await?.row.state, CampaignState::Draft);
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_with_its_reason() -> Story {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill(payer, FAR, 10_000).await;
    let refused = async |new: NewCampaign| {
        let error = create_campaign(&world.db, &staff(), new, world.now()).await.unwrap_err();
        (error.code(), error.to_string())
    };
    let code = async |new: NewCampaign| refused(new).await.0;
    assert_eq!(code(NewCampaign { send_at: Some(at("2026-11-22T10:00")), ..to_all() }).await, "campaign_in_the_past");
    let (night, words) = refused(NewCampaign { send_at: Some(at("2026-11-24T22:00")), ..to_all() }).await;
    assert_eq!(night, "campaign_in_quiet_hours");
    assert!(words.contains("2026-11-25 09:00"), "{words}");
    assert_eq!(code(NewCampaign { send_at: Some(at("2027-06-01T10:00")), ..to_all() }).await, "campaign_too_far");
    assert_eq!(code(NewCampaign { note: Some("请缴清欠费".to_owned()), ..to_all() }).await, "note_word_refused");
    assert_eq!(code(NewCampaign { name: " ".to_owned(), ..to_all() }).await, "campaign_invalid");
    assert_eq!(code(NewCampaign { channels: vec![], ..to_all() }).await, "campaign_invalid");
    assert_eq!(code(NewCampaign { channels: vec![Channel::Sms, Channel::Sms], ..to_all() }).await, "campaign_invalid");
    assert_eq!(code(NewCampaign { channels: vec![Channel::Voice], ..to_all() }).await, "campaign_call_before_due");
    let overdue = Audience { overdue_days: Some(Range { from: Some(1), to: None }), ..Audience::default() };
    let calls = NewCampaign { channels: vec![Channel::Voice], audience: overdue, ..to_all() };
    assert_eq!(code(calls).await, "campaign_channel_unavailable", "the project has no account for calls");
    let keys = ["1-101", "1-109", "1-108"].map(str::to_owned).to_vec();
    let pasted = NewCampaign { audience: Audience { house_keys: keys, ..Audience::default() }, ..to_all() };
    let (unknown, words) = refused(pasted).await;
    assert_eq!(unknown, "campaign_unknown_houses");
    assert!(words.contains("1-108、1-109"), "{words}");
    assert_eq!(world.count("SELECT COUNT(*) FROM campaign").await, 0);
    assert_eq!(world.count("SELECT COUNT(*) FROM reminder_policy WHERE version < 0").await, 0);
    Ok(())
}

#[tokio::test]
async fn a_draft_written_at_night_cannot_be_sent_off_at_night() -> Story {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill(payer, FAR, 10_000).await;
    let night = at("2026-11-23T21:00");
    let no = create_campaign(&world.db, &staff(), to_all(), night).await?;
    let refused = send_campaign(&world.db, &staff(), no, night).await.unwrap_err();
    assert_eq!(refused.code(), "campaign_in_quiet_hours");
    let sent = send_campaign(&world.db, &staff(), no, at("2026-11-24T09:00")).await?;
    assert_eq!(sent, Applied::Done(CampaignState::Running));
    Ok(())
}

#[tokio::test]
async fn ten_thousand_bills_are_planned_by_one_statement_and_once() -> Story {
    let world = World::new().await;
    many_bills(&world, 10_000).await;
    let later = world.now() + chrono::TimeDelta::hours(1);
    let new = NewCampaign { send_at: Some(later), ..to_all() };
    let no = create_campaign(&world.db, &staff(), new, world.now()).await?;
    assert_eq!(send_campaign(&world.db, &staff(), no, world.now()).await?, Applied::Done(CampaignState::Scheduled));
    assert_eq!(run_campaigns(&world.db, world.now()).await?.begun, 0, "its time has not come");
    let run = run_campaigns(&world.db, later).await?;
    assert_eq!((run.begun, run.planned), (1, 10_000));
    let again = run_campaigns(&world.db, later).await?;
    assert_eq!((again.begun, again.planned), (0, 0));
    let statement = async |tx: &crate::tenancy::ProjectTx<'_>| {
        repo::plan(tx, no, &Audience::default(), later, None, later, super::super::BILLS_MAX).await
    };
    assert_eq!(world.db.transact("story.plan", statement).await.map_err(super::super::CampaignError::Store)?, 0);
    let shown = campaign(&world.db, no).await?;
    assert_eq!((shown.row.state, shown.row.bills, shown.row.payers), (CampaignState::Running, 10_000, 101));
    assert_eq!(
        shown.counts.iter().map(|count| (count.state.as_str(), count.bills)).collect::<Vec<_>>(),
        [("planned", 10_000)]
    );
    let first = day_number(day("2026-11-23"));
    assert_eq!(world.count("SELECT MIN(stage_day) FROM reminder").await, first);
    Ok(())
}

#[tokio::test]
async fn campaigns_are_listed_newest_first_page_by_page() -> Story {
    let world = World::new().await;
    let payer = world.payer("1-101").await;
    world.bill(payer, FAR, 10_000).await;
    for _ in 0..3 {
        create_campaign(&world.db, &staff(), to_all(), world.now()).await?;
    }
    let numbers = async |before| {
        let page = campaigns(&world.db, before, 2).await?;
        Ok::<_, super::super::CampaignError>((page.rows.iter().map(|row| row.no).collect::<Vec<_>>(), page.more))
    };
    assert_eq!(numbers(None).await?, (vec![3, 2], true));
    assert_eq!(numbers(Some(2)).await?, (vec![1], false));
    assert_eq!(campaign(&world.db, 4).await.unwrap_err().code(), "campaign_not_found");
    assert_eq!(world.count("SELECT COUNT(*) FROM audit_log WHERE action = 'create.campaign'").await, 3);
    Ok(())
}
