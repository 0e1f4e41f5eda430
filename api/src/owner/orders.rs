//! Paying.

use actix_web::{HttpResponse, delete, get, post, web};
use domain::ids::{BillId, OrderId};
use domain::money::Amount;
use serde::{Deserialize, Serialize};
use service::installation::Installation;
use service::payments::{self, NewOrder, OrderView, Payer, Prepared};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Owner, Project, Query};

/// What the owner ticked.
#[derive(Debug, Deserialize, ToSchema)]
pub struct OrderRequest {
    /// The ticked bills, 1 to 60.
    pub bill_ids: Vec<Uuid>,
    /// The sum the page shows, in fen: a stale total is never paid.
    pub expected_fen: i64,
}

/// An order, and what the phone needs to pay it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Payable {
    /// The order.
    pub order_id: Uuid,
    /// `ready`: pay now. `paid`: done before. `pending`: ask again in a moment. `ended`: tick again. `refused`: WeChat
    /// refuses this order. `busy`: tap again.
    pub state: &'static str,
    /// In words.
    pub message: &'static str,
    /// The five fields of `wx.requestPayment`, when `ready`.
    #[schema(value_type = Option<Object>)]
    pub pay_params: Option<serde_json::Value>,
}

/// Whether to ask WeChat first.
#[derive(Debug, Deserialize, IntoParams)]
pub struct ShowQuery {
    /// True: ask WeChat Pay before answering. What the phone says is not proof.
    #[serde(default)]
    pub ask: bool,
}

/// Orders the ticked bills. The same tap twice gives the same order.
#[utoipa::path(
    operation_id = "owner_place_order", tag = "owner", security(("owner" = [])), params(("project" = Uuid, Path)),
    responses((status = 200, body = Payable), Refusals)
)]
#[post("/api/owner/v1/projects/{project}/orders")]
pub async fn place(
    installation: web::Data<Installation>,
    owner: Owner,
    project: Project,
    body: Json<OrderRequest>,
) -> Result<web::Json<Payable>, ApiError> {
    let houses = owner.houses(&installation, &project).await?;
    let context = installation.pay_context(&project).await?;
    let expected =
        Amount::try_from(body.expected_fen).map_err(|error| ApiError::bad_field("expected_fen", error.to_string()))?;
    let new = NewOrder {
        person: owner.person,
        app_id: owner.app_id,
        openid: owner.openid,
        mchid: context.keys.mchid.clone(),
        bills: body.bill_ids.iter().copied().map(BillId).collect(),
        houses,
        expected,
    };
    let checkout = payments::checkout(&project, &context, &new, installation.now()).await?;
    payable(checkout.order, &checkout.prepared).map(web::Json)
}

/// One order, with its receipts once it is paid.
#[utoipa::path(
    operation_id = "owner_show_order", tag = "owner", security(("owner" = [])),
    params(("project" = Uuid, Path), ("order" = Uuid, Path), ShowQuery),
    responses((status = 200, body = OrderView), Refusals)
)]
#[get("/api/owner/v1/projects/{project}/orders/{order}")]
pub async fn show(
    installation: web::Data<Installation>,
    owner: Owner,
    project: Project,
    path: web::Path<(Uuid, Uuid)>,
    query: Query<ShowQuery>,
) -> Result<web::Json<OrderView>, ApiError> {
    let order = own_order(&owner, &project, path.1).await?;
    if query.ask {
        let context = installation.pay_context(&project).await?;
        payments::ask(&project, &context, OrderId(order.id), installation.now()).await?;
        return own_order(&owner, &project, path.1).await.map(web::Json);
    }
    Ok(web::Json(order))
}

/// What the phone needs to pay an order that was placed before.
#[utoipa::path(
    operation_id = "owner_prepare_order", tag = "owner", security(("owner" = [])),
    params(("project" = Uuid, Path), ("order" = Uuid, Path)),
    responses((status = 200, body = Payable), Refusals)
)]
#[post("/api/owner/v1/projects/{project}/orders/{order}/prepare")]
pub async fn prepare(
    installation: web::Data<Installation>,
    owner: Owner,
    project: Project,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<web::Json<Payable>, ApiError> {
    let id = OrderId(own_order(&owner, &project, path.1).await?.id);
    let context = installation.pay_context(&project).await?;
    let prepared = payments::prepare(&project, &context, id, installation.now()).await?;
    payable(id, &prepared).map(web::Json)
}

/// Gives an order up, so that its bills are free again. What was paid after all stays paid.
#[utoipa::path(
    operation_id = "owner_cancel_order", tag = "owner", security(("owner" = [])),
    params(("project" = Uuid, Path), ("order" = Uuid, Path)),
    responses((status = 200, body = OrderView), Refusals)
)]
#[delete("/api/owner/v1/projects/{project}/orders/{order}")]
pub async fn cancel(
    installation: web::Data<Installation>,
    owner: Owner,
    project: Project,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, ApiError> {
    let id = OrderId(own_order(&owner, &project, path.1).await?.id);
    let context = installation.pay_context(&project).await?;
    payments::close_or_settle(&project, &context, id, installation.now()).await?;
    Ok(HttpResponse::Ok().json(own_order(&owner, &project, path.1).await?))
}

async fn own_order(owner: &Owner, project: &Project, id: Uuid) -> Result<OrderView, ApiError> {
    let payer = Payer { person: owner.person, app_id: &owner.app_id, openid: &owner.openid };
    payments::order_view(project, OrderId(id), payer).await?.ok_or_else(ApiError::not_found)
}

fn payable(order: OrderId, prepared: &Prepared) -> Result<Payable, ApiError> {
    let (state, message, pay_params) = match prepared {
        Prepared::Ready(params) => {
            let params = serde_json::to_value(params).map_err(|error| ApiError::internal(&error))?;
            ("ready", "请在微信中完成付款", Some(params))
        }
        Prepared::Paid => ("paid", "已缴清", None),
        Prepared::Pending => ("pending", "正在确认，请稍候", None),
        Prepared::Ended => ("ended", "订单已关闭，请重新勾选账单", None),
        Prepared::Refused { .. } => ("refused", "微信支付暂时不能受理，请联系物业服务中心", None),
        Prepared::Busy => ("busy", "微信支付繁忙，请稍后再点一次", None),
    };
    Ok(Payable { order_id: order.uuid(), state, message, pay_params })
}
