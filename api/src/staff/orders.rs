//! Payment orders.

use actix_web::{get, post, web};
use domain::ids::OrderId;
use domain::order::OrderState;
use serde::Deserialize;
use service::installation::Installation;
use service::payments::{self, OrderListRow, OrderTimeline};
use service::staff::{ManagePayments, ViewPayments};
use utoipa::IntoParams;
use uuid::Uuid;

use super::PAGE_ROWS;
use crate::error::{ApiError, Refusals};
use crate::extract::{Query, Staff};

/// Which page of which orders.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OrdersQuery {
    /// `created`, `prepay_unknown`, `awaiting`, `paid`, `closed` or `expired`; all without.
    #[param(value_type = Option<String>)]
    pub state: Option<OrderState>,
    /// The last order of the page before.
    pub before: Option<Uuid>,
    /// Rows of the page, at most 200.
    pub limit: Option<i64>,
}

/// The orders, the newest first.
#[utoipa::path(
    operation_id = "staff_list_orders", tag = "payments", security(("staff" = [])),
    params(("project" = Uuid, Path), OrdersQuery), responses((status = 200, body = Vec<OrderListRow>), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/orders")]
pub async fn list(
    staff: Staff<ViewPayments>,
    query: Query<OrdersQuery>,
) -> Result<web::Json<Vec<OrderListRow>>, ApiError> {
    let (state, limit) = (query.state.map(OrderState::as_str), query.limit.unwrap_or(i64::from(PAGE_ROWS)));
    Ok(web::Json(payments::list_orders(staff.project(), state, query.before.map(OrderId), limit).await?))
}

/// One order with everything that happened to it.
#[utoipa::path(
    operation_id = "staff_show_order", tag = "payments", security(("staff" = [])),
    params(("project" = Uuid, Path), ("order" = Uuid, Path)), responses((status = 200, body = OrderTimeline), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/orders/{order}")]
pub async fn show(
    staff: Staff<ViewPayments>,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<web::Json<OrderTimeline>, ApiError> {
    let found = payments::timeline(staff.project(), OrderId(path.1)).await?;
    found.map(web::Json).ok_or_else(ApiError::not_found)
}

/// Asks WeChat Pay about an order, books what it says, and answers where the order stands then.
#[utoipa::path(
    operation_id = "staff_ask_order", tag = "payments", security(("staff" = [])),
    params(("project" = Uuid, Path), ("order" = Uuid, Path)), responses((status = 200, body = OrderTimeline), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/orders/{order}/ask")]
pub async fn ask(
    installation: web::Data<Installation>,
    staff: Staff<ManagePayments>,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<web::Json<OrderTimeline>, ApiError> {
    let (project, order) = (staff.project(), OrderId(path.1));
    let context = installation.pay_context(project).await?;
    payments::ask(project, &context, order, installation.now()).await?;
    payments::timeline(project, order).await?.map(web::Json).ok_or_else(ApiError::not_found)
}
