//! One signed request and what its answer is worth.

use reqwest::Method;
use serde::Deserialize;
use url::Url;
use uuid::Uuid;

use super::keys::MerchantKeys;
use super::request::{SignError, authorization};
use super::response::{SignatureHeaders, verify};
use crate::Now;
use crate::http::{Answer, BaseUrl, HttpClient, Outgoing, TransportError};

/// A request before it has an address, a nonce or a time: each attempt gets new ones.
pub(super) struct Call<'c> {
    pub method: Method,
    pub segments: &'c [&'c str],
    pub query: &'c [(&'c str, &'c str)],
    pub body: Option<String>,
    /// The key that fields of the body are encrypted with; else the public key, to be answered with it.
    pub serial: Option<&'c str>,
}

impl<'c> Call<'c> {
    pub const fn get(segments: &'c [&'c str], query: &'c [(&'c str, &'c str)]) -> Self {
        Self { method: Method::GET, segments, query, body: None, serial: None }
    }

    pub const fn post(segments: &'c [&'c str], body: String) -> Self {
        Self { method: Method::POST, segments, query: &[], body: Some(body), serial: None }
    }
}

/// What an answer is worth.
pub(super) enum Reply {
    /// 2xx, signature verified.
    Good { status: u16, body: Vec<u8> },
    /// An error that can be believed.
    Refusal { status: u16, code: String, message: String, request_id: Option<String> },
    /// Nothing left this machine.
    NotSent(String),
    /// Anything else.
    Unknown(String),
}

#[derive(Deserialize)]
struct WireError {
    code: String,
    #[serde(default)]
    message: String,
}

/// Sends once.
pub(super) async fn send(
    http: &HttpClient,
    base: &BaseUrl,
    keys: &MerchantKeys,
    now: &Now,
    call: &Call<'_>,
) -> Result<Answer, TransportError> {
    let url = base.at_with(call.segments, call.query);
    let body = call.body.clone().unwrap_or_default();
    let mut headers = signed_headers(keys, &call.method, &url, &body, now)
        .map_err(|error| TransportError::NotSent(error.to_string()))?;
    if call.body.is_some() {
        headers.push(("content-type", "application/json".to_owned()));
    }
    if let Some(key_id) = call.serial.or_else(|| keys.verifiers.public_key_id()) {
        headers.push(("wechatpay-serial", key_id.to_owned()));
    }
    http.exchange(Outgoing { method: call.method.clone(), url, headers, body: call.body.clone() }).await
}

/// The headers of one attempt: a new nonce, the time, the signature over exactly what is sent.
pub(super) fn signed_headers(
    keys: &MerchantKeys,
    method: &Method,
    url: &Url,
    body: &str,
    now: &Now,
) -> Result<Vec<(&'static str, String)>, SignError> {
    let nonce = Uuid::new_v4().simple().to_string();
    let authorization = authorization(keys, method.as_str(), &path_and_query(url), body, now(), &nonce)?;
    Ok(vec![("authorization", authorization), ("accept", "application/json".to_owned())])
}

fn path_and_query(url: &Url) -> String {
    url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
}

/// Judges an answer.
///
/// 2xx counts only with a good signature. An error with a signature must have a good one. An error without any is
/// believed when it has WeChat Pay's error form, except 401 and 5xx: those come from in front of the business layer
/// and say nothing about the payment.
pub(super) fn judge(sent: Result<Answer, TransportError>, keys: &MerchantKeys, now: &Now) -> Reply {
    let answer = match sent {
        Ok(answer) => answer,
        Err(TransportError::NotSent(why)) => return Reply::NotSent(why),
        Err(TransportError::Unknown(why)) => return Reply::Unknown(why),
    };
    let request_id = answer.header("request-id").map(str::to_owned);
    let status = answer.status;
    let is_signed = answer.header("wechatpay-signature").is_some();
    if answer.is_success() || is_signed {
        let verified = SignatureHeaders::read(|name| answer.header(name))
            .and_then(|headers| verify(&headers, &answer.body, &keys.verifiers, now()));
        if let Err(error) = verified {
            tracing::warn!(status, request_id, %error, "wechat pay answer cannot be verified");
            return Reply::Unknown(format!("HTTP {status}: {error}"));
        }
    }
    if answer.is_success() {
        return Reply::Good { status, body: answer.body };
    }
    let error = serde_json::from_slice::<WireError>(&answer.body).ok().filter(|error| !error.code.is_empty());
    let code = error.as_ref().map(|error| error.code.as_str()).unwrap_or_default();
    tracing::warn!(status, request_id, code, "wechat pay refused");
    match error {
        // Too many requests is answered in front of everything: nothing was accepted, form or not.
        Some(error) if status == 429 => Reply::Refusal { status, code: error.code, message: error.message, request_id },
        None if status == 429 => {
            Reply::Refusal { status, code: "FREQUENCY_LIMITED".to_owned(), message: String::new(), request_id }
        }
        Some(error) if is_believable(status, is_signed, &error.code) => {
            Reply::Refusal { status, code: error.code, message: error.message, request_id }
        }
        Some(error) => Reply::Unknown(format!("HTTP {status} {}", error.code)),
        None => Reply::Unknown(format!("HTTP {status}")),
    }
}

fn is_believable(status: u16, is_signed: bool, code: &str) -> bool {
    match status {
        401 => is_signed,
        400..=499 => true,
        // Bad data, though told as a server error; all other 5xx leave the result open.
        500 => is_signed && matches!(code, "OPENID_MISMATCH" | "INVALID_TRANSACTIONID"),
        _ => false,
    }
}
