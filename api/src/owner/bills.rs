//! An owner's bills.

use actix_web::{get, web};
use domain::ids::{BillId, HouseId};
use serde::Deserialize;
use service::bills::{self, BillDetail, BillPage};
use service::installation::Installation;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::{ApiError, Refusals};
use crate::extract::{Owner, Project, Query};

/// Bills of a page when nobody says how many.
pub(crate) const BILLS_PAGE: i64 = 50;

/// Which bills.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BillsWanted {
    /// Still owed.
    #[default]
    Open,
    /// Everything, voided ones included.
    All,
}

impl From<BillsWanted> for bills::BillFilter {
    fn from(wanted: BillsWanted) -> Self {
        match wanted {
            BillsWanted::Open => Self::Open,
            BillsWanted::All => Self::All,
        }
    }
}

/// Which page of which bills.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BillsQuery {
    /// `open` (the default) or `all`.
    #[param(inline)]
    #[serde(default)]
    pub state: BillsWanted,
    /// One of the owner's houses; all of them without.
    pub house: Option<Uuid>,
    /// Bills to skip.
    #[serde(default)]
    pub offset: i64,
    /// Bills of the page, at most 200.
    pub limit: Option<i64>,
}

/// The bills of the owner's houses, the oldest due day first.
#[utoipa::path(
    operation_id = "owner_list_bills", tag = "owner", security(("owner" = [])),
    params(("project" = Uuid, Path), BillsQuery), responses((status = 200, body = BillPage), Refusals)
)]
#[get("/api/owner/v1/projects/{project}/bills")]
pub async fn list(
    installation: web::Data<Installation>,
    owner: Owner,
    project: Project,
    query: Query<BillsQuery>,
) -> Result<web::Json<BillPage>, ApiError> {
    let houses = owner.one_or_all_houses(&installation, &project, query.house.map(HouseId)).await?;
    let today = project.info().today(installation.now());
    let limit = query.limit.unwrap_or(BILLS_PAGE);
    let page = project
        .read("bills.of_owner", async |tx| {
            bills::bills_of_houses(tx, &houses, query.state.into(), query.offset, limit, today).await
        })
        .await?;
    Ok(web::Json(page))
}

/// One bill with every line and how it came about, in words.
#[utoipa::path(
    operation_id = "owner_show_bill", tag = "owner", security(("owner" = [])),
    params(("project" = Uuid, Path), ("bill" = Uuid, Path)), responses((status = 200, body = BillDetail), Refusals)
)]
#[get("/api/owner/v1/projects/{project}/bills/{bill}")]
pub async fn show(
    installation: web::Data<Installation>,
    owner: Owner,
    project: Project,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<web::Json<BillDetail>, ApiError> {
    let houses = owner.houses(&installation, &project).await?;
    let today = project.info().today(installation.now());
    let found = project.read("bills.one", async |tx| bills::bill(tx, BillId(path.1), today).await).await?;
    let is_theirs = houses.contains(&HouseId(found.bill.house_id));
    is_theirs.then_some(web::Json(found)).ok_or_else(ApiError::not_found)
}
