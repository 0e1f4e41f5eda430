//! The oracle is tried: whatever is broken on purpose, it sees.

use sea_orm::TryGetable as _;
use simulation::desk::CONTROL;
use simulation::oracle;
use simulation::run::{Run, Setting};
use simulation::sql;
use simulation::town::{DAY_MS, ZONE_MS};
use simulation::vendors::Mischief;
use uuid::Uuid;

/// A quiet month in which messages were taken, and nothing is wrong yet.
async fn quiet_month() -> Run {
    for seed in 0..50 {
        let mut run = Run::begin(seed, Setting { faults: false, ..Setting::usual() }).await;
        run.month();
        run.come_to_rest();
        let enough = run.vendors.book().accepted.len() > 3;
        if enough && oracle::examine(&run).is_empty() {
            return run;
        }
        run.end().await;
    }
    panic!("no quiet month");
}

fn sees(run: &Run, words: &str) {
    let wrong = oracle::examine(run);
    assert!(wrong.iter().any(|line| line.contains(words)), "nobody says {words:?}: {wrong:#?}");
}

/// A message that was taken and still carries a bill: its place in the vendors' book, the project, the notice, the bill.
fn a_notice(run: &Run) -> (usize, usize, Uuid, Uuid) {
    let book = run.vendors.book();
    for (at, one) in book.accepted.iter().enumerate() {
        let sql = format!(
            "SELECT bill_id FROM reminder WHERE notice_id = {} AND state = 'sent' AND reason IS NULL ORDER BY bill_id",
            sql::id(one.notice)
        );
        if let Some(row) = run.desk.rows(one.place, &sql).first() {
            return (at, one.place, one.notice, Uuid::try_get_by_index(row, 0).unwrap());
        }
    }
    panic!("no message carries a bill");
}

#[tokio::test]
async fn what_the_vendors_took_is_held_against_every_rule() {
    let run = quiet_month().await;
    let (at, ..) = a_notice(&run);
    let last = run.vendors.book().accepted[at].clone();
    run.vendors.book().accepted.remove(at);
    run.vendors.book().accepted.push(last.clone());

    run.vendors.book().accepted.push(last.clone());
    sees(&run, "twice by");
    run.vendors.book().accepted.pop();

    let midnight_ms = (last.node_ms + ZONE_MS).div_euclid(DAY_MS) * DAY_MS - ZONE_MS;
    run.vendors.book().accepted.last_mut().unwrap().node_ms = midnight_ms;
    sees(&run, "in quiet hours");
    *run.vendors.book().accepted.last_mut().unwrap() = last.clone();

    run.vendors.book().accepted.last_mut().unwrap().recipient = "13900000000".to_owned();
    sees(&run, "went to a stranger");
    *run.vendors.book().accepted.last_mut().unwrap() = last.clone();

    run.vendors.book().accepted.last_mut().unwrap().amount = "0.07元".to_owned();
    sees(&run, "asks for 0.07元");
    *run.vendors.book().accepted.last_mut().unwrap() = last.clone();

    for _ in 0..9 {
        run.vendors.book().accepted.push(last.clone());
    }
    sees(&run, "the cap is");
    for _ in 0..9 {
        run.vendors.book().accepted.pop();
    }

    run.vendors.book().accepted.pop();
    sees(&run, "not a way to end");
    run.vendors.book().accepted.push(last);
    assert!(oracle::examine(&run).is_empty());
    run.end().await;
}

#[tokio::test]
async fn a_payment_before_the_claim_is_seen() {
    let run = quiet_month().await;
    let (_, place, notice, bill) = a_notice(&run);
    let sql = format!("INSERT INTO sim_log (seq, what, id) VALUES (-1, 'settled', {})", sql::id(bill));
    let forget = format!("DELETE FROM sim_log WHERE what = 'settled' AND id = {}", sql::id(bill));
    run.desk.execute(place, &forget);
    run.desk.execute(place, &sql);
    sees(&run, &format!("notice {notice} was claimed"));
    run.end().await;
}

#[tokio::test]
async fn rows_that_do_not_fit_are_seen() {
    let run = quiet_month().await;
    let (_, place, notice, bill) = a_notice(&run);
    let id = sql::id(notice);

    run.desk.execute(place, &format!("UPDATE notice SET state = 'failed' WHERE id = {id}"));
    sees(&run, "its history says");
    run.desk.execute(place, &format!("UPDATE notice SET state = 'suppressed' WHERE id = {id}"));
    sees(&run, "was taken by the vendor and is suppressed");

    let row = format!("bill_id = {} AND notice_id = {id}", sql::id(bill));
    run.desk.execute(place, &format!("UPDATE reminder SET state = 'suppressed', reason = 'voided' WHERE {row}"));
    sees(&run, "not a way to end");
    sees(&run, "went from sent to suppressed");
    run.desk.execute(place, &format!("UPDATE reminder SET stage_day = stage_day + 1 WHERE {row}"));
    sees(&run, "a row that should not be");
    run.desk.execute(place, &format!("DELETE FROM reminder WHERE {row}"));
    sees(&run, "was not planned");

    run.desk.execute(CONTROL, "UPDATE account_quota SET taken = taken + 1");
    sees(&run, "grants were spent");
    run.desk.execute(CONTROL, "UPDATE consent_credit SET credits = credits + 1");
    sees(&run, "left of");
    run.desk.execute(CONTROL, &format!("UPDATE send_grant SET state = 'returned' WHERE notice_id = {id}"));
    sees(&run, "its grant is returned");
    run.end().await;
}

#[tokio::test]
async fn a_vendor_that_forgets_what_it_took_is_seen() {
    let mischief = Some(Mischief { lost_answer: 500, ..Mischief::default() });
    for seed in 0..40 {
        let mut run = Run::begin(seed, Setting { mischief, ..Setting::usual() }).await;
        run.vendors.book().forgetful = true;
        run.month();
        run.come_to_rest();
        let seen = oracle::examine(&run).iter().any(|line| line.contains("twice by wechat_template"));
        run.end().await;
        if seen {
            return;
        }
    }
    panic!("nobody saw it");
}
