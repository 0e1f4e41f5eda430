//! Roles: what somebody is, in one project or in all of a company's.

use chrono::{DateTime, Utc};
use domain::applied::Applied;
use domain::ids::{CompanyId, ProjectId, StaffId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::StaffError;
use super::account::require_staff;
use crate::audit::{self, By};
use crate::store::{StoreError, Tx};
use crate::tenancy::ControlDb;

/// What an employee is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 收银员.
    Cashier,
    /// 财务.
    Finance,
    /// 管家.
    Steward,
    /// 项目经理.
    ProjectManager,
    /// 公司经理.
    CompanyManager,
    /// 管理员.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] =
        [Self::Cashier, Self::Finance, Self::Steward, Self::ProjectManager, Self::CompanyManager, Self::Administrator];

    /// The stored word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cashier => "cashier",
            Self::Finance => "finance",
            Self::Steward => "steward",
            Self::ProjectManager => "project_manager",
            Self::CompanyManager => "company_manager",
            Self::Administrator => "administrator",
        }
    }

    /// The word for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Cashier => "收银员",
            Self::Finance => "财务",
            Self::Steward => "管家",
            Self::ProjectManager => "项目经理",
            Self::CompanyManager => "公司经理",
            Self::Administrator => "管理员",
        }
    }

    pub(super) fn parse(word: &str) -> Result<Self, StoreError> {
        let found = Self::ALL.into_iter().find(|role| role.word() == word);
        found.ok_or_else(|| StoreError::bad_row("staff_role", format!("role {word}")))
    }
}

/// Gives an employee of the company a role, in one of its projects or, without one, in all of them. It counts from
/// their next request on.
///
/// # Errors
/// [`StaffError::NotFound`] for another company's employee or project, or a disabled employee; [`StaffError::Store`].
pub async fn grant_role(
    control: &ControlDb,
    company: CompanyId,
    id: StaffId,
    project: Option<ProjectId>,
    role: Role,
    by: &By,
    now: DateTime<Utc>,
) -> Result<Applied<()>, StaffError> {
    control
        .transact("staff.grant_role", async |tx| {
            lock_company(tx, company).await?;
            if require_staff(tx, company, id).await?.is_some() {
                return Err(StaffError::NotFound);
            }
            require_project(tx, company, project).await?;
            let granted = tx
                .execute(
                    "INSERT INTO staff_role (staff_id, project_id, role) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                    vec![id.uuid().into(), scope_of(project).into(), role.word().into()],
                )
                .await?;
            if granted == 0 {
                return Ok(Applied::Already(()));
            }
            let detail = json!({ "project": project, "role": role });
            let now_ms = now.timestamp_millis();
            audit::append(tx, by, "staff.grant_role", &format!("staff:{id}"), &detail, now_ms).await?;
            Ok(Applied::Done(()))
        })
        .await
}

/// Takes a role away, as it was given: in one project, or in all. It counts from their next request on.
///
/// # Errors
/// [`StaffError::NotFound`] for another company's employee, [`StaffError::LastAdministrator`], [`StaffError::Store`].
pub async fn revoke_role(
    control: &ControlDb,
    company: CompanyId,
    id: StaffId,
    project: Option<ProjectId>,
    role: Role,
    by: &By,
    now: DateTime<Utc>,
) -> Result<Applied<()>, StaffError> {
    control
        .transact("staff.revoke_role", async |tx| {
            lock_company(tx, company).await?;
            let disabled = require_staff(tx, company, id).await?.is_some();
            if role == Role::Administrator && project.is_none() && !disabled {
                keep_an_administrator(tx, company, id).await?;
            }
            let revoked = tx
                .execute(
                    "DELETE FROM staff_role WHERE staff_id = $1 AND project_id = $2 AND role = $3",
                    vec![id.uuid().into(), scope_of(project).into(), role.word().into()],
                )
                .await?;
            if revoked == 0 {
                return Ok(Applied::Already(()));
            }
            let detail = json!({ "project": project, "role": role });
            let now_ms = now.timestamp_millis();
            audit::append(tx, by, "staff.revoke_role", &format!("staff:{id}"), &detail, now_ms).await?;
            Ok(Applied::Done(()))
        })
        .await
}

/// The nil id stands for every project of the company.
fn scope_of(project: Option<ProjectId>) -> Uuid {
    project.map_or(Uuid::nil(), ProjectId::uuid)
}

async fn require_project(tx: &Tx, company: CompanyId, project: Option<ProjectId>) -> Result<(), StaffError> {
    let Some(project) = project else { return Ok(()) };
    let found: Option<Uuid> = tx
        .value(
            "SELECT id FROM project WHERE id = $1 AND company_id = $2 AND state = 'active'",
            vec![project.uuid().into(), company.uuid().into()],
        )
        .await?;
    found.map(|_| ()).ok_or(StaffError::NotFound)
}

/// Puts the changes to a company's staff in order: two administrators who remove each other meet here.
pub(super) async fn lock_company(tx: &Tx, company: CompanyId) -> Result<(), StaffError> {
    let sql = format!("SELECT id FROM company WHERE id = $1{}", tx.for_update());
    let found: Option<Uuid> = tx.value(&sql, vec![company.uuid().into()]).await?;
    found.map(|_| ()).ok_or(StaffError::NotFound)
}

/// Refuses to go on when `leaving` is the only one who is an administrator of the whole company and not disabled.
pub(super) async fn keep_an_administrator(tx: &Tx, company: CompanyId, leaving: StaffId) -> Result<(), StaffError> {
    const ADMINISTRATORS: &str = "FROM staff_role r JOIN staff s ON s.id = r.staff_id \
         WHERE s.company_id = $1 AND s.disabled_at_ms IS NULL AND r.role = 'administrator' AND r.project_id = $2";
    let values = || vec![company.uuid().into(), Uuid::nil().into(), leaving.uuid().into()];
    let is_one: Option<Uuid> =
        tx.value(&format!("SELECT s.id {ADMINISTRATORS} AND s.id = $3 LIMIT 1"), values()).await?;
    let another: Option<Uuid> =
        tx.value(&format!("SELECT s.id {ADMINISTRATORS} AND s.id <> $3 LIMIT 1"), values()).await?;
    if is_one.is_some() && another.is_none() { Err(StaffError::LastAdministrator) } else { Ok(()) }
}
