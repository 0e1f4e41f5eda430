//! Bindings: which houses are whose, and the lists of them.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::{HouseId, PartyId, PersonId, ProjectId};
use domain::person::{Phone, masked_name};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::claim::name_hash;
use super::person::PHONE_COLUMN;
use super::repo::{self, IDS_PER_QUERY, Recorded, numbered};
use super::view::instant;
use super::{BindingView, OwnerError, PendingBindingView};
use crate::store::{StoreError, Values};
use crate::tenancy::{ControlDb, ProjectDb, Projects};

/// The column a claimed name is sealed for.
pub(super) const NAME_COLUMN: &str = "house_binding.claimed_name";
/// Bindings shown to a person.
const BINDINGS_SHOWN_MAX: usize = 200;
/// Houses one person may have in a project: a developer's phone may lead to many.
const HOUSES_MAX: usize = 2_000;
/// Rows of one page.
const PAGE_MAX: u32 = 200;

/// As what a person is bound to a house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BindingRole {
    /// A recorded owner.
    Owner,
    /// A recorded lessee.
    Lessee,
    /// Somebody the staff let in who is in no book.
    Family,
}

impl BindingRole {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Lessee => "lessee",
            Self::Family => "family",
        }
    }

    pub(super) fn parse(word: &str, table: &'static str) -> Result<Self, StoreError> {
        match word {
            "owner" => Ok(Self::Owner),
            "lessee" => Ok(Self::Lessee),
            "family" => Ok(Self::Family),
            _ => Err(StoreError::bad_row(table, format!("role {word}"))),
        }
    }
}

/// Where a claim stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BindingState {
    /// Awaits the staff.
    Pending,
    /// The person sees the house's bills.
    Active,
    /// The staff said no.
    Refused,
    /// It was, and is no more.
    Ended,
}

impl BindingState {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Refused => "refused",
            Self::Ended => "ended",
        }
    }

    pub(super) fn parse(word: &str) -> Result<Self, StoreError> {
        match word {
            "pending" => Ok(Self::Pending),
            "active" => Ok(Self::Active),
            "refused" => Ok(Self::Refused),
            "ended" => Ok(Self::Ended),
            _ => Err(StoreError::bad_row("house_binding", format!("state {word}"))),
        }
    }

    fn words(self, reason: Option<&str>) -> String {
        match (self, reason) {
            (Self::Pending, _) => "等待物业核对".to_owned(),
            (Self::Active, _) => "已绑定".to_owned(),
            (Self::Refused, Some(reason)) => format!("未通过：{reason}"),
            (Self::Refused, None) => "未通过".to_owned(),
            (Self::Ended, Some(reason)) => format!("已解除：{reason}"),
            (Self::Ended, None) => "已解除".to_owned(),
        }
    }
}

#[derive(sea_orm::FromQueryResult)]
struct BindingRow {
    id: Uuid,
    project_id: Uuid,
    project_name: String,
    house_id: Uuid,
    role: String,
    state: String,
    reason: Option<String>,
    requested_at_ms: i64,
    decided_at_ms: Option<i64>,
}

/// A person's bindings over all projects, in every state, the newest first, at most 200. A project that cannot be
/// opened costs the house's name and nothing else.
///
/// # Errors
/// [`OwnerError::Store`].
pub async fn bindings(
    control: &ControlDb,
    projects: &Projects,
    person: PersonId,
) -> Result<Vec<BindingView>, OwnerError> {
    let sql = format!(
        "SELECT b.id, b.project_id, p.name AS project_name, b.house_id, b.role, b.state, b.reason, b.requested_at_ms, \
         b.decided_at_ms FROM house_binding b JOIN project p ON p.id = b.project_id WHERE b.person_id = $1 \
         ORDER BY b.requested_at_ms DESC, b.id DESC LIMIT {BINDINGS_SHOWN_MAX}"
    );
    let rows: Vec<BindingRow> = control
        .read("owners.bindings", async |tx| tx.rows(&sql, vec![person.uuid().into()]).await)
        .await
        .map_err(|e: StoreError| e)?;
    let mut houses: BTreeMap<ProjectId, BTreeSet<HouseId>> = BTreeMap::new();
    for row in &rows {
        houses.entry(ProjectId(row.project_id)).or_default().insert(HouseId(row.house_id));
    }
    let mut keys = BTreeMap::new();
    for (project, houses) in houses {
        let houses: Vec<HouseId> = houses.into_iter().collect();
        match keys_in(projects, project, &houses).await {
            Ok(found) => keys.extend(found),
            Err(error) => tracing::warn!(project = %project, %error, "houses without names in a list of bindings"),
        }
    }
    rows.into_iter().map(|row| row.view(&keys)).collect()
}

async fn keys_in(
    projects: &Projects,
    project: ProjectId,
    houses: &[HouseId],
) -> Result<BTreeMap<HouseId, String>, OwnerError> {
    let db = Box::pin(projects.open(project)).await?;
    Ok(db.read("owners.house_keys", async |tx| repo::house_keys(tx, houses).await).await?)
}

impl BindingRow {
    fn view(self, keys: &BTreeMap<HouseId, String>) -> Result<BindingView, OwnerError> {
        let state = BindingState::parse(&self.state)?;
        Ok(BindingView {
            id: self.id,
            project_id: self.project_id,
            project_name: self.project_name,
            house_id: self.house_id,
            house: keys.get(&HouseId(self.house_id)).cloned(),
            role: BindingRole::parse(&self.role, "house_binding")?,
            state,
            words: state.words(self.reason.as_deref()),
            requested_at: instant(self.requested_at_ms)?,
            decided_at: self.decided_at_ms.map(instant).transpose()?,
        })
    }
}

/// Where a page of pending claims ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PendingCursor {
    /// When the last row was requested, in milliseconds since 1970-01-01T00:00Z.
    pub requested_at_ms: i64,
    /// Its id.
    pub id: Uuid,
}

#[derive(sea_orm::FromQueryResult)]
struct PendingRow {
    id: Uuid,
    house_id: Uuid,
    claimed_name_sealed: Option<Vec<u8>>,
    phone_sealed: Option<Vec<u8>>,
    requested_at_ms: i64,
}

/// The claims that await the staff of a project, the oldest first, at most 200 a page.
///
/// # Errors
/// [`OwnerError::Store`], [`OwnerError::Vault`].
pub async fn pending_bindings(
    control: &ControlDb,
    db: &ProjectDb,
    after: Option<PendingCursor>,
    limit: u32,
) -> Result<Vec<PendingBindingView>, OwnerError> {
    let after = after.unwrap_or(PendingCursor { requested_at_ms: i64::MIN, id: Uuid::nil() });
    let sql = format!(
        "SELECT b.id, b.house_id, b.claimed_name_sealed, p.phone_sealed, b.requested_at_ms FROM house_binding b \
         JOIN person p ON p.id = b.person_id WHERE b.project_id = $1 AND b.state = 'pending' \
         AND (b.requested_at_ms, b.id) > ($2, $3) ORDER BY b.requested_at_ms, b.id LIMIT {}",
        limit.clamp(1, PAGE_MAX)
    );
    let values = vec![db.id().uuid().into(), after.requested_at_ms.into(), after.id.into()];
    let rows: Vec<PendingRow> =
        control.read("owners.pending", async |tx| tx.rows(&sql, values).await).await.map_err(|e: StoreError| e)?;
    let distinct: BTreeSet<HouseId> = rows.iter().map(|row| HouseId(row.house_id)).collect();
    let houses: Vec<HouseId> = distinct.into_iter().collect();
    let (keys, recorded) = db
        .read("owners.pending_houses", async |tx| {
            Ok::<_, OwnerError>((repo::house_keys(tx, &houses).await?, repo::recorded(tx, &houses).await?))
        })
        .await?;
    rows.into_iter().map(|row| row.view(control, db, &keys, &recorded)).collect()
}

impl PendingRow {
    fn view(
        self,
        control: &ControlDb,
        db: &ProjectDb,
        keys: &BTreeMap<HouseId, String>,
        recorded: &[Recorded],
    ) -> Result<PendingBindingView, OwnerError> {
        let open = |column: &str, sealed: &Option<Vec<u8>>| {
            sealed.as_deref().map(|sealed| control.sealer().open(column, sealed)).transpose()
        };
        let claimed = open(NAME_COLUMN, &self.claimed_name_sealed)?;
        let phone = open(PHONE_COLUMN, &self.phone_sealed)?;
        let house_id = HouseId(self.house_id);
        let of_house = || recorded.iter().filter(|party| party.house_id == house_id);
        let claimed_hash = claimed.as_deref().map(|name| name_hash(db.sealer(), name));
        Ok(PendingBindingView {
            id: self.id,
            house_id: self.house_id,
            house: keys.get(&house_id).cloned(),
            name_matches: of_house().any(|party| Some(&party.name_hash) == claimed_hash.as_ref()),
            claimed_name: claimed.as_deref().map(masked_name),
            recorded_names: of_house().map(|party| masked_name(&party.name)).collect(),
            phone: phone.and_then(|digits| Phone::parse(&digits).ok()).map(|phone| phone.masked()),
            requested_at: instant(self.requested_at_ms)?,
            cursor: PendingCursor { requested_at_ms: self.requested_at_ms, id: self.id },
        })
    }
}

#[derive(sea_orm::FromQueryResult)]
struct HouseRow {
    house_id: Uuid,
}

/// The houses a person may see in a project, at most 2,000.
///
/// # Errors
/// [`OwnerError::Store`].
pub async fn active_houses(
    control: &ControlDb,
    person: PersonId,
    project: ProjectId,
) -> Result<Vec<HouseId>, OwnerError> {
    let sql = format!(
        "SELECT house_id FROM house_binding WHERE person_id = $1 AND project_id = $2 AND state = 'active' \
         ORDER BY house_id LIMIT {HOUSES_MAX}"
    );
    let rows: Vec<HouseRow> = control
        .read("owners.active_houses", async |tx| tx.rows(&sql, vec![person.uuid().into(), project.uuid().into()]).await)
        .await
        .map_err(|e: StoreError| e)?;
    Ok(rows.into_iter().map(|row| HouseId(row.house_id)).collect())
}

/// Refuses a house that is not this person's. Not there and not theirs are the same answer.
///
/// # Errors
/// [`OwnerError::NotFound`], [`OwnerError::Store`].
pub async fn require_house(
    control: &ControlDb,
    person: PersonId,
    project: ProjectId,
    house: HouseId,
) -> Result<(), OwnerError> {
    let found: Option<HouseRow> = control
        .read("owners.require_house", async |tx| {
            tx.row(
                "SELECT house_id FROM house_binding \
                 WHERE person_id = $1 AND project_id = $2 AND house_id = $3 AND state = 'active'",
                vec![person.uuid().into(), project.uuid().into(), house.uuid().into()],
            )
            .await
        })
        .await
        .map_err(|e: StoreError| e)?;
    found.map(|_| ()).ok_or(OwnerError::NotFound)
}

/// A person bound to a house: whom a reminder can reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HousePerson {
    /// Who.
    pub person_id: PersonId,
    /// As which party of the books; nothing for family.
    pub party_id: Option<PartyId>,
    /// As what.
    pub role: BindingRole,
}

#[derive(sea_orm::FromQueryResult)]
struct HousePersonRow {
    house_id: Uuid,
    person_id: Uuid,
    party_id: Option<Uuid>,
    role: String,
}

/// Who is actively bound to each of these houses. Houses without anybody are left out.
///
/// # Errors
/// [`OwnerError::Store`].
pub async fn people_of_houses(
    control: &ControlDb,
    project: ProjectId,
    houses: &[HouseId],
) -> Result<BTreeMap<HouseId, Vec<HousePerson>>, OwnerError> {
    let mut people: BTreeMap<HouseId, Vec<HousePerson>> = BTreeMap::new();
    for chunk in houses.chunks(IDS_PER_QUERY) {
        let sql = format!(
            "SELECT house_id, person_id, party_id, role FROM house_binding \
             WHERE project_id = $1 AND state = 'active' AND house_id IN ({}) ORDER BY requested_at_ms, id",
            numbered(2, chunk.len())
        );
        let mut values: Values = vec![project.uuid().into()];
        values.extend(chunk.iter().map(|house| house.uuid().into()));
        let rows: Vec<HousePersonRow> = control
            .read("owners.people_of_houses", async |tx| tx.rows(&sql, values).await)
            .await
            .map_err(|e: StoreError| e)?;
        for row in rows {
            people.entry(HouseId(row.house_id)).or_default().push(HousePerson {
                person_id: PersonId(row.person_id),
                party_id: row.party_id.map(PartyId),
                role: BindingRole::parse(&row.role, "house_binding")?,
            });
        }
    }
    Ok(people)
}
