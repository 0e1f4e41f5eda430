//! Money that came in, and money that did not fit.

use actix_web::{HttpResponse, get, post, web};
use domain::ids::{OrderId, PaymentId};
use serde::Deserialize;
use service::installation::Installation;
use service::payments::{self, AnomalyAct, AnomalyView};
use service::refunds::{self, PaymentView};
use service::staff::{ManagePayments, ViewPayments};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::PAGE_ROWS;
use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Query, Staff};

/// The payment of an order, with what may still be given back of it.
#[utoipa::path(
    operation_id = "staff_show_payment_of_order", tag = "payments", security(("staff" = [])),
    params(("project" = Uuid, Path), ("order" = Uuid, Path)), responses((status = 200, body = PaymentView), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/orders/{order}/payment")]
pub async fn of_order(
    staff: Staff<ViewPayments>,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<web::Json<PaymentView>, ApiError> {
    let found = refunds::payment_of_order(staff.project(), OrderId(path.1)).await?;
    found.map(web::Json).ok_or_else(ApiError::not_found)
}

/// A payment, with what may still be given back of it.
#[utoipa::path(
    operation_id = "staff_show_payment", tag = "payments", security(("staff" = [])),
    params(("project" = Uuid, Path), ("payment" = Uuid, Path)), responses((status = 200, body = PaymentView), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/payments/{payment}")]
pub async fn show(
    staff: Staff<ViewPayments>,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<web::Json<PaymentView>, ApiError> {
    let found = refunds::payment_view(staff.project(), PaymentId(path.1)).await?;
    found.map(web::Json).ok_or_else(ApiError::not_found)
}

/// Which page of what.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AnomaliesQuery {
    /// Only what nobody has resolved.
    pub open: Option<bool>,
    /// The last one of the page before.
    pub before: Option<Uuid>,
    /// Rows of the page, at most 200.
    pub limit: Option<i64>,
}

/// Money that was kept aside because it did not fit its order, the newest first.
#[utoipa::path(
    operation_id = "staff_list_payment_anomalies", tag = "payments", security(("staff" = [])),
    params(("project" = Uuid, Path), AnomaliesQuery), responses((status = 200, body = Vec<AnomalyView>), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/payment-anomalies")]
pub async fn anomalies(
    staff: Staff<ViewPayments>,
    query: Query<AnomaliesQuery>,
) -> Result<web::Json<Vec<AnomalyView>>, ApiError> {
    let (only_open, limit) = (query.open.unwrap_or(false), query.limit.unwrap_or(i64::from(PAGE_ROWS)));
    Ok(web::Json(payments::list_anomalies(staff.project(), only_open, query.before, limit).await?))
}

/// What is done about money that did not fit.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ResolveBody {
    /// `book`: the merchant has the money, it is owed back; `dismiss`: there is none to book.
    pub act: AnomalyAct,
    /// Why.
    pub note: String,
}

/// Resolves money that did not fit, and the task about it.
#[utoipa::path(
    operation_id = "staff_resolve_payment_anomaly", tag = "payments", security(("staff" = [])),
    params(("project" = Uuid, Path), ("anomaly" = Uuid, Path)),
    responses((status = 204, description = "已处理"), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/payment-anomalies/{anomaly}/resolution")]
pub async fn resolve(
    installation: web::Data<Installation>,
    staff: Staff<ManagePayments>,
    path: web::Path<(Uuid, Uuid)>,
    body: Json<ResolveBody>,
) -> Result<HttpResponse, ApiError> {
    let (by, now) = (staff.by(), installation.now());
    payments::resolve(staff.project(), path.1, body.act, &body.note, &by, now).await?;
    Ok(HttpResponse::NoContent().finish())
}
