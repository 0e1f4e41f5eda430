//! Who is who across all rows (rule H5).

use std::collections::HashMap;

use serde::Serialize;

use crate::id_card::IdNo;
use crate::phone::Phone;

/// A name on a row, with what stands beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonMention {
    /// Index into [`crate::HouseBook::persons`].
    pub person: usize,
    /// One spelling of the name.
    pub name: String,
    /// The name is an organisation's.
    pub organisation: bool,
    /// Numbers in order; the first is the primary one.
    pub phones: Vec<Phone>,
    /// A valid id number.
    pub id_no: Option<IdNo>,
}

/// Numbers kept for one person: a developer that owns thousands of houses may have been given one on each.
pub const PERSON_PHONES_MAX: usize = 50;

/// Everything the mentions of one person say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// One spelling of the name.
    pub name: String,
    /// The name is an organisation's.
    pub organisation: bool,
    /// Numbers, first mentioned first, at most [`PERSON_PHONES_MAX`].
    pub phones: Vec<Phone>,
    /// Every valid id; more than one is worth a look.
    pub id_nos: Vec<IdNo>,
    /// How often a row names the person.
    pub mentions: usize,
}

/// What makes two mentions one person, together with the name.
#[derive(PartialEq, Eq, Hash)]
enum Sign<'a> {
    Phone(&'a str),
    Id(&'a str),
    Organisation,
    /// Neither phone nor id: one person for each house row.
    Row(usize),
}

/// Groups of mentions, each led by its first.
struct Groups {
    leader: Vec<usize>,
}

impl Groups {
    fn find(&mut self, of: usize) -> usize {
        let mut at = of;
        while let Some(next) = self.leader.get(at).copied().filter(|next| *next != at) {
            let after = self.leader.get(next).copied().unwrap_or(next);
            if let Some(slot) = self.leader.get_mut(at) {
                *slot = after;
            }
            at = next;
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        if let Some(slot) = self.leader.get_mut(a.max(b)) {
            *slot = a.min(b);
        }
    }
}

/// Finds the person of each mention. Takes mentions with the number of their house row, in reading order; gives
/// the index of each mention's person and the persons, in order of first mention.
#[must_use]
pub fn resolve(mentions: &[(usize, &PersonMention)]) -> (Vec<usize>, Vec<Person>) {
    let mut groups = Groups { leader: (0..mentions.len()).collect() };
    let mut known: HashMap<(&str, Sign<'_>), usize> = HashMap::with_capacity(mentions.len() * 2);
    for (at, (row, mention)) in mentions.iter().enumerate() {
        let name = mention.name.as_str();
        for sign in signs(*row, mention) {
            let first = *known.entry((name, sign)).or_insert(at);
            groups.join(first, at);
        }
    }
    gather(mentions, &mut groups)
}

fn signs(row: usize, mention: &PersonMention) -> Vec<Sign<'_>> {
    if mention.organisation {
        return vec![Sign::Organisation];
    }
    let mut signs: Vec<Sign<'_>> = mention.phones.iter().map(|phone| Sign::Phone(phone.expose())).collect();
    signs.extend(mention.id_no.iter().map(|id| Sign::Id(id.expose())));
    if signs.is_empty() {
        signs.push(Sign::Row(row));
    }
    signs
}

fn gather(mentions: &[(usize, &PersonMention)], groups: &mut Groups) -> (Vec<usize>, Vec<Person>) {
    let mut persons: Vec<Person> = Vec::new();
    let mut number: HashMap<usize, usize> = HashMap::new();
    let mut assigned = Vec::with_capacity(mentions.len());
    for (at, (_, mention)) in mentions.iter().enumerate() {
        let index = *number.entry(groups.find(at)).or_insert(persons.len());
        if index == persons.len() {
            persons.push(Person {
                name: mention.name.clone(),
                organisation: mention.organisation,
                phones: Vec::new(),
                id_nos: Vec::new(),
                mentions: 0,
            });
        }
        if let Some(person) = persons.get_mut(index) {
            person.mentions += 1;
            for phone in &mention.phones {
                if person.phones.len() < PERSON_PHONES_MAX && !person.phones.contains(phone) {
                    person.phones.push(phone.clone());
                }
            }
            if let Some(id) = mention
                .id_no
                .as_ref()
                .filter(|id| person.id_nos.len() < PERSON_PHONES_MAX && !person.id_nos.contains(id))
            {
                person.id_nos.push(id.clone());
            }
        }
        assigned.push(index);
    }
    (assigned, persons)
}
