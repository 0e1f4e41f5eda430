//! What happens to every request, on a small application with the same wraps.

use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
use actix_web::{App, HttpResponse, post, web};
use serde_json::{Value, json};
use service::shared::InProcess;

use super::*;
use crate::extract::{self, BODY_BYTES_MAX, Json};

#[derive(serde::Deserialize)]
struct Named {
    name: String,
}

#[post("/named/{id}")]
async fn named(_: web::Path<Uuid>, body: Json<Named>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "name": body.name }))
}

#[post("/raw")]
async fn raw(body: web::Bytes) -> HttpResponse {
    HttpResponse::Ok().json(body.len())
}

#[post("/api/staff/v1/sessions")]
async fn sign_in() -> HttpResponse {
    HttpResponse::Created().finish()
}

#[post("/callback/wechatpay/1/payment")]
async fn callback() -> HttpResponse {
    HttpResponse::Ok().finish()
}

/// One answer of the application: status, request id, body.
macro_rules! ask {
    ($app:expr, $request:expr) => {{
        let response = call_service(&$app, $request.to_request()).await;
        let id = response.headers().get("x-request-id").map(|id| id.to_str().unwrap().to_owned());
        (response.status().as_u16(), id.unwrap_or_default(), response)
    }};
}

macro_rules! app {
    () => {{
        let shared: Arc<dyn SharedState> = Arc::new(InProcess::new());
        let limits = RateLimits { requests_per_minute: 20, sign_ins_per_minute: 2 };
        init_service(
            App::new()
                .configure(extract::configure)
                .app_data(web::Data::from(shared))
                .app_data(web::Data::new(limits))
                .service(named)
                .service(raw)
                .service(sign_in)
                .service(callback)
                .default_service(web::route().to(async || Err::<&str, _>(ApiError::not_found())))
                .wrap(from_fn(limit))
                .wrap(actix_web::middleware::Compress::default())
                .wrap(from_fn(trace)),
        )
        .await
    }};
}

fn post(uri: &str) -> TestRequest {
    TestRequest::post().uri(uri)
}

const ID: &str = "0199aaaa-0000-7000-8000-000000000001";

#[actix_web::test]
async fn every_answer_names_its_request_also_those_of_the_framework() {
    let app = app!();
    let json = ("content-type", "application/json");
    let asked = [
        (post("/nowhere"), 404),
        (post("/named/not-an-id").insert_header(json).set_payload("{}"), 404),
        (post(&format!("/named/{ID}")).insert_header(json).set_payload("{\"name\":"), 400),
        (post(&format!("/named/{ID}")).insert_header(json).set_payload("{}"), 400),
        (post(&format!("/named/{ID}")).set_payload("name=a"), 415),
        (post(&format!("/named/{ID}")).insert_header(json).set_payload(vec![b' '; BODY_BYTES_MAX + 1]), 413),
        (post("/raw").set_payload(vec![b' '; BODY_BYTES_MAX + 1]), 413),
    ];
    for (request, expected) in asked {
        let (status, id, response) = ask!(app, request.insert_header(("x-request-id", "my-request-1")));
        assert_eq!((status, id.as_str()), (expected, "my-request-1"));
        let body: Value = read_body_json(response).await;
        assert_eq!(body["error"]["request_id"], "my-request-1", "{body}");
        assert!(body["error"]["message"].as_str().is_some_and(|words| !words.is_ascii()), "{body}");
    }
    let good = post(&format!("/named/{ID}")).insert_header(json).set_payload("{\"name\":\"甲\"}");
    let (status, id, response) = ask!(app, good);
    assert_eq!(status, 200);
    assert_eq!(response.headers().get("cache-control").unwrap(), "no-store");
    assert!(Uuid::parse_str(&id).is_ok(), "{id}");
    assert_eq!(read_body_json::<Value, _>(response).await, json!({"name": "甲"}));
}

#[actix_web::test]
async fn a_request_id_that_is_no_id_is_replaced() {
    let app = app!();
    for given in ["short", "with space in it", &"x".repeat(65)] {
        let (_, id, _) = ask!(app, post("/nowhere").insert_header(("x-request-id", given)));
        assert!(Uuid::parse_str(&id).is_ok(), "{id}");
    }
}

#[actix_web::test]
async fn who_signs_in_too_often_waits_and_callbacks_never_do() {
    let app = app!();
    let from = |uri: &str| post(uri).peer_addr("203.0.113.7:1000".parse().unwrap());
    for expected in [201, 201, 429] {
        let (status, _, response) = ask!(app, from("/api/staff/v1/sessions"));
        assert_eq!(status, expected);
        if expected == 429 {
            assert_eq!(response.headers().get("retry-after").unwrap(), "60");
            assert_eq!(read_body_json::<Value, _>(response).await["error"]["code"], "too_many_requests");
        }
    }
    let (status, _, _) = ask!(app, post("/api/staff/v1/sessions").peer_addr("203.0.113.8:1000".parse().unwrap()));
    assert_eq!(status, 201);
    for _ in 0..30 {
        let (status, _, _) = ask!(app, from("/callback/wechatpay/1/payment"));
        assert_eq!(status, 200);
    }
}
