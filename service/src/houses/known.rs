//! What the project already has, read page by page into maps: an import asks no question per row.

use std::collections::HashMap;

use uuid::Uuid;

use crate::store::StoreError;
use crate::tenancy::ProjectTx;

/// Rows of one page.
const PAGE: i64 = 10_000;

/// Owner or lessee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Owner,
    Lessee,
}

impl Role {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Lessee => "lessee",
        }
    }
}

/// A house as stored, with its people.
#[derive(Debug)]
pub(super) struct KnownHouse {
    pub id: Uuid,
    pub kind: String,
    pub floor: Option<String>,
    pub area_centi: i64,
    pub inner_area_centi: Option<i64>,
    pub unit_price_e4: Option<i64>,
    pub occupancy: String,
    pub handover_day: Option<i64>,
    /// Places in [`Known::parties`], in order.
    pub owners: Vec<usize>,
    pub lessees: Vec<usize>,
    pub has_payer: bool,
}

/// A person or organisation as stored, without anything readable.
#[derive(Debug)]
pub(super) struct KnownParty {
    pub id: Uuid,
    pub organisation: bool,
    pub name_hash: Vec<u8>,
    pub id_no_hash: Option<Vec<u8>>,
    pub phone_hashes: Vec<Vec<u8>>,
}

impl KnownParty {
    pub(super) fn has_signs(&self) -> bool {
        self.organisation || self.id_no_hash.is_some() || !self.phone_hashes.is_empty()
    }
}

/// The whole project, as far as an import has to know it.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub houses: HashMap<String, KnownHouse>,
    pub parties: Vec<KnownParty>,
}

#[derive(sea_orm::FromQueryResult)]
struct HouseRow {
    id: Uuid,
    house_key: String,
    kind: String,
    floor: Option<String>,
    area_centi: i64,
    inner_area_centi: Option<i64>,
    unit_price_e4: Option<i64>,
    occupancy: String,
    handover_day: Option<i64>,
}

#[derive(sea_orm::FromQueryResult)]
struct PartyRow {
    id: Uuid,
    kind: String,
    name_hash: Vec<u8>,
    id_no_hash: Option<Vec<u8>>,
}

#[derive(sea_orm::FromQueryResult)]
struct PhoneRow {
    party_id: Uuid,
    phone_hash: Vec<u8>,
}

#[derive(sea_orm::FromQueryResult)]
struct RoleRow {
    house_id: Uuid,
    party_id: Uuid,
    role: String,
    is_payer: bool,
}

/// Reads everything. Parties come in the order of their ids, oldest first.
pub(super) async fn load(tx: &ProjectTx<'_>) -> Result<Known, StoreError> {
    let mut known = Known::default();
    let place_of_party = load_parties(tx, &mut known).await?;
    load_phones(tx, &mut known, &place_of_party).await?;
    let key_of_house = load_houses(tx, &mut known).await?;
    load_roles(tx, &mut known, &place_of_party, &key_of_house).await?;
    Ok(known)
}

async fn load_parties(tx: &ProjectTx<'_>, known: &mut Known) -> Result<HashMap<Uuid, usize>, StoreError> {
    let mut places = HashMap::new();
    let mut after = Uuid::nil();
    loop {
        let rows: Vec<PartyRow> = tx
            .rows(
                "SELECT id, kind, name_hash, id_no_hash FROM party WHERE id > $1 ORDER BY id LIMIT $2",
                vec![after.into(), PAGE.into()],
            )
            .await?;
        let Some(last) = rows.last() else { return Ok(places) };
        after = last.id;
        for row in rows {
            places.insert(row.id, known.parties.len());
            known.parties.push(KnownParty {
                id: row.id,
                organisation: row.kind == "organisation",
                name_hash: row.name_hash,
                id_no_hash: row.id_no_hash,
                phone_hashes: Vec::new(),
            });
        }
    }
}

async fn load_phones(tx: &ProjectTx<'_>, known: &mut Known, places: &HashMap<Uuid, usize>) -> Result<(), StoreError> {
    let mut after = (Uuid::nil(), Vec::new());
    loop {
        let rows: Vec<PhoneRow> = tx
            .rows(
                "SELECT party_id, phone_hash FROM party_phone WHERE (party_id, phone_hash) > ($1, $2) \
                 ORDER BY party_id, phone_hash LIMIT $3",
                vec![after.0.into(), after.1.clone().into(), PAGE.into()],
            )
            .await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = (last.party_id, last.phone_hash.clone());
        for row in rows {
            let party = places.get(&row.party_id).and_then(|place| known.parties.get_mut(*place));
            if let Some(party) = party {
                party.phone_hashes.push(row.phone_hash);
            }
        }
    }
}

async fn load_houses(tx: &ProjectTx<'_>, known: &mut Known) -> Result<HashMap<Uuid, String>, StoreError> {
    let mut keys = HashMap::new();
    let mut after = Uuid::nil();
    loop {
        let rows: Vec<HouseRow> = tx
            .rows(
                "SELECT id, house_key, kind, floor, area_centi, inner_area_centi, unit_price_e4, occupancy, \
                 handover_day FROM house WHERE id > $1 ORDER BY id LIMIT $2",
                vec![after.into(), PAGE.into()],
            )
            .await?;
        let Some(last) = rows.last() else { return Ok(keys) };
        after = last.id;
        for row in rows {
            keys.insert(row.id, row.house_key.clone());
            known.houses.insert(
                row.house_key,
                KnownHouse {
                    id: row.id,
                    kind: row.kind,
                    floor: row.floor,
                    area_centi: row.area_centi,
                    inner_area_centi: row.inner_area_centi,
                    unit_price_e4: row.unit_price_e4,
                    occupancy: row.occupancy,
                    handover_day: row.handover_day,
                    owners: Vec::new(),
                    lessees: Vec::new(),
                    has_payer: false,
                },
            );
        }
    }
}

async fn load_roles(
    tx: &ProjectTx<'_>,
    known: &mut Known,
    places: &HashMap<Uuid, usize>,
    keys: &HashMap<Uuid, String>,
) -> Result<(), StoreError> {
    let mut after = (Uuid::nil(), Uuid::nil(), String::new());
    loop {
        let rows: Vec<RoleRow> = tx
            .rows(
                "SELECT house_id, party_id, role, is_payer FROM house_party \
                 WHERE (house_id, party_id, role) > ($1, $2, $3) ORDER BY house_id, party_id, role LIMIT $4",
                vec![after.0.into(), after.1.into(), after.2.as_str().into(), PAGE.into()],
            )
            .await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = (last.house_id, last.party_id, last.role.clone());
        for row in rows {
            let house = keys.get(&row.house_id).and_then(|key| known.houses.get_mut(key));
            let (Some(house), Some(place)) = (house, places.get(&row.party_id)) else { continue };
            house.has_payer |= row.is_payer;
            let people = if row.role == "owner" { &mut house.owners } else { &mut house.lessees };
            people.push(*place);
        }
    }
}
