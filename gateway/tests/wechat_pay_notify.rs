//! Callbacks of WeChat Pay: what is believed and what is not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use gateway::wechat_pay::{
    NotifyEvent, RefundStatus, SignatureHeaders, TradeState, VerifierMap, VerifyError, parse_notify,
};
use serde_json::{Value, json};
use support::{NOW_S, at, keys, merchant_keys, pem, platform_pair, seal, signed_headers, spki};

const PAID: &str = r#"{"appid":"wx1","mchid":"1900000001","out_trade_no":"A-000001","transaction_id":"4200001","trade_type":"JSAPI",
"trade_state":"SUCCESS","success_time":"2026-11-23T10:34:56+08:00","payer":{"openid":"o1"},
"amount":{"total":12345,"payer_total":12345,"currency":"CNY","payer_currency":"CNY"}}"#;

fn envelope(event_type: &str, original_type: &str, plain: &str) -> Value {
    json!({
        "id": "n-1", "create_time": "2026-11-23T10:34:57+08:00", "resource_type": "encrypt-resource",
        "event_type": event_type, "summary": "支付成功",
        "resource": {
            "original_type": original_type, "algorithm": "AEAD_AES_256_GCM", "nonce": "abcdefghijkl",
            "associated_data": "transaction", "ciphertext": seal(plain, "abcdefghijkl", "transaction"),
        },
    })
}

fn paid() -> Vec<u8> {
    envelope("TRANSACTION.SUCCESS", "transaction", PAID).to_string().into_bytes()
}

fn headers(pairs: &[(String, String)]) -> Result<SignatureHeaders, VerifyError> {
    SignatureHeaders::read(|name| {
        pairs.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    })
}

fn signed(body: &[u8]) -> SignatureHeaders {
    headers(&signed_headers(body, NOW_S)).unwrap()
}

#[test]
fn a_payment_is_opened_and_read() {
    let body = paid();
    let notify = parse_notify(&signed(&body), &body, &keys(), at(NOW_S)).unwrap();
    assert_eq!((notify.id.as_str(), notify.original_type.as_str()), ("n-1", "transaction"));
    let NotifyEvent::Transaction(paid) = notify.event else { panic!("not a payment") };
    assert_eq!((paid.trade_state, paid.total_fen, paid.currency.as_str()), (TradeState::Success, 12345, "CNY"));
    assert_eq!(paid.transaction_id.as_deref(), Some("4200001"));
}

#[test]
fn a_body_with_any_byte_changed_is_refused() {
    let (body, keys) = (paid(), keys());
    let headers = signed(&body);
    for place in 0..body.len() {
        let mut changed = body.clone();
        changed[place] ^= 1;
        assert_eq!(parse_notify(&headers, &changed, &keys, at(NOW_S)), Err(VerifyError::BadSignature), "{place}");
    }
    assert_eq!(parse_notify(&headers, &body[1..], &keys, at(NOW_S)), Err(VerifyError::BadSignature));
}

#[test]
fn a_signature_or_nonce_with_any_character_changed_is_refused() {
    let (body, keys) = (paid(), keys());
    let good = signed(&body);
    for place in 0..good.signature.len() {
        let mut changed = good.clone();
        let old = &good.signature[place..=place];
        changed.signature.replace_range(place..=place, if old == "A" { "B" } else { "A" });
        assert_eq!(parse_notify(&changed, &body, &keys, at(NOW_S)), Err(VerifyError::BadSignature), "{place}");
    }
    let other_nonce = SignatureHeaders { nonce: "nonce-2".into(), ..good.clone() };
    assert_eq!(parse_notify(&other_nonce, &body, &keys, at(NOW_S)), Err(VerifyError::BadSignature));
    let other_time = SignatureHeaders { timestamp: (NOW_S + 1).to_string(), ..good };
    assert_eq!(parse_notify(&other_time, &body, &keys, at(NOW_S)), Err(VerifyError::BadSignature));
}

#[test]
fn a_clock_may_differ_by_299_seconds_and_not_by_300() {
    let (body, keys) = (paid(), keys());
    for offset_s in [-299, 0, 299] {
        let headers = headers(&signed_headers(&body, NOW_S + offset_s)).unwrap();
        assert!(parse_notify(&headers, &body, &keys, at(NOW_S)).is_ok(), "{offset_s}");
    }
    for offset_s in [-100_000, -300, 300, 100_000] {
        let headers = headers(&signed_headers(&body, NOW_S + offset_s)).unwrap();
        assert_eq!(parse_notify(&headers, &body, &keys, at(NOW_S)), Err(VerifyError::Stale), "{offset_s}");
    }
    for bad in ["", "-5", "1e9", "99999999999999999999"] {
        let headers = SignatureHeaders { timestamp: bad.into(), ..signed(&body) };
        assert_eq!(parse_notify(&headers, &body, &keys, at(NOW_S)), Err(VerifyError::Malformed), "{bad}");
    }
}

#[test]
fn a_probe_is_refused_as_a_probe() {
    let body = paid();
    let good = signed(&body);
    let probe = SignatureHeaders { signature: format!("WECHATPAY/SIGNTEST/{}", good.signature), ..good };
    assert_eq!(parse_notify(&probe, &body, &keys(), at(NOW_S)), Err(VerifyError::Probe));
}

#[test]
fn an_unknown_serial_is_refused_and_a_second_key_is_believed_beside_the_first() {
    let body = paid();
    let stranger = SignatureHeaders { serial: "PUB_KEY_ID_OTHER".into(), ..signed(&body) };
    assert_eq!(parse_notify(&stranger, &body, &keys(), at(NOW_S)), Err(VerifyError::UnknownSerial));
    assert_eq!(
        parse_notify(&signed(&body), &body, &merchant_keys(VerifierMap::new()), at(NOW_S)),
        Err(VerifyError::UnknownSerial)
    );
    let mut both = keys();
    both.verifiers.add_public_key("PUB_KEY_ID_OTHER", &pem("PUBLIC KEY", &spki(platform_pair()))).unwrap();
    assert!(parse_notify(&stranger, &body, &both, at(NOW_S)).is_ok());
    assert!(parse_notify(&signed(&body), &body, &both, at(NOW_S)).is_ok());
}

#[test]
fn each_missing_header_is_named() {
    let all = signed_headers(b"x", NOW_S);
    for name in ["wechatpay-timestamp", "wechatpay-nonce", "wechatpay-signature", "wechatpay-serial"] {
        let without: Vec<_> = all.iter().filter(|(key, _)| !key.eq_ignore_ascii_case(name)).cloned().collect();
        assert_eq!(headers(&without).unwrap_err(), VerifyError::MissingHeader(name));
    }
    let without_kind: Vec<_> = all.iter().filter(|(key, _)| key != "Wechatpay-Signature-Type").cloned().collect();
    assert!(headers(&without_kind).is_ok());
}

#[test]
fn associated_data_may_be_missing() {
    let mut notice = envelope("TRANSACTION.SUCCESS", "transaction", PAID);
    notice["resource"]["ciphertext"] = json!(seal(PAID, "abcdefghijkl", ""));
    for absent in [json!(null), json!("")] {
        notice["resource"]["associated_data"] = absent;
        let body = notice.to_string().into_bytes();
        assert!(parse_notify(&signed(&body), &body, &keys(), at(NOW_S)).is_ok());
    }
    notice["resource"].as_object_mut().unwrap().remove("associated_data");
    let body = notice.to_string().into_bytes();
    assert!(parse_notify(&signed(&body), &body, &keys(), at(NOW_S)).is_ok());
}

#[test]
fn what_is_signed_but_does_not_open_is_our_key() {
    let mut notice = envelope("TRANSACTION.SUCCESS", "transaction", PAID);
    notice["resource"]["associated_data"] = json!("other");
    let body = notice.to_string().into_bytes();
    assert_eq!(parse_notify(&signed(&body), &body, &keys(), at(NOW_S)), Err(VerifyError::Undecryptable));
}

#[test]
fn what_is_signed_but_no_notice_is_unreadable() {
    for body in ["", "{}", "[]", "not json"] {
        let body = body.as_bytes();
        assert_eq!(parse_notify(&signed(body), body, &keys(), at(NOW_S)), Err(VerifyError::Unreadable));
    }
    let unpaid_lie = PAID.replace(r#""transaction_id":"4200001","#, "");
    let body = envelope("TRANSACTION.SUCCESS", "transaction", &unpaid_lie).to_string().into_bytes();
    assert_eq!(parse_notify(&signed(&body), &body, &keys(), at(NOW_S)), Err(VerifyError::Unreadable));
}

#[test]
fn a_refund_is_read_whatever_its_end() {
    for (event_type, word, status) in [
        ("REFUND.SUCCESS", "SUCCESS", RefundStatus::Success),
        ("REFUND.ABNORMAL", "ABNORMAL", RefundStatus::Abnormal),
        ("REFUND.CLOSED", "CLOSED", RefundStatus::Closed),
    ] {
        let plain = json!({
            "mchid": "1900000001", "transaction_id": "4200001", "out_trade_no": "A-000001", "refund_id": "5000001",
            "out_refund_no": "R-1", "refund_status": word, "user_received_account": "招商银行信用卡0403",
            "amount": { "total": 12345, "refund": 345, "payer_total": 12345, "payer_refund": 345 },
        });
        let body = envelope(event_type, "refund", &plain.to_string()).to_string().into_bytes();
        let notify = parse_notify(&signed(&body), &body, &keys(), at(NOW_S)).unwrap();
        let NotifyEvent::Refund(notice) = notify.event else { panic!("not a refund") };
        assert_eq!((notice.refund.status, notice.refund.refund_fen), (status, 345));
        assert!(!format!("{notice:?}").contains("0403"));
    }
}

#[test]
fn a_profit_sharing_success_is_not_taken_for_a_payment() {
    let plain = r#"{"mchid":"1900000001","transaction_id":"4200001","order_id":"3","out_order_no":"P-1"}"#;
    let body = envelope("TRANSACTION.SUCCESS", "profitsharing", plain).to_string().into_bytes();
    let notify = parse_notify(&signed(&body), &body, &keys(), at(NOW_S)).unwrap();
    assert_eq!(notify.event, NotifyEvent::Other { event_type: "TRANSACTION.SUCCESS".into() });
}
