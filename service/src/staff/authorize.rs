//! Proofs of permission: holding one is being allowed.

use std::marker::PhantomData;

use domain::ids::{CompanyId, ProjectId, StaffId};
use serde::Serialize;
use uuid::Uuid;

use super::{Permission, Role, StaffError, StaffSession};
use crate::audit::{Actor, By};
use crate::store::StoreError;
use crate::tenancy::ControlDb;

/// Projects of one company that are listed.
const PROJECTS_MAX: usize = 2_000;
/// Roles of one employee that are read: six in each project.
const ROLES_MAX: usize = 12_000;

/// Proof that somebody may do `P` in a project. Only [`authorize`] makes one.
#[derive(Debug)]
pub struct Authorized<P> {
    staff_id: StaffId,
    company_id: CompanyId,
    project_id: ProjectId,
    permission: PhantomData<fn() -> P>,
}

impl<P> Authorized<P> {
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

    /// The project they may do it in.
    #[must_use]
    pub const fn project_id(&self) -> ProjectId {
        self.project_id
    }

    /// The one who acts, for the audit log.
    #[must_use]
    pub const fn by(&self, request_id: Option<String>) -> By {
        By { actor: Actor::Staff(self.staff_id), request_id }
    }
}

/// Proof that somebody may do `P` in their whole company. Only [`authorize_company`] makes one.
#[derive(Debug)]
pub struct CompanyAuthorized<P> {
    staff_id: StaffId,
    company_id: CompanyId,
    permission: PhantomData<fn() -> P>,
}

impl<P> CompanyAuthorized<P> {
    /// Who.
    #[must_use]
    pub const fn staff_id(&self) -> StaffId {
        self.staff_id
    }

    /// The company.
    #[must_use]
    pub const fn company_id(&self) -> CompanyId {
        self.company_id
    }

    /// The one who acts, for the audit log.
    #[must_use]
    pub const fn by(&self, request_id: Option<String>) -> By {
        By { actor: Actor::Staff(self.staff_id), request_id }
    }
}

#[derive(sea_orm::FromQueryResult)]
struct RoleRow {
    role: String,
}

/// Proves that the session's holder may do `P` in this project, by the roles they have at this moment.
///
/// # Errors
/// [`StaffError::NotFound`] when the project is another company's, closed, or one they have no role in;
/// [`StaffError::Forbidden`] when they have roles there, but none that may; [`StaffError::Store`].
pub async fn authorize<P: Permission>(
    control: &ControlDb,
    session: &StaffSession,
    project: ProjectId,
) -> Result<Authorized<P>, StaffError> {
    let values = vec![session.staff_id().uuid().into(), project.uuid().into(), Uuid::nil().into()];
    let rows: Vec<RoleRow> = control
        .read("staff.authorize", async |tx| {
            tx.rows(
                "SELECT r.role FROM staff_role r JOIN staff s ON s.id = r.staff_id \
                 JOIN project p ON p.company_id = s.company_id \
                 WHERE s.id = $1 AND s.disabled_at_ms IS NULL AND p.id = $2 AND p.state = 'active' \
                 AND r.project_id IN ($2, $3) LIMIT 12",
                values,
            )
            .await
        })
        .await
        .map_err(|e: StoreError| e)?;
    if rows.is_empty() {
        return Err(StaffError::NotFound);
    }
    if !P::allows(&roles_of(&rows)?) {
        return Err(StaffError::Forbidden);
    }
    let (staff_id, company_id) = (session.staff_id(), session.company_id());
    Ok(Authorized { staff_id, company_id, project_id: project, permission: PhantomData })
}

/// Proves that the session's holder may do `P` in the whole company: by a role in all of its projects.
///
/// # Errors
/// [`StaffError::Forbidden`], [`StaffError::Store`].
pub async fn authorize_company<P: Permission>(
    control: &ControlDb,
    session: &StaffSession,
) -> Result<CompanyAuthorized<P>, StaffError> {
    if !P::allows(&company_roles(control, session).await?) {
        return Err(StaffError::Forbidden);
    }
    let (staff_id, company_id) = (session.staff_id(), session.company_id());
    Ok(CompanyAuthorized { staff_id, company_id, permission: PhantomData })
}

/// The roles that the session's holder has in all projects of their company, at this moment.
///
/// # Errors
/// [`StaffError::Store`].
pub async fn company_roles(control: &ControlDb, session: &StaffSession) -> Result<Vec<Role>, StaffError> {
    let values = vec![session.staff_id().uuid().into(), Uuid::nil().into()];
    let rows: Vec<RoleRow> = control
        .read("staff.company_roles", async |tx| {
            tx.rows(
                "SELECT r.role FROM staff_role r JOIN staff s ON s.id = r.staff_id \
                 WHERE s.id = $1 AND s.disabled_at_ms IS NULL AND r.project_id = $2 LIMIT 6",
                values,
            )
            .await
        })
        .await
        .map_err(|e: StoreError| e)?;
    roles_of(&rows)
}

fn roles_of(rows: &[RoleRow]) -> Result<Vec<Role>, StaffError> {
    Ok(rows.iter().map(|row| Role::parse(&row.role)).collect::<Result<_, _>>()?)
}

/// A project somebody works in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct StaffProject {
    /// The project.
    pub project_id: Uuid,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What they are there, without repetition.
    pub roles: Vec<Role>,
}

#[derive(sea_orm::FromQueryResult)]
struct ProjectRoleRow {
    project_id: Uuid,
    code: String,
    name: String,
    role: String,
}

/// The active projects an employee has a role in, by code, at most 2,000. A disabled employee has none.
///
/// # Errors
/// [`StaffError::Store`].
pub async fn projects_of(control: &ControlDb, staff: StaffId) -> Result<Vec<StaffProject>, StaffError> {
    let sql = format!(
        "SELECT DISTINCT p.id AS project_id, p.code, p.name, r.role FROM staff_role r \
         JOIN staff s ON s.id = r.staff_id JOIN project p ON p.company_id = s.company_id \
         AND (r.project_id = p.id OR r.project_id = $2) \
         WHERE s.id = $1 AND s.disabled_at_ms IS NULL AND p.state = 'active' ORDER BY p.code, r.role LIMIT {ROLES_MAX}"
    );
    let rows: Vec<ProjectRoleRow> = control
        .read("staff.projects_of", async |tx| tx.rows(&sql, vec![staff.uuid().into(), Uuid::nil().into()]).await)
        .await
        .map_err(|e: StoreError| e)?;
    let mut projects: Vec<StaffProject> = Vec::new();
    for row in rows {
        let role = Role::parse(&row.role)?;
        let full = projects.len() == PROJECTS_MAX;
        match projects.last_mut() {
            Some(last) if last.project_id == row.project_id => last.roles.push(role),
            _ if full => break,
            _ => projects.push(StaffProject {
                project_id: row.project_id,
                code: row.code,
                name: row.name,
                roles: vec![role],
            }),
        }
    }
    Ok(projects)
}
