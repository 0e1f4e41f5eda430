//! Stories of campaigns on a real database, with the engine's own world.

mod audience;
mod cancelling;
mod sending;

use chrono::{DateTime, Utc};
use domain::calendar::day_number;
use domain::ids::StaffId;
use domain::reminder::Channel;
use uuid::Uuid;

use super::{Audience, NewCampaign};
use crate::audit::{Actor, By};
use crate::reminders::account_of;
use crate::reminders::stories::{Payer, World, control, day};

pub(super) type Story = Result<(), super::CampaignError>;

/// A due date that no stage of the ladder is near.
pub(super) const FAR: &str = "2026-12-10";

pub(super) fn staff() -> By {
    By { actor: Actor::Staff(StaffId::new()), request_id: None }
}

pub(super) fn at(text: &str) -> DateTime<Utc> {
    format!("{text}:00+08:00").parse::<DateTime<chrono::FixedOffset>>().unwrap().to_utc()
}

/// To everybody with an open bill, WeChat first, when it is sent off.
pub(super) fn to_all() -> NewCampaign {
    NewCampaign {
        name: "周六办公".to_owned(),
        audience: Audience::default(),
        channels: vec![Channel::WechatTemplate, Channel::Sms],
        note: Some("本周六服务中心照常办公".to_owned()),
        send_at: None,
    }
}

pub(super) fn to_building(name: &str) -> NewCampaign {
    NewCampaign { audience: Audience { buildings: vec![name.to_owned()], ..Audience::default() }, ..to_all() }
}

/// Somebody with a phone of their own and no WeChat.
pub(super) async fn phone_only(world: &World, house_key: &str, phone: &str) -> Payer {
    let house = world.house(house_key).await;
    let party = world.party(house, true).await;
    world.phone(party, phone).await;
    Payer { party, house }
}

/// Another house of the same payer.
pub(super) async fn second_house(world: &World, payer: Payer, house_key: &str) -> Payer {
    let house = world.house(house_key).await;
    world
        .sql(
            "INSERT INTO house_party (house_id, party_id, role, position, is_payer) VALUES ($1, $2, 'owner', 1, TRUE)",
            vec![house.into(), payer.party.into()],
        )
        .await;
    Payer { house, ..payer }
}

/// What one text costs.
pub(super) async fn texts_cost(world: &World, cost_fen: i64) {
    let account = account_of(world.db.info(), Channel::Sms).unwrap();
    let sql = "INSERT INTO sending_account (account, channel, cost_fen, updated_at_ms) VALUES ($1, 'sms', $2, 0)";
    control(&world.fixture, vec![(sql, vec![account.into(), cost_fen.into()])]).await;
}

/// The campaign's reminders as `state` or `state(reason)`, sorted.
pub(super) async fn states(world: &World, no: i64) -> Vec<String> {
    let mut states: Vec<String> = world
        .reminders()
        .await
        .into_iter()
        .filter_map(|word| word.strip_prefix(&format!("campaign_{no}:")).map(str::to_owned))
        .collect();
    states.sort();
    states
}

/// Houses with one bill each, of one payer for each hundred.
pub(super) async fn many_bills(world: &World, count: usize) {
    let first = world.payer("9-0").await;
    world.bill(first, FAR, 100).await;
    let parties: Vec<Uuid> = (0..count.div_ceil(100)).map(|_| Uuid::now_v7()).collect();
    let due = day_number(day(FAR));
    world
        .db
        .transact("story.many", async |tx| {
            let rows = parties.iter().map(|id| {
                vec![(*id).into(), "person".into(), vec![0_u8].into(), id.as_bytes().to_vec().into(), 0_i64.into()]
            });
            tx.insert_many("party", &["id", "kind", "name_sealed", "name_hash", "created_at_ms"], rows.collect(), "")
                .await?;
            let houses: Vec<Uuid> = (1..count).map(|_| Uuid::now_v7()).collect();
            let rows = houses.iter().enumerate().map(|(n, id)| {
                vec![
                    (*id).into(),
                    format!("8-{n}").into(),
                    "8".into(),
                    n.to_string().into(),
                    "flat".into(),
                    8_900_i64.into(),
                    "occupied".into(),
                    0_i64.into(),
                    0_i64.into(),
                ]
            });
            let columns = [
                "id",
                "house_key",
                "building",
                "room",
                "kind",
                "area_centi",
                "occupancy",
                "created_at_ms",
                "updated_at_ms",
            ];
            tx.insert_many("house", &columns, rows.collect(), "").await?;
            let sql = "INSERT INTO bill (id, run_id, house_id, payer_party_id, fee_item_id, period_start_day, \
                 period_end_day, bill_day, due_day, total_fen, paid_fen, created_at_ms) \
                 SELECT h.id, b.run_id, h.id, $1, b.fee_item_id, 0, 30, b.bill_day, $2, 100, 0, 0 \
                 FROM house h JOIN bill b ON b.house_id = $3 WHERE h.building = '8' \
                 AND CAST(h.room AS BIGINT) BETWEEN $4 AND $5";
            for (n, party) in parties.iter().enumerate() {
                let from = i64::try_from(n * 100).unwrap();
                let values = vec![(*party).into(), due.into(), first.house.into(), from.into(), (from + 99).into()];
                tx.execute(sql, values).await?;
            }
            Ok::<_, crate::store::StoreError>(())
        })
        .await
        .unwrap();
}
