//! Houses and whose they are.

use actix_web::{get, web};
use domain::ids::HouseId;
use serde::Deserialize;
use service::houses::{self, BuildingView, HouseFilter, HouseHit, HousePage, HouseView};
use service::staff::ViewHouses;
use utoipa::IntoParams;
use uuid::Uuid;

use super::PAGE_ROWS;
use crate::error::{ApiError, Refusals};
use crate::extract::{Query, Staff, Text};

/// Which houses.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HousesQuery {
    /// Anything a person says: `1栋101`, `1-1-101`, `101`, a phone, a whole name. At most 50 houses; the other filters
    /// do not count then.
    #[param(value_type = Option<String>, max_length = 64)]
    pub q: Option<Text<64>>,
    /// Only this building.
    #[param(value_type = Option<String>, max_length = 40)]
    pub building: Option<Text<40>>,
    /// Only this kind: `residence`, `shop`, `storage`, `office`, `other`.
    #[param(value_type = Option<String>, max_length = 20)]
    pub kind: Option<Text<20>>,
    /// Only houses nobody pays for.
    #[serde(default)]
    pub without_payer: bool,
    /// Houses to skip.
    #[serde(default)]
    pub offset: i64,
    /// Houses of the page, at most 200.
    pub limit: Option<i64>,
}

impl HousesQuery {
    fn filter(&self) -> HouseFilter {
        HouseFilter {
            building: self.building.clone().map(Text::into_inner),
            kind: self.kind.clone().map(Text::into_inner),
            without_payer: self.without_payer,
        }
    }
}

/// Hits of a search in the shape of a page: all there are.
fn page_of(hits: Vec<HouseHit>) -> HousePage {
    HousePage {
        count: i64::try_from(hits.len()).unwrap_or(i64::MAX),
        area_centi: hits.iter().map(|hit| hit.area_centi).fold(0, i64::saturating_add),
        houses: hits,
    }
}

/// Houses in the order of the buildings, or those a search finds. Names and phones are masked.
#[utoipa::path(
    operation_id = "staff_list_houses", tag = "houses", security(("staff" = [])),
    params(("project" = Uuid, Path), HousesQuery), responses((status = 200, body = HousePage), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/houses")]
pub async fn list(staff: Staff<ViewHouses>, query: Query<HousesQuery>) -> Result<web::Json<HousePage>, ApiError> {
    let limit = query.limit.unwrap_or(i64::from(PAGE_ROWS));
    let page = staff
        .project()
        .read("houses.list", async |tx| match &query.q {
            Some(text) => houses::find(tx, text).await.map(page_of),
            None => houses::list(tx, &query.filter(), query.offset, limit).await,
        })
        .await?;
    Ok(web::Json(page))
}

/// The buildings in the order people count them.
#[utoipa::path(
    operation_id = "staff_list_buildings", tag = "houses", security(("staff" = [])), params(("project" = Uuid, Path)),
    responses((status = 200, body = Vec<BuildingView>), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/buildings")]
pub async fn buildings(staff: Staff<ViewHouses>) -> Result<web::Json<Vec<BuildingView>>, ApiError> {
    let found = staff.project().read("houses.buildings", async |tx| houses::buildings(tx).await).await?;
    Ok(web::Json(found))
}

/// One house with everything about it. Names and phones are masked.
#[utoipa::path(
    operation_id = "staff_show_house", tag = "houses", security(("staff" = [])),
    params(("project" = Uuid, Path), ("house" = Uuid, Path)), responses((status = 200, body = HouseView), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/houses/{house}")]
pub async fn show(staff: Staff<ViewHouses>, path: web::Path<(Uuid, Uuid)>) -> Result<web::Json<HouseView>, ApiError> {
    let found = staff.project().read("houses.one", async |tx| houses::house(tx, HouseId(path.1)).await).await?;
    Ok(web::Json(found))
}
