//! A signed-in owner.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use domain::ids::{HouseId, PersonId};
use futures_util::future::LocalBoxFuture;
use service::audit::{Actor, By};
use service::installation::Installation;
use service::owners;
use service::tenancy::ProjectDb;

use super::RequestId;
use super::admission::Deciding;
use crate::error::ApiError;

/// A person with a live session of the mini program.
#[derive(Debug, Clone)]
pub struct Owner {
    /// Who.
    pub person: PersonId,
    /// Which mini program.
    pub app_id: String,
    /// Who, within that app.
    pub openid: String,
    /// The session's token.
    pub token: String,
    /// This request.
    pub request_id: String,
}

impl Owner {
    /// For the audit log.
    #[must_use]
    pub fn by(&self) -> By {
        By { actor: Actor::Owner(self.person), request_id: Some(self.request_id.clone()) }
    }

    /// The houses of the project that this person is bound to.
    ///
    /// # Errors
    /// Not found when there are none: a stranger learns nothing of a project.
    pub async fn houses(&self, installation: &Installation, project: &ProjectDb) -> Result<Vec<HouseId>, ApiError> {
        let houses = owners::active_houses(&installation.control, self.person, project.id()).await?;
        if houses.is_empty() { Err(ApiError::not_found()) } else { Ok(houses) }
    }

    /// That house alone if one is named, else all of [`Self::houses`].
    ///
    /// # Errors
    /// Not found when it is not theirs.
    pub async fn one_or_all_houses(
        &self,
        installation: &Installation,
        project: &ProjectDb,
        house: Option<HouseId>,
    ) -> Result<Vec<HouseId>, ApiError> {
        let houses = self.houses(installation, project).await?;
        match house {
            None => Ok(houses),
            Some(house) if houses.contains(&house) => Ok(vec![house]),
            Some(_) => Err(ApiError::not_found()),
        }
    }
}

/// The token of an `Authorization: Bearer …` header.
pub(crate) fn bearer(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get("authorization")?.to_str().ok()?;
    let token = value.strip_prefix("Bearer ")?;
    (!token.is_empty() && token.len() <= 128).then_some(token)
}

impl FromRequest for Owner {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let installation = request.app_data::<web::Data<Installation>>().cloned();
        let token = bearer(request).map(ToOwned::to_owned);
        let request_id = RequestId::of(request).0;
        let deciding = Deciding::announce(request);
        Box::pin(async move {
            // Until the end, however it ends.
            let _deciding = deciding;
            let installation = installation.ok_or_else(ApiError::unconfigured)?;
            let token = token.ok_or_else(ApiError::sign_in_needed)?;
            let session = owners::session(&installation.control, &token, installation.now()).await?;
            let session = session.ok_or_else(ApiError::sign_in_needed)?;
            Ok(Self { person: session.person_id, app_id: session.app_id, openid: session.openid, token, request_id })
        })
    }
}
