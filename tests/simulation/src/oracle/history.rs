//! The events lead to the state that the rows show.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::Facts;
use super::rows::{Event, Notice, Rows};

/// Replays the history of every project.
pub fn examine(facts: &Facts<'_>, wrong: &mut Vec<String>) {
    for (place, rows) in &facts.rows {
        let mut by_notice: BTreeMap<Uuid, Vec<&Event>> = BTreeMap::new();
        let mut by_bill: BTreeMap<(Uuid, &str), &Event> = BTreeMap::new();
        for event in &rows.events {
            if let Some(notice) = event.notice {
                by_notice.entry(notice).or_default().push(event);
            }
            if let (Some(bill), Some(stage)) = (event.bill, &event.stage) {
                by_bill.insert((bill, stage), event);
            }
        }
        for (id, notice) in &rows.notices {
            let events = by_notice.get(id).cloned().unwrap_or_default();
            let (state, marks) = replay(&events);
            if (state, marks) != (notice.state.as_str(), notice.marks) {
                let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
                wrong.push(format!(
                    "project {place}: notice {id} is {} {:?}, its history says {state} {marks:?}: {kinds:?}",
                    notice.state, notice.marks
                ));
            }
            crossed(*place, rows, *id, notice, &events, wrong);
        }
        for ((bill, stage), event) in by_bill {
            let Some(row) = rows.reminders.get(&(bill, stage.to_owned())) else { continue };
            let silent = row.notice.is_none() && matches!(row.state.as_str(), "suppressed" | "superseded" | "failed");
            if silent && (event.kind != row.state || Some(&event.detail) != row.reason.as_ref()) {
                wrong.push(format!(
                    "project {place}: the last event of bill {bill} at {stage} is {event:?}, the row {row:?}"
                ));
            }
        }
    }
}

/// The state that events lead to: a message begins in hand.
fn replay(events: &[&Event]) -> (&'static str, [bool; 4]) {
    let mut state = "claimed";
    let mut marks = [false; 4];
    for event in events {
        match event.kind.as_str() {
            "sent" => state = "sent",
            // Nobody knows, unless its delivery was reported before.
            "in_doubt" => state = if marks[0] { "sent" } else { "in_doubt" },
            "failed" => state = "failed",
            "suppressed" => state = "suppressed",
            "delivered" => {
                marks[0] = true;
                if state == "in_doubt" {
                    state = "sent";
                }
            }
            "opened" => marks[1] = true,
            "acknowledged" => marks[2] = true,
            "paid" | "crossed" => marks[3] = true,
            _ => {}
        }
    }
    (state, marks)
}

/// Money that came while the message was in a worker's hand crossed it, and the history says so.
fn crossed(place: usize, rows: &Rows, id: Uuid, notice: &Notice, events: &[&Event], wrong: &mut Vec<String>) {
    let closed: Option<Vec<(i64, bool)>> =
        notice.bills.iter().map(|(bill, ..)| rows.closed.get(bill).copied()).collect();
    let Some(Some((at, by_money))) = closed.map(|all| all.into_iter().max()) else { return };
    let Some(before) = rows.life(id).take_while(|line| line.seq < at).last() else { return };
    let wanted = match (before.state.as_deref().unwrap_or_default(), before.reason.is_some(), by_money) {
        ("claimed", true, _) => "suppressed",
        ("claimed", false, true) => "crossed",
        ("sent" | "in_doubt", _, true) => "paid",
        ("claimed" | "sent" | "in_doubt", _, false) => "voided",
        _ => return,
    };
    if !events.iter().any(|event| event.kind == wanted) {
        wrong.push(format!(
            "project {place}: notice {id} was {before:?} when its last bill was closed, and no event says {wanted}"
        ));
    }
}
