//! ACS3-HMAC-SHA256, the request signature of Alibaba Cloud.

use chrono::DateTime;

use super::tc3::split;
use crate::crypto::{hmac_sha256, sha256_hex};
use crate::http::Incoming;

const SCHEME: &str = "ACS3-HMAC-SHA256";
/// Furthest `x-acs-date` may be from the vendor's clock.
const SKEW_MS: i64 = 15 * 60 * 1000;
/// Headers that must be signed.
const MUST_SIGN: [&str; 6] =
    ["host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"];

/// RFC 3986: everything but letters, digits and `-_.~` as upper-case percent escapes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The query, decoded, sorted by name, escaped again.
pub(crate) fn canonical_query(query: &str) -> String {
    let mut pairs: Vec<(String, String)> =
        url::form_urlencoded::parse(query.as_bytes()).map(|(key, value)| (escape(&key), escape(&value))).collect();
    pairs.sort();
    let joined: Vec<String> = pairs.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
    joined.join("&")
}

/// Hash of the canonical request. `headers` are the `name:value\n` lines.
fn request_sha256(method: &str, query: &str, headers: &str, signed_headers: &str, payload_sha256: &str) -> String {
    sha256_hex([method, "/", query, headers, signed_headers, payload_sha256].join("\n").as_bytes())
}

fn signature(request_sha256: &str, secret: &str) -> String {
    hex::encode(hmac_sha256(secret.as_bytes(), format!("{SCHEME}\n{request_sha256}").as_bytes()))
}

/// The AccessKeyId a header claims, before anything is checked.
pub(crate) fn claimed_id(header: &str) -> Option<&str> {
    split(header, SCHEME).map(|(credential, _, _)| credential)
}

/// Checks a request against a secret; the error is the vendor's code. The nonce is the caller's to remember.
pub(crate) fn check(incoming: &Incoming<'_>, secret: &str, now_ms: i64) -> Result<(), &'static str> {
    let (_, signed_headers, given) = split(incoming.header("Authorization"), SCHEME).ok_or("MissingAuthorization")?;
    let date = DateTime::parse_from_rfc3339(incoming.header("x-acs-date")).map_err(|_| "InvalidTimeStamp.Format")?;
    if now_ms.saturating_sub(date.timestamp_millis()).abs() > SKEW_MS {
        return Err("InvalidTimeStamp.Expired");
    }
    let payload_sha256 = sha256_hex(incoming.body);
    if payload_sha256 != incoming.header("x-acs-content-sha256") {
        return Err("SignatureDoesNotMatch");
    }
    let names: Vec<&str> = signed_headers.split(';').collect();
    if !MUST_SIGN.iter().all(|name| names.contains(name)) || !names.is_sorted() {
        return Err("IncompleteSignature");
    }
    let headers: String = names.iter().map(|name| format!("{name}:{}\n", incoming.header(name).trim())).collect();
    let query = canonical_query(incoming.query());
    let hash = request_sha256(incoming.method(), &query, &headers, signed_headers, &payload_sha256);
    if signature(&hash, secret) == given { Ok(()) } else { Err("SignatureDoesNotMatch") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fixed-parameter example of the request structure page.
    #[test]
    fn the_published_example_is_signed_alike() {
        let query = canonical_query("RegionId=cn-shanghai&ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd");
        let signed = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version";
        let empty = sha256_hex(b"");
        let headers = format!(
            "host:ecs.cn-shanghai.aliyuncs.com\nx-acs-action:RunInstances\nx-acs-content-sha256:{empty}\nx-acs-date:2023-10-26T10:22:32Z\nx-acs-signature-nonce:3156853299f313e23d1673dc12e1703d\nx-acs-version:2014-05-26\n"
        );
        let hash = request_sha256("POST", &query, &headers, signed, &empty);
        assert_eq!(hash, "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259");
        assert_eq!(
            signature(&hash, "YourAccessKeySecret"),
            "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
        );
    }

    #[test]
    fn queries_are_sorted_and_escaped_strictly() {
        assert_eq!(canonical_query("b=a+b&a=%7B%22x%22%3A%22*%22%7D"), "a=%7B%22x%22%3A%22%2A%22%7D&b=a%20b");
    }
}
