//! Tencent Cloud API 3.0: JSON POST, signed with TC3-HMAC-SHA256.

use std::fmt;

use chrono::{DateTime, Utc};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{CloudFailure, hmac_sha256, sha256_hex};
use crate::Now;
use crate::http::{BaseUrl, HttpClient, Outgoing, authority};

const ALGORITHM: &str = "TC3-HMAC-SHA256";
const CONTENT_TYPE: &str = "application/json; charset=utf-8";
const SIGNED_HEADERS: &str = "content-type;host;x-tc-action";
/// The service has its own region list; this one is valid for SMS and voice.
const REGION: &str = "ap-guangzhou";

/// An API key pair.
#[derive(Debug, Clone)]
pub struct TencentKeys {
    /// `AKID…`
    pub secret_id: String,
    /// Signs.
    pub secret_key: SecretString,
}

/// One account at one service.
#[derive(Clone)]
pub struct TencentCloud {
    http: HttpClient,
    base_url: BaseUrl,
    keys: TencentKeys,
    now: Now,
}

impl fmt::Debug for TencentCloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TencentCloud").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// Which API of which service.
pub(crate) struct TencentApi {
    pub service: &'static str,
    pub version: &'static str,
    pub action: &'static str,
}

impl TencentCloud {
    /// `base_url` is the service's own host: `https://sms.tencentcloudapi.com`, `https://vms.tencentcloudapi.com`.
    #[must_use]
    pub const fn new(http: HttpClient, base_url: BaseUrl, keys: TencentKeys, now: Now) -> Self {
        Self { http, base_url, keys, now }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.now)()
    }

    /// Calls and returns what is inside `Response`.
    pub(crate) async fn call(&self, api: &TencentApi, request: &Value) -> Result<Value, CloudFailure> {
        let url = self.base_url.at(&[]);
        let body = request.to_string();
        let now = self.now();
        let signed = Signed::new(&self.keys, api, CONTENT_TYPE, &authority(&url), url.path(), &body, now);
        let headers = vec![
            ("authorization", signed.authorization),
            ("content-type", CONTENT_TYPE.to_owned()),
            ("x-tc-action", api.action.to_owned()),
            ("x-tc-version", api.version.to_owned()),
            ("x-tc-region", REGION.to_owned()),
            ("x-tc-timestamp", now.timestamp().to_string()),
        ];
        let answer = self.http.exchange(Outgoing { method: Method::POST, url, headers, body: Some(body) }).await?;
        let unusable = || CloudFailure::Unknown(format!("HTTP {}", answer.status));
        if answer.status >= 500 {
            return Err(unusable());
        }
        let parsed: Value = serde_json::from_slice(&answer.body).map_err(|_| unusable())?;
        let response = parsed.get("Response").filter(|r| r.is_object()).ok_or_else(unusable)?;
        if let Some(error) = response.get("Error") {
            let text = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let request_id = response.get("RequestId").and_then(Value::as_str);
            tracing::warn!(action = api.action, request_id, code = text("Code"), "tencent cloud refused");
            return Err(CloudFailure::Refused { code: text("Code"), message: text("Message") });
        }
        if answer.is_success() { Ok(response.clone()) } else { Err(unusable()) }
    }
}

/// A signature; the step between is kept for the published vector.
struct Signed {
    #[cfg_attr(not(test), allow(dead_code))]
    canonical_sha256: String,
    authorization: String,
}

impl Signed {
    fn new(
        keys: &TencentKeys,
        api: &TencentApi,
        content_type: &str,
        host: &str,
        path: &str,
        body: &str,
        now: DateTime<Utc>,
    ) -> Self {
        let action = api.action.to_ascii_lowercase();
        let canonical = format!(
            "POST\n{path}\n\ncontent-type:{content_type}\nhost:{host}\nx-tc-action:{action}\n\n{SIGNED_HEADERS}\n{}",
            sha256_hex(body.as_bytes())
        );
        let canonical_sha256 = sha256_hex(canonical.as_bytes());
        // The date is UTC, whatever the region.
        let date = now.format("%Y-%m-%d").to_string();
        let scope = format!("{date}/{}/tc3_request", api.service);
        let to_sign = format!("{ALGORITHM}\n{}\n{scope}\n{canonical_sha256}", now.timestamp());
        let first = format!("TC3{}", keys.secret_key.expose_secret());
        let dated = hmac_sha256(first.as_bytes(), &date);
        let serviced = hmac_sha256(dated.as_ref(), api.service);
        let signing = hmac_sha256(serviced.as_ref(), "tc3_request");
        let signature = hex::encode(hmac_sha256(signing.as_ref(), &to_sign));
        let authorization = format!(
            "{ALGORITHM} Credential={}/{scope}, SignedHeaders={SIGNED_HEADERS}, Signature={signature}",
            keys.secret_id
        );
        Self { canonical_sha256, authorization }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_example_is_reproduced() {
        let file: Value = serde_json::from_str(include_str!("../../tests/vectors/cloud_sign.json")).unwrap();
        let vector = file["vectors"].as_array().unwrap().iter().find(|v| v["kind"] == "tc3").unwrap();
        let of = |key: &str| vector[key].as_str().unwrap();
        let keys = TencentKeys { secret_id: of("secret_id").into(), secret_key: of("secret_key").into() };
        let api = TencentApi { service: "cvm", version: "2017-03-12", action: "DescribeInstances" };
        let now = DateTime::from_timestamp(vector["timestamp"].as_i64().unwrap(), 0).unwrap();
        assert_eq!(of("signed_headers"), SIGNED_HEADERS);
        assert_eq!(sha256_hex(of("payload").as_bytes()), of("expect_payload_sha256"));
        let signed = Signed::new(&keys, &api, of("content_type"), of("host"), "/", of("payload"), now);
        assert_eq!(signed.canonical_sha256, of("expect_canonical_sha256"));
        assert!(signed.authorization.ends_with(&format!("Signature={}", of("expect_signature"))));
        assert!(signed.authorization.contains("/2019-02-25/cvm/tc3_request"));
    }
}
