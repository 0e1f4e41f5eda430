//! Delivery reports of SMS vendors.

use actix_web::web::Bytes;
use actix_web::{HttpResponse, post, web};
use service::installation::Installation;
use service::sms_reports;
use service::vendor_report::VendorReportError;

/// Delivery reports for the account that owns this unguessable address.
#[utoipa::path(
    operation_id = "receive_sms_reports", tag = "callback", params(("token" = String, Path)),
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "已收下"), (status = 400, description = "内容不是回执"),
        (status = 404, description = "没有这个地址"), (status = 500, description = "请重试"))
)]
#[post("/callback/sms/{token}")]
pub async fn reports(installation: web::Data<Installation>, token: web::Path<String>, body: Bytes) -> HttpResponse {
    answer(sms_reports::receive(&installation.control, &token, &body, installation.now()).await)
}

/// What the vendor is told: its own word when everything is recorded.
pub(super) fn answer(received: Result<&'static str, VendorReportError>) -> HttpResponse {
    match received {
        Ok(ack) => HttpResponse::Ok().content_type("application/json").body(ack),
        Err(VendorReportError::Unknown) => HttpResponse::NotFound().finish(),
        Err(VendorReportError::Report(_)) => HttpResponse::BadRequest().finish(),
        Err(error) => {
            tracing::error!(alarm = "vendor_report_failed", error = &error as &dyn std::error::Error, "not recorded");
            HttpResponse::InternalServerError().finish()
        }
    }
}
