//! Two nodes, one control database.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;

use super::*;
use crate::fixture;

const LEASE: Duration = Duration::from_secs(60);
const KEY: JobKey<'static> = JobKey::in_control("sweep");

fn ok() -> Finish<'static> {
    Finish { outcome: Outcome::Ok, report: None, error: None }
}

#[tokio::test]
async fn a_lease_is_held_by_one_node_until_it_is_given_back_or_runs_out() {
    let fixture = fixture::project().await;
    let (control, now) = (&fixture.control, fixture.clock.now());

    let first = take_lease(control, KEY, "a", now, LEASE).await.unwrap().unwrap();
    assert_eq!(take_lease(control, KEY, "b", now, LEASE).await.unwrap(), None);
    assert!(release(control, &first).await.unwrap());
    let second = take_lease(control, KEY, "b", now, LEASE).await.unwrap().unwrap();
    assert!(second.lease_no > first.lease_no);
    let late = now + LEASE;
    let third = take_lease(control, KEY, "a", late, LEASE).await.unwrap().unwrap();
    assert!(third.lease_no > second.lease_no);
    let own = take_lease(control, KEY, "a", late, LEASE).await.unwrap().unwrap();
    assert!(own.lease_no > third.lease_no);
}

#[tokio::test]
async fn a_stale_holder_changes_nothing() {
    let fixture = fixture::project().await;
    let (control, now) = (&fixture.control, fixture.clock.now());

    let frozen = claim(control, KEY, now, "a", now, LEASE).await.unwrap().unwrap();
    let late = now + LEASE + LEASE;
    let next = claim(control, KEY, late, "b", late, LEASE).await.unwrap().unwrap();

    assert_eq!(renew(control, &frozen.lease, late, LEASE).await.unwrap(), None);
    assert!(!release(control, &frozen.lease).await.unwrap());
    assert!(!finish_run(control, frozen.run, frozen.lease.lease_no, ok(), late).await.unwrap());
    assert!(!finish_run(control, next.run, frozen.lease.lease_no, ok(), late).await.unwrap());
    assert!(finish_run(control, next.run, next.lease.lease_no, ok(), late).await.unwrap());
    let runs = list_runs(control, &RunFilter::default(), None, 10).await.unwrap();
    let outcomes: Vec<_> = runs.iter().map(|run| run.outcome).collect();
    assert_eq!(outcomes, [Some(Outcome::Ok), Some(Outcome::Abandoned)]);
}

#[tokio::test]
async fn a_slot_is_run_once_and_its_second_claim_holds_no_lease() {
    let fixture = fixture::project().await;
    let (control, now) = (&fixture.control, fixture.clock.now());
    let keep = Keep { ok_since: now, failed_since: now };

    let claimed = claim(control, KEY, now, "a", now, LEASE).await.unwrap().unwrap();
    let finish = Finish { outcome: Outcome::Ok, report: Some(&json!({ "sent": 3 })), error: None };
    let finished = finish_claim(control, &claimed, finish, keep, now).await.unwrap();
    assert_eq!(finished, Finished::Recorded { failures_in_a_row: 0 });
    assert!(claim(control, KEY, now, "b", now, LEASE).await.unwrap().is_none());
    assert!(take_lease(control, KEY, "a", now, LEASE).await.unwrap().is_some());
    assert_eq!(last_slot(control, KEY).await.unwrap(), Some(now));
    let runs = list_runs(control, &RunFilter::default(), None, 10).await.unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].report, Some(json!({ "sent": 3 })));
}

#[tokio::test]
async fn runs_of_a_stopped_node_are_abandoned_when_their_lease_runs_out() {
    let fixture = fixture::project().await;
    let (control, now) = (&fixture.control, fixture.clock.now());

    claim(control, KEY, now, "a", now, LEASE).await.unwrap().unwrap();
    assert_eq!(abandon_stale(control, now).await.unwrap(), 0);
    assert_eq!(abandon_stale(control, now + LEASE).await.unwrap(), 1);
    assert_eq!(abandon_stale(control, now + LEASE).await.unwrap(), 0);
    let board = board_page(control, None).await.unwrap();
    assert_eq!((board[0].last_slot, board[0].last_outcome), (Some(now), Some(Outcome::Abandoned)));
    assert_eq!(board[0].lease_until, None);
}

#[tokio::test]
async fn failures_in_a_row_are_counted_over_nodes_and_broken_by_success() {
    let fixture = fixture::project().await;
    let (control, mut now) = (&fixture.control, fixture.clock.now());
    let keep = Keep { ok_since: now, failed_since: now };
    let mut counts = Vec::new();
    for (node, outcome) in
        [("a", Outcome::Failed), ("b", Outcome::Panicked), ("a", Outcome::Ok), ("b", Outcome::TimedOut)]
    {
        now += TimeDelta::seconds(5);
        let claimed = claim(control, KEY, now, node, now, LEASE).await.unwrap().unwrap();
        let finish = Finish { outcome, report: None, error: Some("because") };
        match finish_claim(control, &claimed, finish, keep, now).await.unwrap() {
            Finished::Recorded { failures_in_a_row } => counts.push(failures_in_a_row),
            Finished::Stale => panic!("the lease was ours"),
        }
    }
    assert_eq!(counts, [1, 2, 0, 1]);
}

#[tokio::test]
async fn old_records_go_and_the_newest_stays() {
    let fixture = fixture::project().await;
    let (control, mut now) = (&fixture.control, fixture.clock.now());
    for number in 1..=50_i64 {
        now += TimeDelta::seconds(5);
        let keep = Keep { ok_since: now, failed_since: now - TimeDelta::seconds(5 * 48) };
        let claimed = claim(control, KEY, now, "a", now, LEASE).await.unwrap().unwrap();
        let outcome = if number <= 2 { Outcome::Failed } else { Outcome::Ok };
        let finish = Finish { outcome, report: None, error: None };
        finish_claim(control, &claimed, finish, keep, now).await.unwrap();
    }
    let kept = list_runs(control, &RunFilter::default(), None, 200).await.unwrap();
    let outcomes: Vec<_> = kept.iter().map(|run| run.outcome.unwrap()).collect();
    assert_eq!(outcomes, [Outcome::Ok, Outcome::Failed]);
    assert_eq!(kept[0].slot_at, now);
}

#[tokio::test]
async fn records_of_a_clock_that_was_put_back_are_forgotten() {
    let fixture = fixture::project().await;
    let (control, now) = (&fixture.control, fixture.clock.now());
    let ahead = now + TimeDelta::hours(1);
    let keep = Keep { ok_since: now, failed_since: now };

    for slot in [now, ahead] {
        let claimed = claim(control, KEY, slot, "a", slot, LEASE).await.unwrap().unwrap();
        finish_claim(control, &claimed, ok(), keep, slot).await.unwrap();
    }
    take_lease(control, KEY, "a", ahead, LEASE).await.unwrap().unwrap();
    assert!(take_lease(control, KEY, "b", now, LEASE).await.unwrap().is_some(), "no lease reaches an hour ahead");
    assert_eq!(forget_future(control, now).await.unwrap(), 1);
    assert_eq!(last_slot(control, KEY).await.unwrap(), Some(now));
}

#[tokio::test]
async fn staff_page_through_runs_by_job_project_and_outcome() {
    let fixture = fixture::project().await;
    let (control, now) = (&fixture.control, fixture.clock.now());
    let keep = Keep { ok_since: now, failed_since: now };
    for job in ["one", "two"] {
        let key = JobKey::in_project(job, fixture.project_id);
        for second in 0..3 {
            let slot = now + TimeDelta::seconds(second);
            // All began in the same millisecond: the cursor must not lose any.
            let claimed = claim(control, key, slot, "a", now, LEASE).await.unwrap().unwrap();
            let outcome = if second == 1 { Outcome::Failed } else { Outcome::Ok };
            let finish = Finish { outcome, report: None, error: None };
            finish_claim(control, &claimed, finish, keep, now).await.unwrap();
        }
    }
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = list_runs(control, &RunFilter::default(), after, 4).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.cursor());
        seen.extend(page.iter().map(|run| run.id));
    }
    assert_eq!(seen.len(), 6);
    let filter = RunFilter {
        job: Some("two".to_owned()),
        project_id: Some(fixture.project_id.uuid()),
        outcome: Some(Outcome::Failed),
    };
    let failed = list_runs(control, &filter, None, 10).await.unwrap();
    assert_eq!(failed.iter().map(|run| run.job.as_str()).collect::<Vec<_>>(), ["two"]);
}
