//! Signatures of the older API: the fields that are not empty, sorted, joined, with the key at the end.

use std::collections::BTreeMap;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use md5::{Digest as _, Md5};

use super::keys::{ApiV2Key, V2SignType};

/// Name of the field that holds the signature.
pub(super) const SIGN: &str = "sign";

/// Upper-case hex. Fields that are empty, and the signature itself, do not count.
pub(super) fn sign(fields: &BTreeMap<String, String>, key: &ApiV2Key, sign_type: V2SignType) -> String {
    sign_with(fields, key.expose(), sign_type)
}

fn sign_with(fields: &BTreeMap<String, String>, key: &str, sign_type: V2SignType) -> String {
    let mut text = String::new();
    for (name, value) in fields.iter().filter(|(name, value)| name.as_str() != SIGN && !value.is_empty()) {
        text.push_str(name);
        text.push('=');
        text.push_str(value);
        text.push('&');
    }
    text.push_str("key=");
    text.push_str(key);
    match sign_type {
        V2SignType::Md5 => hex::encode_upper(Md5::digest(text.as_bytes())),
        V2SignType::HmacSha256 => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
            hex::encode_upper(hmac::sign(&key, text.as_bytes()))
        }
    }
}

/// Whether the fields carry a good signature.
pub(super) fn verifies(fields: &BTreeMap<String, String>, key: &ApiV2Key, sign_type: V2SignType) -> bool {
    let expected = sign(fields, key, sign_type);
    fields.get(SIGN).is_some_and(|found| verify_slices_are_equal(found.as_bytes(), expected.as_bytes()).is_ok())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_published_signatures_come_out() {
        let file: Value = serde_json::from_str(include_str!("../../../tests/vectors/wechatpay_v2.json")).unwrap();
        let vectors = file["vectors"].as_array().unwrap();
        assert_eq!(vectors.len(), 3);
        for vector in vectors {
            let fields = vector["params"].as_object().unwrap().iter();
            let fields = fields.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
            let sign_type = match vector["sign_type"].as_str().unwrap() {
                "MD5" => V2SignType::Md5,
                _ => V2SignType::HmacSha256,
            };
            let made = sign_with(&fields, vector["key"].as_str().unwrap(), sign_type);
            assert_eq!(made, vector["expect"].as_str().unwrap(), "{}", vector["id"]);
        }
    }

    #[test]
    fn a_changed_added_or_missing_field_breaks_the_signature_and_an_empty_one_does_not() {
        let key = ApiV2Key::parse("192006250b4c09247ec02edce69f6a2d".into()).unwrap();
        for sign_type in [V2SignType::Md5, V2SignType::HmacSha256] {
            let mut fields = BTreeMap::from([("b".to_owned(), "2".to_owned()), ("a".to_owned(), " 1 ".to_owned())]);
            assert!(!verifies(&fields, &key, sign_type));
            fields.insert(SIGN.to_owned(), sign(&fields, &key, sign_type));
            assert!(verifies(&fields, &key, sign_type));
            fields.insert("c".to_owned(), String::new());
            assert!(verifies(&fields, &key, sign_type));
            fields.insert("c".to_owned(), "3".to_owned());
            assert!(!verifies(&fields, &key, sign_type));
            fields.remove("c");
            fields.insert("a".to_owned(), "1".to_owned());
            assert!(!verifies(&fields, &key, sign_type));
        }
    }
}
