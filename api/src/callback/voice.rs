//! Reports of voice vendors: what became of calls.

use actix_web::web::Bytes;
use actix_web::{HttpResponse, post, web};
use service::installation::Installation;
use service::voice_reports;

use super::sms::answer;

/// Reports of calls for the account that owns this unguessable address.
#[utoipa::path(
    operation_id = "receive_voice_reports", tag = "callback", params(("token" = String, Path)),
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "已收下"), (status = 400, description = "内容不是回执"),
        (status = 404, description = "没有这个地址"), (status = 500, description = "请重试"))
)]
#[post("/callback/voice/{token}")]
pub async fn reports(installation: web::Data<Installation>, token: web::Path<String>, body: Bytes) -> HttpResponse {
    answer(voice_reports::receive(&installation.control, &token, &body, installation.now()).await)
}
