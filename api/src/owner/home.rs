//! The first page of the mini program, in one answer: a lift has one bar of signal.

use std::collections::BTreeMap;

use actix_web::{get, web};
use domain::ids::{HouseId, ProjectId};
use serde::Serialize;
use service::bills::{self, BillFilter, BillPage, HOUSES_PER_QUERY_MAX};
use service::installation::Installation;
use service::owners::{self, AskableTemplate, BindingState, BindingView, CommunityView};
use utoipa::ToSchema;
use uuid::Uuid;

use super::bills::BILLS_PAGE;
use crate::error::{ApiError, Refusals};
use crate::extract::Owner;

/// Communities on the page: more are somebody's business, not their home.
const COMMUNITIES_MAX: usize = 8;

/// Everything the first page shows.
#[derive(Debug, Serialize, ToSchema)]
pub struct HomeView {
    /// Every claim of this owner to a house, in every state, the newest first.
    pub houses: Vec<BindingView>,
    /// What is owed where, one for each community in which a claim is active.
    pub communities: Vec<HomeCommunity>,
    /// What is owed in all of them, fen.
    pub owed_fen: i64,
    /// The subscribe messages that may be asked for here.
    pub templates: Vec<AskableTemplate>,
}

/// What is owed in one community.
#[derive(Debug, Serialize, ToSchema)]
pub struct HomeCommunity {
    /// The project.
    pub project_id: Uuid,
    /// Its name.
    pub name: String,
    /// Whom to call; empty while the project cannot be reached.
    pub service_phone: String,
    /// The open bills, the oldest due day first, at most 50; nothing while the project cannot be reached.
    pub open: Option<BillPage>,
}

/// The first page: houses, what is owed, whom to call and what may be asked for, in one answer.
#[utoipa::path(
    operation_id = "owner_home", tag = "owner", security(("owner" = [])),
    responses((status = 200, body = HomeView), Refusals)
)]
#[get("/api/owner/v1/home")]
pub async fn show(installation: web::Data<Installation>, owner: Owner) -> Result<web::Json<HomeView>, ApiError> {
    let houses = owners::bindings(&installation.control, &installation.projects, owner.person).await?;
    let mut active: BTreeMap<ProjectId, (String, Vec<HouseId>)> = BTreeMap::new();
    for binding in houses.iter().filter(|binding| binding.state == BindingState::Active) {
        let place = active.entry(ProjectId(binding.project_id));
        place.or_insert_with(|| (binding.project_name.clone(), Vec::new())).1.push(HouseId(binding.house_id));
    }
    let mut places = Vec::new();
    for (project, (name, houses)) in active.into_iter().take(COMMUNITIES_MAX) {
        places.push(community(&installation, project, name, &houses).await?);
    }
    let owed = places.iter().filter_map(|place| Some(place.open.as_ref()?.totals.open_fen));
    let templates = owners::askable_templates(&installation.control, &owner.app_id, &owner.openid).await?;
    Ok(web::Json(HomeView { owed_fen: owed.sum(), houses, communities: places, templates }))
}

/// One community. What cannot be reached costs its own bills and not the page.
async fn community(
    installation: &Installation,
    project: ProjectId,
    name: String,
    houses: &[HouseId],
) -> Result<HomeCommunity, ApiError> {
    let Ok(db) = installation.projects.open(project).await else {
        return Ok(HomeCommunity { project_id: project.uuid(), name, service_phone: String::new(), open: None });
    };
    let houses = houses.get(..HOUSES_PER_QUERY_MAX).unwrap_or(houses);
    let today = db.info().today(installation.now());
    let open = db
        .read("bills.of_home", async |tx| {
            bills::bills_of_houses(tx, houses, BillFilter::Open, 0, BILLS_PAGE, today).await
        })
        .await?;
    let service_phone = db.info().service_phone.clone();
    Ok(HomeCommunity { project_id: project.uuid(), name, service_phone, open: Some(open) })
}

/// The communities of this mini program: where a house may be claimed.
#[utoipa::path(
    operation_id = "owner_list_communities", tag = "owner", security(("owner" = [])),
    responses((status = 200, body = Vec<CommunityView>), Refusals)
)]
#[get("/api/owner/v1/communities")]
pub async fn communities(
    installation: web::Data<Installation>,
    owner: Owner,
) -> Result<web::Json<Vec<CommunityView>>, ApiError> {
    Ok(web::Json(owners::communities(&installation.control, &owner.app_id).await?))
}
