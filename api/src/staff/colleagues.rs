//! The company's employees and their roles.

use actix_web::{HttpResponse, delete, get, post, web};
use domain::ids::{ProjectId, StaffId};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use service::installation::Installation;
use service::staff::{self, ManageStaff, NewStaff, Role, StaffView};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::PAGE_ROWS;
use crate::error::{ApiError, Refusals};
use crate::extract::{CompanyStaff, Json, Query, Text};

/// Which page of the employees.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StaffQuery {
    /// The login of the last row of the page before.
    #[param(value_type = Option<String>, max_length = 64)]
    pub after: Option<Text<64>>,
    /// Rows of the page, at most 200.
    pub limit: Option<u32>,
}

/// A new employee.
#[derive(Deserialize, ToSchema)]
pub struct NewStaffBody {
    /// 3–32 of `[a-z0-9._@-]`; capitals are made small.
    #[schema(value_type = String, max_length = 32)]
    pub login: Text<64>,
    /// Their name, as colleagues see it.
    #[schema(value_type = String, max_length = 50)]
    pub name: Text<50>,
    /// 10–128 characters, not the login.
    pub password: String,
}

/// An employee who was added.
#[derive(Debug, Serialize, ToSchema)]
pub struct StaffCreated {
    /// Their id.
    pub id: Uuid,
}

/// A role, in one project or in all of the company's.
#[derive(Debug, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RoleGrant {
    /// Which role.
    #[param(inline)]
    pub role: Role,
    /// In this project; in all of them without.
    pub project_id: Option<Uuid>,
}

/// The company's employees by login.
#[utoipa::path(
    operation_id = "staff_list_staff", tag = "company", security(("staff" = [])), params(StaffQuery),
    responses((status = 200, body = Vec<StaffView>), Refusals)
)]
#[get("/api/staff/v1/staff")]
pub async fn list(
    installation: web::Data<Installation>,
    staff: CompanyStaff<ManageStaff>,
    query: Query<StaffQuery>,
) -> Result<web::Json<Vec<StaffView>>, ApiError> {
    let limit = query.limit.unwrap_or(PAGE_ROWS);
    let found = staff::staff_of(&installation.control, staff.company(), query.after.as_deref(), limit).await?;
    Ok(web::Json(found))
}

/// Adds an employee, without any role. The login is the natural key: the same one twice is a conflict.
#[utoipa::path(
    operation_id = "staff_create_staff", tag = "company", security(("staff" = [])),
    responses((status = 201, body = StaffCreated), Refusals)
)]
#[post("/api/staff/v1/staff")]
pub async fn create(
    installation: web::Data<Installation>,
    staff: CompanyStaff<ManageStaff>,
    body: Json<NewStaffBody>,
) -> Result<HttpResponse, ApiError> {
    let Json(NewStaffBody { login, name, password }) = body;
    let new = NewStaff {
        company_id: staff.company(),
        login: login.into_inner(),
        name: name.into_inner(),
        password: SecretString::from(password),
    };
    let id = staff::create_staff(&installation.control, new, &staff.by(), installation.now()).await?;
    Ok(HttpResponse::Created().json(StaffCreated { id: id.uuid() }))
}

/// Shuts an employee out at once: the account and every session of it. Twice is once.
#[utoipa::path(
    operation_id = "staff_disable_staff", tag = "company", security(("staff" = [])), params(("staff" = Uuid, Path)),
    responses((status = 204, description = "已停用"), Refusals)
)]
#[post("/api/staff/v1/staff/{staff}/disable")]
pub async fn disable(
    installation: web::Data<Installation>,
    staff: CompanyStaff<ManageStaff>,
    path: web::Path<Uuid>,
) -> Result<HttpResponse, ApiError> {
    let (id, now) = (StaffId(path.into_inner()), installation.now());
    let _ = staff::disable_staff(&installation.control, staff.company(), id, &staff.by(), now).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Gives a role. It counts from the next request on. Twice is once.
#[utoipa::path(
    operation_id = "staff_grant_role", tag = "company", security(("staff" = [])), params(("staff" = Uuid, Path)),
    responses((status = 204, description = "已授予"), Refusals)
)]
#[post("/api/staff/v1/staff/{staff}/roles")]
pub async fn grant(
    installation: web::Data<Installation>,
    staff: CompanyStaff<ManageStaff>,
    path: web::Path<Uuid>,
    body: Json<RoleGrant>,
) -> Result<HttpResponse, ApiError> {
    let (id, project, now) = (StaffId(path.into_inner()), body.project_id.map(ProjectId), installation.now());
    let control = &installation.control;
    let _ = staff::grant_role(control, staff.company(), id, project, body.role, &staff.by(), now).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes a role away, as it was given: in one project, or in all. It counts from the next request on. Twice is once.
#[utoipa::path(
    operation_id = "staff_revoke_role", tag = "company", security(("staff" = [])),
    params(("staff" = Uuid, Path), RoleGrant), responses((status = 204, description = "已收回"), Refusals)
)]
#[delete("/api/staff/v1/staff/{staff}/roles")]
pub async fn revoke(
    installation: web::Data<Installation>,
    staff: CompanyStaff<ManageStaff>,
    path: web::Path<Uuid>,
    query: Query<RoleGrant>,
) -> Result<HttpResponse, ApiError> {
    let (id, project, now) = (StaffId(path.into_inner()), query.project_id.map(ProjectId), installation.now());
    let control = &installation.control;
    let _ = staff::revoke_role(control, staff.company(), id, project, query.role, &staff.by(), now).await?;
    Ok(HttpResponse::NoContent().finish())
}
