//! Signing in and out of the console.

use chrono::{DateTime, TimeDelta, Utc};
use domain::applied::Applied;
use domain::ids::{CompanyId, StaffId};
use secrecy::SecretString;
use serde_json::json;
use uuid::Uuid;

use super::{StaffError, password};
use crate::audit::{self, Actor, By};
use crate::store::{StoreError, Tx};
use crate::tenancy::ControlDb;
use crate::vault;

/// How long a sign-in lasts: a working day.
const SESSION: TimeDelta = TimeDelta::hours(12);
/// Wrong passwords in a row before the account rests.
const FAILURES_MAX: i64 = 5;
/// How long it rests.
const LOCK: TimeDelta = TimeDelta::minutes(15);

/// A fresh session. The token is shown this once and stored nowhere.
#[derive(Debug)]
pub struct SignedIn {
    /// 64 hexadecimal digits.
    pub token: SecretString,
    /// Who.
    pub staff_id: StaffId,
    /// When the token stops working.
    pub expires_at: DateTime<Utc>,
}

/// A valid session. Only [`session`] makes one; it says who it is and nothing of what they may do.
#[derive(Debug, Clone)]
pub struct StaffSession {
    staff_id: StaffId,
    company_id: CompanyId,
    name: String,
    token_hash: Vec<u8>,
}

impl StaffSession {
    /// Who.
    #[must_use]
    pub const fn staff_id(&self) -> StaffId {
        self.staff_id
    }

    /// The company they work for.
    #[must_use]
    pub const fn company_id(&self) -> CompanyId {
        self.company_id
    }

    /// Their name, as colleagues see it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The one who acts, for the audit log.
    #[must_use]
    pub const fn by(&self, request_id: Option<String>) -> By {
        By { actor: Actor::Staff(self.staff_id), request_id }
    }

    pub(super) fn token_hash(&self) -> &[u8] {
        &self.token_hash
    }
}

#[derive(sea_orm::FromQueryResult)]
struct LoginRow {
    id: Uuid,
    password_hash: String,
    failed_sign_ins: i64,
    locked_until_ms: Option<i64>,
    disabled_at_ms: Option<i64>,
}

const LOGIN_COLUMNS: &str = "SELECT id, password_hash, failed_sign_ins, locked_until_ms, disabled_at_ms FROM staff";

/// Opens a session for a login and a password. After 5 wrong passwords in a row the account rests for 15 minutes.
///
/// # Errors
/// [`StaffError::BadCredentials`], whatever was wrong; the audit log knows. [`StaffError::Store`].
pub async fn sign_in(
    control: &ControlDb,
    login: &str,
    password: &SecretString,
    now: DateTime<Utc>,
) -> Result<SignedIn, StaffError> {
    let login = login.trim().to_lowercase();
    let row: Option<LoginRow> = control
        .read("staff.find_login", async |tx| {
            tx.row(&format!("{LOGIN_COLUMNS} WHERE login = $1"), vec![login.into()]).await
        })
        .await
        .map_err(|e: StoreError| e)?;
    let checked = password::check(row.as_ref().map(|row| row.password_hash.clone()), password).await?;
    // A refusal is an answer and not an error inside the transaction: what it counts must be kept.
    let signed_in = control
        .transact("staff.sign_in", async |tx| match &row {
            Some(row) => {
                let id = StaffId(row.id);
                let proven = Proven { matches: checked.matches, password_hash: &row.password_hash };
                if admit(tx, id, &proven, now).await? { Ok(Some(open(tx, id, now).await?)) } else { Ok(None) }
            }
            None => {
                // Written as for a known login, so that the time does not tell them apart.
                let detail = json!({ "refused": "unknown" });
                let (by, at_ms) = (by_staff(StaffId(Uuid::nil())), now.timestamp_millis());
                audit::append(tx, &by, "staff.sign_in_refused", "staff:unknown", &detail, at_ms).await?;
                Ok::<_, StaffError>(None)
            }
        })
        .await?;
    signed_in.ok_or(StaffError::BadCredentials)
}

/// What comparing a password showed, and with which hash.
pub(super) struct Proven<'a> {
    pub matches: bool,
    pub password_hash: &'a str,
}

/// Lets a compared password through or counts it, with the account held.
pub(super) async fn admit(tx: &Tx, id: StaffId, proven: &Proven<'_>, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let now_ms = now.timestamp_millis();
    let sql = format!("{LOGIN_COLUMNS} WHERE id = $1{}", tx.for_update());
    let row: Option<LoginRow> = tx.row(&sql, vec![id.uuid().into()]).await?;
    let Some(row) = row else { return Ok(false) };
    let refused = if row.locked_until_ms.is_some_and(|until_ms| until_ms > now_ms) {
        "locked"
    } else if row.disabled_at_ms.is_some() {
        "disabled"
    } else if !proven.matches || proven.password_hash != row.password_hash {
        "password"
    } else {
        tx.execute(
            "UPDATE staff SET failed_sign_ins = 0, locked_until_ms = NULL WHERE id = $1",
            vec![id.uuid().into()],
        )
        .await?;
        return Ok(true);
    };
    let mut locked_until_ms = row.locked_until_ms;
    let mut failures = row.failed_sign_ins;
    if refused == "password" {
        failures += 1;
        if failures >= FAILURES_MAX {
            failures = 0;
            locked_until_ms = Some((now + LOCK).timestamp_millis());
        }
    }
    tx.execute(
        "UPDATE staff SET failed_sign_ins = $1, locked_until_ms = $2 WHERE id = $3",
        vec![failures.into(), locked_until_ms.into(), id.uuid().into()],
    )
    .await?;
    let locks = refused == "password" && failures == 0;
    let detail = json!({ "refused": refused, "locks": locks });
    audit::append(tx, &by_staff(id), "staff.sign_in_refused", &format!("staff:{id}"), &detail, now_ms).await?;
    Ok(false)
}

pub(super) const fn by_staff(id: StaffId) -> By {
    By { actor: Actor::Staff(id), request_id: None }
}

async fn open(tx: &Tx, id: StaffId, now: DateTime<Utc>) -> Result<SignedIn, StaffError> {
    let token = vault::new_token()?;
    let now_ms = now.timestamp_millis();
    let expires_at = now + SESSION;
    tx.execute(
        "INSERT INTO staff_session (token_hash, staff_id, created_at_ms, expires_at_ms) VALUES ($1, $2, $3, $4)",
        vec![vault::token_hash(&token).into(), id.uuid().into(), now_ms.into(), expires_at.timestamp_millis().into()],
    )
    .await?;
    audit::append(tx, &by_staff(id), "staff.sign_in", &format!("staff:{id}"), &json!({}), now_ms).await?;
    Ok(SignedIn { token: SecretString::from(token), staff_id: id, expires_at })
}

#[derive(sea_orm::FromQueryResult)]
struct SessionRow {
    staff_id: Uuid,
    company_id: Uuid,
    name: String,
}

/// Who holds this token, if it is one of ours, not revoked, not expired, and its holder not disabled.
///
/// # Errors
/// [`StaffError::Store`].
pub async fn session(control: &ControlDb, token: &str, now: DateTime<Utc>) -> Result<Option<StaffSession>, StaffError> {
    let token_hash = vault::token_hash(token);
    let row: Option<SessionRow> = control
        .read("staff.session", async |tx| {
            tx.row(
                "SELECT t.staff_id, s.company_id, s.name FROM staff_session t JOIN staff s ON s.id = t.staff_id \
                 WHERE t.token_hash = $1 AND t.revoked_at_ms IS NULL AND t.expires_at_ms > $2 \
                 AND s.disabled_at_ms IS NULL",
                vec![token_hash.clone().into(), now.timestamp_millis().into()],
            )
            .await
        })
        .await
        .map_err(|e: StoreError| e)?;
    Ok(row.map(|row| StaffSession {
        staff_id: StaffId(row.staff_id),
        company_id: CompanyId(row.company_id),
        name: row.name,
        token_hash,
    }))
}

/// Ends the session of this token. An unknown or ended one is `Already`.
///
/// # Errors
/// [`StaffError::Store`].
pub async fn sign_out(control: &ControlDb, token: &str, now: DateTime<Utc>) -> Result<Applied<()>, StaffError> {
    let hash = vault::token_hash(token);
    let now_ms = now.timestamp_millis();
    control
        .transact("staff.sign_out", async |tx| {
            let staff: Option<Uuid> = tx
                .value(
                    "UPDATE staff_session SET revoked_at_ms = $1 WHERE token_hash = $2 AND revoked_at_ms IS NULL \
                     RETURNING staff_id",
                    vec![now_ms.into(), hash.into()],
                )
                .await?;
            let Some(id) = staff.map(StaffId) else { return Ok(Applied::Already(())) };
            audit::append(tx, &by_staff(id), "staff.sign_out", &format!("staff:{id}"), &json!({}), now_ms).await?;
            Ok(Applied::Done(()))
        })
        .await
}

/// Ends the sessions of an employee, all or all but one; answers how many.
pub(super) async fn revoke(tx: &Tx, id: StaffId, but: Option<&[u8]>, now_ms: i64) -> Result<u64, StoreError> {
    // No hash is empty: without an exception this leaves nothing out.
    let but = but.unwrap_or_default().to_vec();
    tx.execute(
        "UPDATE staff_session SET revoked_at_ms = $1 \
         WHERE staff_id = $2 AND revoked_at_ms IS NULL AND token_hash <> $3",
        vec![now_ms.into(), id.uuid().into(), but.into()],
    )
    .await
}
