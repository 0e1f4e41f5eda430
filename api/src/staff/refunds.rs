//! Money that goes back.

use actix_web::{HttpResponse, get, post, put, web};
use domain::ids::{BillId, PaymentId, RefundId};
use domain::money::Amount;
use domain::refund::RefundState;
use secrecy::SecretString;
use serde::Deserialize;
use service::installation::Installation;
use service::refunds::{self, AbnormalWay, NewPart, NewRefund, RefundError, RefundPolicy, RefundTimeline, RefundView};
use service::staff::{ApproveRefunds, LimitRefunds, RequestRefunds, ViewPayments};
use service::tenancy::ProjectDb;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::PAGE_ROWS;
use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Query, Staff};

/// A refund to be.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RefundBody {
    /// Made by the page: a second tap with the same id is the same refund.
    pub id: Uuid,
    /// What is taken, bill by bill.
    pub parts: Vec<RefundPartBody>,
    /// The payer reads it; at most 26 characters.
    pub reason: String,
    /// The number of a refund that was made in WeChat's own merchant console: it is asked about and booked, not sent.
    pub made_at_wechat: Option<String>,
}

/// One part of a refund.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RefundPartBody {
    /// The bill that will be owed again; without one it is taken from what the payment had left over.
    pub bill_id: Option<Uuid>,
    /// How much, in fen.
    pub amount_fen: i64,
}

impl RefundBody {
    fn parse(&self, payment: PaymentId) -> Result<NewRefund, ApiError> {
        let part = |(place, part): (usize, &RefundPartBody)| {
            let amount = Amount::try_from(part.amount_fen)
                .map_err(|error| ApiError::bad_field(format!("parts[{place}].amount_fen"), error.to_string()))?;
            Ok(NewPart { bill: part.bill_id.map(BillId), amount })
        };
        let parts = self.parts.iter().enumerate().map(part).collect::<Result<_, ApiError>>()?;
        let made_at_wechat = self.made_at_wechat.clone();
        Ok(NewRefund { id: RefundId(self.id), payment, parts, reason: self.reason.clone(), made_at_wechat })
    }
}

/// Asks for a refund. Below the project's limit it is sent at once; above it, a second person has to agree first.
#[utoipa::path(
    operation_id = "staff_create_refund", tag = "refunds", security(("staff" = [])),
    params(("project" = Uuid, Path), ("payment" = Uuid, Path)),
    responses((status = 201, body = RefundTimeline), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/payments/{payment}/refunds")]
pub async fn create(
    installation: web::Data<Installation>,
    staff: Staff<RequestRefunds>,
    path: web::Path<(Uuid, Uuid)>,
    body: Json<RefundBody>,
) -> Result<HttpResponse, ApiError> {
    let (project, new) = (staff.project(), body.parse(PaymentId(path.1))?);
    let _ = refunds::request(project, &new, &staff.by(), installation.now()).await?;
    Ok(HttpResponse::Created().json(bring_on(&installation, project, new.id).await?))
}

/// Sends or asks about a refund, and answers where it stands then. When WeChat Pay cannot be reached the refund stays,
/// and the clock brings it on.
async fn bring_on(installation: &Installation, project: &ProjectDb, id: RefundId) -> Result<RefundTimeline, ApiError> {
    let mchid = refunds::mchid_of(project, id).await?.ok_or_else(ApiError::not_found)?;
    let context = installation.refund_context(project, &mchid).await?;
    refunds::advance(project, &context, id, installation.now()).await?;
    refunds::refund_timeline(project, id).await?.ok_or_else(ApiError::not_found)
}

/// Which page of which refunds.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RefundsQuery {
    /// `awaiting_approval`, `processing`, `abnormal` and others; all without.
    #[param(value_type = Option<String>)]
    pub state: Option<RefundState>,
    /// The last refund of the page before.
    pub before: Option<Uuid>,
    /// Rows of the page, at most 200.
    pub limit: Option<i64>,
}

/// The refunds, the newest first.
#[utoipa::path(
    operation_id = "staff_list_refunds", tag = "refunds", security(("staff" = [])),
    params(("project" = Uuid, Path), RefundsQuery), responses((status = 200, body = Vec<RefundView>), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/refunds")]
pub async fn list(
    staff: Staff<ViewPayments>,
    query: Query<RefundsQuery>,
) -> Result<web::Json<Vec<RefundView>>, ApiError> {
    let (before, limit) = (query.before.map(RefundId), query.limit.unwrap_or(i64::from(PAGE_ROWS)));
    Ok(web::Json(refunds::list_refunds(staff.project(), query.state, before, limit).await?))
}

/// One refund with everything that happened to it.
#[utoipa::path(
    operation_id = "staff_show_refund", tag = "refunds", security(("staff" = [])),
    params(("project" = Uuid, Path), ("refund" = Uuid, Path)), responses((status = 200, body = RefundTimeline), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/refunds/{refund}")]
pub async fn show(
    staff: Staff<ViewPayments>,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<web::Json<RefundTimeline>, ApiError> {
    let found = refunds::refund_timeline(staff.project(), RefundId(path.1)).await?;
    found.map(web::Json).ok_or_else(ApiError::not_found)
}

/// Agrees to a refund that somebody else asked for, and sends it.
#[utoipa::path(
    operation_id = "staff_approve_refund", tag = "refunds", security(("staff" = [])),
    params(("project" = Uuid, Path), ("refund" = Uuid, Path)), responses((status = 200, body = RefundTimeline), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/refunds/{refund}/approval")]
pub async fn approve(
    installation: web::Data<Installation>,
    staff: Staff<ApproveRefunds>,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<web::Json<RefundTimeline>, ApiError> {
    let (project, id) = (staff.project(), RefundId(path.1));
    refunds::approve(project, id, &staff.by(), installation.now()).await?;
    Ok(web::Json(bring_on(&installation, project, id).await?))
}

/// Why not.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RejectBody {
    /// At most 26 characters.
    pub reason: String,
}

/// Does not agree to a refund: what it held is free again.
#[utoipa::path(
    operation_id = "staff_reject_refund", tag = "refunds", security(("staff" = [])),
    params(("project" = Uuid, Path), ("refund" = Uuid, Path)), responses((status = 204, description = "已驳回"), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/refunds/{refund}/rejection")]
pub async fn reject(
    installation: web::Data<Installation>,
    staff: Staff<ApproveRefunds>,
    path: web::Path<(Uuid, Uuid)>,
    body: Json<RejectBody>,
) -> Result<HttpResponse, ApiError> {
    refunds::reject(staff.project(), RefundId(path.1), &body.reason, &staff.by(), installation.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sends a refund once more or asks WeChat Pay about it, and answers where it stands then.
#[utoipa::path(
    operation_id = "staff_ask_refund", tag = "refunds", security(("staff" = [])),
    params(("project" = Uuid, Path), ("refund" = Uuid, Path)), responses((status = 200, body = RefundTimeline), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/refunds/{refund}/ask")]
pub async fn ask(
    installation: web::Data<Installation>,
    staff: Staff<RequestRefunds>,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<web::Json<RefundTimeline>, ApiError> {
    Ok(web::Json(bring_on(&installation, staff.project(), RefundId(path.1)).await?))
}

/// Where a stuck refund goes instead.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "way", rename_all = "snake_case")]
pub enum AnotherWayBody {
    /// To a bank card of the payer. Neither number nor name is kept.
    PayerCard {
        /// `ICBC_DEBIT` and others, from WeChat Pay's list of banks.
        bank_type: String,
        /// Number of the card.
        bank_account: String,
        /// Who holds it.
        real_name: String,
    },
    /// To the merchant's own bank account: the payer is then paid outside of WeChat.
    MerchantAccount,
}

impl AnotherWayBody {
    fn parse(&self) -> AbnormalWay {
        match self {
            Self::PayerCard { bank_type, bank_account, real_name } => AbnormalWay::PayerCard {
                bank_type: bank_type.clone(),
                bank_account: SecretString::from(bank_account.clone()),
                real_name: SecretString::from(real_name.clone()),
            },
            Self::MerchantAccount => AbnormalWay::MerchantAccount,
        }
    }
}

/// Sends a refund that is stuck another way.
#[utoipa::path(
    operation_id = "staff_send_refund_another_way", tag = "refunds", security(("staff" = [])),
    params(("project" = Uuid, Path), ("refund" = Uuid, Path)), responses((status = 200, body = RefundTimeline), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/refunds/{refund}/another-way")]
pub async fn another_way(
    installation: web::Data<Installation>,
    staff: Staff<RequestRefunds>,
    path: web::Path<(Uuid, Uuid)>,
    body: Json<AnotherWayBody>,
) -> Result<web::Json<RefundTimeline>, ApiError> {
    let (project, id, by, now) = (staff.project(), RefundId(path.1), staff.by(), installation.now());
    let mchid = refunds::mchid_of(project, id).await?.ok_or(RefundError::NotFound)?;
    let context = installation.refund_context(project, &mchid).await?;
    let gateway = installation.stuck_refunds.as_ref();
    refunds::send_another_way(project, &context, gateway, id, body.parse(), &by, now).await?;
    refunds::refund_timeline(project, id).await?.map(web::Json).ok_or_else(ApiError::not_found)
}

/// From what sum on a second person has to agree.
#[utoipa::path(
    operation_id = "staff_show_refund_policy", tag = "refunds", security(("staff" = [])),
    params(("project" = Uuid, Path)), responses((status = 200, body = RefundPolicy), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/refund-policy")]
pub async fn policy(staff: Staff<ViewPayments>) -> Result<web::Json<RefundPolicy>, ApiError> {
    Ok(web::Json(refunds::policy(staff.project()).await?))
}

/// Changes from what sum on a second person has to agree.
#[utoipa::path(
    operation_id = "staff_set_refund_policy", tag = "refunds", security(("staff" = [])),
    params(("project" = Uuid, Path)), responses((status = 204, description = "已生效"), Refusals)
)]
#[put("/api/staff/v1/projects/{project}/refund-policy")]
pub async fn set_policy(
    installation: web::Data<Installation>,
    staff: Staff<LimitRefunds>,
    body: Json<RefundPolicy>,
) -> Result<HttpResponse, ApiError> {
    refunds::set_policy(staff.project(), body.0, &staff.by(), installation.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
