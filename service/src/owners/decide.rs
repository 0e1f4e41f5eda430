//! Deciding a claim and ending a binding.

use chrono::{DateTime, Utc};
use domain::applied::Applied;
use domain::ids::{BindingId, HouseId, PersonId, ProjectId};
use serde_json::json;
use uuid::Uuid;

use super::binding::NAME_COLUMN;
use super::claim::name_hash;
use super::repo;
use super::session::by_owner;
use super::{BindingRole, BindingState, OwnerError};
use crate::audit::{self, By};
use crate::store::{StoreError, Tx};
use crate::tenancy::{ControlDb, ProjectDb};

/// Characters of a reason.
const REASON_CHARS_MAX: usize = 200;

/// What the staff say to a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Let them in: as the recorded party of the claimed name, or as family when the books know no such name.
    Approve,
    /// Do not.
    Refuse,
}

#[derive(sea_orm::FromQueryResult)]
struct ClaimRow {
    house_id: Uuid,
    claimed_name_sealed: Option<Vec<u8>>,
}

/// Decides a pending claim of the project. A refusal needs a reason, which the owner reads. The same decision twice is
/// `Already`. The claimed name is erased with the decision.
///
/// # Errors
/// [`OwnerError::NotFound`] for another project's claim or a house that is gone, [`OwnerError::ReasonRequired`],
/// [`OwnerError::AlreadyDecided`] when it was decided otherwise.
pub async fn decide_binding(
    control: &ControlDb,
    db: &ProjectDb,
    binding: BindingId,
    by: &By,
    decision: Decision,
    reason: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Applied<BindingState>, OwnerError> {
    let reason = checked_reason(reason, decision == Decision::Refuse)?;
    let claim: Option<ClaimRow> = control
        .read("owners.claim_to_decide", async |tx| {
            tx.row(
                "SELECT house_id, claimed_name_sealed FROM house_binding WHERE id = $1 AND project_id = $2",
                vec![binding.uuid().into(), db.id().uuid().into()],
            )
            .await
        })
        .await
        .map_err(|e: StoreError| e)?;
    let claim = claim.ok_or(OwnerError::NotFound)?;
    let (state, action) = match decision {
        Decision::Approve => (BindingState::Active, "binding.approve"),
        Decision::Refuse => (BindingState::Refused, "binding.refuse"),
    };
    let (party, role) = match decision {
        Decision::Approve => party_of(control, db, &claim).await?,
        Decision::Refuse => (None, BindingRole::Family),
    };
    let now_ms = now.timestamp_millis();
    control
        .transact("owners.decide", async |tx| {
            let changed = tx
                .execute(
                    "UPDATE house_binding SET state = $1, party_id = $2, role = $3, reason = $4, decided_at_ms = $5, \
                     decided_by = $6, claimed_name_sealed = NULL WHERE id = $7 AND state = 'pending'",
                    vec![
                        state.word().into(),
                        party.into(),
                        role.word().into(),
                        reason.clone().into(),
                        now_ms.into(),
                        by.actor.id().into(),
                        binding.uuid().into(),
                    ],
                )
                .await?;
            if changed == 0 {
                return if state_of(tx, binding).await? == state {
                    Ok(Applied::Already(state))
                } else {
                    Err(OwnerError::AlreadyDecided)
                };
            }
            let detail = json!({ "project": db.id(), "house": claim.house_id, "role": role, "reason": reason });
            audit::append(tx, by, action, &format!("binding:{binding}"), &detail, now_ms).await?;
            Ok(Applied::Done(state))
        })
        .await
}

fn checked_reason(reason: Option<&str>, required: bool) -> Result<Option<String>, OwnerError> {
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    match reason {
        None if required => Err(OwnerError::ReasonRequired),
        Some(reason) if reason.chars().nth(REASON_CHARS_MAX).is_some() => Err(OwnerError::ReasonRequired),
        reason => Ok(reason.map(str::to_owned)),
    }
}

async fn party_of(
    control: &ControlDb,
    db: &ProjectDb,
    claim: &ClaimRow,
) -> Result<(Option<Uuid>, BindingRole), OwnerError> {
    let name = match &claim.claimed_name_sealed {
        Some(sealed) => Some(control.sealer().open(NAME_COLUMN, sealed)?),
        None => None,
    };
    let hash = name.map(|name| name_hash(db.sealer(), &name));
    let house = HouseId(claim.house_id);
    db.read("owners.party_of_claim", async |tx| {
        if repo::house_keys(tx, &[house]).await?.is_empty() {
            return Err(OwnerError::NotFound);
        }
        let recorded = repo::recorded(tx, &[house]).await?;
        let party = recorded.into_iter().find(|party| Some(&party.name_hash) == hash.as_ref());
        Ok(party.map_or((None, BindingRole::Family), |party| (Some(party.party_id.uuid()), party.role)))
    })
    .await
}

async fn state_of(tx: &Tx, binding: BindingId) -> Result<BindingState, OwnerError> {
    let word: Option<String> =
        tx.value("SELECT state FROM house_binding WHERE id = $1", vec![binding.uuid().into()]).await?;
    Ok(BindingState::parse(&word.ok_or(OwnerError::NotFound)?)?)
}

/// Ends a binding of the project, with a reason the owner reads. An ended one is `Already`.
///
/// # Errors
/// [`OwnerError::NotFound`] for another project's binding, [`OwnerError::ReasonRequired`],
/// [`OwnerError::AlreadyDecided`] for a claim that was never active.
pub async fn end_binding(
    control: &ControlDb,
    project: ProjectId,
    binding: BindingId,
    by: &By,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<Applied<()>, OwnerError> {
    let reason = checked_reason(Some(reason), true)?;
    let scope = Scope { column: "project_id", id: project.uuid(), states: "'active'" };
    control
        .transact("owners.end_binding", async |tx| end(tx, &scope, binding, by, reason, now.timestamp_millis()).await)
        .await
}

/// An owner gives up a house, or takes a claim back. An ended one is `Already`.
///
/// # Errors
/// [`OwnerError::NotFound`] for another person's binding, [`OwnerError::AlreadyDecided`] for a refused claim.
pub async fn end_own_binding(
    control: &ControlDb,
    person: PersonId,
    binding: BindingId,
    now: DateTime<Utc>,
) -> Result<Applied<()>, OwnerError> {
    let scope = Scope { column: "person_id", id: person.uuid(), states: "'active', 'pending'" };
    let by = by_owner(person);
    control
        .transact("owners.end_own_binding", async |tx| {
            end(tx, &scope, binding, &by, None, now.timestamp_millis()).await
        })
        .await
}

/// Whose bindings may be ended, and from which states.
struct Scope {
    column: &'static str,
    id: Uuid,
    states: &'static str,
}

async fn end(
    tx: &Tx,
    scope: &Scope,
    binding: BindingId,
    by: &By,
    reason: Option<String>,
    now_ms: i64,
) -> Result<Applied<()>, OwnerError> {
    let Scope { column, id, states } = scope;
    let staff = match by.actor {
        audit::Actor::Owner(_) => None,
        actor => actor.id(),
    };
    let changed = tx
        .execute(
            &format!(
                "UPDATE house_binding SET state = 'ended', reason = $1, decided_at_ms = $2, decided_by = $3, \
                 claimed_name_sealed = NULL WHERE id = $4 AND {column} = $5 AND state IN ({states})"
            ),
            vec![reason.clone().into(), now_ms.into(), staff.into(), binding.uuid().into(), (*id).into()],
        )
        .await?;
    if changed == 0 {
        let sql = format!("SELECT state FROM house_binding WHERE id = $1 AND {column} = $2");
        let word: Option<String> = tx.value(&sql, vec![binding.uuid().into(), (*id).into()]).await?;
        return match BindingState::parse(&word.ok_or(OwnerError::NotFound)?)? {
            BindingState::Ended => Ok(Applied::Already(())),
            _ => Err(OwnerError::AlreadyDecided),
        };
    }
    audit::append(tx, by, "binding.end", &format!("binding:{binding}"), &json!({ "reason": reason }), now_ms).await?;
    Ok(Applied::Done(()))
}
