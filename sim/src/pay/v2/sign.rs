//! MD5 and HMAC-SHA256 over the fields, as both sides sign.

use md5::{Digest as _, Md5};

use super::xml::Fields;
use crate::crypto;

/// Upper-case hex over `a=1&b=2&key=…`; empty fields and `sign` itself do not count.
pub(super) fn sign(fields: &Fields, key: &str, sign_type: &str) -> Option<String> {
    let mut named: Vec<String> = fields
        .iter()
        .filter(|(name, value)| *name != "sign" && !value.is_empty())
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    named.sort();
    named.push(format!("key={key}"));
    let text = named.join("&");
    match sign_type {
        "" | "MD5" => Some(hex::encode_upper(Md5::digest(text.as_bytes()))),
        "HMAC-SHA256" => Some(hex::encode_upper(crypto::hmac_sha256(key.as_bytes(), text.as_bytes()))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_published_signatures_come_out() {
        let file: Value = serde_json::from_str(include_str!("../../../tests/vectors/wechatpay_v2.json")).unwrap();
        for vector in file["vectors"].as_array().unwrap() {
            let text = |name: &str| vector[name].as_str().unwrap();
            let fields = vector["params"].as_object().unwrap().iter();
            let fields: Fields =
                fields.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
            let made = sign(&fields, text("key"), text("sign_type")).unwrap();
            assert_eq!(made, text("expect"), "{}", vector["id"]);
        }
        assert_eq!(sign(&Fields::new(), "k", "SHA1"), None);
    }
}
