//! Finding and reading houses.

use std::collections::HashMap;

use books::key::{Entrance, RoomText, TwoParts, parse_room};
use domain::calendar::day_of_number;
use domain::ids::HouseId;
use domain::person::{Phone, masked_name};
use uuid::Uuid;

use super::HousesError;
use super::view::{BuildingView, HouseHit, HousePage, HouseView, PartyView};
use crate::store::{StoreError, Values};
use crate::tenancy::ProjectTx;

/// Houses one search answers.
const HITS_MAX: i64 = 50;
/// Houses of one page.
const PAGE_MAX: i64 = 200;
/// Buildings of one project.
const BUILDINGS_MAX: i64 = 1_000;
/// Characters of a search.
const TEXT_CHARS_MAX: usize = 64;
/// Ids of one statement.
const IDS_PER_STATEMENT: usize = 500;
/// Phones shown of one party.
const PHONES_SHOWN_MAX: usize = 5;

const COLUMNS: &str = "h.id, h.house_key, h.building, h.entrance, h.room, h.kind, h.area_centi, h.occupancy, h.floor, \
     h.inner_area_centi, h.unit_price_e4, h.handover_day";
/// Buildings as people count them (2 before 10), then entrances, then rooms.
const ORDER: &str = "LENGTH(h.building), h.building, LENGTH(COALESCE(h.entrance, '')), COALESCE(h.entrance, ''), \
     LENGTH(h.room), h.room";

#[derive(sea_orm::FromQueryResult)]
struct HouseRow {
    id: Uuid,
    house_key: String,
    building: String,
    entrance: Option<String>,
    room: String,
    kind: String,
    area_centi: i64,
    occupancy: String,
    floor: Option<String>,
    inner_area_centi: Option<i64>,
    unit_price_e4: Option<i64>,
    handover_day: Option<i64>,
}

#[derive(sea_orm::FromQueryResult)]
struct PartyRow {
    house_id: Uuid,
    party_id: Uuid,
    role: String,
    is_payer: bool,
    kind: String,
    name_sealed: Vec<u8>,
}

#[derive(sea_orm::FromQueryResult)]
struct PhoneRow {
    party_id: Uuid,
    phone_sealed: Vec<u8>,
}

#[derive(sea_orm::FromQueryResult)]
struct NameRow {
    id: Uuid,
    name_sealed: Vec<u8>,
}

#[derive(sea_orm::FromQueryResult)]
struct TotalsRow {
    houses: i64,
    area_centi: i64,
}

/// Which houses a list shows.
#[derive(Debug, Clone, Default)]
pub struct HouseFilter {
    /// Only this building.
    pub building: Option<String>,
    /// Only this kind.
    pub kind: Option<String>,
    /// Only houses nobody pays for.
    pub without_payer: bool,
}

impl HouseFilter {
    /// The condition and its values: the one source of a list and its totals.
    fn condition(&self) -> (String, Values) {
        let mut parts = vec!["TRUE".to_owned()];
        let mut values: Values = Vec::new();
        for (column, wanted) in [("h.building", &self.building), ("h.kind", &self.kind)] {
            if let Some(wanted) = wanted {
                values.push(wanted.as_str().into());
                parts.push(format!("{column} = ${}", values.len()));
            }
        }
        if self.without_payer {
            parts.push("NOT EXISTS (SELECT 1 FROM house_party p WHERE p.house_id = h.id AND p.is_payer)".to_owned());
        }
        (parts.join(" AND "), values)
    }
}

/// Finds houses by anything a person says: a number in any form (`1栋101`, `1-1-101`, `101`, `3a01`), a phone, or a
/// whole name. At most fifty, in the order of the buildings.
///
/// # Errors
/// [`HousesError`].
pub async fn find(tx: &ProjectTx<'_>, text: &str) -> Result<Vec<HouseHit>, HousesError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > TEXT_CHARS_MAX {
        return Ok(Vec::new());
    }
    let by_party = "h.id IN (SELECT p.house_id FROM house_party p WHERE p.party_id IN";
    let (condition, values): (String, Values) = if let Ok(phone) = Phone::parse(text) {
        let hash = tx.sealer().hash("phone", phone.expose());
        (format!("{by_party} (SELECT party_id FROM party_phone WHERE phone_hash = $1))"), vec![hash.into()])
    } else {
        let by_name = format!("{by_party} (SELECT id FROM party WHERE name_hash = $1))");
        let mut values: Values = vec![tx.sealer().hash("name", text).into()];
        match parse_room(&books::text::tidy(text), TwoParts::BuildingRoom) {
            Ok(room) => (format!("({by_name} OR ({}))", number(&room, &mut values)), values),
            Err(_) => (by_name, values),
        }
    };
    let sql = format!("SELECT {COLUMNS} FROM house h WHERE {condition} ORDER BY {ORDER} LIMIT {HITS_MAX}");
    let rows: Vec<HouseRow> = tx.rows(&sql, values).await?;
    hits(tx, rows.iter()).await
}

/// The condition for a number: what was said must fit, what was not said may be anything.
fn number(room: &RoomText, values: &mut Values) -> String {
    values.push(room.room.as_ref().into());
    let mut parts = vec![format!("h.room = ${}", values.len())];
    if let Some(building) = &room.building {
        values.push(building.as_ref().into());
        parts.push(format!("h.building = ${}", values.len()));
    }
    match &room.entrance {
        Entrance::Unsaid => {}
        Entrance::None => parts.push("h.entrance IS NULL".to_owned()),
        Entrance::Some(entrance) => {
            values.push(entrance.as_ref().into());
            parts.push(format!("h.entrance = ${}", values.len()));
        }
    }
    parts.join(" AND ")
}

/// A page of houses in the order of the buildings. At most 200.
///
/// # Errors
/// [`HousesError`].
pub async fn list(tx: &ProjectTx<'_>, filter: &HouseFilter, offset: i64, limit: i64) -> Result<HousePage, HousesError> {
    let (condition, mut values) = filter.condition();
    let totals_sql = format!(
        "SELECT COUNT(*) AS houses, CAST(COALESCE(SUM(h.area_centi), 0) AS BIGINT) AS area_centi FROM house h \
         WHERE {condition}"
    );
    let totals: Option<TotalsRow> = tx.row(&totals_sql, values.clone()).await?;
    let totals = totals.unwrap_or(TotalsRow { houses: 0, area_centi: 0 });
    values.extend([limit.clamp(1, PAGE_MAX).into(), offset.max(0).into()]);
    let sql = format!(
        "SELECT {COLUMNS} FROM house h WHERE {condition} ORDER BY {ORDER} LIMIT ${} OFFSET ${}",
        values.len() - 1,
        values.len()
    );
    let rows: Vec<HouseRow> = tx.rows(&sql, values).await?;
    Ok(HousePage { houses: hits(tx, rows.iter()).await?, count: totals.houses, area_centi: totals.area_centi })
}

/// The buildings in the order people count them.
///
/// # Errors
/// [`HousesError`].
pub async fn buildings(tx: &ProjectTx<'_>) -> Result<Vec<BuildingView>, HousesError> {
    let sql = format!(
        "SELECT building, COUNT(*) AS houses, CAST(SUM(area_centi) AS BIGINT) AS area_centi FROM house \
         GROUP BY building ORDER BY LENGTH(building), building LIMIT {BUILDINGS_MAX}"
    );
    Ok(tx.rows(&sql, vec![]).await?)
}

/// One house with everything about it.
///
/// # Errors
/// [`HousesError::NotFound`] when this project has no such house.
pub async fn house(tx: &ProjectTx<'_>, id: HouseId) -> Result<HouseView, HousesError> {
    let sql = format!("SELECT {COLUMNS} FROM house h WHERE h.id = $1");
    let row: HouseRow = tx.row(&sql, vec![id.uuid().into()]).await?.ok_or(HousesError::NotFound)?;
    let hit = hits(tx, std::iter::once(&row)).await?.into_iter().next().ok_or(HousesError::NotFound)?;
    let handover = row.handover_day.map(day_of_number).transpose();
    Ok(HouseView {
        hit,
        floor: row.floor,
        inner_area_centi: row.inner_area_centi,
        unit_price_e4: row.unit_price_e4,
        handover: handover.map_err(|_| StoreError::bad_row("house", format!("{} handover_day", row.id)))?,
    })
}

/// Names by party, masked.
pub(super) async fn masked_names(tx: &ProjectTx<'_>, parties: &[Uuid]) -> Result<HashMap<Uuid, String>, HousesError> {
    let mut names = HashMap::with_capacity(parties.len());
    for ids in parties.chunks(IDS_PER_STATEMENT) {
        let sql = format!("SELECT id, name_sealed FROM party WHERE id IN ({})", marks(ids.len()));
        let rows: Vec<NameRow> = tx.rows(&sql, ids.iter().map(|id| (*id).into()).collect()).await?;
        for row in rows {
            names.insert(row.id, masked_name(&tx.sealer().open("party.name", &row.name_sealed)?));
        }
    }
    Ok(names)
}

fn marks(count: usize) -> String {
    (1..=count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}

/// Rows with their people: two more queries, however many houses.
async fn hits(tx: &ProjectTx<'_>, rows: impl Iterator<Item = &HouseRow> + Clone) -> Result<Vec<HouseHit>, HousesError> {
    let ids: Vec<Uuid> = rows.clone().map(|row| row.id).collect();
    let mut parties = parties_of(tx, &ids).await?;
    Ok(rows
        .map(|row| HouseHit {
            id: row.id,
            key: row.house_key.clone(),
            building: row.building.clone(),
            entrance: row.entrance.clone(),
            room: row.room.clone(),
            kind: row.kind.clone(),
            area_centi: row.area_centi,
            occupancy: row.occupancy.clone(),
            parties: parties.remove(&row.id).unwrap_or_default(),
        })
        .collect())
}

async fn parties_of(tx: &ProjectTx<'_>, houses: &[Uuid]) -> Result<HashMap<Uuid, Vec<PartyView>>, HousesError> {
    let mut found: HashMap<Uuid, Vec<PartyView>> = HashMap::with_capacity(houses.len());
    if houses.is_empty() {
        return Ok(found);
    }
    let sql = format!(
        "SELECT hp.house_id, hp.party_id, hp.role, hp.is_payer, p.kind, p.name_sealed FROM house_party hp \
         JOIN party p ON p.id = hp.party_id WHERE hp.house_id IN ({}) \
         ORDER BY hp.house_id, CASE hp.role WHEN 'owner' THEN 0 ELSE 1 END, hp.position, hp.party_id",
        marks(houses.len())
    );
    let rows: Vec<PartyRow> = tx.rows(&sql, houses.iter().map(|id| (*id).into()).collect()).await?;
    let phones = phones_of(tx, houses).await?;
    for row in rows {
        found.entry(row.house_id).or_default().push(PartyView {
            party_id: row.party_id,
            role: row.role,
            kind: row.kind,
            name_masked: masked_name(&tx.sealer().open("party.name", &row.name_sealed)?),
            phones_masked: phones.get(&row.party_id).cloned().unwrap_or_default(),
            is_payer: row.is_payer,
        });
    }
    Ok(found)
}

async fn phones_of(tx: &ProjectTx<'_>, houses: &[Uuid]) -> Result<HashMap<Uuid, Vec<String>>, HousesError> {
    let sql = format!(
        "SELECT party_id, phone_sealed FROM party_phone WHERE party_id IN \
         (SELECT hp.party_id FROM house_party hp WHERE hp.house_id IN ({})) ORDER BY party_id, position, phone_hash",
        marks(houses.len())
    );
    let rows: Vec<PhoneRow> = tx.rows(&sql, houses.iter().map(|id| (*id).into()).collect()).await?;
    let mut phones: HashMap<Uuid, Vec<String>> = HashMap::new();
    for row in rows {
        let shown = phones.entry(row.party_id).or_default();
        if shown.len() < PHONES_SHOWN_MAX {
            let digits = tx.sealer().open("party_phone.phone", &row.phone_sealed)?;
            let phone = Phone::parse(&digits)
                .map_err(|_| StoreError::bad_row("party_phone", format!("{} phone", row.party_id)))?;
            shown.push(phone.masked());
        }
    }
    Ok(phones)
}
