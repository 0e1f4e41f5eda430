//! A signed-in employee, and what they were found to be allowed to do.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use domain::ids::{CompanyId, ProjectId};
use futures_util::future::LocalBoxFuture;
use service::audit::By;
use service::installation::Installation;
use service::staff::{self, Authorized, CompanyAuthorized, Permission, StaffSession};
use service::tenancy::ProjectDb;

use super::admission::Deciding;
use super::owner::bearer;
use super::{RequestId, project_id, staff_cookie};
use crate::error::ApiError;

/// An employee with a live session. It says who it is and nothing of what they may do.
#[derive(Debug, Clone)]
pub struct SignedInStaff {
    /// Who.
    pub session: StaffSession,
    /// The session's token.
    pub token: String,
}

/// An employee who may do `P` in the project of the path, with its open database.
pub struct Staff<P> {
    proof: Authorized<P>,
    project: ProjectDb,
    request_id: String,
}

/// An employee who may do `P` in their whole company.
pub struct CompanyStaff<P> {
    proof: CompanyAuthorized<P>,
    request_id: String,
}

impl<P> Staff<P> {
    /// The project.
    #[must_use]
    pub const fn project(&self) -> &ProjectDb {
        &self.project
    }

    /// Who.
    #[must_use]
    pub const fn staff_id(&self) -> domain::ids::StaffId {
        self.proof.staff_id()
    }

    /// For the audit log.
    #[must_use]
    pub fn by(&self) -> By {
        self.proof.by(Some(self.request_id.clone()))
    }
}

impl<P> CompanyStaff<P> {
    /// The company.
    #[must_use]
    pub const fn company(&self) -> CompanyId {
        self.proof.company_id()
    }

    /// Who.
    #[must_use]
    pub const fn staff(&self) -> domain::ids::StaffId {
        self.proof.staff_id()
    }

    /// For the audit log.
    #[must_use]
    pub fn by(&self) -> By {
        self.proof.by(Some(self.request_id.clone()))
    }
}

/// What a request brings along to be signed in.
struct Asked {
    installation: Option<web::Data<Installation>>,
    token: Result<Option<String>, ApiError>,
    request_id: String,
}

impl Asked {
    fn of(request: &HttpRequest) -> Self {
        // A program says its token; the console's is in a cookie, which a browser sends whoever asked it to.
        let token = match bearer(request) {
            Some(token) => Ok(Some(token)),
            None => staff_cookie::token(request),
        };
        Self {
            installation: request.app_data::<web::Data<Installation>>().cloned(),
            token: token.map(|token| token.map(ToOwned::to_owned)),
            request_id: RequestId::of(request).0,
        }
    }

    async fn signed_in(self) -> Result<(web::Data<Installation>, SignedInStaff, String), ApiError> {
        let installation = self.installation.ok_or_else(ApiError::unconfigured)?;
        let token = self.token?.ok_or_else(ApiError::sign_in_needed)?;
        let session = staff::session(&installation.control, &token, installation.now()).await?;
        let session = session.ok_or_else(ApiError::sign_in_needed)?;
        Ok((installation, SignedInStaff { session, token }, self.request_id))
    }

    /// Allowed first, opened then: a stranger opens no database.
    async fn allowed<P: Permission>(self, project: Result<ProjectId, ApiError>) -> Result<Staff<P>, ApiError> {
        let (installation, signed_in, request_id) = self.signed_in().await?;
        let proof = staff::authorize::<P>(&installation.control, &signed_in.session, project?).await?;
        let project = installation.projects.open(proof.project_id()).await?;
        Ok(Staff { proof, project, request_id })
    }

    async fn allowed_in_company<P: Permission>(self) -> Result<CompanyStaff<P>, ApiError> {
        let (installation, signed_in, request_id) = self.signed_in().await?;
        let proof = staff::authorize_company::<P>(&installation.control, &signed_in.session).await?;
        Ok(CompanyStaff { proof, request_id })
    }
}

impl FromRequest for SignedInStaff {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (asked, deciding) = (Asked::of(request), Deciding::announce(request));
        Box::pin(async move {
            let _deciding = deciding;
            asked.signed_in().await.map(|(_, signed_in, _)| signed_in)
        })
    }
}

impl<P: Permission> FromRequest for Staff<P> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (asked, project, deciding) = (Asked::of(request), project_id(request), Deciding::announce(request));
        Box::pin(async move {
            let _deciding = deciding;
            asked.allowed(project).await
        })
    }
}

impl<P: Permission> FromRequest for CompanyStaff<P> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (asked, deciding) = (Asked::of(request), Deciding::announce(request));
        Box::pin(async move {
            let _deciding = deciding;
            asked.allowed_in_company().await
        })
    }
}
