//! Writing what an import planned: five statements a few thousand rows each, never one per row.

use uuid::Uuid;

use super::HousesError;
use super::plan::{Gain, HouseWrite, Plan};
use super::records::HouseRecords;
use crate::store::bulk::{self, Cell, Column, Kind, Target, column};
use crate::tenancy::ProjectTx;

const HOUSE: [Column; 14] = [
    column("id", Kind::Uuid),
    column("house_key", Kind::Text),
    column("building", Kind::Text),
    column("entrance", Kind::Text),
    column("room", Kind::Text),
    column("kind", Kind::Text),
    column("floor", Kind::Text),
    column("area_centi", Kind::Int),
    column("inner_area_centi", Kind::Int),
    column("unit_price_e4", Kind::Int),
    column("occupancy", Kind::Text),
    column("handover_day", Kind::Int),
    column("created_at_ms", Kind::Int),
    column("updated_at_ms", Kind::Int),
];
const PARTY: [Column; 6] = [
    column("id", Kind::Uuid),
    column("kind", Kind::Text),
    column("name_sealed", Kind::Bytes),
    column("name_hash", Kind::Bytes),
    column("id_no_sealed", Kind::Bytes),
    column("id_no_hash", Kind::Bytes),
];
const PHONE: [Column; 4] = [
    column("party_id", Kind::Uuid),
    column("phone_hash", Kind::Bytes),
    column("phone_sealed", Kind::Bytes),
    column("position", Kind::Int),
];
const LINK: [Column; 5] = [
    column("house_id", Kind::Uuid),
    column("party_id", Kind::Uuid),
    column("role", Kind::Text),
    column("position", Kind::Int),
    column("is_payer", Kind::Bool),
];

/// A house that is there takes its new facts; its key and its first import stay.
const TAKE_FACTS: &str = "ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, floor = excluded.floor, \
     area_centi = excluded.area_centi, inner_area_centi = excluded.inner_area_centi, \
     unit_price_e4 = excluded.unit_price_e4, occupancy = excluded.occupancy, handover_day = excluded.handover_day, \
     updated_at_ms = excluded.updated_at_ms";
/// A party that is there takes the identity number only.
const TAKE_ID_NO: &str =
    "ON CONFLICT (id) DO UPDATE SET id_no_sealed = excluded.id_no_sealed, id_no_hash = excluded.id_no_hash";

/// Writes a plan.
pub(super) async fn write(
    tx: &ProjectTx<'_>,
    records: &HouseRecords,
    plan: &Plan,
    batch_id: Uuid,
    now_ms: i64,
) -> Result<(), HousesError> {
    houses(tx, records, &plan.new_houses, batch_id, now_ms, "").await?;
    houses(tx, records, &plan.changed_houses, batch_id, now_ms, TAKE_FACTS).await?;
    parties(tx, records, plan, now_ms).await?;
    phones(tx, records, plan).await?;
    let links = plan.links.iter().map(|link| {
        [
            Cell::Uuid(link.house_id),
            Cell::Uuid(link.party_id),
            Cell::Text(link.role.as_str()),
            Cell::Int(link.position),
            Cell::Bool(link.is_payer),
        ]
    });
    bulk::insert(tx, &Target { table: "house_party", columns: &LINK, shared: vec![], tail: "" }, links).await?;
    Ok(())
}

async fn houses(
    tx: &ProjectTx<'_>,
    records: &HouseRecords,
    writes: &[HouseWrite],
    batch_id: Uuid,
    now_ms: i64,
    tail: &'static str,
) -> Result<(), HousesError> {
    let rows = writes.iter().filter_map(|write| {
        let facts = records.houses.get(write.facts)?;
        Some([
            Cell::Uuid(write.id),
            Cell::Text(&facts.key),
            Cell::Text(&facts.building),
            facts.entrance.as_deref().into(),
            Cell::Text(&facts.room),
            Cell::Text(&write.kind),
            write.floor.as_deref().into(),
            Cell::Int(write.area_centi),
            write.inner_area_centi.into(),
            write.unit_price_e4.into(),
            Cell::Text(&write.occupancy),
            write.handover_day.into(),
            Cell::Int(now_ms),
            Cell::Int(now_ms),
        ])
    });
    let shared = vec![(column("import_batch_id", Kind::Uuid), batch_id.into())];
    bulk::insert(tx, &Target { table: "house", columns: &HOUSE, shared, tail }, rows).await?;
    Ok(())
}

/// A party with everything sealed.
struct SealedParty {
    id: Uuid,
    kind: &'static str,
    name: Vec<u8>,
    name_hash: Vec<u8>,
    id_no: Option<Vec<u8>>,
    id_no_hash: Option<Vec<u8>>,
}

fn sealed_party(
    tx: &ProjectTx<'_>,
    records: &HouseRecords,
    plan: &Plan,
    person: usize,
    id: Uuid,
) -> Result<Option<SealedParty>, HousesError> {
    let (Some(facts), Some(hashes)) = (records.persons.get(person), plan.hashes.get(person)) else { return Ok(None) };
    let id_no = facts.id_nos.first().map(|id_no| tx.sealer().seal("party.id_no", id_no)).transpose()?;
    Ok(Some(SealedParty {
        id,
        kind: if facts.organisation { "organisation" } else { "person" },
        name: tx.sealer().seal("party.name", &facts.name)?,
        name_hash: hashes.name.clone(),
        id_no,
        id_no_hash: hashes.id_nos.first().cloned(),
    }))
}

async fn parties(tx: &ProjectTx<'_>, records: &HouseRecords, plan: &Plan, now_ms: i64) -> Result<(), HousesError> {
    let gains = plan.gains.iter().filter(|gain| gain.takes_id_no).map(|gain| (gain.person, gain.party_id));
    let fresh: Vec<(usize, Uuid)> = plan.new_parties.clone();
    for (people, tail) in [(fresh, ""), (gains.collect(), TAKE_ID_NO)] {
        let mut sealed = Vec::with_capacity(people.len());
        for (person, id) in people {
            sealed.extend(sealed_party(tx, records, plan, person, id)?);
        }
        let rows = sealed.iter().map(|party| {
            [
                Cell::Uuid(party.id),
                Cell::Text(party.kind),
                Cell::Bytes(&party.name),
                Cell::Bytes(&party.name_hash),
                party.id_no.as_deref().into(),
                party.id_no_hash.as_deref().into(),
            ]
        });
        let shared = vec![(column("created_at_ms", Kind::Int), now_ms.into())];
        bulk::insert(tx, &Target { table: "party", columns: &PARTY, shared, tail }, rows).await?;
    }
    Ok(())
}

async fn phones(tx: &ProjectTx<'_>, records: &HouseRecords, plan: &Plan) -> Result<(), HousesError> {
    let fresh = plan.new_parties.iter().map(|(person, party_id)| Gain {
        person: *person,
        party_id: *party_id,
        phones: records.persons.get(*person).map_or_else(Vec::new, |facts| (0..facts.phones.len()).collect()),
        position: 0,
        takes_id_no: false,
    });
    let mut sealed: Vec<(Uuid, &[u8], Vec<u8>, i64)> = Vec::new();
    for gain in fresh {
        seal_phones(tx, records, plan, &gain, &mut sealed)?;
    }
    for gain in &plan.gains {
        seal_phones(tx, records, plan, gain, &mut sealed)?;
    }
    let rows = sealed.iter().map(|(party, hash, phone, position)| {
        [Cell::Uuid(*party), Cell::Bytes(hash), Cell::Bytes(phone), Cell::Int(*position)]
    });
    let tail = "ON CONFLICT (party_id, phone_hash) DO NOTHING";
    bulk::insert(tx, &Target { table: "party_phone", columns: &PHONE, shared: vec![], tail }, rows).await?;
    Ok(())
}

fn seal_phones<'p>(
    tx: &ProjectTx<'_>,
    records: &HouseRecords,
    plan: &'p Plan,
    gain: &Gain,
    sealed: &mut Vec<(Uuid, &'p [u8], Vec<u8>, i64)>,
) -> Result<(), HousesError> {
    let (Some(facts), Some(hashes)) = (records.persons.get(gain.person), plan.hashes.get(gain.person)) else {
        return Ok(());
    };
    for (position, place) in (gain.position..).zip(&gain.phones) {
        let (Some(phone), Some(hash)) = (facts.phones.get(*place), hashes.phones.get(*place)) else { continue };
        sealed.push((gain.party_id, hash, tx.sealer().seal("party_phone.phone", phone.expose())?, position));
    }
    Ok(())
}
