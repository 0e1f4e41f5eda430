//! The projects an employee works in.

use actix_web::{get, web};
use serde::Serialize;
use service::installation::Installation;
use service::staff::{self, PERMISSIONS, StaffProject};
use utoipa::ToSchema;

use crate::error::{ApiError, Refusals};
use crate::extract::SignedInStaff;

/// A project, and what this employee may do there.
#[derive(Debug, Serialize, ToSchema)]
pub struct StaffProjectView {
    /// The project and the roles there.
    #[serde(flatten)]
    pub project: StaffProject,
    /// `bills.view`, `payments.manage`, …: what the console shows.
    pub permissions: Vec<&'static str>,
}

impl From<StaffProject> for StaffProjectView {
    fn from(project: StaffProject) -> Self {
        let has_any = |roles: &[staff::Role]| project.roles.iter().any(|role| roles.contains(role));
        let permissions = PERMISSIONS.iter().filter(|(_, roles)| has_any(roles)).map(|(name, _)| *name).collect();
        Self { project, permissions }
    }
}

/// The active projects this employee has a role in, by code, at most 2,000.
#[utoipa::path(
    operation_id = "staff_list_projects", tag = "staff", security(("staff" = [])),
    responses((status = 200, body = Vec<StaffProjectView>), Refusals)
)]
#[get("/api/staff/v1/projects")]
pub async fn list(
    installation: web::Data<Installation>,
    staff: SignedInStaff,
) -> Result<web::Json<Vec<StaffProjectView>>, ApiError> {
    let projects = staff::projects_of(&installation.control, staff.session.staff_id()).await?;
    Ok(web::Json(projects.into_iter().map(StaffProjectView::from).collect()))
}
