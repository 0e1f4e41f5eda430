//! One call of the older API and what its answer is worth.

use std::collections::BTreeMap;

use reqwest::Method;
use uuid::Uuid;

use super::keys::V2Keys;
use super::sign::{SIGN, sign, verifies};
use super::xml;
use crate::http::{BaseUrl, HttpClient, Outgoing, TransportError};

/// Fields by name.
pub(super) type Fields = BTreeMap<String, String>;

/// What an answer is worth.
pub(super) enum V2Reply {
    /// Signed, and done.
    Done(Fields),
    /// Signed, and not done.
    Failed { code: String, message: String, fields: Fields },
    /// `return_code` is not SUCCESS: not signed, and only words.
    NotUnderstood { message: String },
    /// Nothing left this machine.
    NotSent(String),
    /// Anything else.
    Unknown(String),
}

/// Signs and sends once. `fields` are the business fields; a repeat gets another nonce.
pub(super) async fn call(
    http: &HttpClient,
    base: &BaseUrl,
    segments: &[&str],
    keys: &V2Keys,
    mut fields: Fields,
) -> V2Reply {
    fields.insert("nonce_str".to_owned(), Uuid::new_v4().simple().to_string());
    fields.insert("sign_type".to_owned(), keys.sign_type.as_str().to_owned());
    let signature = sign(&fields, &keys.api_key, keys.sign_type);
    fields.insert(SIGN.to_owned(), signature);
    let headers = vec![("content-type", "text/xml; charset=utf-8".to_owned())];
    let out = Outgoing { method: Method::POST, url: base.at(segments), headers, body: Some(xml::write(&fields)) };
    match http.exchange(out).await {
        Ok(answer) if answer.status == 200 => judge(&answer.body, keys),
        Ok(answer) => V2Reply::Unknown(format!("HTTP {}", answer.status)),
        Err(TransportError::NotSent(why)) => V2Reply::NotSent(why),
        Err(TransportError::Unknown(why)) => V2Reply::Unknown(why),
    }
}

fn judge(body: &[u8], keys: &V2Keys) -> V2Reply {
    let Some(fields) = std::str::from_utf8(body).ok().and_then(xml::read) else {
        return V2Reply::Unknown("answer is not the XML of the documents".to_owned());
    };
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    if field("return_code") != "SUCCESS" {
        return V2Reply::NotUnderstood { message: field("return_msg").to_owned() };
    }
    if !verifies(&fields, &keys.api_key, keys.sign_type) {
        return V2Reply::Unknown("answer cannot be verified".to_owned());
    }
    if field("result_code") == "SUCCESS" {
        return V2Reply::Done(fields);
    }
    let (code, message) = (field("err_code").to_owned(), field("err_code_des").to_owned());
    tracing::warn!(code, "wechat pay v2 refused");
    V2Reply::Failed { code, message, fields }
}
