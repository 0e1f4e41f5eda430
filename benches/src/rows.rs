//! Houses, people and bills, as many as a bench needs, all of them plausible and none of them anybody's.

use sea_orm::sea_query::Value;
use service::store::StoreError;
use service::store::bulk::{self, Cell, Column, Kind, Target, column};
use service::tenancy::ProjectDb;
use uuid::Uuid;

use crate::Failure;
use crate::world::{now, numbered_id};

/// Houses of one transaction.
const HOUSES_PER_TRANSACTION: u64 = 20_000;
/// Houses of one building.
const HOUSES_PER_BUILDING: u64 = 200;
/// Bytes of a sealed name: version, nonce, three Chinese characters, tag.
const SEALED_BYTES: usize = 4 + 12 + 9 + 16;
const HASH_BYTES: usize = 32;

const HOUSE_IDS: u8 = 1;
const PARTY_IDS: u8 = 2;

const PARTY: [Column; 2] = [column("id", Kind::Uuid), column("name_hash", Kind::Bytes)];
const HOUSE: [Column; 5] = [
    column("id", Kind::Uuid),
    column("house_key", Kind::Text),
    column("building", Kind::Text),
    column("room", Kind::Text),
    column("area_centi", Kind::Int),
];
const HOUSE_PARTY: [Column; 2] = [column("house_id", Kind::Uuid), column("party_id", Kind::Uuid)];

/// The id of a house.
#[must_use]
pub fn house_id(number: u64) -> Uuid {
    numbered_id(HOUSE_IDS, number)
}

/// The id of a house's owner.
#[must_use]
pub fn party_id(number: u64) -> Uuid {
    numbered_id(PARTY_IDS, number)
}

struct Line {
    house: Uuid,
    party: Uuid,
    key: String,
    building: String,
    room: String,
    area_centi: i64,
    name_hash: [u8; HASH_BYTES],
}

impl Line {
    fn new(number: u64) -> Self {
        let building = (number / HOUSES_PER_BUILDING).to_string();
        let room = (number % HOUSES_PER_BUILDING).to_string();
        let mut name_hash = [7_u8; HASH_BYTES];
        name_hash.iter_mut().zip(number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()).for_each(|(to, b)| *to = b);
        Self {
            house: house_id(number),
            party: party_id(number),
            key: format!("{building}-1-{room}"),
            building,
            room,
            // 60.00 to 199.99 ㎡: every tier of the tariff occurs.
            area_centi: 6_000 + i64::try_from(number.wrapping_mul(7_919) % 14_000).unwrap_or(0),
            name_hash,
        }
    }
}

fn int(name: &'static str, value: i64) -> (Column, Value) {
    (column(name, Kind::Int), value.into())
}

fn text(name: &'static str, value: &str) -> (Column, Value) {
    (column(name, Kind::Text), value.into())
}

/// Writes houses with an owner each, who pays.
///
/// # Errors
/// The database's.
pub async fn furnish(db: &ProjectDb, houses: u64) -> Result<(), Failure> {
    let mut first = 0;
    while first < houses {
        let last = houses.min(first + HOUSES_PER_TRANSACTION);
        let lines: Vec<Line> = (first..last).map(Line::new).collect();
        db.transact("bench.furnish", async |tx| {
            let made_ms = now().timestamp_millis();
            let shared = vec![
                text("kind", "person"),
                (column("name_sealed", Kind::Bytes), vec![1_u8; SEALED_BYTES].into()),
                int("created_at_ms", made_ms),
            ];
            let into = Target { table: "party", columns: &PARTY, shared, tail: "" };
            bulk::insert(tx, &into, lines.iter().map(|l| [Cell::Uuid(l.party), Cell::Bytes(&l.name_hash)])).await?;
            let shared = vec![
                text("kind", "residence"),
                text("occupancy", "occupied"),
                int("unit_price_e4", 18_000),
                int("created_at_ms", made_ms),
                int("updated_at_ms", made_ms),
            ];
            let into = Target { table: "house", columns: &HOUSE, shared, tail: "" };
            let rows = lines.iter().map(|l| {
                [
                    Cell::Uuid(l.house),
                    Cell::Text(&l.key),
                    Cell::Text(&l.building),
                    Cell::Text(&l.room),
                    Cell::Int(l.area_centi),
                ]
            });
            bulk::insert(tx, &into, rows).await?;
            let shared = vec![text("role", "owner"), int("position", 0), (column("is_payer", Kind::Bool), true.into())];
            let into = Target { table: "house_party", columns: &HOUSE_PARTY, shared, tail: "" };
            bulk::insert(tx, &into, lines.iter().map(|l| [Cell::Uuid(l.house), Cell::Uuid(l.party)])).await?;
            Ok::<_, StoreError>(())
        })
        .await?;
        first = last;
    }
    Ok(())
}
