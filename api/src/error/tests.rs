//! What leaves, and what does not.

use std::error::Error as StdError;

use actix_web::ResponseError;
use actix_web::body::to_bytes;
use actix_web::http::StatusCode;
use domain::reminder::Policy;
use serde_json::{Value, json};
use service::fees::FeesError;
use service::houses::RowRemark;
use service::reminders::ReminderError;
use service::store::StoreError;

use super::*;

#[derive(Debug, thiserror::Error)]
#[error("password=hunter2 of 13800138000")]
struct Leak;

#[derive(Debug, thiserror::Error)]
#[error("outer")]
struct Outer(#[source] Leak);

async fn body_of(response: HttpResponse) -> Value {
    serde_json::from_slice(&to_bytes(response.into_body()).await.unwrap()).unwrap()
}

#[actix_web::test]
async fn a_5xx_tells_nothing_but_the_request_id() {
    let error = ApiError::internal(&Outer(Leak));
    let response = error.response(Some("request-0001"));
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let body = body_of(response).await;
    let words = "系统出了点问题，请稍后重试；如仍不行，请把请求编号告诉我们";
    assert_eq!(body, json!({"error": {"code": "internal", "message": words, "request_id": "request-0001"}}));
    let bad_row = StoreError::BadRow { table: "person", what: "13800138000".to_owned() };
    assert_eq!(body_of(ApiError::from(bad_row).response(Some("request-0001"))).await, body);
}

#[test]
fn the_log_has_the_whole_chain_of_causes() {
    let error: &dyn StdError = &Outer(Leak);
    assert_eq!(Chain(error).to_string(), "outer: password=hunter2 of 13800138000");
}

#[actix_web::test]
async fn every_not_found_has_the_same_body() {
    let all: [ApiError; 6] = [
        service::owners::OwnerError::NotFound.into(),
        service::staff::StaffError::NotFound.into(),
        service::bills::BillsError::NotFound.into(),
        service::houses::HousesError::NotFound.into(),
        service::payments::OrderError::BillNotFound.into(),
        ReminderError::NotFound.into(),
    ];
    let expected = body_of(ApiError::not_found().error_response()).await;
    for error in all {
        assert_eq!(error.status_code(), StatusCode::NOT_FOUND);
        assert_eq!(body_of(error.error_response()).await, expected);
    }
}

#[test]
fn every_mistake_of_a_policy_and_of_a_formula_is_a_field() {
    let mut policy = Policy { unread_after_hours: 0, ..Policy::default() };
    policy.stages[0].channels.clear();
    let mistakes = policy.check().unwrap_err();
    let fields = ApiError::from(ReminderError::Policy(mistakes)).fields().to_vec();
    let named: Vec<_> = fields.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(named, ["unread_after_hours", "stages[0].channels"]);

    let names = domain::formula::Names::with(&domain::formula::Constants::default());
    let mistakes = domain::formula::Formula::compile("建筑面积 × 不存在", &names).unwrap_err();
    let error = ApiError::from(FeesError::Formula(mistakes));
    assert_eq!(error.status_code(), StatusCode::BAD_REQUEST);
    assert!(error.fields().iter().all(|problem| problem.field == "formula"));
    assert!(!error.fields().is_empty());
}

#[actix_web::test]
async fn a_refused_workbook_lists_its_rows() {
    let row = RowRemark {
        sheet: "住宅".to_owned(),
        row: 5,
        column: Some("D".to_owned()),
        value: "一百".to_owned(),
        code: "AREA_NOT_A_NUMBER",
        words: "面积不是数字".to_owned(),
        remedy: "请填写数字",
    };
    let error = ApiError::from(service::houses::HousesError::NothingToImport).with_rows(vec![row]);
    let body = body_of(error.error_response()).await;
    assert_eq!(body["error"]["code"], "nothing_to_import");
    assert_eq!(body["error"]["rows"][0]["row"], 5);
    let broken = ApiError::from(service::houses::read_workbook(b"no workbook", 2026).unwrap_err());
    assert_eq!(broken.status_code(), StatusCode::BAD_REQUEST);
    assert_eq!(broken.fields()[0].field, "file");
}

#[test]
fn whoever_must_wait_is_told_how_long() {
    let waits = |error: ApiError| error.error_response().headers().get(RETRY_AFTER).cloned();
    assert_eq!(waits(ApiError::too_many_requests(60)).unwrap(), "60");
    assert_eq!(waits(ApiError::unavailable("stopping", "稍后")).unwrap(), "5");
    assert!(waits(ApiError::not_found()).is_none());
}
