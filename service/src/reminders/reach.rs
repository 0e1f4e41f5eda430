//! Who may hear of a payer's bills.

use std::collections::BTreeSet;

use domain::person::Phone;
use uuid::Uuid;

/// Somebody with an openid in an account who may hear of a payer's bills.
#[derive(Debug)]
pub(super) struct Identity {
    pub app_id: String,
    pub person_id: Uuid,
    pub openid: String,
    pub contact_hash: Vec<u8>,
    /// Follows the account; nobody follows a mini program.
    pub followed: bool,
    /// Lower is asked first.
    pub rank: u8,
    /// The houses whose bills they may see; `None` for the payer themselves.
    pub houses: Option<BTreeSet<Uuid>>,
}

/// How one payer can be reached.
#[derive(Debug, Default)]
pub(super) struct Reach {
    pub identities: Vec<Identity>,
    pub phones: Vec<(Phone, Vec<u8>)>,
}

/// A binding and an openid of the bound person, as the control database joins them.
#[derive(sea_orm::FromQueryResult)]
pub(super) struct IdentityRow {
    pub house_id: Uuid,
    pub party_id: Option<Uuid>,
    pub role: String,
    pub person_id: Uuid,
    pub phone_hash: Option<Vec<u8>>,
    pub app_id: String,
    pub openid: String,
    pub followed: bool,
}

/// Adds an identity to those who may hear of a payer's bills. Somebody who is in the books as another party may not:
/// old debt stays with the old owner, and the new owner does not read it. Whoever is bound without a party (family,
/// most often) may while the payer still lives there, and only of the houses they are bound to.
pub(super) fn join(reach: &mut Reach, payer: Uuid, row: &IdentityRow, payer_in_house: bool, contact_hash: Vec<u8>) {
    let is_payer = row.party_id == Some(payer);
    if !is_payer && (row.party_id.is_some() || !payer_in_house) {
        return;
    }
    let rank = match (is_payer, row.role.as_str()) {
        (true, _) => 0,
        (false, "owner") => 1,
        (false, "lessee") => 2,
        (false, _) => 3,
    };
    let same =
        |one: &&mut Identity| one.person_id == row.person_id && one.openid == row.openid && one.app_id == row.app_id;
    let known = reach.identities.iter_mut().find(same);
    let houses = (!is_payer).then(|| BTreeSet::from([row.house_id]));
    match known {
        None => reach.identities.push(Identity {
            app_id: row.app_id.clone(),
            person_id: row.person_id,
            openid: row.openid.clone(),
            contact_hash,
            followed: row.followed,
            rank,
            houses,
        }),
        Some(known) => {
            known.rank = known.rank.min(rank);
            known.houses = match (known.houses.take(), houses) {
                (Some(mut all), Some(more)) => {
                    all.extend(more);
                    Some(all)
                }
                _ => None,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(house: u128, party: Option<u128>, role: &str, person: u128) -> IdentityRow {
        IdentityRow {
            house_id: Uuid::from_u128(house),
            party_id: party.map(Uuid::from_u128),
            role: role.to_owned(),
            person_id: Uuid::from_u128(person),
            phone_hash: None,
            app_id: "wx1".to_owned(),
            openid: format!("o{person}"),
            followed: true,
        }
    }

    fn add(reach: &mut Reach, payer: Uuid, row: &IdentityRow, payer_in_house: bool) {
        join(reach, payer, row, payer_in_house, vec![1]);
    }

    #[test]
    fn a_new_owner_does_not_hear_of_the_old_owners_debt() {
        let old_owner = Uuid::from_u128(1);
        let mut reach = Reach::default();
        add(&mut reach, old_owner, &row(9, Some(2), "owner", 20), false);
        add(&mut reach, old_owner, &row(9, None, "owner", 21), false);
        assert!(reach.identities.is_empty());
        add(&mut reach, old_owner, &row(9, Some(1), "owner", 10), false);
        assert_eq!(reach.identities.len(), 1);
    }

    #[test]
    fn family_hears_of_the_houses_it_is_bound_to_and_the_payer_of_all() {
        let payer = Uuid::from_u128(1);
        let mut reach = Reach::default();
        add(&mut reach, payer, &row(8, None, "family", 30), true);
        add(&mut reach, payer, &row(9, None, "family", 30), true);
        add(&mut reach, payer, &row(9, Some(1), "owner", 10), true);
        let houses = |n: usize| reach.identities[n].houses.as_ref().map(BTreeSet::len);
        assert_eq!((houses(0), houses(1)), (Some(2), None));
    }
}
