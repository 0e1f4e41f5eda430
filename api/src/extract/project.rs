//! The project of a path.

use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use domain::ids::ProjectId;
use futures_util::future::LocalBoxFuture;
use service::installation::Installation;
use service::tenancy::ProjectDb;

use crate::error::ApiError;

/// The open database of the project named `{project}` in the path. It says nothing of who may see it.
pub struct Project(pub ProjectDb);

impl Deref for Project {
    type Target = ProjectDb;
    fn deref(&self) -> &ProjectDb {
        &self.0
    }
}

/// The id in the path, noted in the request's span. Anything that is no id is simply not there.
///
/// # Errors
/// Not found.
pub fn project_id(request: &HttpRequest) -> Result<ProjectId, ApiError> {
    let id: ProjectId =
        request.match_info().get("project").and_then(|text| text.parse().ok()).ok_or_else(ApiError::not_found)?;
    tracing::Span::current().record("project", tracing::field::display(id));
    Ok(id)
}

impl FromRequest for Project {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let installation = request.app_data::<web::Data<Installation>>().cloned();
        let id = project_id(request);
        Box::pin(async move {
            let installation = installation.ok_or_else(ApiError::unconfigured)?;
            Ok(Self(installation.projects.open(id?).await?))
        })
    }
}
