//! What the vendors took.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::Facts;
use super::rows::{Line, Notice, Pause, Rows};
use crate::rules::Rules;
use crate::run::local;
use crate::town::{Bill, Town, day_of, minute_of};
use crate::vendors::Accepted;

/// Looks at every message.
pub fn examine(facts: &Facts<'_>, wrong: &mut Vec<String>) {
    once(facts, wrong);
    for (place, rows) in &facts.rows {
        for one in facts.accepted_of(*place) {
            let Some(notice) = rows.notices.get(&one.notice) else {
                wrong.push(format!("a message of no notice was taken: {one:?}"));
                continue;
            };
            let rules = &facts.memory.rules[&(*place, notice.version)];
            quiet(rules, one, wrong);
            recipient(facts, one, notice, wrong);
            amount(one, notice, wrong);
            standing(one, notice, wrong);
            claim(facts, rows, one, notice, wrong);
        }
        escalated(facts, *place, rows, wrong);
    }
    caps(facts, wrong);
    quotas(facts, wrong);
}

/// At most one message for a bill, its stage and a road.
fn once(facts: &Facts<'_>, wrong: &mut Vec<String>) {
    let mut seen: BTreeMap<(usize, Uuid, &str, &str), &Accepted> = BTreeMap::new();
    for one in &facts.accepted {
        let Some(notice) = facts.rows[&one.place].notices.get(&one.notice) else { continue };
        for (bill, stage, _) in &notice.bills {
            let key = (one.place, *bill, stage.as_str(), one.road.word());
            if let Some(first) = seen.insert(key, one) {
                wrong.push(format!(
                    "twice by {} for bill {bill} at {stage}: notice {} on {} and notice {} on {}",
                    one.road.word(),
                    first.notice,
                    local(first.true_ms),
                    one.notice,
                    local(one.true_ms)
                ));
            }
        }
    }
}

fn quiet(rules: &Rules, one: &Accepted, wrong: &mut Vec<String>) {
    let minute = minute_of(one.node_ms);
    if rules.is_quiet(one.road, minute) {
        wrong.push(format!("in quiet hours: {} by {} (notice {})", local(one.node_ms), one.road.word(), one.notice));
    }
}

/// Only somebody who may hear of this payer's bills.
fn recipient(facts: &Facts<'_>, one: &Accepted, notice: &Notice, wrong: &mut Vec<String>) {
    let Some(payer) = facts.town.at(one.place).payers.iter().find(|payer| payer.party == notice.payer) else {
        wrong.push(format!("notice {} is for no payer", one.notice));
        return;
    };
    let of_person = |person: &usize| {
        let person = &facts.town.persons[*person];
        [person.official.as_ref(), person.mini.as_ref()].contains(&Some(&one.recipient))
    };
    if !payer.phones.contains(&one.recipient) && !payer.persons.iter().any(of_person) {
        wrong.push(format!("notice {} went to a stranger: {}", one.notice, one.recipient));
    }
}

/// The sum it asks for is the sum of its bills.
fn amount(one: &Accepted, notice: &Notice, wrong: &mut Vec<String>) {
    let sum: i64 = notice.bills.iter().map(|(.., fen)| fen).sum();
    let written: String = one.amount.chars().filter(char::is_ascii_digit).collect();
    if sum != notice.amount_fen || written.parse::<i64>().ok() != Some(sum) {
        wrong.push(format!("notice {} asks for {} but its bills owe {sum} fen", one.notice, one.amount));
    }
}

/// A message that was taken is never one that was not sent.
fn standing(one: &Accepted, notice: &Notice, wrong: &mut Vec<String>) {
    if notice.channel != one.road.word() {
        wrong.push(format!("notice {} is {} and went by {}", one.notice, notice.channel, one.road.word()));
    }
    if matches!(notice.state.as_str(), "suppressed" | "claimed") {
        wrong
            .push(format!("notice {} was taken by the vendor and is {} {:?}", one.notice, notice.state, notice.reason));
    }
}

/// How a notice came into a worker's hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    /// Made or looked at anew: all its bills were looked at.
    Fresh,
    /// The same again.
    Again,
}

/// The claim under which a message went out: the last before it.
fn claim_of(rows: &Rows, notice: Uuid, position: i64) -> Option<(i64, Claim)> {
    let mut found = None;
    let mut before: Option<&Line> = None;
    for line in rows.life(notice).take_while(|line| line.seq <= position) {
        let in_hand = line.state.as_deref() == Some("claimed") && line.reason.is_none();
        let newly = before.is_none_or(|before| before.lease_no < line.lease_no);
        if in_hand && newly {
            let again = before.is_some_and(|before| before.reason.is_none());
            found = Some((line.seq, if again { Claim::Again } else { Claim::Fresh }));
        }
        before = Some(line);
    }
    found
}

/// Nothing is claimed that is closed or paused; what closes later crosses.
fn claim(facts: &Facts<'_>, rows: &Rows, one: &Accepted, notice: &Notice, wrong: &mut Vec<String>) {
    let Some((claimed, kind)) = claim_of(rows, one.notice, one.position) else {
        wrong.push(format!("notice {} was sent without a claim", one.notice));
        return;
    };
    let closed = |bill: &Uuid| rows.closed.get(bill).is_some_and(|(at, _)| *at < claimed);
    let bills: Vec<Uuid> = notice.bills.iter().map(|(bill, ..)| *bill).collect();
    let late = match kind {
        Claim::Fresh => bills.iter().any(closed),
        Claim::Again => bills.iter().all(closed),
    };
    if late {
        wrong.push(format!(
            "notice {} was claimed at {claimed} for a bill that was closed before ({kind:?})",
            one.notice
        ));
    }
    if kind == Claim::Again {
        return;
    }
    let today = day_of(one.node_ms);
    for bill in &bills {
        let Some(bill) = facts.bill(one.place, *bill) else { continue };
        let holds = |pause: &&Pause| {
            pause.began < claimed
                && pause.ended.is_none_or(|ended| ended > claimed)
                && pause.until.is_none_or(|until| until >= today)
                && covers(facts.town, rows, one.place, pause, bill)
        };
        if let Some(pause) = rows.pauses.iter().find(holds) {
            wrong.push(format!("notice {} speaks of bill {} while {pause:?}", one.notice, bill.id));
        }
    }
}

/// Whether a pause is about a bill.
#[must_use]
pub fn covers(town: &Town, rows: &Rows, place: usize, pause: &Pause, bill: &Bill) -> bool {
    match pause.level.as_str() {
        "project" => true,
        "building" => rows.buildings[&bill.house] == pause.subject,
        "house" => bill.house.to_string() == pause.subject,
        "payer" => town.at(place).payers[bill.payer].party.to_string() == pause.subject,
        _ => bill.id.to_string() == pause.subject,
    }
}

/// Only what nobody looked at in time goes on through a stronger road.
fn escalated(facts: &Facts<'_>, place: usize, rows: &Rows, wrong: &mut Vec<String>) {
    for (id, notice) in &rows.notices {
        let Some(from) = notice.from else { continue };
        let is_escalation = rows.happened.contains(&("escalated".to_owned(), from));
        let took_over = rows.happened.contains(&("next_channel".to_owned(), from));
        if !is_escalation || took_over {
            continue;
        }
        let Some(born) = rows.life(*id).next() else { continue };
        if rows.seen.get(&from).is_some_and(|seen| *seen < born.seq) {
            wrong.push(format!("notice {from} was seen and went on as {id}"));
        }
        let before = &rows.notices[&from];
        let rules = &facts.memory.rules[&(place, before.version)];
        let hours = rules.step_named(&before.stage).and_then(|step| step.unread_hours).unwrap_or(rules.unread_hours);
        if before.sent_ms.is_none_or(|sent_ms| notice.created_ms < sent_ms + hours * 3_600_000) {
            wrong.push(format!("notice {from} went on as {id} before it was unread for {hours} h"));
        }
    }
}

/// Whose ear it is: one person has one, whatever the road and the project.
fn contact(facts: &Facts<'_>, recipient: &str) -> String {
    let person = facts
        .town
        .persons
        .iter()
        .find(|person| [person.official.as_deref(), person.mini.as_deref()].contains(&Some(recipient)));
    person.and_then(|person| person.phone.clone()).unwrap_or_else(|| match person {
        Some(person) => person.id.to_string(),
        None => recipient.to_owned(),
    })
}

fn caps(facts: &Facts<'_>, wrong: &mut Vec<String>) {
    let mut days: BTreeMap<(String, i64), Vec<(i64, i64)>> = BTreeMap::new();
    for one in &facts.accepted {
        let Some(notice) = facts.rows[&one.place].notices.get(&one.notice) else { continue };
        let rules = &facts.memory.rules[&(one.place, notice.version)];
        let heard = days.entry((contact(facts, &one.recipient), day_of(one.node_ms))).or_default();
        heard.push((rules.per_day, rules.per_week));
    }
    for ((ear, day), heard) in &days {
        let count = i64::try_from(heard.len()).unwrap();
        let per_day = heard.iter().map(|(per_day, _)| *per_day).max().unwrap();
        if count > per_day {
            wrong.push(format!("{ear} heard {count} messages on day {day}, the cap is {per_day}"));
        }
        let week: i64 = (day - 6..=*day)
            .filter_map(|day| days.get(&(ear.clone(), day)))
            .map(|heard| i64::try_from(heard.len()).unwrap())
            .sum();
        // A cap is asked when a message goes out: the widest that spoke in these days.
        let widest = (day - 6..=*day).filter_map(|day| days.get(&(ear.clone(), day))).flatten();
        let per_week = widest.map(|(_, per_week)| *per_week).max().unwrap();
        if week > per_week {
            wrong.push(format!("{ear} heard {week} messages in the week up to day {day}, the cap is {per_week}"));
        }
    }
}

fn quotas(facts: &Facts<'_>, wrong: &mut Vec<String>) {
    for limit in &facts.town.limits {
        let mut days: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
        for one in facts.accepted.iter().filter(|one| one.account == limit.account && one.road == limit.road) {
            let Some(notice) = facts.rows[&one.place].notices.get(&one.notice) else { continue };
            let step = facts.memory.rules[&(one.place, notice.version)].step_named(&notice.stage);
            let is_overdue = step.is_some_and(|step| !step.from_issue && step.offset > 0);
            let day = days.entry(day_of(one.node_ms)).or_default();
            day.0 += 1;
            day.1 += i64::from(!is_overdue);
        }
        for (day, (all, early)) in days {
            if all > limit.quota || early > limit.quota - limit.reserve {
                wrong.push(format!("{all} messages ({early} early) on day {day}: {limit:?}"));
            }
        }
    }
}
