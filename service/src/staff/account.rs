//! The accounts of a company's employees.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::applied::Applied;
use domain::ids::{CompanyId, StaffId};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::role::{keep_an_administrator, lock_company};
use super::session::{Proven, admit, by_staff, revoke};
use super::{Role, StaffError, StaffSession, password};
use crate::audit::{self, By};
use crate::store::{StoreError, Tx};
use crate::tenancy::ControlDb;

/// Characters of a login.
const LOGIN_CHARS: std::ops::RangeInclusive<usize> = 3..=32;
/// Characters of a name.
const NAME_CHARS_MAX: usize = 50;
/// Rows of one page.
const PAGE_MAX: u32 = 200;
/// Roles that are read with a page.
const HELD_MAX: usize = 20_000;

/// What is needed to add an employee.
#[derive(Debug, Clone)]
pub struct NewStaff {
    /// The company they work for.
    pub company_id: CompanyId,
    /// 3–32 of `[a-z0-9._@-]`; capitals are made small.
    pub login: String,
    /// Their name, as colleagues see it.
    pub name: String,
    /// 10–128 characters, not the login.
    pub password: SecretString,
}

/// Adds an employee, without any role.
///
/// # Errors
/// [`StaffError::BadLogin`], [`StaffError::BadName`], [`StaffError::WeakPassword`], [`StaffError::LoginTaken`],
/// [`StaffError::NotFound`] for a company that is not there, [`StaffError::Store`].
pub async fn create_staff(
    control: &ControlDb,
    new: NewStaff,
    by: &By,
    now: DateTime<Utc>,
) -> Result<StaffId, StaffError> {
    let login = checked_login(&new.login)?;
    let name = new.name.trim().to_owned();
    if name.is_empty() || name.chars().nth(NAME_CHARS_MAX).is_some() {
        return Err(StaffError::BadName);
    }
    password::acceptable(&login, &new.password)?;
    let hash = password::hash(&new.password).await?;
    let id = StaffId::new();
    let now_ms = now.timestamp_millis();
    let created = control
        .transact("staff.create", async |tx| {
            lock_company(tx, new.company_id).await?;
            tx.execute(
                "INSERT INTO staff (id, company_id, login, name, password_hash, failed_sign_ins, created_at_ms) \
                 VALUES ($1, $2, $3, $4, $5, 0, $6)",
                vec![
                    id.uuid().into(),
                    new.company_id.uuid().into(),
                    login.into(),
                    name.into(),
                    hash.into(),
                    now_ms.into(),
                ],
            )
            .await?;
            audit::append(tx, by, "staff.create", &format!("staff:{id}"), &json!({}), now_ms).await?;
            Ok(id)
        })
        .await;
    match created {
        Err(StaffError::Store(StoreError::Conflict { .. })) => Err(StaffError::LoginTaken),
        created => created,
    }
}

fn checked_login(text: &str) -> Result<String, StaffError> {
    let login = text.trim().to_ascii_lowercase();
    let plain = login.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._@-".contains(&b));
    if plain && LOGIN_CHARS.contains(&login.len()) { Ok(login) } else { Err(StaffError::BadLogin) }
}

#[derive(sea_orm::FromQueryResult)]
struct OwnRow {
    login: String,
    password_hash: String,
}

/// Changes one's own password and ends one's other sessions. A wrong old password counts as a wrong sign-in.
///
/// # Errors
/// [`StaffError::BadCredentials`], [`StaffError::WeakPassword`], [`StaffError::Store`].
pub async fn change_password(
    control: &ControlDb,
    session: &StaffSession,
    old: &SecretString,
    new: &SecretString,
    now: DateTime<Utc>,
) -> Result<(), StaffError> {
    let id = session.staff_id();
    let own: Option<OwnRow> = control
        .read("staff.own_password", async |tx| {
            tx.row("SELECT login, password_hash FROM staff WHERE id = $1", vec![id.uuid().into()]).await
        })
        .await
        .map_err(|e: StoreError| e)?;
    let own = own.ok_or(StaffError::NotFound)?;
    password::acceptable(&own.login, new)?;
    let checked = password::check(Some(own.password_hash.clone()), old).await?;
    let hash = password::hash(new).await?;
    let now_ms = now.timestamp_millis();
    let changed = control
        .transact("staff.change_password", async |tx| {
            let proven = Proven { matches: checked.matches, password_hash: &own.password_hash };
            if !admit(tx, id, &proven, now).await? {
                return Ok::<_, StaffError>(false);
            }
            tx.execute("UPDATE staff SET password_hash = $1 WHERE id = $2", vec![hash.into(), id.uuid().into()])
                .await?;
            let revoked = revoke(tx, id, Some(session.token_hash()), now_ms).await?;
            let detail = json!({ "sessions_ended": revoked });
            audit::append(tx, &by_staff(id), "staff.change_password", &format!("staff:{id}"), &detail, now_ms).await?;
            Ok(true)
        })
        .await?;
    if changed { Ok(()) } else { Err(StaffError::BadCredentials) }
}

/// Shuts an employee of the company out at once: the account and every session of it.
///
/// # Errors
/// [`StaffError::NotFound`] for another company's employee, [`StaffError::LastAdministrator`], [`StaffError::Store`].
pub async fn disable_staff(
    control: &ControlDb,
    company: CompanyId,
    id: StaffId,
    by: &By,
    now: DateTime<Utc>,
) -> Result<Applied<()>, StaffError> {
    let now_ms = now.timestamp_millis();
    control
        .transact("staff.disable", async |tx| {
            lock_company(tx, company).await?;
            if require_staff(tx, company, id).await?.is_some() {
                return Ok(Applied::Already(()));
            }
            keep_an_administrator(tx, company, id).await?;
            tx.execute("UPDATE staff SET disabled_at_ms = $1 WHERE id = $2", vec![now_ms.into(), id.uuid().into()])
                .await?;
            let revoked = revoke(tx, id, None, now_ms).await?;
            let detail = json!({ "sessions_ended": revoked });
            audit::append(tx, by, "staff.disable", &format!("staff:{id}"), &detail, now_ms).await?;
            Ok(Applied::Done(()))
        })
        .await
}

#[derive(sea_orm::FromQueryResult)]
struct DisabledRow {
    disabled_at_ms: Option<i64>,
}

/// When an employee of the company was disabled, if they were.
///
/// # Errors
/// [`StaffError::NotFound`] for another company's employee.
pub(super) async fn require_staff(tx: &Tx, company: CompanyId, id: StaffId) -> Result<Option<i64>, StaffError> {
    let row: Option<DisabledRow> = tx
        .row(
            "SELECT disabled_at_ms FROM staff WHERE id = $1 AND company_id = $2",
            vec![id.uuid().into(), company.uuid().into()],
        )
        .await?;
    row.map(|row| row.disabled_at_ms).ok_or(StaffError::NotFound)
}

/// An employee in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct StaffView {
    /// Their id.
    pub id: Uuid,
    /// Their login; the next page begins after the last one.
    pub login: String,
    /// Their name.
    pub name: String,
    /// Shut out.
    pub disabled: bool,
    /// What they are, and where.
    pub roles: Vec<HeldRole>,
}

/// A role as it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HeldRole {
    /// Which role.
    pub role: Role,
    /// In this project; in all of them when there is none.
    pub project_id: Option<Uuid>,
}

#[derive(sea_orm::FromQueryResult)]
struct StaffRow {
    id: Uuid,
    login: String,
    name: String,
    disabled: bool,
}

#[derive(sea_orm::FromQueryResult)]
struct HeldRow {
    staff_id: Uuid,
    role: String,
    project_id: Uuid,
}

/// The employees of a company by login, at most 200 a page.
///
/// # Errors
/// [`StaffError::Store`].
pub async fn staff_of(
    control: &ControlDb,
    company: CompanyId,
    after_login: Option<&str>,
    limit: u32,
) -> Result<Vec<StaffView>, StaffError> {
    let page = format!(
        "SELECT id, login, name, disabled_at_ms IS NOT NULL AS disabled FROM staff \
         WHERE company_id = $1 AND login > $2 ORDER BY login LIMIT {}",
        limit.clamp(1, PAGE_MAX)
    );
    let held = format!(
        "SELECT r.staff_id, r.role, r.project_id FROM staff_role r JOIN staff s ON s.id = r.staff_id \
         WHERE s.company_id = $1 AND s.login > $2 AND s.login <= $3 ORDER BY r.project_id, r.role LIMIT {HELD_MAX}"
    );
    let (company, after) = (company.uuid(), after_login.unwrap_or_default());
    let (staff, held): (Vec<StaffRow>, Vec<HeldRow>) = control
        .read("staff.list", async |tx| {
            let staff: Vec<StaffRow> = tx.rows(&page, vec![company.into(), after.into()]).await?;
            let Some(last) = staff.last() else { return Ok((staff, Vec::new())) };
            let held = tx.rows(&held, vec![company.into(), after.into(), last.login.clone().into()]).await?;
            Ok((staff, held))
        })
        .await
        .map_err(|e: StoreError| e)?;
    let mut roles: HashMap<Uuid, Vec<HeldRole>> = HashMap::new();
    for HeldRow { staff_id, role, project_id } in held {
        let project_id = (!project_id.is_nil()).then_some(project_id);
        roles.entry(staff_id).or_default().push(HeldRole { role: Role::parse(&role)?, project_id });
    }
    let view = |StaffRow { id, login, name, disabled }| {
        let roles = roles.remove(&id).unwrap_or_default();
        StaffView { id, login, name, disabled, roles }
    };
    Ok(staff.into_iter().map(view).collect())
}
