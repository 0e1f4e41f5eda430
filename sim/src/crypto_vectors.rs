//! The simulator's cryptography against published vectors (`tests/vectors/`, each with its source).

use aws_lc_rs::encoding::AsDer as _;
use serde_json::Value;

use crate::crypto::{self, SigningKey};

const PUSH: &str = include_str!("../tests/vectors/wechat_message_push.json");
const PAY: &str = include_str!("../tests/vectors/wechatpay_v3.json");

fn vectors(file: &str, kind: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(file).unwrap();
    let list = all["vectors"].as_array().unwrap();
    let found: Vec<Value> = list.iter().filter(|vector| vector["kind"] == kind).cloned().collect();
    assert!(!found.is_empty(), "{kind}");
    found
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap_or_default()
}

#[test]
fn url_checks_are_signed_as_the_official_example() {
    for vector in vectors(PUSH, "sha1_sort3") {
        let parts = [text(&vector, "token"), text(&vector, "timestamp"), text(&vector, "nonce")];
        assert_eq!(crypto::push_signature(&parts), text(&vector, "expect_signature"));
    }
}

#[test]
fn pushes_open_as_the_official_examples() {
    for vector in vectors(PUSH, "decrypt") {
        let key = crypto::push_key(text(&vector, "encoding_aes_key")).unwrap();
        let encrypted = text(&vector, "encrypt");
        let (message, appid) = crypto::push_decrypt(&key, encrypted).unwrap();
        assert_eq!(String::from_utf8(message).unwrap(), text(&vector, "expect_msg"));
        assert_eq!(appid, text(&vector, "appid"));
        let parts = [text(&vector, "token"), text(&vector, "timestamp"), text(&vector, "nonce"), encrypted];
        assert_eq!(crypto::push_signature(&parts), text(&vector, "expect_msg_signature"));
    }
}

#[test]
fn pushes_are_encrypted_as_the_official_examples() {
    for vector in vectors(PUSH, "encrypt") {
        let key = crypto::push_key(text(&vector, "encoding_aes_key")).unwrap();
        let random: [u8; 16] = text(&vector, "random16").as_bytes().try_into().unwrap();
        let plain = text(&vector, "plain").as_bytes();
        let encrypted = crypto::push_encrypt(&key, &random, plain, text(&vector, "appid")).unwrap();
        assert_eq!(encrypted, text(&vector, "expect_encrypt"), "{}", vector["id"]);
    }
}

#[test]
fn the_published_answer_verifies_and_a_changed_one_does_not() {
    let all: Value = serde_json::from_str(PAY).unwrap();
    let found = vectors(PAY, "rsa_sha256_verify");
    let vector = found.iter().find(|vector| vector["public_key"].is_string()).unwrap();
    let pem = all["keys"][text(vector, "public_key")]["public_pem"].as_str().unwrap();
    let key = crypto::public_key(pem).unwrap();
    let (message, signature) = (text(vector, "message"), text(vector, "signature_b64"));
    assert!(crypto::verifies(&key, message.as_bytes(), signature));
    assert!(!crypto::verifies(&key, message.replace("JyC9", "JyC8").as_bytes(), signature));
}

#[test]
fn resources_and_certificates_open_as_published() {
    for vector in vectors(PAY, "aes_gcm") {
        let key = text(&vector, "api_v3_key").as_bytes();
        let (nonce, associated) = (text(&vector, "nonce"), text(&vector, "associated_data"));
        let ciphertext = text(&vector, "ciphertext_b64");
        let plain = crypto::gcm_open(key, nonce, associated, ciphertext).unwrap();
        let shown = String::from_utf8_lossy(&plain);
        assert!(shown.contains(text(&vector, "expect_plaintext_contains")));
        assert!(vector["expect_plaintext"].is_null() || shown == text(&vector, "expect_plaintext"));
        assert_eq!(crypto::gcm_seal(key, nonce, associated, &plain).unwrap(), ciphertext);
    }
}

#[test]
fn the_published_notify_verifies_and_opens() {
    let vector = vectors(PAY, "notify").remove(0);
    let headers = &vector["headers"];
    let body = text(&vector, "body");
    let all: Value = serde_json::from_str(PAY).unwrap();
    let key = crypto::public_key(all["keys"]["wechatpay_go_test"]["public_pem"].as_str().unwrap()).unwrap();
    let message = format!("{}\n{}\n{body}\n", text(headers, "Wechatpay-Timestamp"), text(headers, "Wechatpay-Nonce"));
    assert!(crypto::verifies(&key, message.as_bytes(), text(headers, "Wechatpay-Signature")));
    let resource = serde_json::from_str::<Value>(body).unwrap()["resource"].clone();
    let api_key = text(&vector, "api_v3_key").as_bytes();
    let associated = text(&resource, "associated_data");
    let plain = crypto::gcm_open(api_key, text(&resource, "nonce"), associated, text(&resource, "ciphertext"));
    assert_eq!(String::from_utf8(plain.unwrap()).unwrap(), text(&vector, "expect_plaintext"));
}

#[test]
fn what_we_sign_verifies_with_the_public_half() {
    let key = SigningKey::generate().unwrap();
    let public = crypto::public_key(&key.public_pem()).unwrap();
    assert!(crypto::verifies(&public, b"message", &key.sign(b"message")));
    assert!(!crypto::verifies(&public, b"massage", &key.sign(b"message")));
    let der: Result<aws_lc_rs::encoding::PublicKeyX509Der<'_>, _> = public.as_der();
    assert!(der.is_ok_and(|der| der.as_ref() == key.spki_der()));
}
