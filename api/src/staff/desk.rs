//! The desk: finding who stands there, what they owe, and taking their money.

use actix_web::{HttpResponse, get, post, put, web};
use domain::counter::{AllocationRule, DeskMethod, Wish};
use domain::ids::{BillId, HouseId, PaymentId};
use domain::money::{Amount, Fen};
use serde::Deserialize;
use service::counter::{self, Desk, DeskCheckout, DeskHouse, DeskOwed, DeskPaymentView, DeskPolicy, Overruled, VoidBy};
use service::installation::Installation;
use service::staff::{ApproveVoids, DirectDesk, ManagePayments, ViewPayments};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Query, Staff, Text};

/// Whom the cashier looks for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeskQuery {
    /// Anything a person says: `1栋101`, `1-1-101`, `101`, a phone, a whole name.
    #[param(value_type = String, max_length = 64)]
    pub q: Text<64>,
}

/// A ticked bill.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DeskBillBody {
    /// The bill.
    pub bill_id: Uuid,
    /// What is taken for it, fen. Left out when one sum is taken for all.
    pub amount_fen: Option<i64>,
}

/// A warning that the cashier overrules.
#[derive(Debug, Deserialize, ToSchema)]
pub struct OverruledBody {
    /// Its code, as in the refusal: `slipped_decimal`.
    #[schema(value_type = String, max_length = 40)]
    pub warning: Text<40>,
    /// Why the money is taken all the same. Kept with the payment.
    #[schema(value_type = String, max_length = 200)]
    pub reason: Text<200>,
}

/// Money that is taken over the desk.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CheckoutBody {
    /// Made once for this act: sent again with the same request, it is answered as the first time.
    pub idempotency_key: Uuid,
    /// The ticked bills, of one house or of several.
    pub bills: Vec<DeskBillBody>,
    /// One sum over all of them, fen; without it each bill has its own amount.
    pub sum_fen: Option<i64>,
    /// `cash`, `card`, `transfer` or `other`.
    #[schema(value_type = String, example = "cash")]
    pub method: DeskMethod,
    /// What was handed over in cash, fen; without it exactly what is taken.
    pub tendered_fen: Option<i64>,
    /// Who pays, when it is somebody else.
    #[schema(value_type = Option<String>, max_length = 40)]
    pub payer_name: Option<Text<40>>,
    /// The number on the slip or of the transfer. Cash needs none.
    #[schema(value_type = Option<String>, max_length = 40)]
    pub reference: Option<Text<40>>,
    /// Warnings of an answer `desk_guard`, each with a reason.
    pub overruled: Option<Vec<OverruledBody>>,
}

/// What the project lets its desk do.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DeskPolicyBody {
    /// `oldest_first`, `past_first` or `free_choice`.
    #[schema(value_type = String, example = "oldest_first")]
    pub allocation: AllocationRule,
    /// A bill may be paid in parts.
    pub partial_allowed: bool,
    /// The largest payment a cashier may void without a second person, fen.
    pub void_alone_max_fen: i64,
}

/// Why a payment is taken back.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DeskVoidBody {
    /// Kept with the payment and in the audit log.
    #[schema(value_type = String, max_length = 200)]
    pub reason: Text<200>,
}

impl CheckoutBody {
    fn wish(&self) -> Result<Wish, ApiError> {
        if let Some(sum_fen) = self.sum_fen {
            if let Some(place) = self.bills.iter().position(|bill| bill.amount_fen.is_some()) {
                let words = "已填写合计金额，请去掉每笔账单的金额";
                return Err(ApiError::bad_field(format!("bills[{place}].amount_fen"), words));
            }
            let bills = self.bills.iter().map(|bill| BillId(bill.bill_id)).collect();
            return Ok(Wish::Sum { bills, sum: amount("sum_fen", sum_fen)? });
        }
        let each = self.bills.iter().enumerate().map(|(place, bill)| {
            let field = format!("bills[{place}].amount_fen");
            let fen = bill.amount_fen.ok_or_else(|| ApiError::bad_field(field.clone(), "必填，请补充"))?;
            Ok((BillId(bill.bill_id), amount(&field, fen)?))
        });
        each.collect::<Result<_, ApiError>>().map(Wish::Each)
    }

    fn checkout(self) -> Result<DeskCheckout, ApiError> {
        let wish = self.wish()?;
        let tendered = self.tendered_fen.map(|fen| amount("tendered_fen", fen)).transpose()?;
        let overruled = self
            .overruled
            .unwrap_or_default()
            .into_iter()
            .map(|one| Overruled { warning: one.warning.into_inner(), reason: one.reason.into_inner() });
        Ok(DeskCheckout {
            key: self.idempotency_key,
            wish,
            method: self.method,
            tendered,
            payer_name: self.payer_name.map(Text::into_inner),
            reference: self.reference.map(Text::into_inner),
            overruled: overruled.collect(),
        })
    }
}

fn amount(field: &str, fen: i64) -> Result<Amount, ApiError> {
    Fen::new(fen).and_then(Amount::parse).map_err(|error| ApiError::bad_field(field, error.to_string()))
}

/// Houses that fit what was typed, with what is owed on each. At most 50. Names and phones are masked.
#[utoipa::path(
    operation_id = "staff_search_desk", tag = "desk", security(("staff" = [])),
    params(("project" = Uuid, Path), DeskQuery), responses((status = 200, body = Vec<DeskHouse>), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/desk/search")]
pub async fn search(
    installation: web::Data<Installation>,
    staff: Staff<ManagePayments>,
    query: Query<DeskQuery>,
) -> Result<web::Json<Vec<DeskHouse>>, ApiError> {
    let today = staff.project().info().today(installation.now());
    let found = staff.project().read("counter.search", async |tx| counter::search(tx, &query.q, today).await).await?;
    Ok(web::Json(found))
}

/// The open bills of a house: past their due day and current, the oldest first.
#[utoipa::path(
    operation_id = "staff_show_desk_owed", tag = "desk", security(("staff" = [])),
    params(("project" = Uuid, Path), ("house" = Uuid, Path)), responses((status = 200, body = DeskOwed), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/desk/houses/{house}/owed")]
pub async fn owed(
    installation: web::Data<Installation>,
    staff: Staff<ManagePayments>,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<web::Json<DeskOwed>, ApiError> {
    let today = staff.project().info().today(installation.now());
    let house = HouseId(path.1);
    let found = staff.project().read("counter.owed", async |tx| counter::owed(tx, house, today).await).await?;
    Ok(web::Json(found))
}

/// Takes money in the cashier's open shift. A refusal `desk_guard` names in `fields` the warnings (`overruled.<code>`) that
/// must be overruled with a reason. A WeChat order over the bills is closed at WeChat first.
#[utoipa::path(
    operation_id = "staff_checkout_desk", tag = "desk", security(("staff" = [])), params(("project" = Uuid, Path)),
    responses((status = 200, body = DeskPaymentView), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/desk/checkouts")]
pub async fn checkout(
    installation: web::Data<Installation>,
    staff: Staff<ManagePayments>,
    body: Json<CheckoutBody>,
) -> Result<web::Json<DeskPaymentView>, ApiError> {
    let db = staff.project();
    let desk = Desk { db, gateway: &installation.pay, merchants: &installation.merchants };
    let new = body.0.checkout()?;
    let taken = counter::checkout(&desk, staff.staff_id(), &new, &staff.by(), installation.now()).await?.into_inner();
    let view = db.read("counter.payment", async |tx| counter::payment_view(tx, taken).await).await?;
    Ok(web::Json(view))
}

/// One payment over the desk with its receipts.
#[utoipa::path(
    operation_id = "staff_show_desk_payment", tag = "desk", security(("staff" = [])),
    params(("project" = Uuid, Path), ("taken" = Uuid, Path)),
    responses((status = 200, body = DeskPaymentView), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/desk/payments/{taken}")]
pub async fn show(
    staff: Staff<ViewPayments>,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<web::Json<DeskPaymentView>, ApiError> {
    let payment = PaymentId(path.1);
    let view = staff.project().read("counter.payment", async |tx| counter::payment_view(tx, payment).await).await?;
    Ok(web::Json(view))
}

/// Takes back a payment of one's own open shift, up to the project's limit. Twice is once.
#[utoipa::path(
    operation_id = "staff_void_desk_payment", tag = "desk", security(("staff" = [])),
    params(("project" = Uuid, Path), ("taken" = Uuid, Path)),
    responses((status = 204, description = "已作废"), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/desk/payments/{taken}/void")]
pub async fn void(
    installation: web::Data<Installation>,
    staff: Staff<ManagePayments>,
    path: web::Path<(Uuid, Uuid)>,
    body: Json<DeskVoidBody>,
) -> Result<HttpResponse, ApiError> {
    let (who, now) = (VoidBy::Cashier(staff.staff_id()), installation.now());
    let _ = counter::void_payment(staff.project(), PaymentId(path.1), who, &body.reason, &staff.by(), now).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes back a payment that somebody else took in a shift that is still open, whatever its sum. Twice is once.
#[utoipa::path(
    operation_id = "staff_void_desk_payment_as_second", tag = "desk", security(("staff" = [])),
    params(("project" = Uuid, Path), ("taken" = Uuid, Path)),
    responses((status = 204, description = "已作废"), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/desk/payments/{taken}/second-person-void")]
pub async fn void_as_second(
    installation: web::Data<Installation>,
    staff: Staff<ApproveVoids>,
    path: web::Path<(Uuid, Uuid)>,
    body: Json<DeskVoidBody>,
) -> Result<HttpResponse, ApiError> {
    let (who, now) = (VoidBy::SecondPerson(staff.staff_id()), installation.now());
    let _ = counter::void_payment(staff.project(), PaymentId(path.1), who, &body.reason, &staff.by(), now).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What the project lets its desk do.
#[utoipa::path(
    operation_id = "staff_show_desk_policy", tag = "desk", security(("staff" = [])), params(("project" = Uuid, Path)),
    responses((status = 200, body = DeskPolicy), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/desk/policy")]
pub async fn policy(staff: Staff<ViewPayments>) -> Result<web::Json<DeskPolicy>, ApiError> {
    Ok(web::Json(staff.project().read("counter.policy", async |tx| counter::policy(tx).await).await?))
}

/// Sets what the desk may do, from now on.
#[utoipa::path(
    operation_id = "staff_put_desk_policy", tag = "desk", security(("staff" = [])), params(("project" = Uuid, Path)),
    responses((status = 204, description = "已保存"), Refusals)
)]
#[put("/api/staff/v1/projects/{project}/desk/policy")]
pub async fn put_policy(
    installation: web::Data<Installation>,
    staff: Staff<DirectDesk>,
    body: Json<DeskPolicyBody>,
) -> Result<HttpResponse, ApiError> {
    let new = DeskPolicy {
        allocation: body.allocation,
        partial_allowed: body.partial_allowed,
        void_alone_max_fen: body.void_alone_max_fen,
    };
    counter::put_policy(staff.project(), &new, &staff.by(), installation.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}
