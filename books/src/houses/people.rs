//! Owners and lessees of a row (rules H2, H3, H4, H6, H9).

use crate::cell::Value;
use crate::finding::{Caution, Reason};
use crate::header::Field;
use crate::id_card::{self, IdError, IdNo};
use crate::name;
use crate::person::PersonMention;
use crate::phone::{self, Phone};
use crate::table::Draft;
use crate::text;

/// Digits of a number cell that survive; beyond, a spreadsheet keeps zeros.
const NUMBER_CELL_DIGITS: usize = 15;

/// The owners of a row.
pub(super) fn owners(draft: &mut Draft<'_>) -> Vec<PersonMention> {
    let mut people = persons(draft, Field::Owner, Field::Phone);
    give_ids(draft, &mut people);
    people
}

/// The lessees of a row.
pub(super) fn lessees(draft: &mut Draft<'_>) -> Vec<PersonMention> {
    persons(draft, Field::Lessee, Field::LesseePhone)
}

fn persons(draft: &mut Draft<'_>, name_field: Field, phone_field: Field) -> Vec<PersonMention> {
    let (names, mut phones) = read_names(draft, name_field);
    read_phones(draft, phone_field, &mut phones);
    if names.is_empty() {
        if let Some(phone) = phones.iter().flatten().next() {
            draft.warn(phone_field, Caution::PhoneWithoutName, &phone.masked());
        }
        return Vec::new();
    }
    let one_each = phones.len() == names.len();
    let mut people: Vec<PersonMention> = names
        .into_iter()
        .map(|name| {
            let organisation = name::is_organisation(&name);
            PersonMention { person: 0, name, organisation, phones: Vec::new(), id_no: None }
        })
        .collect();
    for (at, phone) in phones.into_iter().enumerate() {
        let place = if one_each { at } else { 0 };
        if let (Some(person), Some(phone)) = (people.get_mut(place), phone)
            && !person.phones.contains(&phone)
        {
            person.phones.push(phone);
        }
    }
    people
}

/// The names, and the numbers that stand in the same cells.
fn read_names(draft: &mut Draft<'_>, field: Field) -> (Vec<String>, Vec<Option<Phone>>) {
    let mut names: Vec<String> = Vec::new();
    let mut phones = Vec::new();
    for value in draft.values(field) {
        let typed = value.to_text();
        if matches!(value, Value::Unreadable(_)) {
            draft.refuse(field, Reason::UnreadableCell, &typed, "无法读取");
            continue;
        }
        if name::says_unsold(text::without_end_remark(&typed)) {
            continue;
        }
        match phone::take_from(&typed) {
            Ok((rest, found)) => {
                for name in name::split_list(&rest) {
                    if !names.contains(&name) && names.len() < name::NAMES_MAX {
                        names.push(name);
                    }
                }
                phones.extend(found.into_iter().map(Some));
            }
            Err(_) => draft.refuse(field, Reason::InvalidPhone, &typed, "里的电话号码不正确"),
        }
    }
    (names, phones)
}

fn read_phones(draft: &mut Draft<'_>, field: Field, phones: &mut Vec<Option<Phone>>) {
    for value in draft.values(field) {
        let typed = value.to_text();
        let found = match value {
            Value::Text(_) | Value::Number(_) if text::is_repeated_digit(&typed) => continue,
            Value::Text(_) | Value::Number(_) => phone::parse_list(&typed),
            _ => Err(phone::InvalidPhone),
        };
        match found {
            Ok(found) => phones.extend(found),
            Err(_) => draft.refuse(field, Reason::InvalidPhone, &typed, "不是有效的电话号码"),
        }
    }
}

/// Reads the id numbers and gives them out: one each in order, or all to the first owner.
fn give_ids(draft: &mut Draft<'_>, people: &mut [PersonMention]) {
    let mut ids: Vec<Option<IdNo>> = Vec::new();
    for value in draft.values(Field::IdNo) {
        let typed = value.to_text();
        match value {
            Value::Number(_) => {
                if !is_repeated_number(&typed) {
                    draft.warn(Field::IdNo, Caution::IdNumberCell, &typed);
                    ids.push(None);
                }
            }
            Value::Text(_) => {
                for piece in id_card::split_list(&typed) {
                    ids.push(piece.and_then(|piece| check_id(draft, &piece)));
                }
            }
            _ => draft.warn(Field::IdNo, Caution::IdInvalid, &typed),
        }
    }
    let one_each = ids.len() == people.len();
    for (at, id) in ids.into_iter().enumerate() {
        let Some(id) = id else { continue };
        match people.get_mut(if one_each { at } else { 0 }).map(|person| &mut person.id_no) {
            Some(slot @ None) => *slot = Some(id),
            Some(Some(known)) if *known == id => {}
            _ => draft.warn(Field::IdNo, Caution::IdSurplus, id.expose()),
        }
    }
}

fn check_id(draft: &mut Draft<'_>, typed: &str) -> Option<IdNo> {
    let caution = match id_card::parse(typed, draft.period_year) {
        Ok(id) => return Some(id),
        Err(IdError::CheckDigit) => Caution::IdCheckDigit,
        Err(IdError::Shape | IdError::BirthDate) => Caution::IdInvalid,
    };
    draft.warn(Field::IdNo, caution, typed);
    None
}

/// One digit repeated, as far as a number cell can tell.
fn is_repeated_number(typed: &str) -> bool {
    text::is_repeated_digit(typed.get(..NUMBER_CELL_DIGITS).unwrap_or(typed))
}
