//! People: one human being, found by openid, by union id, and by the phone WeChat vouches for.

use chrono::{DateTime, Utc};
use domain::ids::{CompanyId, PersonId};
use domain::person::Phone;
use serde_json::json;
use uuid::Uuid;

use super::session::{self, by_owner};
use super::{AutoBound, OwnerError, OwnerSession, SignedIn, auto_bind};
use crate::audit;
use crate::store::{StoreError, Tx};
use crate::tenancy::{ControlDb, Projects};

/// Tries when two nodes make the same person at the same moment.
const ATTEMPTS_MAX: u32 = 3;
/// The column a person's phone is sealed for.
pub(super) const PHONE_COLUMN: &str = "person.phone";

/// What recording a phone did.
#[derive(Debug)]
pub struct PhoneRecorded {
    /// Who the session belongs to from now on: the person who holds the phone.
    pub person_id: PersonId,
    /// The person who was merged into that one, if it was another.
    pub merged_from: Option<PersonId>,
    /// The houses found by the phone.
    pub bound: AutoBound,
}

#[derive(sea_orm::FromQueryResult)]
struct IdentityRow {
    person_id: Option<Uuid>,
    union_id: Option<String>,
}

/// Signs in whoever WeChat says this is: the person of the openid, else of the union id, else a new one.
///
/// # Errors
/// [`OwnerError::Store`], [`OwnerError::Vault`].
pub async fn record_sign_in(
    control: &ControlDb,
    app_id: &str,
    openid: &str,
    union_id: Option<&str>,
    now: DateTime<Utc>,
) -> Result<SignedIn, OwnerError> {
    let mut attempt = 1;
    loop {
        let answer =
            control.transact("owners.sign_in", async |tx| sign_in_once(tx, app_id, openid, union_id, now).await).await;
        match answer {
            Err(OwnerError::Store(StoreError::Conflict { .. })) if attempt < ATTEMPTS_MAX => attempt += 1,
            answer => return answer,
        }
    }
}

async fn sign_in_once(
    tx: &Tx,
    app_id: &str,
    openid: &str,
    union_id: Option<&str>,
    now: DateTime<Utc>,
) -> Result<SignedIn, OwnerError> {
    let now_ms = now.timestamp_millis();
    tx.execute(
        "INSERT INTO person_wechat (app_id, openid, followed, created_at_ms) VALUES ($1, $2, $3, $4) \
         ON CONFLICT DO NOTHING",
        vec![app_id.into(), openid.into(), false.into(), now_ms.into()],
    )
    .await?;
    let sql =
        format!("SELECT person_id, union_id FROM person_wechat WHERE app_id = $1 AND openid = $2{}", tx.for_update());
    let identity: Option<IdentityRow> = tx.row(&sql, vec![app_id.into(), openid.into()]).await?;
    let identity = identity.ok_or_else(|| StoreError::bad_row("person_wechat", "gone while held"))?;
    let union_id = union_id.or(identity.union_id.as_deref());
    let by_union = match union_id {
        Some(union_id) => person_by_union(tx, union_id).await?,
        None => None,
    };
    let person = match (identity.person_id.map(PersonId), by_union) {
        (Some(known), Some(other)) if known != other => one_of_two(tx, known, other, now_ms).await?,
        (Some(known), _) | (None, Some(known)) => known,
        (None, None) => new_person(tx, now_ms).await?,
    };
    tx.execute(
        "UPDATE person_wechat SET person_id = $1, union_id = $2 WHERE app_id = $3 AND openid = $4",
        vec![person.uuid().into(), union_id.into(), app_id.into(), openid.into()],
    )
    .await?;
    if let Some(union_id) = union_id {
        adopt(tx, person, union_id).await?;
    }
    let has_phone = phone_hash(tx, person).await?.is_some();
    session::open(tx, person, app_id, openid, has_phone, now).await
}

async fn new_person(tx: &Tx, now_ms: i64) -> Result<PersonId, StoreError> {
    let person = PersonId::new();
    tx.execute("INSERT INTO person (id, created_at_ms) VALUES ($1, $2)", vec![person.uuid().into(), now_ms.into()])
        .await?;
    Ok(person)
}

/// The person a union id leads to, by their own row or by an identity of theirs.
pub(super) async fn person_by_union(tx: &Tx, union_id: &str) -> Result<Option<PersonId>, StoreError> {
    let own: Option<Uuid> = tx.value("SELECT id FROM person WHERE union_id = $1", vec![union_id.into()]).await?;
    if own.is_some() {
        return Ok(own.map(PersonId));
    }
    let by_identity: Option<Uuid> = tx
        .value(
            "SELECT person_id FROM person_wechat WHERE union_id = $1 AND person_id IS NOT NULL \
             ORDER BY created_at_ms LIMIT 1",
            vec![union_id.into()],
        )
        .await?;
    Ok(by_identity.map(PersonId))
}

/// Gives a person the union id and every identity that waited for it, such as a follower who had not signed in.
async fn adopt(tx: &Tx, person: PersonId, union_id: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE person SET union_id = $1 WHERE id = $2 AND union_id IS NULL \
         AND NOT EXISTS (SELECT 1 FROM person o WHERE o.union_id = $1)",
        vec![union_id.into(), person.uuid().into()],
    )
    .await?;
    tx.execute(
        "UPDATE person_wechat SET person_id = $1 WHERE union_id = $2 AND person_id IS NULL",
        vec![person.uuid().into(), union_id.into()],
    )
    .await?;
    Ok(())
}

/// The openid leads to one person and the union id to another: one human being, merged unless each has a phone.
async fn one_of_two(tx: &Tx, known: PersonId, other: PersonId, now_ms: i64) -> Result<PersonId, StoreError> {
    let known_has = phone_hash(tx, known).await?.is_some();
    let other_has = phone_hash(tx, other).await?.is_some();
    let (from, into) = match (known_has, other_has) {
        // Two vouched phones: WeChat would have to say which is meant, and it does not.
        (true, true) => return Ok(known),
        (true, false) => (other, known),
        (false, _) => (known, other),
    };
    merge(tx, from, into, "union_id", now_ms).await?;
    Ok(into)
}

async fn phone_hash(tx: &Tx, person: PersonId) -> Result<Option<Vec<u8>>, StoreError> {
    let hash: Option<Option<Vec<u8>>> =
        tx.value("SELECT phone_hash FROM person WHERE id = $1", vec![person.uuid().into()]).await?;
    Ok(hash.flatten())
}

/// Records the phone WeChat vouched for, and binds the houses it leads to in the company of the mini program.
///
/// Where another person holds the phone, it is the same human being with another openid: everything moves to that
/// person, and [`PhoneRecorded::person_id`] says so.
///
/// # Errors
/// [`OwnerError::NotFound`] for an erased person; [`OwnerError::Store`], [`OwnerError::Vault`]. A project that cannot
/// be opened is not an error: [`AutoBound::unreachable`] names it.
pub async fn record_phone(
    control: &ControlDb,
    projects: &Projects,
    session: &OwnerSession,
    phone: &Phone,
    now: DateTime<Utc>,
) -> Result<PhoneRecorded, OwnerError> {
    let sealed = control.sealer().seal(PHONE_COLUMN, phone.expose())?;
    let hash = control.sealer().hash("phone", phone.expose());
    let mut attempt = 1;
    let person = loop {
        let answer = control
            .transact("owners.record_phone", async |tx| {
                phone_once(tx, session.person_id, &sealed, &hash, now.timestamp_millis()).await
            })
            .await;
        match answer {
            Err(OwnerError::Store(StoreError::Conflict { .. })) if attempt < ATTEMPTS_MAX => attempt += 1,
            answer => break answer?,
        }
    };
    let bound = match company_of_app(control, &session.app_id).await? {
        Some(company) => auto_bind(control, projects, company, person, now).await?,
        None => AutoBound::default(),
    };
    let merged_from = (person != session.person_id).then_some(session.person_id);
    Ok(PhoneRecorded { person_id: person, merged_from, bound })
}

async fn phone_once(
    tx: &Tx,
    person: PersonId,
    sealed: &[u8],
    hash: &[u8],
    now_ms: i64,
) -> Result<PersonId, OwnerError> {
    let holder: Option<Uuid> =
        tx.value("SELECT id FROM person WHERE phone_hash = $1", vec![hash.to_vec().into()]).await?;
    match holder.map(PersonId) {
        Some(holder) if holder == person => Ok(person),
        Some(holder) => {
            merge(tx, person, holder, "phone", now_ms).await?;
            Ok(holder)
        }
        None => {
            let changed = tx
                .execute(
                    "UPDATE person SET phone_sealed = $1, phone_hash = $2 WHERE id = $3 AND erased_at_ms IS NULL",
                    vec![sealed.to_vec().into(), hash.to_vec().into(), person.uuid().into()],
                )
                .await?;
            if changed == 0 {
                return Err(OwnerError::NotFound);
            }
            let subject = format!("person:{person}");
            audit::append(tx, &by_owner(person), "person.phone", &subject, &json!({}), now_ms).await?;
            Ok(person)
        }
    }
}

async fn company_of_app(control: &ControlDb, app_id: &str) -> Result<Option<CompanyId>, StoreError> {
    let company: Option<Uuid> = control
        .read("owners.company", async |tx| {
            tx.value("SELECT company_id FROM wechat_app WHERE app_id = $1", vec![app_id.into()]).await
        })
        .await?;
    Ok(company.map(CompanyId))
}

/// Moves everything of `from` to `into` and empties `from`. Of two open bindings to one house the active one stays.
async fn merge(tx: &Tx, from: PersonId, into: PersonId, cause: &str, now_ms: i64) -> Result<(), StoreError> {
    // In order of id, so that two merges that meet wait for each other and do not lock each other out.
    let lock = format!("SELECT id FROM person WHERE id IN ($1, $2) ORDER BY id{}", tx.for_update());
    let _: Vec<IdRow> = tx.rows(&lock, vec![from.uuid().into(), into.uuid().into()]).await?;
    end_doubles(tx, from, into, now_ms).await?;
    let pair = || vec![into.uuid().into(), from.uuid().into()];
    let bindings = tx.execute("UPDATE house_binding SET person_id = $1 WHERE person_id = $2", pair()).await?;
    let identities = tx.execute("UPDATE person_wechat SET person_id = $1 WHERE person_id = $2", pair()).await?;
    tx.execute("UPDATE follow_token SET person_id = $1 WHERE person_id = $2", pair()).await?;
    let sessions = tx.execute("UPDATE owner_session SET person_id = $1 WHERE person_id = $2", pair()).await?;
    let union_id: Option<Option<String>> =
        tx.value("SELECT union_id FROM person WHERE id = $1", vec![from.uuid().into()]).await?;
    tx.execute(
        "UPDATE person SET phone_sealed = NULL, phone_hash = NULL, union_id = NULL, erased_at_ms = $1 WHERE id = $2",
        vec![now_ms.into(), from.uuid().into()],
    )
    .await?;
    tx.execute(
        "UPDATE person SET union_id = $1 WHERE id = $2 AND union_id IS NULL",
        vec![union_id.flatten().into(), into.uuid().into()],
    )
    .await?;
    let detail = json!({
        "from": from, "cause": cause, "bindings": bindings, "identities": identities, "sessions": sessions,
    });
    audit::append(tx, &by_owner(into), "person.merge", &format!("person:{into}"), &detail, now_ms).await
}

#[derive(sea_orm::FromQueryResult)]
struct IdRow {
    #[expect(dead_code, reason = "read only to lock")]
    id: Uuid,
}

/// One house may be open once per person: before the rows meet, the weaker of two is ended.
async fn end_doubles(tx: &Tx, from: PersonId, into: PersonId, now_ms: i64) -> Result<(), StoreError> {
    const END_ONE: &str = "UPDATE house_binding SET state = 'ended', reason = '同一人的两次绑定已合并', \
         decided_at_ms = $1 WHERE person_id = $2 AND state IN ('pending', 'active')";
    const OTHER: &str = "EXISTS (SELECT 1 FROM house_binding o WHERE o.person_id = $3 \
         AND o.project_id = house_binding.project_id AND o.house_id = house_binding.house_id";
    let weaker_of_into = format!("{END_ONE} AND state = 'pending' AND {OTHER} AND o.state = 'active')");
    tx.execute(&weaker_of_into, vec![now_ms.into(), into.uuid().into(), from.uuid().into()]).await?;
    let rest_of_from = format!("{END_ONE} AND {OTHER} AND o.state IN ('pending', 'active'))");
    tx.execute(&rest_of_from, vec![now_ms.into(), from.uuid().into(), into.uuid().into()]).await?;
    Ok(())
}
