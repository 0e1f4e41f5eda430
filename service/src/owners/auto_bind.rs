//! Houses by phone: WeChat proved the phone, the books say whose it is.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::ids::{BindingId, CompanyId, HouseId, PersonId, ProjectId};
use serde_json::json;
use uuid::Uuid;

use super::OwnerError;
use super::person::PHONE_COLUMN;
use super::repo::{self, HOUSES_PER_PHONE_MAX, HouseOfPhone};
use super::session::by_owner;
use crate::audit;
use crate::store::{StoreError, Tx, Values};
use crate::tenancy::{ControlDb, Projects};

/// Bindings read of one person in one project, in every state.
const BINDINGS_MAX: usize = 5_000;

/// What a phone led to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AutoBound {
    /// Houses bound by this call.
    pub houses: usize,
    /// Projects that could not be asked; the next sign-in with a phone asks them again.
    pub unreachable: Vec<ProjectId>,
}

/// Binds a person to every house of the company's projects where the books know their phone as an owner's or a
/// lessee's. A pending claim to such a house becomes active. A binding the staff ended is not made again: their
/// decision stands until the books name another party.
///
/// # Errors
/// [`OwnerError::Store`], [`OwnerError::Vault`]. One project's failure does not keep the others.
pub async fn auto_bind(
    control: &ControlDb,
    projects: &Projects,
    company: CompanyId,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<AutoBound, OwnerError> {
    let mut bound = AutoBound::default();
    let Some(digits) = phone_of(control, person).await? else { return Ok(bound) };
    let of_company = projects.list().await?.into_iter().filter(|info| info.company_id == company);
    for info in of_company {
        match houses_in(projects, info.id, &digits).await {
            Ok(houses) if houses.is_empty() => {}
            Ok(houses) => {
                bound.houses += control
                    .transact("owners.auto_bind", async |tx| {
                        bind(tx, person, info.id, &houses, now.timestamp_millis()).await
                    })
                    .await?;
            }
            Err(error) => {
                tracing::warn!(project = %info.id, %error, "a project was not asked for the houses of a phone");
                bound.unreachable.push(info.id);
            }
        }
    }
    Ok(bound)
}

/// The digits of a person's phone.
pub(super) async fn phone_of(control: &ControlDb, person: PersonId) -> Result<Option<String>, OwnerError> {
    let sealed: Option<Option<Vec<u8>>> = control
        .read("owners.phone", async |tx| {
            tx.value("SELECT phone_sealed FROM person WHERE id = $1", vec![person.uuid().into()]).await
        })
        .await
        .map_err(|e: StoreError| e)?;
    let sealed = sealed.flatten();
    Ok(sealed.map(|sealed| control.sealer().open(PHONE_COLUMN, &sealed)).transpose()?)
}

async fn houses_in(projects: &Projects, project: ProjectId, digits: &str) -> Result<Vec<HouseOfPhone>, OwnerError> {
    let db = Box::pin(projects.open(project)).await?;
    let houses = db.read("owners.houses_of_phone", async |tx| repo::houses_of_phone(tx, digits).await).await?;
    if houses.len() >= HOUSES_PER_PHONE_MAX {
        tracing::warn!(project = %project, "a phone leads to more houses than are bound at once");
    }
    Ok(houses)
}

#[derive(sea_orm::FromQueryResult)]
struct KnownRow {
    id: Uuid,
    house_id: Uuid,
    party_id: Option<Uuid>,
    state: String,
    decided_by: Option<Uuid>,
}

async fn bind(
    tx: &Tx,
    person: PersonId,
    project: ProjectId,
    houses: &[HouseOfPhone],
    now_ms: i64,
) -> Result<usize, StoreError> {
    let sql = format!(
        "SELECT id, house_id, party_id, state, decided_by FROM house_binding WHERE person_id = $1 AND project_id = $2 \
         ORDER BY requested_at_ms DESC LIMIT {BINDINGS_MAX}"
    );
    let known: Vec<KnownRow> = tx.rows(&sql, vec![person.uuid().into(), project.uuid().into()]).await?;
    let mut by_house: BTreeMap<HouseId, Vec<&KnownRow>> = BTreeMap::new();
    for row in &known {
        by_house.entry(HouseId(row.house_id)).or_default().push(row);
    }
    let mut bound = Vec::new();
    let mut fresh: Vec<Values> = Vec::new();
    for house in houses {
        let rows = by_house.get(&house.house_id).map_or(&[][..], Vec::as_slice);
        let settled = rows.iter().any(|row| row.state == "active" || row.ended_by_staff_for(house));
        if settled {
            continue;
        }
        bound.push(house.house_id);
        match rows.iter().find(|row| row.state == "pending") {
            Some(pending) => activate(tx, BindingId(pending.id), house, now_ms).await?,
            None => fresh.push(active_row(BindingId::new(), person, project, house, now_ms)),
        }
    }
    tx.insert_many("house_binding", ACTIVE_COLUMNS, fresh, "ON CONFLICT DO NOTHING").await?;
    if !bound.is_empty() {
        let detail = json!({ "project": project, "houses": bound });
        let subject = format!("person:{person}");
        audit::append(tx, &by_owner(person), "binding.by_phone", &subject, &detail, now_ms).await?;
    }
    Ok(bound.len())
}

impl KnownRow {
    fn ended_by_staff_for(&self, house: &HouseOfPhone) -> bool {
        self.state == "ended" && self.decided_by.is_some() && self.party_id == Some(house.party_id.uuid())
    }
}

/// The columns of [`active_row`].
pub(super) const ACTIVE_COLUMNS: &[&str] =
    &["id", "person_id", "project_id", "house_id", "party_id", "role", "state", "requested_at_ms", "decided_at_ms"];

/// A binding that is active from the start.
pub(super) fn active_row(
    id: BindingId,
    person: PersonId,
    project: ProjectId,
    house: &HouseOfPhone,
    now_ms: i64,
) -> Values {
    vec![
        id.uuid().into(),
        person.uuid().into(),
        project.uuid().into(),
        house.house_id.uuid().into(),
        house.party_id.uuid().into(),
        house.role.word().into(),
        "active".into(),
        now_ms.into(),
        now_ms.into(),
    ]
}

/// Turns a pending claim active, as the party it turned out to be.
pub(super) async fn activate(tx: &Tx, binding: BindingId, house: &HouseOfPhone, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE house_binding SET state = 'active', party_id = $1, role = $2, decided_at_ms = $3, \
         claimed_name_sealed = NULL WHERE id = $4 AND state = 'pending'",
        vec![house.party_id.uuid().into(), house.role.word().into(), now_ms.into(), binding.uuid().into()],
    )
    .await?;
    Ok(())
}
