//! Alibaba Cloud RPC APIs: parameters in the query, signed with ACS3-HMAC-SHA256.

use std::fmt;

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use uuid::Uuid;

use super::{CloudFailure, hmac_sha256, sha256_hex};
use crate::Now;
use crate::http::{BaseUrl, HttpClient, Outgoing, authority};

const ALGORITHM: &str = "ACS3-HMAC-SHA256";
const SIGNED_HEADERS: &str = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version";

/// An access key pair.
#[derive(Debug, Clone)]
pub struct AliyunKeys {
    /// `LTAI…`
    pub access_key_id: String,
    /// Signs.
    pub access_key_secret: SecretString,
}

/// One account at one service.
#[derive(Clone)]
pub struct AliyunCloud {
    http: HttpClient,
    base_url: BaseUrl,
    keys: AliyunKeys,
    now: Now,
}

impl fmt::Debug for AliyunCloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AliyunCloud").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// Which API.
pub(crate) struct AliyunApi {
    pub version: &'static str,
    pub action: &'static str,
}

impl AliyunCloud {
    /// `base_url` is the service's own host: `https://dysmsapi.aliyuncs.com`, `https://dyvmsapi.aliyuncs.com`.
    #[must_use]
    pub const fn new(http: HttpClient, base_url: BaseUrl, keys: AliyunKeys, now: Now) -> Self {
        Self { http, base_url, keys, now }
    }

    /// Calls and returns the answer when its `Code` is `OK`.
    pub(crate) async fn call(&self, api: &AliyunApi, query: &[(&str, &str)]) -> Result<Value, CloudFailure> {
        let mut url = self.base_url.at(&[]);
        let query = canonical_query(query);
        url.set_query(Some(&query));
        let request = Request {
            api,
            host: &authority(&url),
            path: url.path(),
            query: &query,
            date: &(self.now)().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            nonce: &Uuid::new_v4().simple().to_string(),
        };
        let headers = vec![
            ("authorization", request.authorization(&self.keys)),
            ("x-acs-action", api.action.to_owned()),
            ("x-acs-version", api.version.to_owned()),
            ("x-acs-date", request.date.to_owned()),
            ("x-acs-signature-nonce", request.nonce.to_owned()),
            ("x-acs-content-sha256", sha256_hex(b"")),
        ];
        let answer =
            self.http.exchange(Outgoing { method: Method::POST, url: url.clone(), headers, body: None }).await?;
        let unusable = || CloudFailure::Unknown(format!("HTTP {}", answer.status));
        if answer.status >= 500 {
            return Err(unusable());
        }
        let parsed: Value = serde_json::from_slice(&answer.body).map_err(|_| unusable())?;
        let text = |key: &str| parsed.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        match text("Code").as_str() {
            "OK" if answer.is_success() => Ok(parsed),
            "OK" | "" => Err(unusable()),
            code => {
                tracing::warn!(action = api.action, request_id = text("RequestId"), code, "aliyun refused");
                Err(CloudFailure::Refused { code: code.to_owned(), message: text("Message") })
            }
        }
    }
}

struct Request<'r> {
    api: &'r AliyunApi,
    host: &'r str,
    path: &'r str,
    query: &'r str,
    /// ISO 8601, UTC.
    date: &'r str,
    nonce: &'r str,
}

impl Request<'_> {
    fn canonical_sha256(&self) -> String {
        let payload = sha256_hex(b"");
        let canonical = format!(
            "POST\n{}\n{}\nhost:{}\nx-acs-action:{}\nx-acs-content-sha256:{payload}\nx-acs-date:{}\n\
             x-acs-signature-nonce:{}\nx-acs-version:{}\n\n{SIGNED_HEADERS}\n{payload}",
            self.path, self.query, self.host, self.api.action, self.date, self.nonce, self.api.version
        );
        sha256_hex(canonical.as_bytes())
    }

    fn authorization(&self, keys: &AliyunKeys) -> String {
        let to_sign = format!("{ALGORITHM}\n{}", self.canonical_sha256());
        let signature = hex::encode(hmac_sha256(keys.access_key_secret.expose_secret().as_bytes(), &to_sign));
        format!("{ALGORITHM} Credential={},SignedHeaders={SIGNED_HEADERS},Signature={signature}", keys.access_key_id)
    }
}

/// Sorted and escaped by RFC 3986: what is signed is what is sent.
fn canonical_query(pairs: &[(&str, &str)]) -> String {
    let mut escaped: Vec<(String, String)> = pairs.iter().map(|(k, v)| (escape(k), escape(v))).collect();
    escaped.sort();
    escaped.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("&")
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&hex::encode_upper([byte]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_example_is_reproduced() {
        let file: Value = serde_json::from_str(include_str!("../../tests/vectors/cloud_sign.json")).unwrap();
        let vector = file["vectors"].as_array().unwrap().iter().find(|v| v["kind"] == "acs3").unwrap();
        let of = |key: &str| vector[key].as_str().unwrap();
        let header = |key: &str| vector["headers"][key].as_str().unwrap();
        let keys =
            AliyunKeys { access_key_id: of("access_key_id").into(), access_key_secret: of("access_key_secret").into() };
        let pairs: Vec<(&str, &str)> =
            vector["query"].as_object().unwrap().iter().map(|(k, v)| (k.as_str(), v.as_str().unwrap())).collect();
        let api = AliyunApi { version: "2014-05-26", action: "RunInstances" };
        let query = canonical_query(&pairs);
        let request = Request {
            api: &api,
            host: of("host"),
            path: of("path"),
            query: &query,
            date: header("x-acs-date"),
            nonce: header("x-acs-signature-nonce"),
        };
        assert_eq!(request.canonical_sha256(), of("expect_canonical_sha256"));
        assert_eq!(request.authorization(&keys), of("expect_authorization"));
    }

    #[test]
    fn a_query_is_sorted_and_escaped_and_survives_the_address() {
        let query = canonical_query(&[("b", "中 +*~"), ("A", "{\"x\":1}")]);
        assert_eq!(query, "A=%7B%22x%22%3A1%7D&b=%E4%B8%AD%20%2B%2A~");
        let mut url = BaseUrl::parse("https://dysmsapi.aliyuncs.com").unwrap().at(&[]);
        url.set_query(Some(&query));
        assert_eq!((url.path(), url.query()), ("/", Some(query.as_str())));
    }
}
