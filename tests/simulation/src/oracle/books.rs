//! Grants, counters and consents add up.

use std::collections::BTreeMap;

use sea_orm::{QueryResult, TryGetable};
use uuid::Uuid;

use super::Facts;
use crate::desk::{CONTROL, Desk};
use crate::town::day_of;

/// Grants are kept for thirty days; days before these are not held against them.
const KEPT_DAYS: i64 = 28;

fn get<T: TryGetable>(row: &QueryResult, at: usize) -> T {
    row.try_get_by_index(at).unwrap()
}

type Credit = (String, String, String);

/// Looks at the control database.
pub fn examine(facts: &Facts<'_>, desk: &Desk, wrong: &mut Vec<String>) {
    let first_day = day_of(facts.node_ms) - KEPT_DAYS;
    let mut accounts: BTreeMap<(String, i64), i64> = BTreeMap::new();
    let mut contacts: BTreeMap<(Vec<u8>, i64), i64> = BTreeMap::new();
    let mut spent_credits: BTreeMap<Credit, i64> = BTreeMap::new();
    let mut states: BTreeMap<Uuid, String> = BTreeMap::new();
    let sql = "SELECT notice_id, account, channel, day, contact_hash, openid, template_id, state FROM send_grant";
    for row in desk.rows(CONTROL, sql) {
        let (account, channel): (String, String) = (get(&row, 1), get(&row, 2));
        let state: String = get(&row, 7);
        if state == "spent" {
            *accounts.entry((format!("{account}:{channel}"), get(&row, 3))).or_default() += 1;
            *contacts.entry((get(&row, 4), get(&row, 3))).or_default() += 1;
            if let (Some(openid), Some(template)) = (get::<Option<String>>(&row, 5), get::<Option<String>>(&row, 6)) {
                *spent_credits.entry((account, openid, template)).or_default() += 1;
            }
        }
        states.insert(get(&row, 0), state);
    }
    for one in &facts.accepted {
        if states.get(&one.notice).is_some_and(|state| state != "spent") {
            wrong.push(format!(
                "notice {} was taken by the vendor and its grant is {}",
                one.notice, states[&one.notice]
            ));
        }
    }
    for row in desk.rows(CONTROL, "SELECT account, day, taken FROM account_quota") {
        let (key, taken): ((String, i64), i64) = ((get(&row, 0), get(&row, 1)), get(&row, 2));
        let spent = accounts.get(&key).copied().unwrap_or(0);
        if key.1 >= first_day && taken != spent {
            wrong.push(format!("{key:?} counts {taken} messages, {spent} grants were spent"));
        }
    }
    for row in desk.rows(CONTROL, "SELECT contact_hash, day, taken FROM contact_count") {
        let (key, taken): ((Vec<u8>, i64), i64) = ((get(&row, 0), get(&row, 1)), get(&row, 2));
        let spent = contacts.get(&key).copied().unwrap_or(0);
        if key.1 >= first_day && taken != spent {
            wrong.push(format!("a contact counts {taken} messages on day {}, {spent} grants were spent", key.1));
        }
    }
    let is_short = facts.memory.plans.iter().all(|plan| day_of(plan.node_ms) > first_day);
    if is_short {
        credits(facts, desk, &spent_credits, wrong);
    }
}

/// What is left of consents is what was given less what was spent, and never more than the vendor has.
fn credits(facts: &Facts<'_>, desk: &Desk, spent: &BTreeMap<Credit, i64>, wrong: &mut Vec<String>) {
    let mut taken: BTreeMap<Credit, i64> = BTreeMap::new();
    for one in facts.accepted.iter().filter(|one| one.road.spends_credit()) {
        let template =
            if one.account == crate::town::OFFICIAL { crate::town::NOTIFY_TEMPLATE } else { crate::town::TEMPLATE };
        *taken.entry((one.account.clone(), one.recipient.clone(), template.to_owned())).or_default() += 1;
    }
    for row in desk.rows(CONTROL, "SELECT app_id, openid, template_id, credits FROM consent_credit") {
        let (key, left): (Credit, i64) = ((get(&row, 0), get(&row, 1), get(&row, 2)), get(&row, 3));
        let given = facts.memory.accepts.get(&key).copied().unwrap_or(0);
        let (spent, taken) = (spent.get(&key).copied().unwrap_or(0), taken.get(&key).copied().unwrap_or(0));
        if left < 0 || taken > given || taken > spent {
            wrong.push(format!("{key:?}: {left} left, {given} given, {taken} taken, {spent} spent"));
        }
        if facts.denied.contains(&key) {
            continue;
        }
        if left != given - spent {
            wrong.push(format!("{key:?}: {left} left of {given} given and {spent} spent"));
        }
        if !facts.memory.revoked.contains(&key) && left > facts.credits.get(&key).copied().unwrap_or(0) {
            wrong.push(format!("{key:?}: {left} left here, the vendor has {:?}", facts.credits.get(&key)));
        }
    }
}
