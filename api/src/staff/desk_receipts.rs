//! Receipts on paper.

use actix_web::http::header::ContentEncoding;
use actix_web::{HttpResponse, post, web};
use domain::ids::ReceiptId;
use service::counter;
use service::installation::Installation;
use service::staff::ManagePayments;
use uuid::Uuid;

use super::download::attached;
use super::reminder_history::FileBody;
use crate::error::{ApiError, Refusals};
use crate::extract::Staff;

/// Puts a receipt on paper. The header `x-print-no` says how often it was; from the second time on the paper says so too.
#[utoipa::path(
    operation_id = "staff_print_receipt", tag = "desk", security(("staff" = [])),
    params(("project" = Uuid, Path), ("receipt" = Uuid, Path)),
    responses((status = 200, content_type = "application/pdf", body = FileBody), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/desk/receipts/{receipt}/print")]
pub async fn print(
    installation: web::Data<Installation>,
    staff: Staff<ManagePayments>,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, ApiError> {
    let (by, now) = (staff.by(), installation.now());
    let receipt = ReceiptId(path.1);
    let printed = counter::print_receipt(staff.project(), &installation.control, receipt, &by, now).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header(attached(&format!("{}.pdf", printed.number)))
        .insert_header(("x-print-no", printed.print_no.to_string()))
        .insert_header(ContentEncoding::Identity)
        .body(printed.pdf))
}
