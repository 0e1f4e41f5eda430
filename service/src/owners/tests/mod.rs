//! Stories of owners: signing in, being found, being let in.

mod codes;
mod consents;
mod followers;
mod houses;
mod people;

use domain::ids::{BindingId, HouseId, PartyId, PersonId, StaffId};
use domain::person::Phone;
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::*;
use crate::audit::{Actor, By};
use crate::fixture::{self, Fixture};
use crate::store::StoreError;
use crate::tenancy::ProjectDb;

const APP: &str = "wx-mini";
const SERVICE: &str = "wx-service";
const PHONE: &str = "13800001234";

/// One project with a registered mini program.
async fn story() -> Fixture {
    let f = Box::pin(fixture::project()).await;
    let sealed = f.control.sealer().seal("wechat_app.secret", "secret").unwrap();
    f.control
        .transact("test.app", async |tx| {
            tx.execute(
                "INSERT INTO wechat_app (app_id, company_id, kind, secret_sealed, created_at_ms) \
                 VALUES ($1, $2, 'mini_program', $3, 0)",
                vec![APP.into(), f.company_id.uuid().into(), sealed.into()],
            )
            .await
        })
        .await
        .unwrap();
    f
}

/// A house of the books with one owner or lessee.
async fn house(db: &ProjectDb, key: &str, role: &str, name: &str, phone: Option<&str>) -> (HouseId, PartyId) {
    let (house, party) = (HouseId::new(), PartyId::new());
    let parts: Vec<&str> = key.split('-').collect();
    let entrance = (parts.len() == 3).then(|| parts[1].to_owned());
    let room = parts[parts.len() - 1];
    db.transact("test.house", async |tx| {
        tx.execute(
            "INSERT INTO house (id, house_key, building, entrance, room, kind, area_centi, occupancy, created_at_ms, \
             updated_at_ms) VALUES ($1, $2, $3, $4, $5, 'flat', 8900, 'occupied', 0, 0)",
            vec![house.uuid().into(), key.into(), parts[0].into(), entrance.into(), room.into()],
        )
        .await?;
        let sealer = tx.sealer();
        tx.execute(
            "INSERT INTO party (id, kind, name_sealed, name_hash, created_at_ms) VALUES ($1, 'person', $2, $3, 0)",
            vec![
                party.uuid().into(),
                sealer.seal("party.name", name).unwrap().into(),
                sealer.hash("name", name).into(),
            ],
        )
        .await?;
        tx.execute(
            "INSERT INTO house_party (house_id, party_id, role, position, is_payer) VALUES ($1, $2, $3, 0, $4)",
            vec![house.uuid().into(), party.uuid().into(), role.into(), true.into()],
        )
        .await?;
        if let Some(phone) = phone {
            tx.execute(
                "INSERT INTO party_phone (party_id, phone_hash, phone_sealed, position) VALUES ($1, $2, $3, 0)",
                vec![
                    party.uuid().into(),
                    sealer.hash("phone", phone).into(),
                    sealer.seal("party_phone.phone", phone).unwrap().into(),
                ],
            )
            .await?;
        }
        Ok::<_, StoreError>(())
    })
    .await
    .unwrap();
    (house, party)
}

/// Signs in and answers the session and its token.
async fn arrive(f: &Fixture, openid: &str, union_id: Option<&str>) -> (OwnerSession, String) {
    let signed = record_sign_in(&f.control, APP, openid, union_id, f.clock.now()).await.unwrap();
    let token = signed.token.expose_secret().to_owned();
    (session(&f.control, &token, f.clock.now()).await.unwrap().unwrap(), token)
}

async fn give_phone(f: &Fixture, session: &OwnerSession, digits: &str) -> PhoneRecorded {
    let phone = Phone::parse(digits).unwrap();
    record_phone(&f.control, &f.projects, session, &phone, f.clock.now()).await.unwrap()
}

async fn claim(
    f: &Fixture,
    person: PersonId,
    house: &str,
    name: &str,
    tail: Option<&str>,
) -> Result<Claimed, OwnerError> {
    claim_house(&f.control, &f.db, person, Claim { house, name, phone_tail: tail }, f.clock.now()).await
}

fn pending(claimed: Claimed) -> BindingId {
    match claimed {
        Claimed::Pending(id) => id,
        Claimed::Active(_) => panic!("active"),
    }
}

fn steward() -> By {
    By { actor: Actor::Staff(StaffId(Uuid::from_u128(7))), request_id: Some("r1".to_owned()) }
}

async fn count(f: &Fixture, sql: &str) -> i64 {
    f.control
        .read("test.count", async |tx| tx.value::<i64>(sql, vec![]).await)
        .await
        .map_err(|e: StoreError| e)
        .unwrap()
        .unwrap()
}

async fn audited(f: &Fixture, action: &str) -> i64 {
    count(f, &format!("SELECT COUNT(*) FROM audit_log WHERE action = '{action}'")).await
}

async fn houses_of(f: &Fixture, person: PersonId) -> Vec<HouseId> {
    active_houses(&f.control, person, f.project_id).await.unwrap()
}
