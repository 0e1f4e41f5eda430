//! WeChat's message push.

use actix_web::web::Bytes;
use actix_web::{HttpResponse, get, post, web};
use service::installation::Installation;
use service::wechat_push::{self, Query, WechatPushError};

/// WeChat checks the address when it is configured.
#[utoipa::path(
    operation_id = "check_push_address", tag = "callback", params(("app_id" = String, Path)),
    responses((status = 200, content_type = "text/plain", body = String), (status = 403, description = "签名不符"))
)]
#[get("/callback/wechat/{app_id}")]
pub async fn check_address(
    installation: web::Data<Installation>,
    app_id: web::Path<String>,
    query: web::Query<Query>,
) -> HttpResponse {
    match wechat_push::check_address(&installation.control, &app_id, &query).await {
        Ok(text) => HttpResponse::Ok().content_type("text/plain").body(text),
        Err(error) => refuse(&error),
    }
}

/// A pushed message or event of an app, plain or encrypted.
#[utoipa::path(
    operation_id = "receive_push", tag = "callback", params(("app_id" = String, Path)),
    request_body(content = String, content_type = "text/xml"),
    responses((status = 200, description = "已收下"), (status = 403, description = "签名不符"), (status = 500, description = "请重试"))
)]
#[post("/callback/wechat/{app_id}")]
pub async fn push(
    installation: web::Data<Installation>,
    app_id: web::Path<String>,
    query: web::Query<Query>,
    body: Bytes,
) -> HttpResponse {
    match wechat_push::receive(&installation, &app_id, &query, &body, installation.now()).await {
        Ok(()) => HttpResponse::Ok().content_type("text/plain").body("success"),
        Err(error) => refuse(&error),
    }
}

fn refuse(error: &WechatPushError) -> HttpResponse {
    if error.is_senders() {
        tracing::info!(%error, "push refused");
        metrics::counter!("linli_pushes_refused_total").increment(1);
        return HttpResponse::Forbidden().finish();
    }
    tracing::error!(alarm = "push_failed", error = error as &dyn std::error::Error, "a push could not be recorded");
    HttpResponse::InternalServerError().finish()
}
