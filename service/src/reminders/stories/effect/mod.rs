//! The effect by statements over sets is the effect by a loop over the rows.

mod by_loop;
mod rows;

use std::collections::BTreeMap;

use domain::calendar::day_number;

use super::super::{Effect, EffectError, EffectFilter, Funnel, ReasonCount, effect};
use super::{World, day};
use rows::{Notice, Rows};

const DAY_MS: i64 = 86_400_000;
/// Shanghai is eight hours ahead.
const ZONE_MS: i64 = 8 * 3_600_000;
const STAGES: [(&str, i64); 4] = [("pre_due", 1), ("due_day", 1), ("overdue_1", 2), ("campaign_7", -7)];
const CHANNELS: [&str; 3] = ["wechat_template", "sms", "voice"];

fn reasons(counts: &[ReasonCount]) -> BTreeMap<(String, String), i64> {
    counts.iter().map(|one| ((one.state.clone(), one.reason.clone()), one.count)).collect()
}

fn compare(rows: &Rows, shown: &Effect, from_day: i64, to_day: i64) {
    let (from_ms, until_ms) = (from_day * DAY_MS - ZONE_MS, (to_day + 1) * DAY_MS - ZONE_MS);
    let is_in = |n: &&Notice| n.made_ms >= from_ms && n.made_ms < until_ms;
    let mut total = Funnel::default();
    for (stage, _) in STAGES {
        let one = shown.stages.iter().find(|one| one.stage == stage).unwrap();
        let planned: Vec<_> =
            rows.reminders.iter().filter(|r| r.stage == stage && (from_day..=to_day).contains(&r.day)).collect();
        assert_eq!(one.planned, i64::try_from(planned.len()).unwrap(), "{stage}");
        let mut silent: BTreeMap<(String, String), i64> = BTreeMap::new();
        for reminder in planned.iter().filter(|r| r.notice.is_none() && r.state != "planned") {
            *silent.entry((reminder.state.to_owned(), reminder.reason.unwrap_or_default().to_owned())).or_default() +=
                1;
        }
        assert_eq!(reasons(&one.silent), silent, "{stage}");
        for channel in CHANNELS {
            let expected = rows.funnel(from_ms, until_ms, stage, channel);
            let of_channel = one.channels.iter().find(|one| one.channel == channel);
            assert_eq!(of_channel.map_or(Funnel::default(), |one| one.funnel), expected, "{stage} {channel}");
            let mut failed: BTreeMap<(String, String), i64> = BTreeMap::new();
            let of_both = |n: &&Notice| n.stage == stage && n.channel == channel;
            for n in rows.notices.iter().filter(is_in).filter(of_both).filter(|n| n.reason.is_some()) {
                *failed.entry((n.state.to_owned(), n.reason.unwrap().to_owned())).or_default() += 1;
            }
            assert_eq!(of_channel.map(|one| reasons(&one.failed)).unwrap_or_default(), failed, "{stage} {channel}");
            total.planned += expected.planned;
            total.collected_fen += expected.collected_fen;
            total.paid_7d += expected.paid_7d;
        }
    }
    let sums = (shown.total.planned, shown.total.collected_fen, shown.total.paid_7d);
    assert_eq!(sums, (total.planned, total.collected_fen, total.paid_7d));
    let (mut reminded, mut held_out, mixed) = rows.groups(from_day, to_day);
    reminded.paid_share_bp = shown.uplift.reminded.paid_share_bp;
    held_out.paid_share_bp = shown.uplift.held_out.paid_share_bp;
    assert_eq!((shown.uplift.reminded, shown.uplift.held_out, shown.uplift.mixed_bills), (reminded, held_out, mixed));
}

fn filter(from_day: i64, to_day: i64) -> EffectFilter {
    let day = |number| domain::calendar::day_of_number(number).unwrap();
    EffectFilter { from: day(from_day), to: day(to_day), stage: None, campaign: None }
}

#[tokio::test]
async fn the_effect_is_what_a_loop_over_all_rows_finds() {
    let world = World::new().await;
    let first_day = day_number(day("2026-09-01"));
    let rows = Rows::random(7, first_day);
    rows.write(&world).await;
    for (from, to) in [(0, 60), (10, 25), (12, 12)] {
        let (from, to) = (first_day + from, first_day + to);
        let shown = effect(&world.db, &filter(from, to)).await.unwrap();
        if to - from > 5 {
            compare(&rows, &shown, from, to);
            assert!(shown.total.paid_1d > 0 && shown.total.paid_1d < shown.total.paid_7d, "{:?}", shown.total);
        }
        let one_by_one: i64 = shown.stages.iter().flat_map(|s| &s.channels).map(|c| c.funnel.collected_fen).sum();
        assert_eq!(one_by_one, shown.total.collected_fen);
    }
    let only_heard = |n: &&Notice| !n.heard.is_empty() && n.opened_ms.is_none();
    assert!(rows.notices.iter().filter(only_heard).count() > 3, "calls that were picked up are among them");
    let whole = effect(&world.db, &filter(first_day, first_day + 60)).await.unwrap();
    assert!(whole.total.collected_fen > 0);
    let paid_fen: i64 = rows.payments.iter().map(|payment| payment.amount_fen).sum();
    assert!(whole.total.collected_fen <= paid_fen, "no fen is counted twice");
    let names: Vec<&str> = whole.stages.iter().map(|stage| stage.stage.as_str()).collect();
    assert_eq!(names, ["pre_due", "due_day", "overdue_1", "campaign_7"], "the ladder's order, campaigns after it");

    let narrowed = EffectFilter { stage: Some("overdue_1".to_owned()), ..filter(first_day, first_day + 60) };
    assert_eq!(effect(&world.db, &narrowed).await.unwrap().stages, [whole.stages[2].clone()]);
    let narrowed = EffectFilter { campaign: Some(7), ..filter(first_day, first_day + 60) };
    let campaign = effect(&world.db, &narrowed).await.unwrap();
    assert_eq!((campaign.stages.as_slice(), campaign.stages[0].campaign), (&whole.stages[3..], Some(7)));
}

#[tokio::test]
async fn a_range_the_wrong_way_round_or_longer_than_a_year_is_refused() {
    let world = World::new().await;
    for (from, to) in [(20_000, 19_999), (20_000, 20_366)] {
        let refused = effect(&world.db, &filter(from, to)).await.unwrap_err();
        assert!(matches!(refused, EffectError::BadRange), "{refused:?}");
    }
    let nothing = effect(&world.db, &filter(20_000, 20_365)).await.unwrap();
    assert_eq!((nothing.total, nothing.stages.len()), (Funnel::default(), 0));
    assert_eq!(nothing.uplift.words.as_deref(), Some("样本不足（每组至少 30 笔），不作比较"));
}
