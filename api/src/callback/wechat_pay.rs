//! WeChat Pay's notices: of payments and of refunds.

use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, post, web};
use serde_json::json;
use service::installation::Installation;
use service::payments::{NoticeError, NoticeOutcome, receive_notice};
use service::tenancy::TenancyError;

use crate::extract::project_id;

/// A payment notice of WeChat Pay for one project. 200 only after the booking was committed; 4xx for what WeChat Pay
/// did not sign; 5xx when WeChat Pay must come again.
#[utoipa::path(
    operation_id = "receive_payment_notice", tag = "callback",
    params(("project" = String, Path, description = "项目")),
    request_body(content = String, content_type = "application/json", description = "微信支付 APIv3 通知"),
    responses((status = 200, description = "已入账"), (status = 401, description = "签名不符，不接受"),
        (status = 404, description = "没有这个项目，或不是本项目的订单"), (status = 500, description = "暂未入账，请重试"))
)]
#[post("/callback/wechatpay/{project}/payment")]
pub async fn payment(installation: web::Data<Installation>, request: HttpRequest, body: Bytes) -> HttpResponse {
    receive(&installation, &request, &body).await
}

/// A refund notice of WeChat Pay for one project, answered as a payment notice is.
#[utoipa::path(
    operation_id = "receive_refund_notice", tag = "callback",
    params(("project" = String, Path, description = "项目")),
    request_body(content = String, content_type = "application/json", description = "微信支付 APIv3 退款通知"),
    responses((status = 200, description = "已入账"), (status = 401, description = "签名不符，不接受"),
        (status = 404, description = "没有这个项目，或不是本项目的退款"), (status = 500, description = "暂未入账，请重试"))
)]
#[post("/callback/wechatpay/{project}/refund")]
pub async fn refund(installation: web::Data<Installation>, request: HttpRequest, body: Bytes) -> HttpResponse {
    receive(&installation, &request, &body).await
}

/// What a notice says is in what WeChat Pay signed, not in the address it came to.
async fn receive(installation: &Installation, request: &HttpRequest, body: &[u8]) -> HttpResponse {
    let Ok(id) = project_id(request) else { return refused(StatusCode::NOT_FOUND, "unknown") };
    let project = match installation.projects.open(id).await {
        Ok(project) => project,
        Err(TenancyError::NotFound) => return refused(StatusCode::NOT_FOUND, "unknown"),
        Err(error) => return failed(&error),
    };
    let look_up = |name: &'static str| request.headers().get(name).and_then(|value| value.to_str().ok());
    match receive_notice(&project, &installation.merchants, look_up, body, installation.now()).await {
        Ok(NoticeOutcome::Booked) => accepted("booked"),
        Ok(NoticeOutcome::Repeated) => accepted("repeated"),
        Ok(NoticeOutcome::Ignored) => accepted("ignored"),
        Ok(NoticeOutcome::Elsewhere) => {
            tracing::warn!(project = %id, "a notice of another project, or of another program at this merchant");
            refused(StatusCode::NOT_FOUND, "elsewhere")
        }
        Ok(NoticeOutcome::Probe) => refused(StatusCode::UNAUTHORIZED, "probe"),
        Ok(NoticeOutcome::Forged(why)) => {
            tracing::info!(%why, project = %id, "payment notice refused");
            refused(StatusCode::UNAUTHORIZED, "forged")
        }
        // Signed by WeChat Pay for somebody else, or our APIv3 key is wrong: an alarm, and WeChat Pay comes again.
        Err(NoticeError::Undecryptable(why)) => {
            tracing::error!(alarm = "payment_notice_undecryptable", %why, project = %id, "payment notice refused");
            refused(StatusCode::UNAUTHORIZED, "undecryptable")
        }
        Err(error) => failed(&error),
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("linli_wechat_pay_notices_total", "outcome" => outcome).increment(1);
}

fn accepted(outcome: &'static str) -> HttpResponse {
    count(outcome);
    HttpResponse::Ok().finish()
}

/// Not for us: the sender is told no more than that.
fn refused(status: StatusCode, outcome: &'static str) -> HttpResponse {
    count(outcome);
    HttpResponse::build(status).json(json!({"code": "FAIL", "message": "不接受"}))
}

/// Ours to repair: an alarm, and WeChat Pay comes again.
fn failed(error: &(dyn std::error::Error + 'static)) -> HttpResponse {
    count("failed");
    tracing::error!(alarm = "payment_notice_failed", error, "a payment notice could not be booked");
    HttpResponse::InternalServerError().json(json!({"code": "FAIL", "message": "稍后重试"}))
}
