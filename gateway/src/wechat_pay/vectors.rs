//! The published vectors, against the code that production runs.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use serde_json::Value;

use super::keys::{ApiV3Key, KeyError, MerchantKeys, Signer};
use super::response::{SignatureHeaders, verify};
use super::sdk;
use super::verifier::VerifierMap;

fn file() -> Value {
    serde_json::from_str(include_str!("../../tests/vectors/wechatpay_v3.json")).unwrap()
}

fn vector(id: &str) -> Value {
    file()["vectors"].as_array().unwrap().iter().find(|v| v["id"] == id).unwrap().clone()
}

fn signer() -> Arc<Signer> {
    use aws_lc_rs::encoding::AsDer as _;
    let key = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = key.as_der().unwrap();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()));
    Arc::new(Signer::from_pkcs8_pem(&pem.into()).unwrap())
}

#[test]
fn the_documented_answer_verifies_with_the_documented_public_key() {
    let vector = vector("v3-response-verify-pubkey");
    let message = vector["message"].as_str().unwrap();
    let (timestamp, rest) = message.split_once('\n').unwrap();
    let (nonce, body) = rest.split_once('\n').unwrap();
    let body = body.strip_suffix('\n').unwrap();
    let pem = file()["keys"]["official_doc_wechatpay_pub"]["public_pem"].as_str().unwrap().to_owned();
    let mut verifiers = VerifierMap::new();
    verifiers.add_public_key("PUB_KEY_ID_01", &pem).unwrap();
    let headers = SignatureHeaders {
        timestamp: timestamp.into(),
        nonce: nonce.into(),
        signature: vector["signature_b64"].as_str().unwrap().into(),
        serial: "PUB_KEY_ID_01".into(),
        kind: None,
    };
    let now = DateTime::from_timestamp(timestamp.parse().unwrap(), 0).unwrap();
    assert_eq!(verify(&headers, body.as_bytes(), &verifiers, now), Ok(()));
    assert!(verify(&headers, format!("{body} ").as_bytes(), &verifiers, now).is_err());
}

#[test]
fn the_go_signature_verifies_with_its_certificate_under_its_serial() {
    let vector = vector("go-verify-source");
    let mut verifiers = VerifierMap::new();
    let serial = verifiers.add_certificate(vector["certificate_pem"].as_str().unwrap()).unwrap();
    assert_eq!(serial, vector["certificate_serial"].as_str().unwrap());
    let signature = STANDARD.decode(vector["signature_b64"].as_str().unwrap()).unwrap();
    let message = vector["message"].as_str().unwrap();
    assert_eq!(verifiers.verify(&serial, message.as_bytes(), &signature), Some(true));
    assert_eq!(verifiers.verify(&serial.to_ascii_lowercase(), b"other", &signature), Some(false));
    assert_eq!(verifiers.verify("00", message.as_bytes(), &signature), None);
}

#[test]
fn the_go_notice_verifies_and_its_short_key_is_refused() {
    let vector = vector("go-notify-full");
    let mut verifiers = VerifierMap::new();
    verifiers.add_certificate(vector["certificate_pem"].as_str().unwrap()).unwrap();
    let sent = vector["headers"].as_object().unwrap().clone();
    let headers = SignatureHeaders::read(|name| {
        sent.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).and_then(|(_, value)| value.as_str())
    })
    .unwrap();
    let now = DateTime::from_timestamp(1_624_523_846, 0).unwrap();
    let body = vector["body"].as_str().unwrap().as_bytes();
    assert_eq!(verify(&headers, body, &verifiers, now), Ok(()));
    // The SDK's test key has 16 bytes; a real one has 32, and no other length is taken.
    let short = vector["api_v3_key"].as_str().unwrap();
    assert!(matches!(ApiV3Key::parse(short.into()), Err(KeyError::ApiV3KeyLength)));
    // Its layout is ours all the same: nonce as it is, associated data, tag at the end.
    let envelope: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(open_short(short, &envelope["resource"]), vector["expect_plaintext"].as_str().unwrap());
}

#[test]
fn the_go_sealed_text_opens_with_its_short_key() {
    let vector = vector("go-aes-gcm");
    let resource = serde_json::json!({
        "nonce": vector["nonce"], "associated_data": vector["associated_data"], "ciphertext": vector["ciphertext_b64"],
    });
    assert_eq!(open_short(vector["api_v3_key"].as_str().unwrap(), &resource), "Hello World");
}

/// AES-128 exists only in other people's tests, so it is opened here and not in production code.
fn open_short(key: &str, resource: &Value) -> String {
    use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key.as_bytes()).unwrap());
    let nonce = Nonce::try_assume_unique_for_key(resource["nonce"].as_str().unwrap().as_bytes()).unwrap();
    let mut text = STANDARD.decode(resource["ciphertext"].as_str().unwrap()).unwrap();
    let aad = Aad::from(resource["associated_data"].as_str().unwrap().as_bytes());
    String::from_utf8(key.open_in_place(nonce, aad, &mut text).unwrap().to_vec()).unwrap()
}

#[test]
fn the_java_certificate_download_opens_and_names_its_serial() {
    let vector = vector("java-certificates-download");
    let of = |key: &str| vector[key].as_str().unwrap();
    let keys = MerchantKeys::new(
        "1900000001",
        "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
        signer(),
        ApiV3Key::parse(of("api_v3_key").into()).unwrap(),
        VerifierMap::new(),
    )
    .unwrap();
    let plain = sdk::decrypt(&keys, of("nonce"), of("associated_data"), of("ciphertext_b64")).unwrap();
    let pem = String::from_utf8(plain).unwrap();
    assert!(pem.contains(of("expect_plaintext_contains")));
    assert_eq!(VerifierMap::new().add_certificate(&pem).unwrap(), of("expect_serial_no"));
    assert_eq!(sdk::decrypt(&keys, of("nonce"), "other", of("ciphertext_b64")), None);
}

#[test]
fn keys_in_the_wrong_form_are_refused_with_the_reason() {
    let refused = |pem: &str| Signer::from_pkcs8_pem(&pem.into()).unwrap_err();
    let dress = |label: &str| format!("-----BEGIN {label}-----\nMAA=\n-----END {label}-----\n");
    assert_eq!(refused("garbage"), KeyError::NotPem);
    assert_eq!(refused(&dress("RSA PRIVATE KEY")), KeyError::Pkcs1);
    assert!(KeyError::Pkcs1.to_string().contains("openssl pkcs8"));
    assert_eq!(refused(&dress("ENCRYPTED PRIVATE KEY")), KeyError::Encrypted);
    assert_eq!(refused(&dress("CERTIFICATE")), KeyError::WrongLabel);
    assert_eq!(refused(&dress("PRIVATE KEY")), KeyError::BadRsa);
    assert_eq!(VerifierMap::new().add_public_key("PUB_KEY_ID_1", &dress("PUBLIC KEY")), Err(KeyError::BadRsa));
    assert_eq!(VerifierMap::new().add_public_key("PUB_KEY_ID_1", &dress("CERTIFICATE")), Err(KeyError::WrongLabel));
}

#[test]
fn nothing_secret_is_printed() {
    let key = "0123456789abcdef0123456789abcdef";
    let keys =
        MerchantKeys::new("19", "AB", signer(), ApiV3Key::parse(key.into()).unwrap(), VerifierMap::new()).unwrap();
    let printed = format!("{keys:?}");
    assert!(!printed.contains(key) && printed.contains("Signer(…)"), "{printed}");
    let header_break = MerchantKeys::new("19\r\nx: y", "AB", signer(), keys.api_v3_key.clone(), VerifierMap::new());
    assert!(matches!(header_break, Err(KeyError::BadMchid)));
}
