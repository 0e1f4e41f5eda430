//! What an import will write: the file held against what the project has. No database, no clock.

use std::collections::HashMap;

use domain::calendar::day_number;
use uuid::Uuid;

use super::known::{Known, KnownHouse, Role};
use super::records::{HouseFacts, HouseRecords, PersonFacts};
use super::report::{ChangedHouse, DifferenceKind, FieldChange};
use crate::vault::Sealer;

/// The keyed hashes of one person of the file.
pub(super) struct PersonHashes {
    pub name: Vec<u8>,
    pub phones: Vec<Vec<u8>>,
    pub id_nos: Vec<Vec<u8>>,
}

impl PersonHashes {
    fn of(person: &PersonFacts, sealer: &Sealer) -> Self {
        Self {
            name: sealer.hash("name", &person.name),
            phones: person.phones.iter().map(|phone| sealer.hash("phone", phone.expose())).collect(),
            id_nos: person.id_nos.iter().map(|id_no| sealer.hash("id_no", id_no)).collect(),
        }
    }
}

/// The party a person of the file is.
#[derive(Debug, Clone, Copy)]
pub(super) struct PartyOf {
    pub id: Uuid,
    pub is_new: bool,
}

/// What a known party learns from the file.
pub(super) struct Gain {
    pub person: usize,
    pub party_id: Uuid,
    /// Places in the person's phones.
    pub phones: Vec<usize>,
    /// Where the new phones continue.
    pub position: i64,
    pub takes_id_no: bool,
}

/// A house to be written, new or changed.
pub(super) struct HouseWrite {
    pub id: Uuid,
    /// Place in the records: key, building, entrance and room never change.
    pub facts: usize,
    pub kind: String,
    pub floor: Option<String>,
    pub area_centi: i64,
    pub inner_area_centi: Option<i64>,
    pub unit_price_e4: Option<i64>,
    pub occupancy: String,
    pub handover_day: Option<i64>,
}

/// A person at a house.
pub(super) struct Link {
    pub house_id: Uuid,
    pub party_id: Uuid,
    pub role: Role,
    pub position: i64,
    pub is_payer: bool,
}

/// People of a house that the file names differently.
pub(super) struct PlannedDifference {
    pub key: String,
    pub kind: DifferenceKind,
    pub in_system: Vec<Uuid>,
    /// Places in the persons of the records.
    pub in_file: Vec<usize>,
}

/// Everything an import writes and reports.
#[derive(Default)]
pub(super) struct Plan {
    pub hashes: Vec<PersonHashes>,
    /// Persons that become parties.
    pub new_parties: Vec<(usize, Uuid)>,
    pub gains: Vec<Gain>,
    pub new_houses: Vec<HouseWrite>,
    pub changed_houses: Vec<HouseWrite>,
    pub changes: Vec<ChangedHouse>,
    pub links: Vec<Link>,
    pub differences: Vec<PlannedDifference>,
    pub unchanged: usize,
}

/// Holds the file against the project.
pub(super) fn plan(records: &HouseRecords, known: &Known, sealer: &Sealer) -> Plan {
    let hashes: Vec<PersonHashes> = records.persons.iter().map(|one| PersonHashes::of(one, sealer)).collect();
    let candidates = Candidates::find(records, known, &hashes);
    let mut planner = Planner {
        known,
        records,
        says_owners: records.houses.iter().any(|house| !house.owners.is_empty()),
        says_lessees: records.houses.iter().any(|house| !house.lessees.is_empty()),
        party_of: candidates.parties(known),
        used: vec![false; records.persons.len()],
        candidates,
        plan: Plan { hashes, ..Plan::default() },
    };
    for (place, facts) in records.houses.iter().enumerate() {
        planner.house(place, facts);
    }
    planner.people();
    planner.plan
}

/// For each person of the file, the known parties that are the same person: the same name, and the same identity
/// number or a shared phone. Organisations are the same when their names are.
struct Candidates(Vec<Vec<usize>>);

impl Candidates {
    fn find(records: &HouseRecords, known: &Known, hashes: &[PersonHashes]) -> Self {
        let mut by_name: HashMap<(&[u8], bool), Vec<usize>> = HashMap::with_capacity(known.parties.len());
        for (place, party) in known.parties.iter().enumerate() {
            by_name.entry((party.name_hash.as_slice(), party.organisation)).or_default().push(place);
        }
        let mut found: Vec<Vec<usize>> = records
            .persons
            .iter()
            .zip(hashes)
            .map(|(person, own)| {
                let namesakes = by_name.get(&(own.name.as_slice(), person.organisation));
                let mut same: Vec<usize> = namesakes.into_iter().flatten().copied().collect();
                same.retain(|place| person.organisation || shares_sign(known, *place, own));
                same
            })
            .collect();
        for facts in &records.houses {
            let Some(house) = known.houses.get(&facts.key) else { continue };
            for person in facts.owners.iter().chain(&facts.lessees) {
                Self::by_house(records, known, hashes, house, *person, &mut found);
            }
        }
        Self(found)
    }

    /// Somebody without phone and number is told apart by the house alone: the namesake who is there is meant.
    fn by_house(
        records: &HouseRecords,
        known: &Known,
        hashes: &[PersonHashes],
        house: &KnownHouse,
        person: usize,
        found: &mut [Vec<usize>],
    ) {
        let (Some(facts), Some(own)) = (records.persons.get(person), hashes.get(person)) else { return };
        let Some(same) = found.get_mut(person) else { return };
        for place in house.owners.iter().chain(&house.lessees) {
            let Some(party) = known.parties.get(*place) else { continue };
            let namesake = party.name_hash == own.name && party.organisation == facts.organisation;
            let without_signs = !party.has_signs() || (own.phones.is_empty() && own.id_nos.is_empty());
            if namesake && without_signs && !same.contains(place) {
                same.push(*place);
            }
        }
    }

    fn of(&self, person: usize) -> &[usize] {
        self.0.get(person).map_or(&[], Vec::as_slice)
    }

    /// The party each person is: the oldest known one, or a new one.
    fn parties(&self, known: &Known) -> Vec<PartyOf> {
        let oldest = |same: &Vec<usize>| same.iter().min().and_then(|place| known.parties.get(*place));
        self.0
            .iter()
            .map(|same| match oldest(same) {
                Some(party) => PartyOf { id: party.id, is_new: false },
                None => PartyOf { id: Uuid::now_v7(), is_new: true },
            })
            .collect()
    }
}

fn shares_sign(known: &Known, place: usize, own: &PersonHashes) -> bool {
    let Some(party) = known.parties.get(place) else { return false };
    let same_id_no = party.id_no_hash.as_ref().is_some_and(|id_no| own.id_nos.contains(id_no));
    same_id_no || party.phone_hashes.iter().any(|phone| own.phones.contains(phone))
}

struct Planner<'a> {
    known: &'a Known,
    records: &'a HouseRecords,
    candidates: Candidates,
    party_of: Vec<PartyOf>,
    /// Persons that are, or will be, at a house of the system: only these are written.
    used: Vec<bool>,
    /// A file without any owner (or lessee) has no such column, and says nothing about them.
    says_owners: bool,
    says_lessees: bool,
    plan: Plan,
}

impl Planner<'_> {
    fn house(&mut self, place: usize, facts: &HouseFacts) {
        let Some(house) = self.known.houses.get(&facts.key) else {
            let write = new_house(place, facts);
            self.link(write.id, Role::Owner, &facts.owners, false);
            self.link(write.id, Role::Lessee, &facts.lessees, true);
            self.plan.new_houses.push(write);
            return;
        };
        let (write, mut fields) = merged(house, place, facts);
        let facts_change = !fields.is_empty();
        for role in [Role::Owner, Role::Lessee] {
            fields.extend(self.people_at(house, facts, role));
        }
        if facts_change {
            self.plan.changed_houses.push(write);
        }
        if fields.is_empty() {
            self.plan.unchanged += 1;
        } else {
            self.plan.changes.push(ChangedHouse { key: facts.key.clone(), fields });
        }
    }

    /// Fills a role that nobody had. Where somebody has it, other names are a difference to report, never a change.
    fn people_at(&mut self, house: &KnownHouse, facts: &HouseFacts, role: Role) -> Option<FieldChange> {
        let (there, wanted, says) = match role {
            Role::Owner => (&house.owners, &facts.owners, self.says_owners),
            Role::Lessee => (&house.lessees, &facts.lessees, self.says_lessees),
        };
        if there.is_empty() {
            let added = self.link(house.id, role, wanted, house.has_payer);
            let field = if role == Role::Owner { "owners" } else { "lessees" };
            return (added > 0).then(|| FieldChange { field, before: "0".to_owned(), after: added.to_string() });
        }
        let mut missing = there.clone();
        let mut is_same = true;
        for person in wanted {
            let matches = self.candidates.of(*person);
            let found = there.iter().any(|place| matches.contains(place));
            missing.retain(|place| !matches.contains(place));
            is_same &= found;
            if let Some(used) = self.used.get_mut(*person).filter(|_| found) {
                *used = true;
            }
        }
        if (wanted.is_empty() && !says) || (is_same && missing.is_empty()) {
            return None;
        }
        let kind = self.difference(there, wanted, role);
        let in_system = there.iter().filter_map(|place| self.known.parties.get(*place)).map(|one| one.id).collect();
        let in_file = wanted.clone();
        self.plan.differences.push(PlannedDifference { key: facts.key.clone(), kind, in_system, in_file });
        None
    }

    fn difference(&self, there: &[usize], wanted: &[usize], role: Role) -> DifferenceKind {
        let mut known: Vec<&[u8]> = there
            .iter()
            .filter_map(|place| self.known.parties.get(*place))
            .map(|one| one.name_hash.as_slice())
            .collect();
        let mut named: Vec<&[u8]> =
            wanted.iter().filter_map(|person| self.plan.hashes.get(*person)).map(|one| one.name.as_slice()).collect();
        known.sort_unstable();
        named.sort_unstable();
        match role {
            _ if known == named => DifferenceKind::ContactDiffers,
            Role::Owner => DifferenceKind::OwnershipChanged,
            Role::Lessee => DifferenceKind::LesseeChanged,
        }
    }

    /// Puts persons at a house; answers how many. The first owner pays, unless somebody does already.
    fn link(&mut self, house_id: Uuid, role: Role, persons: &[usize], has_payer: bool) -> usize {
        let mut parties: Vec<Uuid> = Vec::with_capacity(persons.len());
        for person in persons {
            let Some(party) = self.party_of.get(*person).copied() else { continue };
            if parties.contains(&party.id) {
                continue;
            }
            let is_payer = role == Role::Owner && parties.is_empty() && !has_payer;
            let position = i64::try_from(parties.len()).unwrap_or(i64::MAX);
            parties.push(party.id);
            self.plan.links.push(Link { house_id, party_id: party.id, role, position, is_payer });
            if let Some(used) = self.used.get_mut(*person) {
                *used = true;
            }
        }
        parties.len()
    }

    /// New parties, and what known ones learn.
    fn people(&mut self) {
        for person in 0..self.records.persons.len() {
            let Some(party) = self.party_of.get(person).copied() else { continue };
            if self.used.get(person) != Some(&true) {
                continue;
            }
            if party.is_new {
                self.plan.new_parties.push((person, party.id));
            } else if let Some(gain) = self.gain(person, party.id) {
                self.plan.gains.push(gain);
            }
        }
    }

    fn gain(&self, person: usize, party_id: Uuid) -> Option<Gain> {
        let own = self.plan.hashes.get(person)?;
        let same: Vec<_> =
            self.candidates.of(person).iter().filter_map(|place| self.known.parties.get(*place)).collect();
        let phones: Vec<usize> = own
            .phones
            .iter()
            .enumerate()
            .filter(|(_, phone)| !same.iter().any(|party| party.phone_hashes.contains(phone)))
            .map(|(place, _)| place)
            .collect();
        let takes_id_no = !own.id_nos.is_empty() && same.iter().all(|party| party.id_no_hash.is_none());
        let known_phones = same.iter().map(|party| party.phone_hashes.len()).max().unwrap_or(0);
        let position = i64::try_from(known_phones).unwrap_or(i64::MAX);
        (takes_id_no || !phones.is_empty()).then_some(Gain { person, party_id, phones, position, takes_id_no })
    }
}

fn new_house(place: usize, facts: &HouseFacts) -> HouseWrite {
    HouseWrite {
        id: Uuid::now_v7(),
        facts: place,
        kind: facts.kind.to_owned(),
        floor: facts.floor.map(|floor| floor.to_string()),
        area_centi: facts.area_centi,
        inner_area_centi: facts.inner_area_centi,
        unit_price_e4: facts.unit_price_e4,
        occupancy: facts.occupancy.to_owned(),
        handover_day: facts.handover.map(day_number),
    }
}

/// A blank cell says nothing: what is known stays. An area of 0 is a blank one.
fn merged(house: &KnownHouse, place: usize, facts: &HouseFacts) -> (HouseWrite, Vec<FieldChange>) {
    let mut write = new_house(place, facts);
    write.id = house.id;
    write.floor = write.floor.or_else(|| house.floor.clone());
    write.inner_area_centi = write.inner_area_centi.or(house.inner_area_centi);
    write.unit_price_e4 = write.unit_price_e4.or(house.unit_price_e4);
    write.handover_day = write.handover_day.or(house.handover_day);
    if write.area_centi == 0 {
        write.area_centi = house.area_centi;
    }
    if write.occupancy == "unknown" {
        write.occupancy.clone_from(&house.occupancy);
    }
    let text = |number: Option<i64>| number.map(|n| n.to_string()).unwrap_or_default();
    let pairs = [
        ("kind", house.kind.clone(), write.kind.clone()),
        ("floor", house.floor.clone().unwrap_or_default(), write.floor.clone().unwrap_or_default()),
        ("area_centi", house.area_centi.to_string(), write.area_centi.to_string()),
        ("inner_area_centi", text(house.inner_area_centi), text(write.inner_area_centi)),
        ("unit_price_e4", text(house.unit_price_e4), text(write.unit_price_e4)),
        ("occupancy", house.occupancy.clone(), write.occupancy.clone()),
        ("handover_day", text(house.handover_day), text(write.handover_day)),
    ];
    let changes = pairs
        .into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(field, before, after)| FieldChange { field, before, after })
        .collect();
    (write, changes)
}
