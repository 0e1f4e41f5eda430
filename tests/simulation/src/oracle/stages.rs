//! Every due stage has one row, and each row ends for a reason that is true.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::Facts;
use super::messages::covers;
use super::rows::{Pause, Reminder, Rows};
use crate::rules::{Road, Rules, Step};
use crate::run::PlanRun;
use crate::town::{Bill, day_of, instant};

/// Days back that planning looks.
const CATCH_UP_DAYS: i64 = 45;

/// Looks at every bill.
pub fn examine(facts: &Facts<'_>, wrong: &mut Vec<String>) {
    for (place, rows) in &facts.rows {
        for plan in facts.memory.plans.iter().filter(|plan| plan.place == *place && plan.complete) {
            planned(facts, rows, plan, wrong);
        }
        for reminder in rows.reminders.values() {
            belongs(facts, *place, reminder, wrong);
            ended(facts, *place, rows, reminder, wrong);
        }
        moves(*place, rows, wrong);
    }
}

/// The day of a step for a bill, if the bill has that step.
fn day_for(step: &Step, bill: &Bill) -> Option<i64> {
    if !step.fee_items.is_empty() && !step.fee_items.contains(&bill.fee_item) {
        return None;
    }
    let anchor = if step.from_issue { day_of(bill.published_ms) } else { bill.due_day };
    let day = anchor + step.offset;
    let existed = bill.bill_day <= day && bill.published_ms < instant(day + 1, 0);
    existed.then_some(day)
}

/// After a planning run every step that was due has its row.
fn planned(facts: &Facts<'_>, rows: &Rows, plan: &PlanRun, wrong: &mut Vec<String>) {
    let rules = &facts.memory.rules[&(plan.place, plan.version)];
    let today = day_of(plan.node_ms);
    for bill in &facts.town.at(plan.place).bills {
        let open =
            rows.came[&bill.id] <= plan.before && rows.closed.get(&bill.id).is_none_or(|(at, _)| *at > plan.after);
        if !open {
            continue;
        }
        for step in &rules.steps {
            let Some(day) = day_for(step, bill) else { continue };
            if day > today || day < today - CATCH_UP_DAYS || rows.reminders.contains_key(&(bill.id, step.name.clone()))
            {
                continue;
            }
            // Under changed rules a day that has spoken does not speak again.
            let mut others = rows.stages(bill.id);
            if !others.any(|row| row.version != plan.version && row.stage != step.name && row.day >= day) {
                wrong.push(format!(
                    "project {}: {} of bill {} fell on day {day} and was not planned on day {today} (rules {})",
                    plan.place, step.name, bill.id, plan.version
                ));
            }
        }
    }
}

/// A row is of a step that the bill has, on its day, and was not planned before it.
fn belongs(facts: &Facts<'_>, place: usize, row: &Reminder, wrong: &mut Vec<String>) {
    let step = facts.memory.rules.get(&(place, row.version)).and_then(|rules| rules.step_named(&row.stage));
    let day = facts.bill(place, row.bill).zip(step).and_then(|(bill, step)| day_for(step, bill));
    if day != Some(row.day) || day_of(row.planned_ms) < row.day {
        wrong.push(format!("project {place}: a row that should not be ({day:?}): {row:?}"));
    }
}

/// Where a row has ended is where it should.
fn ended(facts: &Facts<'_>, place: usize, rows: &Rows, row: &Reminder, wrong: &mut Vec<String>) {
    let Some(bill) = facts.bill(place, row.bill) else { return };
    let rules = &facts.memory.rules[&(place, row.version)];
    let step = rules.step_named(&row.stage);
    let closed = rows.closed.get(&row.bill).map(|(_, by_money)| *by_money);
    let was_paused = facts.memory.paused.contains(&place);
    let fits = match (row.state.as_str(), row.reason.as_deref().unwrap_or_default()) {
        ("sent", "") => is_carried(facts, rows, row, true),
        ("sent", "in_doubt") => is_carried(facts, rows, row, false),
        ("suppressed", "paid") => closed == Some(true),
        ("suppressed", "voided") => closed == Some(false),
        ("suppressed", "below_minimum") => step.is_some_and(|step| bill.fen < step.minimum_fen),
        ("suppressed", "holdout") => rules.holds_out(facts.town.at(place).payers[bill.payer].party),
        ("suppressed", "dry_run") => facts.memory.dry.contains(&place),
        ("suppressed", "no_channel") => step.is_some_and(|step| step.from_issue),
        ("suppressed", "paused") => was_paused,
        ("superseded", "newer_stage") => {
            // Any step counted from the due day is newer than the announcement.
            let announces = step.is_some_and(|step| step.from_issue);
            let mut others = rows.stages(row.bill).filter(|other| other.stage != row.stage);
            others.any(|other| other.day >= row.day || announces)
        }
        ("failed", "no_channel") => !has_phone_way(facts, place, rules, row, bill),
        ("failed", reason) => is_refused(facts, row, reason),
        ("held", "paused") => {
            // What waited when the project began to only try waits until it ends trying.
            let tries = row.notice.is_some() && facts.memory.dry.contains(&place);
            tries || is_paused(facts, place, rows, bill)
        }
        _ => false,
    };
    let is_later_today = row.state == "planned" && day_of(facts.node_ms) == row.day;
    if !fits && !is_later_today {
        wrong.push(format!("project {place}: not a way to end (closed by money: {closed:?}): {row:?}"));
    }
}

/// A pause is in force for a bill.
fn is_paused(facts: &Facts<'_>, place: usize, rows: &Rows, bill: &Bill) -> bool {
    let today = day_of(facts.node_ms);
    let in_force = |pause: &&Pause| pause.ended.is_none() && pause.until.is_none_or(|until| until >= today);
    rows.pauses.iter().filter(in_force).any(|pause| covers(facts.town, rows, place, pause, bill))
}

/// The message that carries the row exists, and the vendor took it or may have.
fn is_carried(facts: &Facts<'_>, rows: &Rows, row: &Reminder, surely: bool) -> bool {
    let Some(id) = row.notice else { return false };
    let Some(notice) = rows.notices.get(&id) else { return false };
    let taken = facts.is_taken(id);
    notice.bills.iter().any(|(bill, stage, _)| *bill == row.bill && *stage == row.stage) && (taken || !surely)
}

/// There was a text to send and a phone to send it to.
fn has_phone_way(facts: &Facts<'_>, place: usize, rules: &Rules, row: &Reminder, bill: &Bill) -> bool {
    let project = facts.town.at(place);
    let by_text = rules.step_named(&row.stage).is_some_and(|step| step.roads.contains(&Road::Sms));
    let text_alone = row.notice.is_none();
    by_text && text_alone && project.roads.contains(&Road::Sms) && !project.payers[bill.payer].phones.is_empty()
}

/// A vendor said so, or told so later.
fn is_refused(facts: &Facts<'_>, row: &Reminder, reason: &str) -> bool {
    let reported = ["user_blocked", "delivery_failed"].contains(&reason);
    let said =
        row.notice.is_some_and(|notice| facts.calls.iter().any(|call| call.notice == notice && call.answer == reason));
    reported || said
}

/// What has ended stays ended.
fn moves(place: usize, rows: &Rows, wrong: &mut Vec<String>) {
    let mut at: std::collections::BTreeMap<(Uuid, &str), &str> = std::collections::BTreeMap::new();
    let legal: BTreeSet<(&str, &str)> = [
        ("planned", &["held", "claimed", "suppressed", "superseded", "failed"][..]),
        ("held", &["planned", "claimed", "suppressed", "superseded", "failed", "sent"][..]),
        ("claimed", &["sent", "held", "suppressed", "superseded", "failed"][..]),
        ("sent", &["held", "failed"][..]),
    ]
    .into_iter()
    .flat_map(|(from, all)| all.iter().map(move |to| (from, *to)))
    .collect();
    for line in rows.journal.iter().filter(|line| line.what == "reminder") {
        let to = line.state.as_deref().unwrap_or_default();
        if let Some(from) = at.insert((line.id, line.stage.as_deref().unwrap_or_default()), to)
            && !legal.contains(&(from, to))
        {
            wrong.push(format!("project {place}: {:?} of bill {} went from {from} to {to}", line.stage, line.id));
        }
    }
}
