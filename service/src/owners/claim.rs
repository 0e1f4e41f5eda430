//! Claiming a house by name: for those whose phone the books do not know, or know otherwise.

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{BindingId, HouseId, PersonId, ProjectId};
use serde_json::json;
use uuid::Uuid;

use super::OwnerError;
use super::auto_bind::{ACTIVE_COLUMNS, activate, active_row, phone_of};
use super::binding::NAME_COLUMN;
use super::place::HouseText;
use super::repo::{self, Found, HouseOfPhone};
use super::session::by_owner;
use crate::audit;
use crate::store::{StoreError, Tx};
use crate::tenancy::{ControlDb, ProjectDb, ProjectTx};
use crate::vault::Sealer;

/// Claims of one person that may await the staff, over all projects.
const PENDING_MAX: i64 = 5;
/// Claims one person may make in any 24 hours, found or not: guessing four digits must not pay.
const CLAIMS_PER_DAY_MAX: i64 = 10;
/// The window of [`CLAIMS_PER_DAY_MAX`].
const DAY: TimeDelta = TimeDelta::days(1);
/// Characters of a name.
const NAME_CHARS_MAX: usize = 50;
/// Digits by which a phone is compared.
const TAIL_DIGITS: usize = 4;

/// What an owner fills in.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// `1栋101`, `1-1-101`, `101`.
    pub house: &'a str,
    /// The name the books should know.
    pub name: &'a str,
    /// The last four digits of the phone the books should know, if filled in.
    pub phone_tail: Option<&'a str>,
}

/// Where the claim stands. Says nothing of which part matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// The house is bound.
    Active(BindingId),
    /// The staff will look.
    Pending(BindingId),
}

/// Claims a house. It is bound at once when the name is that of a recorded owner or lessee and a phone recorded for
/// that same party is the person's own or ends in the digits given; otherwise it awaits the staff.
///
/// # Errors
/// [`OwnerError::BadName`], [`OwnerError::BadPhoneTail`], [`OwnerError::TooManyClaims`], [`OwnerError::TooManyPending`],
/// [`OwnerError::HouseNotFound`], [`OwnerError::HouseAmbiguous`], and what the databases say.
pub async fn claim_house(
    control: &ControlDb,
    db: &ProjectDb,
    person: PersonId,
    claim: Claim<'_>,
    now: DateTime<Utc>,
) -> Result<Claimed, OwnerError> {
    let name = claim.name.trim();
    if name.is_empty() || name.chars().nth(NAME_CHARS_MAX).is_some() {
        return Err(OwnerError::BadName);
    }
    let tail = claim.phone_tail.map(str::trim).filter(|tail| !tail.is_empty());
    if tail.is_some_and(|tail| tail.len() != TAIL_DIGITS || !tail.bytes().all(|b| b.is_ascii_digit())) {
        return Err(OwnerError::BadPhoneTail);
    }
    count_claim(control, person, db.id(), now).await?;
    let phone = phone_of(control, person).await?;
    let proof = Proof { name_hash: name_hash(db.sealer(), name), phone: phone.as_deref(), tail };
    let (house, party) = db.read("owners.claimed_house", async |tx| proof.look(tx, claim.house).await).await?;
    let sealed_name = control.sealer().seal(NAME_COLUMN, name)?;
    let claimant = Claimant { person, project: db.id(), house, party, sealed_name };
    control.transact("owners.claim", async |tx| claimant.record(tx, now.timestamp_millis()).await).await
}

/// The hash by which the project finds a name: without blanks, with Chinese brackets and one middle dot, as imported
/// names are spelt. A name in Latin letters keeps its blanks.
pub(super) fn name_hash(sealer: &Sealer, name: &str) -> Vec<u8> {
    let words: Vec<&str> = name.split_whitespace().collect();
    let spelt: String = words
        .join(if name.is_ascii() { " " } else { "" })
        .chars()
        .map(|c| match c {
            '(' => '（',
            ')' => '）',
            '•' | '・' | '‧' | '∙' | '⋅' => '·',
            _ => c,
        })
        .collect();
    sealer.hash("name", &spelt)
}

/// Writes the attempt down before anything is looked at, and refuses one too many.
async fn count_claim(
    control: &ControlDb,
    person: PersonId,
    project: ProjectId,
    now: DateTime<Utc>,
) -> Result<(), OwnerError> {
    let now_ms = now.timestamp_millis();
    let since_ms = (now - DAY).timestamp_millis();
    control
        .transact("owners.count_claim", async |tx| {
            lock_person(tx, person).await?;
            let made: Option<i64> = tx
                .value(
                    "SELECT COUNT(*) FROM audit_log \
                     WHERE at_ms > $1 AND actor_id = $2 AND action = 'binding.attempt'",
                    vec![since_ms.into(), person.uuid().into()],
                )
                .await?;
            if made.unwrap_or(0) >= CLAIMS_PER_DAY_MAX {
                return Err(OwnerError::TooManyClaims);
            }
            let subject = format!("project:{project}");
            audit::append(tx, &by_owner(person), "binding.attempt", &subject, &json!({}), now_ms).await?;
            Ok(())
        })
        .await
}

async fn lock_person(tx: &Tx, person: PersonId) -> Result<(), OwnerError> {
    let sql = format!("SELECT id FROM person WHERE id = $1 AND erased_at_ms IS NULL{}", tx.for_update());
    let id: Option<Uuid> = tx.value(&sql, vec![person.uuid().into()]).await?;
    id.map(|_| ()).ok_or(OwnerError::NotFound)
}

/// What the claimant can show.
struct Proof<'a> {
    name_hash: Vec<u8>,
    phone: Option<&'a str>,
    tail: Option<&'a str>,
}

impl Proof<'_> {
    /// The house, and the party the claimant turned out to be.
    async fn look(&self, tx: &ProjectTx<'_>, text: &str) -> Result<(HouseId, Option<HouseOfPhone>), OwnerError> {
        let text = HouseText::parse(text).ok_or(OwnerError::HouseNotFound)?;
        let house_id = match repo::find_house(tx, &text).await? {
            Found::One(house_id) => house_id,
            Found::Nothing => return Err(OwnerError::HouseNotFound),
            Found::Several => return Err(OwnerError::HouseAmbiguous),
        };
        let phones = repo::recorded_phones(tx, house_id).await?;
        let phone_hash = self.phone.map(|digits| tx.sealer().hash("phone", digits));
        let shown = |phone: &repo::RecordedPhone| {
            Some(&phone.hash) == phone_hash.as_ref() || self.tail.is_some_and(|tail| phone.digits.ends_with(tail))
        };
        let party = repo::recorded(tx, &[house_id]).await?.into_iter().find(|party| {
            party.name_hash == self.name_hash
                && phones.iter().any(|phone| phone.party_id == party.party_id && shown(phone))
        });
        let party = party.map(|party| HouseOfPhone { house_id, party_id: party.party_id, role: party.role });
        Ok((house_id, party))
    }
}

struct Claimant {
    person: PersonId,
    project: ProjectId,
    house: HouseId,
    party: Option<HouseOfPhone>,
    sealed_name: Vec<u8>,
}

#[derive(sea_orm::FromQueryResult)]
struct KnownRow {
    id: Uuid,
    state: String,
    decided_by: Option<Uuid>,
}

/// Claims to one house read of one person: more than a lifetime of them.
const KNOWN_MAX: usize = 200;

impl Claimant {
    async fn record(&self, tx: &Tx, now_ms: i64) -> Result<Claimed, OwnerError> {
        lock_person(tx, self.person).await?;
        let sql = format!(
            "SELECT id, state, decided_by FROM house_binding WHERE person_id = $1 AND project_id = $2 AND house_id = $3 \
             ORDER BY requested_at_ms DESC LIMIT {KNOWN_MAX}"
        );
        let known: Vec<KnownRow> = tx
            .rows(&sql, vec![self.person.uuid().into(), self.project.uuid().into(), self.house.uuid().into()])
            .await?;
        if let Some(active) = known.iter().find(|row| row.state == "active") {
            return Ok(Claimed::Active(BindingId(active.id)));
        }
        // Whom the staff put out does not let himself in again by the same papers.
        let put_out = known.iter().any(|row| row.state == "ended" && row.decided_by.is_some());
        let party = self.party.as_ref().filter(|_| !put_out);
        let pending = known.iter().find(|row| row.state == "pending").map(|row| BindingId(row.id));
        let claimed = match (party, pending) {
            (Some(party), Some(pending)) => {
                activate(tx, pending, party, now_ms).await?;
                Claimed::Active(pending)
            }
            (Some(party), None) => Claimed::Active(self.insert_active(tx, party, now_ms).await?),
            (None, Some(pending)) => Claimed::Pending(self.rename(tx, pending).await?),
            (None, None) => Claimed::Pending(self.insert_pending(tx, now_ms).await?),
        };
        let (Claimed::Active(binding) | Claimed::Pending(binding)) = claimed;
        let detail = json!({
            "project": self.project, "house": self.house, "active": matches!(claimed, Claimed::Active(_)),
        });
        let subject = format!("binding:{binding}");
        audit::append(tx, &by_owner(self.person), "binding.claim", &subject, &detail, now_ms).await?;
        Ok(claimed)
    }

    async fn insert_active(&self, tx: &Tx, party: &HouseOfPhone, now_ms: i64) -> Result<BindingId, StoreError> {
        let id = BindingId::new();
        let row = active_row(id, self.person, self.project, party, now_ms);
        tx.insert_many("house_binding", ACTIVE_COLUMNS, vec![row], "").await?;
        Ok(id)
    }

    /// The first try may have been mistyped: the staff see the last name given.
    async fn rename(&self, tx: &Tx, pending: BindingId) -> Result<BindingId, StoreError> {
        tx.execute(
            "UPDATE house_binding SET claimed_name_sealed = $1 WHERE id = $2 AND state = 'pending'",
            vec![self.sealed_name.clone().into(), pending.uuid().into()],
        )
        .await?;
        Ok(pending)
    }

    async fn insert_pending(&self, tx: &Tx, now_ms: i64) -> Result<BindingId, OwnerError> {
        let waiting: Option<i64> = tx
            .value(
                "SELECT COUNT(*) FROM house_binding WHERE person_id = $1 AND state = 'pending'",
                vec![self.person.uuid().into()],
            )
            .await?;
        if waiting.unwrap_or(0) >= PENDING_MAX {
            return Err(OwnerError::TooManyPending);
        }
        let id = BindingId::new();
        tx.execute(
            "INSERT INTO house_binding (id, person_id, project_id, house_id, role, state, claimed_name_sealed, \
             requested_at_ms) VALUES ($1, $2, $3, $4, 'family', 'pending', $5, $6)",
            vec![
                id.uuid().into(),
                self.person.uuid().into(),
                self.project.uuid().into(),
                self.house.uuid().into(),
                self.sealed_name.clone().into(),
                now_ms.into(),
            ],
        )
        .await?;
        Ok(id)
    }
}
