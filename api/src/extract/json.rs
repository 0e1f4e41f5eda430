//! A JSON body.

use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;

use super::admission::decided;
use super::malformed::malformed;
use crate::error::ApiError;

/// A JSON body of at most 256 KiB. What is wrong with one is answered with the field and the remedy.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T> Deref for Json<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = request.content_type().eq_ignore_ascii_case("application/json");
        let bytes = web::Bytes::from_request(request, payload);
        let decided = decided(request);
        Box::pin(async move {
            decided.await;
            if !is_json {
                let words = "请求内容须为 JSON，并带有 Content-Type: application/json";
                return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", words));
            }
            let bytes = bytes.await.map_err(|error| match error.as_response_error().status_code() {
                StatusCode::PAYLOAD_TOO_LARGE => ApiError::too_large(),
                _ => ApiError::bad_request("body_broken_off", "请求没有传完，请重试"),
            })?;
            parse(&bytes).map(Self)
        })
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut text = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut text).map_err(|error| match error.inner().classify() {
        serde_json::error::Category::Data => malformed(&error.path().to_string(), &error.inner().to_string()),
        _ => bad_json(error.inner()),
    })?;
    text.end().map_err(|error| bad_json(&error))?;
    Ok(value)
}

fn bad_json(error: &serde_json::Error) -> ApiError {
    ApiError::bad_request(
        "bad_json",
        format!("请求内容不是合法的 JSON：第 {} 行第 {} 列起读不懂", error.line(), error.column()),
    )
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use uuid::Uuid;

    use super::*;
    use crate::extract::Text;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Mode {
        DryRun,
        Publish,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Body {
        ids: Vec<Uuid>,
        mode: Mode,
        note: Option<Text<4>>,
    }

    fn refused(text: &str) -> (String, String) {
        let error = parse::<Body>(text.as_bytes()).unwrap_err();
        let problem = error.fields().first().unwrap_or_else(|| panic!("{error:?} names no field"));
        (problem.field.clone(), problem.message.clone())
    }

    #[test]
    fn what_is_wrong_with_a_body_is_said_with_its_field_and_a_remedy() {
        assert_eq!(refused(r#"{"ids":[]}"#), ("mode".to_owned(), "必填，请补充".to_owned()));
        assert_eq!(refused(r#"{"ids":[],"mode":"now"}"#), ("mode".to_owned(), "只能填写：dry_run、publish".to_owned()));
        assert_eq!(refused(r#"{"ids":["x"],"mode":"publish"}"#).0, "ids[0]");
        assert_eq!(
            refused(r#"{"ids":[],"mode":"publish","note":"太长的备注"}"#),
            ("note".to_owned(), "最多 4 个字".to_owned())
        );
    }

    #[test]
    fn what_is_no_json_is_told_from_a_wrong_field() {
        for text in ["", "{", "{\"ids\":", "{\"ids\":[],\"mode\":\"publish\"} x"] {
            assert_eq!(parse::<Body>(text.as_bytes()).unwrap_err().code(), "bad_json", "{text}");
        }
        let body: Body = parse(r#"{"ids":[],"mode":"dry_run","note":" 好 "}"#.as_bytes()).unwrap();
        assert_eq!(body.note.unwrap().into_inner(), "好");
    }
}
