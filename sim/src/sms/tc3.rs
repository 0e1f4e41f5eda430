//! TC3-HMAC-SHA256, the request signature of Tencent Cloud.

use crate::clock;
use crate::crypto::{hmac_sha256, sha256_hex};
use crate::http::Incoming;

const SCHEME: &str = "TC3-HMAC-SHA256";
/// Furthest a timestamp may be from the vendor's clock.
const SKEW_S: i64 = 600;

/// What goes into a signature.
pub(crate) struct Canonical<'a> {
    pub(crate) method: &'a str,
    pub(crate) query: &'a str,
    /// `name:value\n`, lower case, sorted.
    pub(crate) headers: String,
    pub(crate) signed_headers: &'a str,
    pub(crate) payload: &'a [u8],
    pub(crate) timestamp_s: i64,
    pub(crate) service: &'a str,
}

impl Canonical<'_> {
    fn request_sha256(&self) -> String {
        let payload = sha256_hex(self.payload);
        let parts = [self.method, "/", self.query, &self.headers, self.signed_headers, &payload];
        sha256_hex(parts.join("\n").as_bytes())
    }

    /// Hex signature with a secret key.
    pub(crate) fn signature(&self, secret_key: &str) -> String {
        let date = clock::utc_day(self.timestamp_s);
        let scope = format!("{date}/{}/tc3_request", self.service);
        let text = format!("{SCHEME}\n{}\n{scope}\n{}", self.timestamp_s, self.request_sha256());
        let by_date = hmac_sha256(format!("TC3{secret_key}").as_bytes(), date.as_bytes());
        let by_service = hmac_sha256(&by_date, self.service.as_bytes());
        let signing = hmac_sha256(&by_service, b"tc3_request");
        hex::encode(hmac_sha256(&signing, text.as_bytes()))
    }
}

/// The three parts of an Authorization header: credential, signed headers, signature.
pub(crate) fn split<'a>(header: &'a str, scheme: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let rest = header.strip_prefix(scheme)?.trim_start();
    let (mut credential, mut signed, mut signature) = ("", "", "");
    for part in rest.split(',') {
        match part.trim().split_once('=')? {
            ("Credential", value) => credential = value,
            ("SignedHeaders", value) => signed = value,
            ("Signature", value) => signature = value,
            _ => {}
        }
    }
    let whole = !credential.is_empty() && !signed.is_empty() && !signature.is_empty();
    whole.then_some((credential, signed, signature))
}

/// The SecretId a header claims, before anything is checked.
pub(crate) fn claimed_id(header: &str) -> Option<&str> {
    let (credential, _, _) = split(header, SCHEME)?;
    credential.split('/').next()
}

/// Checks a request against a secret key; the error is the vendor's code.
pub(crate) fn check(incoming: &Incoming<'_>, secret_key: &str, service: &str, now_s: i64) -> Result<(), &'static str> {
    let invalid = "AuthFailure.InvalidAuthorization";
    let (credential, signed_headers, signature) = split(incoming.header("Authorization"), SCHEME).ok_or(invalid)?;
    let timestamp_s: i64 = incoming.header("X-TC-Timestamp").parse().map_err(|_| "MissingParameter")?;
    if now_s.saturating_sub(timestamp_s).abs() > SKEW_S {
        return Err("AuthFailure.SignatureExpire");
    }
    let scope = format!("/{}/{service}/tc3_request", clock::utc_day(timestamp_s));
    if !credential.ends_with(&scope) {
        return Err(invalid);
    }
    let names: Vec<&str> = signed_headers.split(';').collect();
    if !names.contains(&"content-type") || !names.contains(&"host") || !names.is_sorted() {
        return Err(invalid);
    }
    let line = |name: &&str| format!("{name}:{}\n", incoming.header(name).trim().to_lowercase());
    let canonical = Canonical {
        method: incoming.method(),
        query: incoming.query(),
        headers: names.iter().map(line).collect(),
        signed_headers,
        payload: incoming.body,
        timestamp_s,
        service,
    };
    if canonical.signature(secret_key) == signature { Ok(()) } else { Err("AuthFailure.SignatureFailure") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of the signature page; the asterisks are the literal key.
    #[test]
    fn the_published_example_is_signed_alike() {
        let payload = r#"{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}"#;
        let canonical = Canonical {
            method: "POST",
            query: "",
            headers: "content-type:application/json; charset=utf-8\nhost:cvm.tencentcloudapi.com\nx-tc-action:describeinstances\n".to_owned(),
            signed_headers: "content-type;host;x-tc-action",
            payload: payload.as_bytes(),
            timestamp_s: 1_551_113_065,
            service: "cvm",
        };
        assert_eq!(sha256_hex(canonical.payload), "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064");
        assert_eq!(canonical.request_sha256(), "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84");
        assert_eq!(
            canonical.signature("********************************"),
            "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"
        );
    }

    #[test]
    fn a_header_is_split_with_or_without_spaces() {
        let header =
            "TC3-HMAC-SHA256 Credential=AKID/2019-02-25/sms/tc3_request, SignedHeaders=content-type;host, Signature=ab";
        assert_eq!(split(header, SCHEME).unwrap().1, "content-type;host");
        assert_eq!(claimed_id(&header.replace(", ", ",")), Some("AKID"));
        assert_eq!(claimed_id("Basic abc"), None);
    }
}
