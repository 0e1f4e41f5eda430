//! The people of a town: who pays in which project, with which phones, and who else may hear of it.

use std::fmt::Write as _;

use domain::ids::ProjectId;
use uuid::Uuid;

use crate::desk::Desk;
use crate::dice::Dice;
use crate::sql;
use crate::town::{Keys, MINI, OFFICIAL, Payer, Person, Size, Town};

/// Everybody in every project.
pub(crate) async fn settle(town: &mut Town, dice: &mut Dice, size: Size, desk: &Desk, keys: &Keys) {
    let mut numbers = 13_800_000_000_i64;
    let mut humans: Vec<(Vec<String>, Option<usize>)> = Vec::new();
    let mut control = String::new();
    let mut scripts = vec![String::new(); size.projects + 1];
    for at in 0..size.projects {
        let sealer = keys.projects.open(town.projects[at].id).await.unwrap().sealer().clone();
        for _ in 0..dice.range(size.payers.0, size.payers.1) {
            // Some pay in both projects.
            let known = at > 0 && dice.chance(500) && !humans.is_empty();
            let (phones, person) =
                if known { dice.pick(&humans) } else { human(town, dice, &mut numbers, &mut control, keys) };
            if !known {
                humans.push((phones.clone(), person));
            }
            payer(town, dice, at, &phones, person, &sealer, &mut scripts, &mut control, &mut numbers, keys);
        }
    }
    desk.execute(0, &control);
    for (place, script) in scripts.iter().enumerate().skip(1) {
        desk.execute(place, script);
    }
}

/// Somebody new: perhaps with a phone, perhaps with WeChat.
fn human(
    town: &mut Town,
    dice: &mut Dice,
    numbers: &mut i64,
    control: &mut String,
    keys: &Keys,
) -> (Vec<String>, Option<usize>) {
    let mut phones = Vec::new();
    let how_many = dice.pick(&[0, 1, 1, 1, 1, 2]);
    for _ in 0..how_many {
        *numbers += 1;
        phones.push(numbers.to_string());
    }
    let person = dice.chance(700).then(|| {
        let phone = phones.first().filter(|_| dice.chance(850)).cloned();
        person(town, dice, phone, control, keys)
    });
    (phones, person)
}

fn person(town: &mut Town, dice: &mut Dice, phone: Option<String>, control: &mut String, keys: &Keys) -> usize {
    let id = dice.id();
    let number = town.persons.len();
    let official = dice.chance(850).then(|| format!("oOfficial{number:04}abcdef{number:04}"));
    let mini = dice.chance(850).then(|| format!("oMini{number:04}abcdefghij{number:04}"));
    let hash = phone.as_ref().map(|phone| keys.control.sealer().hash("phone", phone));
    let hash = hash.map_or_else(|| "NULL".to_owned(), |hash| sql::bytes(&hash));
    let _ = write!(control, "INSERT INTO person (id, phone_hash, created_at_ms) VALUES ({}, {hash}, 0);", sql::id(id));
    for (app, openid) in [(OFFICIAL, &official), (MINI, &mini)] {
        if let Some(openid) = openid {
            let _ = write!(
                control,
                "INSERT INTO person_wechat (app_id, openid, person_id, followed, created_at_ms) \
                 VALUES ('{app}', '{openid}', {}, {}, 0);",
                sql::id(id),
                if app == OFFICIAL { "TRUE" } else { "FALSE" }
            );
        }
    }
    town.persons.push(Person { id, phone, official, mini });
    number
}

#[allow(clippy::too_many_arguments, reason = "one call, while the town is founded")]
fn payer(
    town: &mut Town,
    dice: &mut Dice,
    at: usize,
    phones: &[String],
    person_at: Option<usize>,
    sealer: &service::vault::Sealer,
    scripts: &mut [String],
    control: &mut String,
    numbers: &mut i64,
    keys: &Keys,
) {
    let party = dice.id();
    let (place, project_id) = (town.projects[at].place, town.projects[at].id);
    let script = &mut scripts[place];
    let name = sql::bytes(&sealer.seal("party.name", "张三丰").unwrap());
    let _ = write!(
        script,
        "INSERT INTO party (id, kind, name_sealed, name_hash, created_at_ms) VALUES ({}, 'person', {name}, {}, 0);",
        sql::id(party),
        sql::bytes(party.as_bytes())
    );
    for (position, phone) in phones.iter().enumerate() {
        let sealed = sql::bytes(&sealer.seal("party_phone.phone", phone).unwrap());
        let hash = sql::bytes(&sealer.hash("phone", phone));
        let _ = write!(
            script,
            "INSERT INTO party_phone (party_id, phone_hash, phone_sealed, position) VALUES ({}, {hash}, {sealed}, {position});",
            sql::id(party)
        );
    }
    let mut houses = Vec::new();
    let mut persons: Vec<usize> = person_at.into_iter().collect();
    let how_many = dice.pick(&[1, 1, 1, 2, 3]);
    for _ in 0..how_many {
        let house = dice.id();
        town.projects[at].houses += 1;
        let number = town.projects[at].houses;
        let _ = write!(
            scripts[place],
            "INSERT INTO house (id, house_key, building, room, kind, area_centi, occupancy, created_at_ms, updated_at_ms) \
             VALUES ({house}, '{building}-{number}', '{building}', '{number}', 'flat', 8900, 'occupied', 0, 0);\
             INSERT INTO house_party (house_id, party_id, role, position, is_payer) VALUES ({house}, {}, 'owner', 1, TRUE);",
            sql::id(party),
            house = sql::id(house),
            building = number % 3 + 1
        );
        if let Some(person_at) = person_at {
            bind(town, dice, control, project_id, house, Some(party), person_at);
        } else if dice.chance(200) {
            *numbers += 1;
            let phone = dice.chance(500).then(|| numbers.to_string());
            let family = person(town, dice, phone, control, keys);
            bind(town, dice, control, project_id, house, None, family);
            persons.push(family);
        }
        houses.push(house);
    }
    town.projects[at].payers.push(Payer { party, phones: phones.to_vec(), houses, persons });
}

fn bind(
    town: &Town,
    dice: &mut Dice,
    control: &mut String,
    project: ProjectId,
    house: Uuid,
    party: Option<Uuid>,
    person: usize,
) {
    let role = if party.is_some() { "owner" } else { "family" };
    let _ = write!(
        control,
        "INSERT INTO house_binding (id, person_id, project_id, house_id, party_id, role, state, requested_at_ms) \
         VALUES ({}, {}, {}, {}, {}, '{role}', 'active', 0);",
        sql::id(dice.id()),
        sql::id(town.persons[person].id),
        sql::id(project.uuid()),
        sql::id(house),
        sql::maybe_id(party)
    );
}
