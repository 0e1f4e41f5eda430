//! Sessions of the mini program: an opaque token in the owner's hands, its hash in ours.

use chrono::{DateTime, TimeDelta, Utc};
use domain::applied::Applied;
use domain::ids::PersonId;
use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

use super::OwnerError;
use crate::audit::{self, Actor, By};
use crate::store::{StoreError, Tx};
use crate::tenancy::ControlDb;
use crate::vault;

/// How long a sign-in lasts.
const SESSION: TimeDelta = TimeDelta::days(30);

/// A fresh session. The token is shown this once and stored nowhere.
#[derive(Debug)]
pub struct SignedIn {
    /// 64 hexadecimal digits.
    pub token: SecretString,
    /// Who.
    pub person_id: PersonId,
    /// The phone is known already: the page need not ask for it.
    pub has_phone: bool,
    /// When the token stops working.
    pub expires_at: DateTime<Utc>,
}

/// A valid session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerSession {
    /// Who.
    pub person_id: PersonId,
    /// The mini program they signed in to.
    pub app_id: String,
    /// Their openid there.
    pub openid: String,
}

#[derive(sea_orm::FromQueryResult)]
struct SessionRow {
    person_id: Uuid,
    app_id: String,
    openid: String,
}

/// Who holds this token, if it is one of ours, not revoked and not expired.
///
/// # Errors
/// [`OwnerError::Store`].
pub async fn session(control: &ControlDb, token: &str, now: DateTime<Utc>) -> Result<Option<OwnerSession>, OwnerError> {
    let hash = vault::token_hash(token);
    let row: Option<SessionRow> = control
        .read("owners.session", async |tx| {
            tx.row(
                "SELECT person_id, app_id, openid FROM owner_session \
                 WHERE token_hash = $1 AND revoked_at_ms IS NULL AND expires_at_ms > $2",
                vec![hash.into(), now.timestamp_millis().into()],
            )
            .await
        })
        .await
        .map_err(|e: StoreError| e)?;
    Ok(row.map(|row| OwnerSession { person_id: PersonId(row.person_id), app_id: row.app_id, openid: row.openid }))
}

/// Ends the session of this token. An unknown or ended one is `Already`.
///
/// # Errors
/// [`OwnerError::Store`].
pub async fn sign_out(control: &ControlDb, token: &str, now: DateTime<Utc>) -> Result<Applied<()>, OwnerError> {
    let hash = vault::token_hash(token);
    let now_ms = now.timestamp_millis();
    control
        .transact("owners.sign_out", async |tx| {
            let person: Option<Uuid> = tx
                .value(
                    "UPDATE owner_session SET revoked_at_ms = $1 WHERE token_hash = $2 AND revoked_at_ms IS NULL \
                     RETURNING person_id",
                    vec![now_ms.into(), hash.into()],
                )
                .await?;
            let Some(person) = person.map(PersonId) else { return Ok(Applied::Already(())) };
            let subject = format!("person:{person}");
            audit::append(tx, &by_owner(person), "owner.sign_out", &subject, &json!({}), now_ms).await?;
            Ok(Applied::Done(()))
        })
        .await
}

/// Ends every session of a person; answers how many.
///
/// # Errors
/// [`OwnerError::Store`].
pub async fn revoke_all(control: &ControlDb, person: PersonId, by: &By, now: DateTime<Utc>) -> Result<u64, OwnerError> {
    let now_ms = now.timestamp_millis();
    control
        .transact("owners.revoke_all", async |tx| {
            let revoked = tx
                .execute(
                    "UPDATE owner_session SET revoked_at_ms = $1 WHERE person_id = $2 AND revoked_at_ms IS NULL",
                    vec![now_ms.into(), person.uuid().into()],
                )
                .await?;
            let detail = json!({ "sessions": revoked });
            audit::append(tx, by, "owner.revoke_sessions", &format!("person:{person}"), &detail, now_ms).await?;
            Ok(revoked)
        })
        .await
}

/// Opens a session inside the transaction that found out who it is.
pub(super) async fn open(
    tx: &Tx,
    person: PersonId,
    app_id: &str,
    openid: &str,
    has_phone: bool,
    now: DateTime<Utc>,
) -> Result<SignedIn, OwnerError> {
    let token = vault::new_token()?;
    let now_ms = now.timestamp_millis();
    let expires_at = now + SESSION;
    tx.execute(
        "INSERT INTO owner_session (token_hash, person_id, app_id, openid, created_at_ms, expires_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        vec![
            vault::token_hash(&token).into(),
            person.uuid().into(),
            app_id.into(),
            openid.into(),
            now_ms.into(),
            expires_at.timestamp_millis().into(),
        ],
    )
    .await?;
    let detail = json!({ "app_id": app_id });
    audit::append(tx, &by_owner(person), "owner.sign_in", &format!("person:{person}"), &detail, now_ms).await?;
    Ok(SignedIn { token: SecretString::from(token), person_id: person, has_phone, expires_at })
}

/// The owner as the one who acts.
pub(super) const fn by_owner(person: PersonId) -> By {
    By { actor: Actor::Owner(person), request_id: None }
}
