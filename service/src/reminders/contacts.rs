//! How payers can be reached: who signed in for their houses and follows the service account, and which phone the
//! books have. Read before a claim opens its transaction, because most of it lives in the control database.

use std::collections::{BTreeSet, HashMap, HashSet};

use domain::person::Phone;
use domain::reminder::Channel;
use sea_orm::sea_query::Value;
use uuid::Uuid;

use super::ReminderError;
use super::deliver::{Recipient, account_of};
use super::rows::{IDS_PER_QUERY, numbered, uuids};
use crate::store::{StoreError, Values};
use crate::tenancy::{ControlDb, ProjectDb, ProjectInfo};

/// Phones read of one payer.
const PHONES_PER_PAYER_MAX: usize = 5;

/// Somebody who follows the service account and may hear of a payer's bills.
#[derive(Debug)]
struct Follower {
    person_id: Uuid,
    openid: String,
    /// Lower is asked first.
    rank: u8,
    /// The houses whose bills they may see; `None` for the payer themselves.
    houses: Option<BTreeSet<Uuid>>,
}

#[derive(Debug, Default)]
struct Reach {
    followers: Vec<Follower>,
    phones: Vec<Phone>,
}

/// How the payers of one batch can be reached.
#[derive(Debug, Default)]
pub(super) struct Contacts {
    by_payer: HashMap<Uuid, Reach>,
}

/// A way to one payer.
#[derive(Debug)]
pub(super) struct Reached {
    pub person_id: Option<Uuid>,
    pub recipient: Recipient,
}

#[derive(sea_orm::FromQueryResult)]
struct PhoneRow {
    party_id: Uuid,
    phone_sealed: Vec<u8>,
}

#[derive(sea_orm::FromQueryResult)]
struct PartyHouseRow {
    party_id: Uuid,
    house_id: Uuid,
}

#[derive(sea_orm::FromQueryResult)]
struct FollowerRow {
    house_id: Uuid,
    party_id: Option<Uuid>,
    role: String,
    person_id: Uuid,
    openid: String,
}

impl Contacts {
    /// How `payer` is reached through `channel` about these houses, if at all.
    pub fn reach(&self, info: &ProjectInfo, payer: Uuid, channel: Channel, houses: &BTreeSet<Uuid>) -> Option<Reached> {
        self.ways(info, payer, channel, houses).into_iter().next()
    }

    /// The same way as the first time, recognised by its masked form: a resend must go where WeChat remembers it.
    pub fn again(
        &self,
        info: &ProjectInfo,
        payer: Uuid,
        channel: Channel,
        houses: &BTreeSet<Uuid>,
        masked: &str,
    ) -> Option<Reached> {
        self.ways(info, payer, channel, houses).into_iter().find(|way| way.recipient.masked() == masked)
    }

    fn ways(&self, info: &ProjectInfo, payer: Uuid, channel: Channel, houses: &BTreeSet<Uuid>) -> Vec<Reached> {
        let (Some(reach), Some(account)) = (self.by_payer.get(&payer), account_of(info, channel)) else {
            return Vec::new();
        };
        match channel {
            Channel::WechatTemplate => reach
                .followers
                .iter()
                .filter(|follower| follower.houses.as_ref().is_none_or(|own| houses.is_subset(own)))
                .map(|follower| Reached {
                    person_id: Some(follower.person_id),
                    recipient: Recipient::Openid { app_id: account.clone(), openid: follower.openid.clone() },
                })
                .collect(),
            Channel::Sms => reach
                .phones
                .iter()
                .map(|phone| Reached { person_id: None, recipient: Recipient::Phone(phone.clone()) })
                .collect(),
            Channel::WechatSubscribe | Channel::WechatNotify | Channel::Voice => Vec::new(),
        }
    }
}

/// Reads how these payers are reached about these houses.
pub(super) async fn read(
    db: &ProjectDb,
    control: &ControlDb,
    pairs: &[(Uuid, Uuid)],
) -> Result<Contacts, ReminderError> {
    let payers: Vec<Uuid> = pairs.iter().map(|(payer, _)| *payer).collect::<HashSet<_>>().into_iter().collect();
    let houses: Vec<Uuid> = pairs.iter().map(|(_, house)| *house).collect::<HashSet<_>>().into_iter().collect();
    if payers.is_empty() {
        return Ok(Contacts::default());
    }
    let (phones, in_house) = books(db, &payers, &houses).await?;
    let mut contacts = Contacts::default();
    for row in phones {
        let reach = contacts.by_payer.entry(row.party_id).or_default();
        // One damaged box must not silence a whole project.
        let Ok(digits) = db.sealer().open("party_phone.phone", &row.phone_sealed) else {
            tracing::error!(party = %row.party_id, "a phone does not open");
            continue;
        };
        // A land line or a number that was never one receives no SMS.
        if let Ok(phone) = Phone::parse(&digits)
            && phone.is_mobile()
            && reach.phones.len() < PHONES_PER_PAYER_MAX
        {
            reach.phones.push(phone);
        }
    }
    if let Some(app_id) = account_of(db.info(), Channel::WechatTemplate) {
        let followers = followers(control, db, &app_id, &houses).await?;
        let mut by_house: HashMap<Uuid, Vec<&FollowerRow>> = HashMap::new();
        for row in &followers {
            by_house.entry(row.house_id).or_default().push(row);
        }
        for (payer, house) in pairs {
            let reach = contacts.by_payer.entry(*payer).or_default();
            for row in by_house.get(house).into_iter().flatten() {
                join(reach, *payer, row, in_house.contains(&(*payer, *house)));
            }
        }
    }
    for reach in contacts.by_payer.values_mut() {
        reach.followers.sort_by(|a, b| (a.rank, a.person_id, &a.openid).cmp(&(b.rank, b.person_id, &b.openid)));
    }
    Ok(contacts)
}

/// Adds a follower to those who may hear of a payer's bills. Somebody who is in the books as another party may not:
/// old debt stays with the old owner, and the new owner does not read it. Whoever is bound without a party (family,
/// most often) may while the payer still lives there, and only of the houses they are bound to.
fn join(reach: &mut Reach, payer: Uuid, row: &FollowerRow, payer_in_house: bool) {
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
    let known = reach.followers.iter_mut().find(|f| f.person_id == row.person_id && f.openid == row.openid);
    let houses = (!is_payer).then(|| BTreeSet::from([row.house_id]));
    match known {
        None => reach.followers.push(Follower { person_id: row.person_id, openid: row.openid.clone(), rank, houses }),
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

type Books = (Vec<PhoneRow>, HashSet<(Uuid, Uuid)>);

async fn books(db: &ProjectDb, payers: &[Uuid], houses: &[Uuid]) -> Result<Books, StoreError> {
    db.read("reminders.books", async |tx| {
        let mut phones: Vec<PhoneRow> = Vec::new();
        for chunk in payers.chunks(IDS_PER_QUERY) {
            let sql = format!(
                "SELECT party_id, phone_sealed FROM party_phone WHERE party_id IN ({}) ORDER BY party_id, position",
                numbered(1, chunk.len())
            );
            phones.extend(tx.rows::<PhoneRow>(&sql, uuids(chunk)).await?);
        }
        let mut in_house = HashSet::new();
        for chunk in houses.chunks(IDS_PER_QUERY) {
            let sql =
                format!("SELECT party_id, house_id FROM house_party WHERE house_id IN ({})", numbered(1, chunk.len()));
            let rows: Vec<PartyHouseRow> = tx.rows(&sql, uuids(chunk)).await?;
            in_house.extend(rows.into_iter().map(|row| (row.party_id, row.house_id)));
        }
        Ok((phones, in_house))
    })
    .await
}

async fn followers(
    control: &ControlDb,
    db: &ProjectDb,
    app_id: &str,
    houses: &[Uuid],
) -> Result<Vec<FollowerRow>, StoreError> {
    let mut found: Vec<FollowerRow> = Vec::new();
    for chunk in houses.chunks(IDS_PER_QUERY) {
        let houses = numbered(3, chunk.len());
        let half = |joined: &str| {
            format!(
                "SELECT hb.house_id, hb.party_id, hb.role, hb.person_id, w.openid FROM house_binding hb \
                 JOIN person p ON p.id = hb.person_id JOIN person_wechat w ON {joined} \
                 WHERE hb.project_id = $1 AND hb.state = 'active' AND p.erased_at_ms IS NULL AND w.app_id = $2 \
                 AND w.followed AND hb.house_id IN ({houses})"
            )
        };
        // By two indexes: an OR in the join would use neither.
        let sql = format!("{} UNION {}", half("w.person_id = p.id"), half("w.union_id = p.union_id"));
        let mut values: Values = vec![db.id().uuid().into(), Value::from(app_id)];
        values.extend(uuids(chunk));
        found.extend(control.read("reminders.followers", async |tx| tx.rows::<FollowerRow>(&sql, values).await).await?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(house: u128, party: Option<u128>, role: &str, person: u128) -> FollowerRow {
        FollowerRow {
            house_id: Uuid::from_u128(house),
            party_id: party.map(Uuid::from_u128),
            role: role.to_owned(),
            person_id: Uuid::from_u128(person),
            openid: format!("o{person}"),
        }
    }

    #[test]
    fn a_new_owner_does_not_hear_of_the_old_owners_debt() {
        let old_owner = Uuid::from_u128(1);
        let mut reach = Reach::default();
        join(&mut reach, old_owner, &row(9, Some(2), "owner", 20), false);
        join(&mut reach, old_owner, &row(9, None, "owner", 21), false);
        assert!(reach.followers.is_empty());
        join(&mut reach, old_owner, &row(9, Some(1), "owner", 10), false);
        assert_eq!(reach.followers.len(), 1);
    }

    #[test]
    fn family_hears_of_the_houses_it_is_bound_to_and_the_payer_of_all() {
        let payer = Uuid::from_u128(1);
        let mut reach = Reach::default();
        join(&mut reach, payer, &row(8, None, "family", 30), true);
        join(&mut reach, payer, &row(9, None, "family", 30), true);
        join(&mut reach, payer, &row(9, Some(1), "owner", 10), true);
        let houses = |n: usize| reach.followers[n].houses.as_ref().map(BTreeSet::len);
        assert_eq!((houses(0), houses(1)), (Some(2), None));
    }
}
