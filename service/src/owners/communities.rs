//! What a mini program serves: its communities, and the messages that may be asked for in it.

use serde::Serialize;
use uuid::Uuid;

use super::OwnerError;
use crate::store::StoreError;
use crate::tenancy::ControlDb;

/// Communities of one mini program that are shown.
const COMMUNITIES_MAX: usize = 500;
/// WeChat asks for at most three templates at once.
const TEMPLATES_MAX: usize = 3;

/// A community that uses a mini program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema, sea_orm::FromQueryResult)]
pub struct CommunityView {
    /// The project.
    pub project_id: Uuid,
    /// Its name.
    pub name: String,
    /// Whom to call.
    pub service_phone: String,
}

/// A subscribe message that the owner may be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema, sea_orm::FromQueryResult)]
pub struct AskableTemplate {
    /// For `wx.requestSubscribeMessage`.
    pub template_id: String,
    /// What it is for: `bill_notice`.
    pub purpose: String,
    /// Messages this owner has allowed and that were not sent yet.
    pub credits: i64,
}

/// The active communities of a mini program, by name, at most 500.
///
/// # Errors
/// [`OwnerError::Store`].
pub async fn communities(control: &ControlDb, app_id: &str) -> Result<Vec<CommunityView>, OwnerError> {
    let sql = format!(
        "SELECT id AS project_id, name, service_phone FROM project \
         WHERE state = 'active' AND mini_program_app_id = $1 ORDER BY name, id LIMIT {COMMUNITIES_MAX}"
    );
    let found = control.read("owners.communities", async |tx| tx.rows(&sql, vec![app_id.into()]).await).await;
    Ok(found.map_err(|e: StoreError| e)?)
}

/// The subscribe messages of a mini program with what this owner has left of each, at most three.
///
/// # Errors
/// [`OwnerError::Store`].
pub async fn askable_templates(
    control: &ControlDb,
    app_id: &str,
    openid: &str,
) -> Result<Vec<AskableTemplate>, OwnerError> {
    let sql = format!(
        "SELECT t.template_id, t.purpose, COALESCE(c.credits, 0) AS credits FROM message_template t \
         LEFT JOIN consent_credit c ON c.app_id = t.account AND c.template_id = t.template_id AND c.openid = $2 \
         WHERE t.account = $1 ORDER BY t.purpose LIMIT {TEMPLATES_MAX}"
    );
    let values = vec![app_id.into(), openid.into()];
    let found = control.read("owners.askable_templates", async |tx| tx.rows(&sql, values).await).await;
    Ok(found.map_err(|e: StoreError| e)?)
}
