//! What owners need to know of a project's houses, and lists of ids in statements.

use std::collections::BTreeMap;

use domain::ids::{HouseId, PartyId};
use uuid::Uuid;

use super::BindingRole;
use super::place::HouseText;
use crate::store::StoreError;
use crate::tenancy::ProjectTx;

/// Ids in one statement.
pub(super) const IDS_PER_QUERY: usize = 500;
/// Houses one phone may lead to in a project. A developer's phone may lead to a whole estate; the rest is for the
/// cash desk.
pub(super) const HOUSES_PER_PHONE_MAX: usize = 500;
/// Owners and lessees read of one house.
const PARTIES_PER_HOUSE_MAX: usize = 50;
/// Phones read of the parties of one house.
const PHONES_PER_HOUSE_MAX: usize = 200;

/// `$first, $first+1, …`: `count` of them.
pub(super) fn numbered(first: usize, count: usize) -> String {
    (first..first + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

/// An owner or lessee in the project's books.
#[derive(Debug, Clone)]
pub(super) struct Recorded {
    pub house_id: HouseId,
    pub party_id: PartyId,
    pub role: BindingRole,
    pub name: String,
    pub name_hash: Vec<u8>,
}

#[derive(sea_orm::FromQueryResult)]
struct RecordedRow {
    house_id: Uuid,
    party_id: Uuid,
    role: String,
    name_sealed: Vec<u8>,
    name_hash: Vec<u8>,
}

/// The owners and lessees of these houses, owners first. At most [`IDS_PER_QUERY`] houses.
pub(super) async fn recorded(tx: &ProjectTx<'_>, houses: &[HouseId]) -> Result<Vec<Recorded>, super::OwnerError> {
    if houses.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT hp.house_id, hp.party_id, hp.role, p.name_sealed, p.name_hash FROM house_party hp \
         JOIN party p ON p.id = hp.party_id WHERE hp.house_id IN ({}) \
         ORDER BY hp.house_id, hp.role DESC, hp.position LIMIT {}",
        numbered(1, houses.len()),
        houses.len().saturating_mul(PARTIES_PER_HOUSE_MAX)
    );
    let rows: Vec<RecordedRow> = tx.rows(&sql, houses.iter().map(|house| house.uuid().into()).collect()).await?;
    let mut recorded = Vec::with_capacity(rows.len());
    for row in rows {
        recorded.push(Recorded {
            house_id: HouseId(row.house_id),
            party_id: PartyId(row.party_id),
            role: BindingRole::parse(&row.role, "house_party")?,
            name: tx.sealer().open("party.name", &row.name_sealed)?,
            name_hash: row.name_hash,
        });
    }
    Ok(recorded)
}

/// A phone in the project's books.
pub(super) struct RecordedPhone {
    pub party_id: PartyId,
    pub hash: Vec<u8>,
    pub digits: String,
}

#[derive(sea_orm::FromQueryResult)]
struct PhoneRow {
    party_id: Uuid,
    phone_hash: Vec<u8>,
    phone_sealed: Vec<u8>,
}

/// The phones of the owners and lessees of one house.
pub(super) async fn recorded_phones(
    tx: &ProjectTx<'_>,
    house: HouseId,
) -> Result<Vec<RecordedPhone>, super::OwnerError> {
    let sql = format!(
        "SELECT pp.party_id, pp.phone_hash, pp.phone_sealed FROM party_phone pp WHERE pp.party_id IN \
         (SELECT hp.party_id FROM house_party hp WHERE hp.house_id = $1) \
         ORDER BY pp.party_id, pp.position LIMIT {PHONES_PER_HOUSE_MAX}"
    );
    let rows: Vec<PhoneRow> = tx.rows(&sql, vec![house.uuid().into()]).await?;
    let mut phones = Vec::with_capacity(rows.len());
    for row in rows {
        phones.push(RecordedPhone {
            party_id: PartyId(row.party_id),
            hash: row.phone_hash,
            digits: tx.sealer().open("party_phone.phone", &row.phone_sealed)?,
        });
    }
    Ok(phones)
}

/// A house a phone leads to, and as whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HouseOfPhone {
    pub house_id: HouseId,
    pub party_id: PartyId,
    pub role: BindingRole,
}

#[derive(sea_orm::FromQueryResult)]
struct HouseOfPhoneRow {
    house_id: Uuid,
    party_id: Uuid,
    role: String,
}

/// The houses where a party with this phone is owner or lessee, each once; an owner who is also lessee is an owner.
pub(super) async fn houses_of_phone(tx: &ProjectTx<'_>, digits: &str) -> Result<Vec<HouseOfPhone>, StoreError> {
    let hash = tx.sealer().hash("phone", digits);
    let sql = format!(
        "SELECT hp.house_id, hp.party_id, hp.role FROM party_phone pp \
         JOIN house_party hp ON hp.party_id = pp.party_id WHERE pp.phone_hash = $1 \
         ORDER BY hp.house_id, hp.role DESC, hp.position LIMIT {HOUSES_PER_PHONE_MAX}"
    );
    let rows: Vec<HouseOfPhoneRow> = tx.rows(&sql, vec![hash.into()]).await?;
    let mut houses = Vec::with_capacity(rows.len());
    for row in rows {
        houses.push(HouseOfPhone {
            house_id: HouseId(row.house_id),
            party_id: PartyId(row.party_id),
            role: BindingRole::parse(&row.role, "house_party")?,
        });
    }
    houses.dedup_by_key(|house| house.house_id);
    Ok(houses)
}

/// What a text leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    One(HouseId),
    Nothing,
    Several,
}

#[derive(sea_orm::FromQueryResult)]
struct HouseRow {
    id: Uuid,
    house_key: String,
}

/// The house a text means: by its whole key, by building and room, or by room alone, where only one has it.
pub(super) async fn find_house(tx: &ProjectTx<'_>, text: &HouseText) -> Result<Found, StoreError> {
    let key = text.key();
    // The exact key is the shortest of what can match, so two rows are enough to see it and to see doubt.
    let (filter, values) = match (&text.building, &text.entrance) {
        (Some(building), Some(entrance)) => (
            "building = $1 AND entrance = $2 AND room = $3",
            vec![building.as_str().into(), entrance.as_str().into(), text.room.as_str().into()],
        ),
        (Some(building), None) => {
            ("building = $1 AND room = $2", vec![building.as_str().into(), text.room.as_str().into()])
        }
        _ => ("room = $1", vec![text.room.as_str().into()]),
    };
    let sql = format!("SELECT id, house_key FROM house WHERE {filter} ORDER BY length(house_key), house_key LIMIT 2");
    let rows: Vec<HouseRow> = tx.rows(&sql, values).await?;
    Ok(match rows.as_slice() {
        [] => Found::Nothing,
        [only] => Found::One(HouseId(only.id)),
        [first, ..] if key.as_deref() == Some(first.house_key.as_str()) => Found::One(HouseId(first.id)),
        _ => Found::Several,
    })
}

/// The keys (`1-1-101`) of these houses. At most [`IDS_PER_QUERY`].
pub(super) async fn house_keys(
    tx: &ProjectTx<'_>,
    houses: &[HouseId],
) -> Result<BTreeMap<HouseId, String>, StoreError> {
    if houses.is_empty() {
        return Ok(BTreeMap::new());
    }
    let sql = format!("SELECT id, house_key FROM house WHERE id IN ({})", numbered(1, houses.len()));
    let rows: Vec<HouseRow> = tx.rows(&sql, houses.iter().map(|house| house.uuid().into()).collect()).await?;
    Ok(rows.into_iter().map(|row| (HouseId(row.id), row.house_key)).collect())
}
