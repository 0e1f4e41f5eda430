//! The engine over real databases, with a clock that stands still until a story moves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;
use service::job_runs::{Outcome, take_lease};
use tokio::sync::Notify;

use crate::fixture::Fixture;
use crate::told::{Alarms, Told};
use crate::{EngineError, EngineSettings, JobError};

const SECOND_MS: i64 = 1_000;
const HOUR_MS: i64 = 3_600 * SECOND_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

fn counter() -> Arc<AtomicU64> {
    Arc::new(AtomicU64::new(0))
}

#[tokio::test]
async fn two_nodes_run_each_slot_once() {
    let fixture = Fixture::new().await;
    for code in ["aa", "bb", "cc"] {
        fixture.add_project(code).await;
    }
    let runs = counter();
    let one = fixture.engine("one").project_job(Told::quick("sweep").counted(&runs));
    let two = fixture.engine("two").project_job(Told::quick("sweep").counted(&runs));
    for slots in 1..=3 {
        let (a, b) = tokio::join!(one.tick(), two.tick());
        let (a, b) = (a.unwrap(), b.unwrap());
        assert_eq!(a.count(Outcome::Ok) + b.count(Outcome::Ok), 3);
        assert_eq!(runs.load(Ordering::SeqCst), 3 * slots);
        fixture.clock.advance_ms(5 * SECOND_MS);
    }
    assert_eq!(fixture.runs().await.len(), 9);
}

#[tokio::test]
async fn a_panic_is_recorded_and_the_next_job_and_slot_run() {
    let fixture = Fixture::new().await;
    let panics = Told::new("breaks", || async { panic!("no way on with 13812345678") });
    let engine = fixture.engine("one").control_job(panics).control_job(Told::quick("works"));

    let report = engine.tick().await.unwrap();
    assert_eq!((report.count(Outcome::Panicked), report.count(Outcome::Ok)), (1, 1));
    let broken = fixture.runs().await.into_iter().find(|run| run.job == "breaks").unwrap();
    assert_eq!(broken.outcome, Some(Outcome::Panicked));
    assert_eq!(broken.error.as_deref(), Some("no way on with 138****5678"));
    fixture.clock.advance_ms(5 * SECOND_MS);
    assert_eq!(engine.tick().await.unwrap().runs.len(), 2);
}

#[tokio::test]
async fn a_job_past_its_deadline_is_stopped_and_recorded_and_its_lease_is_free() {
    let fixture = Fixture::new().await;
    let hangs = Told::new("hangs", std::future::pending).within(Duration::from_millis(1));
    let engine = fixture.engine("one").control_job(hangs);

    let report = engine.tick().await.unwrap();
    assert_eq!(report.count(Outcome::TimedOut), 1);
    let run = fixture.runs().await.remove(0);
    assert_eq!((run.outcome, run.error.as_deref()), (Some(Outcome::TimedOut), Some("stopped after 1 ms")));
    let key = service::job_runs::JobKey::in_control("hangs");
    let lease = take_lease(&fixture.control, key, "two", fixture.clock.now(), Duration::from_secs(1)).await;
    assert!(lease.unwrap().is_some());
}

#[tokio::test]
async fn a_node_that_froze_past_its_lease_cannot_end_its_run() {
    let fixture = Fixture::new().await;
    let two = fixture.engine("two").control_job(Told::quick("sweep"));
    let clock = fixture.clock.clone();
    let freezes = Told::new("sweep", move || {
        let (two, clock) = (two.clone(), clock.clone());
        async move {
            clock.advance_ms(HOUR_MS);
            let report = two.tick().await?;
            Ok(json!({ "meanwhile": report.count(Outcome::Ok), "abandoned": report.abandoned }))
        }
    });
    let one = fixture.engine("one").control_job(freezes);

    let report = one.tick().await.unwrap();
    assert_eq!(report.runs[0].report, Some(json!({ "meanwhile": 1, "abandoned": 1 })));
    assert!(!report.runs[0].recorded);
    let runs: Vec<_> = fixture.runs().await.into_iter().map(|run| (run.node, run.outcome)).collect();
    assert_eq!(runs, [("two".to_owned(), Some(Outcome::Ok)), ("one".to_owned(), Some(Outcome::Abandoned))]);
}

#[tokio::test]
async fn after_five_days_down_a_job_runs_once() {
    let fixture = Fixture::new().await;
    let runs = counter();
    let engine = fixture
        .engine("one")
        .control_job(Told::quick("often").counted(&runs))
        .control_job(Told::quick("nightly").daily().counted(&runs));
    engine.tick().await.unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 2);

    fixture.clock.advance_ms(5 * DAY_MS);
    assert_eq!(engine.tick().await.unwrap().runs.len(), 2);
    assert_eq!(engine.tick().await.unwrap().runs.len(), 0);
    assert_eq!(runs.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_failed_nightly_job_is_tried_again_in_a_quarter_of_an_hour_and_not_before() {
    let fixture = Fixture::new().await;
    let failures = AtomicU64::new(1);
    let fails_once = Told::new("nightly", move || {
        let failed = failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        async move { if failed { Err(JobError::words("not now")) } else { Ok(json!({})) } }
    });
    let engine = fixture.engine("one").control_job(fails_once.daily());

    fixture.clock.advance_ms(16 * HOUR_MS);
    assert_eq!(engine.tick().await.unwrap().count(Outcome::Failed), 1);
    fixture.clock.advance_ms(HOUR_MS / 4 - 1);
    assert_eq!(engine.tick().await.unwrap().due, 0);
    fixture.clock.advance_ms(1);
    assert_eq!(engine.tick().await.unwrap().count(Outcome::Ok), 1);
    fixture.clock.advance_ms(HOUR_MS);
    assert_eq!(engine.tick().await.unwrap().due, 0);
}

#[tokio::test]
async fn a_stop_waits_for_what_is_running() {
    let fixture = Fixture::new().await;
    let (began, may_end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let waits = {
        let (began, may_end) = (Arc::clone(&began), Arc::clone(&may_end));
        Told::new("waits", move || {
            let (began, may_end) = (Arc::clone(&began), Arc::clone(&may_end));
            async move {
                began.notify_one();
                may_end.notified().await;
                Ok(json!({}))
            }
        })
    };
    let engine = fixture.engine("one").control_job(waits);
    let ticking = tokio::spawn({
        let engine = engine.clone();
        async move { engine.tick().await.unwrap() }
    });
    began.notified().await;
    let (report, ()) = tokio::join!(engine.stop(Duration::from_secs(600)), async { may_end.notify_one() });
    assert_eq!((report.stopped, report.left), (0, 0));
    assert_eq!(ticking.await.unwrap().count(Outcome::Ok), 1);
    assert!(engine.tick().await.unwrap().skipped);
    assert!(matches!(engine.run_now("waits", None).await, Err(EngineError::Stopping)));
}

#[tokio::test]
async fn what_outlasts_the_drain_is_stopped_recorded_and_free_for_another_node() {
    let fixture = Fixture::new().await;
    let began = Arc::new(Notify::new());
    let hangs = {
        let began = Arc::clone(&began);
        Told::new("hangs", move || {
            began.notify_one();
            std::future::pending()
        })
    };
    let engine = fixture.engine("one").control_job(hangs);
    let ticking = tokio::spawn({
        let engine = engine.clone();
        async move { engine.tick().await.unwrap() }
    });
    began.notified().await;
    let report = engine.stop(Duration::ZERO).await;
    assert_eq!((report.stopped, report.left), (1, 0));
    assert_eq!(ticking.await.unwrap().count(Outcome::Abandoned), 1);
    assert_eq!(fixture.runs().await[0].outcome, Some(Outcome::Abandoned));

    fixture.clock.advance_ms(5 * SECOND_MS);
    let two = fixture.engine("two").control_job(Told::quick("hangs"));
    assert_eq!(two.tick().await.unwrap().count(Outcome::Ok), 1);
}

#[tokio::test]
async fn one_broken_project_leaves_the_others_alone() {
    let fixture = Fixture::new().await;
    let sound = [fixture.add_project("aa").await, fixture.add_project("zz").await];
    let broken = fixture.add_missing_projects(1).await;
    let engine = fixture.engine("one").project_job(Told::quick("sweep"));

    let report = engine.tick().await.unwrap();
    assert_eq!((report.count(Outcome::Ok), report.count(Outcome::Failed)), (2, 1));
    for run in fixture.runs().await {
        let id = domain::ids::ProjectId(run.project_id);
        assert_eq!(run.outcome, Some(if sound.contains(&id) { Outcome::Ok } else { Outcome::Failed }));
        assert_eq!(run.error.is_some(), broken.contains(&id));
    }
}

#[tokio::test]
async fn a_clock_put_back_an_hour_or_a_day_stops_no_job() {
    for back_ms in [HOUR_MS, DAY_MS] {
        let fixture = Fixture::new().await;
        let engine = fixture.engine("one").control_job(Told::quick("sweep"));
        for _ in 0..3 {
            assert_eq!(engine.tick().await.unwrap().runs.len(), 1);
            fixture.clock.advance_ms(5 * SECOND_MS);
        }
        fixture.clock.advance_ms(-back_ms);
        for _ in 0..3 {
            assert_eq!(engine.tick().await.unwrap().count(Outcome::Ok), 1);
            assert_eq!(engine.tick().await.unwrap().due, 0);
            fixture.clock.advance_ms(5 * SECOND_MS);
        }
    }
}

#[tokio::test]
async fn a_thousand_idle_projects_cost_one_page() {
    let fixture = Fixture::new().await;
    let projects = fixture.add_missing_projects(1_000).await;
    let now = fixture.clock.now();
    for job in ["one", "two"] {
        fixture.has_run(job, &projects, now).await;
    }
    let engine = fixture.engine("one").project_job(Told::quick("one")).project_job(Told::quick("two"));
    let report = engine.tick().await.unwrap();
    assert_eq!((report.due, report.pages_read), (0, 1));
}

#[tokio::test]
async fn a_job_that_hangs_delays_no_other() {
    let fixture = Fixture::new().await;
    let began = Arc::new(Notify::new());
    let hangs = {
        let began = Arc::clone(&began);
        Told::new("hangs", move || {
            began.notify_one();
            std::future::pending()
        })
    };
    let engine = fixture.engine("one").control_job(hangs).control_job(Told::quick("works"));
    let running = tokio::spawn({
        let engine = engine.clone();
        async move { engine.run_now("hangs", None).await.unwrap() }
    });
    began.notified().await;
    let report = engine.tick().await.unwrap();
    assert_eq!(report.runs.iter().map(|run| run.job).collect::<Vec<_>>(), ["works"]);
    assert!(matches!(engine.run_now("hangs", None).await, Err(EngineError::Busy("hangs"))));
    engine.stop(Duration::ZERO).await;
    assert_eq!(running.await.unwrap().outcome, Outcome::Abandoned);
}

#[tokio::test]
async fn a_job_on_demand_runs_as_often_as_it_is_asked_for_and_is_recorded() {
    let fixture = Fixture::new().await;
    let project = fixture.add_project("aa").await;
    let engine = fixture.engine("one").project_job(Told::quick("plan")).control_job(Told::quick("apply"));
    for _ in 0..3 {
        let report = engine.run_now("plan", Some(project)).await.unwrap();
        assert_eq!((report.outcome, report.project), (Outcome::Ok, Some(project)));
    }
    assert_eq!(engine.run_now("apply", None).await.unwrap().outcome, Outcome::Ok);
    assert_eq!(fixture.runs().await.len(), 4);
    fixture.clock.advance_ms(5 * SECOND_MS);
    assert_eq!(engine.tick().await.unwrap().runs.len(), 2, "the schedule goes on");

    assert!(matches!(engine.run_now("none", None).await, Err(EngineError::UnknownJob(_))));
    assert!(matches!(engine.run_now("plan", None).await, Err(EngineError::WrongProject("plan"))));
    let nobody = domain::ids::ProjectId::new();
    assert!(matches!(engine.run_now("plan", Some(nobody)).await, Err(EngineError::Tenancy(_))));
}

#[tokio::test]
async fn a_job_that_keeps_failing_raises_one_alarm() {
    let alarms = Arc::new(Alarms::default());
    let _guard = metrics::set_default_local_recorder(alarms.as_ref());
    let fixture = Fixture::new().await;
    let settings = EngineSettings { alarm_after_failures: 3, ..EngineSettings::default() };
    let fails = || Told::new("fails", || async { Err(JobError::words("no")) });
    let engines = ["one", "two"].map(|node| fixture.engine_with(node, settings).control_job(fails()));
    for engine in engines.iter().cycle().take(8) {
        assert_eq!(engine.tick().await.unwrap().count(Outcome::Failed), 1);
        fixture.clock.advance_ms(5 * SECOND_MS);
    }
    assert_eq!(alarms.raised.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_started_engine_ticks_until_it_is_shut_down() {
    let fixture = Fixture::new().await;
    let ran = Arc::new(Notify::new());
    let tells = {
        let ran = Arc::clone(&ran);
        Told::new("tells", move || {
            ran.notify_one();
            async { Ok(json!({})) }
        })
    };
    let running = fixture.engine("one").control_job(tells).start().await.unwrap();
    ran.notified().await;
    let report = running.shutdown(Duration::from_secs(600)).await;
    assert_eq!((report.stopped, report.left), (0, 0));
    assert_eq!(fixture.runs().await[0].outcome, Some(Outcome::Ok));
}

#[tokio::test]
async fn slots_lie_in_the_future_of_nobody_after_a_jump_forward_and_back() {
    let fixture = Fixture::new().await;
    let engine = fixture.engine("one").control_job(Told::quick("nightly").daily());
    engine.tick().await.unwrap();
    fixture.clock.advance_ms(DAY_MS);
    assert_eq!(engine.tick().await.unwrap().runs.len(), 1);
    fixture.clock.advance_ms(-DAY_MS);
    assert_eq!(engine.tick().await.unwrap().due, 0, "today's slot was run");
    fixture.clock.advance_ms(DAY_MS);
    assert_eq!(engine.tick().await.unwrap().runs.len(), 1);
    let latest = fixture.runs().await[0].slot_at;
    assert!(latest <= fixture.clock.now() && latest > fixture.clock.now() - TimeDelta::days(1));
}
