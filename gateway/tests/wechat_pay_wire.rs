//! Calls to WeChat Pay: what each end is called.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use domain::money::Amount;
use gateway::http::{BaseUrl, HttpClient};
use gateway::wechat_pay::{
    CertificatesError, CloseOutcome, JsapiOrder, PayGateway, PayHosts, PrepayOutcome, QueryOutcome, RefundOf,
    RefundOutcome, RefundQueryOutcome, RefundRequest, RefundStatus, TradeState, VerifierMap, WechatPayHttp, pay_params,
};
use serde_json::{Value, json};
use support::{
    Act, KEY_ID, MCHID, NOW_S, Request, Stub, answer, at, http, impatient, keys, merchant_keys, merchant_pair, nobody,
    now, pem, platform_pair, seal, sign_with, signed, signed_headers, spki,
};

fn pay(http: HttpClient, primary: BaseUrl, failover: Option<BaseUrl>) -> WechatPayHttp {
    WechatPayHttp::new(http, PayHosts { primary, failover }, now())
}

fn order() -> JsapiOrder {
    JsapiOrder {
        appid: "wx1".into(),
        description: "阳光花园 物业服务费".into(),
        out_trade_no: "A-000001".into(),
        notify_url: "https://pay.example.com/callback/p1".into(),
        total: Amount::try_from(12_345).unwrap(),
        payer_openid: "o1".into(),
        time_expire: Some(DateTime::parse_from_rfc3339("2026-11-24T10:00:00+08:00").unwrap()),
        attach: Some("p1".into()),
    }
}

fn refund() -> RefundRequest {
    RefundRequest {
        of: RefundOf::TransactionId("4200001".into()),
        out_refund_no: "R-1".into(),
        reason: Some("多缴退回".into()),
        notify_url: None,
        refund: Amount::try_from(345).unwrap(),
        total: Amount::try_from(12_345).unwrap(),
    }
}

const REFUNDING: &str = r#"{"refund_id":"5000001","out_refund_no":"R-1","transaction_id":"4200001","out_trade_no":"A-000001",
"channel":"ORIGINAL","create_time":"2026-11-23T10:00:00+08:00","status":"PROCESSING","amount":{"total":12345,"refund":345,"currency":"CNY"}}"#;

async fn prepay(act: impl Fn(&Request) -> Act + Send + Sync + 'static) -> PrepayOutcome {
    let stub = Stub::start(act).await;
    pay(http(), stub.base_url(), None).prepay_jsapi(&keys(), &order()).await
}

/// Checks a request as WeChat Pay does: the signature covers the bytes that arrived.
fn assert_signed(request: &Request) -> String {
    let authorization = request.headers["authorization"].strip_prefix("WECHATPAY2-SHA256-RSA2048 ").unwrap();
    let part = |name: &str| {
        let from = authorization.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
        authorization[from..].split('"').next().unwrap()
    };
    assert_eq!((part("mchid"), part("timestamp")), (MCHID, NOW_S.to_string().as_str()));
    let message = format!(
        "{}\n{}\n{}\n{}\n{}\n",
        request.method,
        request.target,
        part("timestamp"),
        part("nonce_str"),
        request.body
    );
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, merchant_pair().public_key().as_ref());
    key.verify(message.as_bytes(), &STANDARD.decode(part("signature")).unwrap()).unwrap();
    assert!(request.headers["user-agent"].starts_with("linli/"));
    assert_eq!(request.headers["accept"], "application/json");
    assert_eq!(request.headers["wechatpay-serial"], KEY_ID);
    part("nonce_str").to_owned()
}

#[tokio::test]
async fn an_order_is_sent_signed_and_in_the_published_shape() {
    let stub = Stub::start(|_| signed(200, r#"{"prepay_id":"wx26112410000000"}"#)).await;
    let outcome = pay(http(), stub.base_url(), None).prepay_jsapi(&keys(), &order()).await;
    assert_eq!(outcome, PrepayOutcome::Ready { prepay_id: "wx26112410000000".into() });
    let seen = stub.seen.lock().unwrap();
    assert_signed(&seen[0]);
    assert_eq!((seen[0].method.as_str(), seen[0].target.as_str()), ("POST", "/v3/pay/transactions/jsapi"));
    assert_eq!(seen[0].headers["content-type"], "application/json");
    assert_eq!(
        serde_json::from_str::<Value>(&seen[0].body).unwrap(),
        json!({
            "appid": "wx1", "mchid": MCHID, "description": "阳光花园 物业服务费", "out_trade_no": "A-000001",
            "notify_url": "https://pay.example.com/callback/p1", "amount": {"total": 12345, "currency": "CNY"},
            "payer": {"openid": "o1"}, "time_expire": "2026-11-24T10:00:00+08:00", "attach": "p1",
        })
    );
}

#[tokio::test]
async fn a_success_without_a_good_signature_is_unknown() {
    let body = r#"{"prepay_id":"wxFORGED"}"#;
    let forged = prepay(move |_| answer(200, body)).await;
    assert!(matches!(forged, PrepayOutcome::Unknown { .. }), "{forged:?}");
    let other_body =
        prepay(move |_| Act::Answer { status: 200, headers: signed_headers(b"{}", NOW_S), body: body.into() });
    assert!(matches!(other_body.await, PrepayOutcome::Unknown { .. }));
    let stale = prepay(move |_| Act::Answer {
        status: 200,
        headers: signed_headers(body.as_bytes(), NOW_S - 300),
        body: body.into(),
    });
    assert!(matches!(stale.await, PrepayOutcome::Unknown { .. }));
    let in_progress = prepay(|_| signed(202, r#"{"prepay_id":"wx1"}"#)).await;
    assert!(matches!(in_progress, PrepayOutcome::Unknown { .. }));
    let empty = prepay(|_| signed(200, "{}")).await;
    assert!(matches!(empty, PrepayOutcome::Unknown { .. }));
}

#[tokio::test]
async fn refusals_of_an_order_have_their_names() {
    let refused = |code: &str| PrepayOutcome::Refused { code: code.into(), message: "m".into() };
    let table = [
        (400, "ORDERPAID", PrepayOutcome::AlreadyPaid),
        (403, "ORDER_PAID", PrepayOutcome::AlreadyPaid),
        (400, "ORDER_CLOSED", PrepayOutcome::Closed),
        (403, "OUT_TRADE_NO_USED", PrepayOutcome::NumberUsed),
        (400, "PARAM_ERROR", refused("PARAM_ERROR")),
        (400, "APPID_MCHID_NOT_MATCH", refused("APPID_MCHID_NOT_MATCH")),
        (403, "NO_AUTH", refused("NO_AUTH")),
        (429, "FREQUENCY_LIMITED", PrepayOutcome::NotAccepted { code: "FREQUENCY_LIMITED".into() }),
        (500, "OPENID_MISMATCH", refused("OPENID_MISMATCH")),
    ];
    for (status, code, expected) in table {
        let body = json!({ "code": code, "message": "m" }).to_string();
        assert_eq!(prepay(move |_| signed(status, &body)).await, expected, "{code}");
    }
    let unsigned = prepay(|_| answer(400, r#"{"code":"PARAM_ERROR","message":"m"}"#)).await;
    assert_eq!(unsigned, refused("PARAM_ERROR"));
    let unsigned = prepay(|_| answer(429, "slow down")).await;
    assert_eq!(unsigned, PrepayOutcome::NotAccepted { code: "FREQUENCY_LIMITED".into() });
}

#[tokio::test]
async fn an_error_that_proves_nothing_is_unknown() {
    for (status, body) in [
        (401, r#"{"code":"SIGN_ERROR","message":"m"}"#),
        (500, r#"{"code":"SYSTEM_ERROR","message":"m"}"#),
        (500, r#"{"code":"OPENID_MISMATCH","message":"m"}"#),
        (502, "<html>bad gateway</html>"),
        (503, ""),
        (504, ""),
        (404, "<html>not found</html>"),
        (302, ""),
    ] {
        let outcome = prepay(move |_| answer(status, body)).await;
        assert!(matches!(outcome, PrepayOutcome::Unknown { .. }), "{status} {outcome:?}");
    }
    let badly_signed = prepay(|_| Act::Answer {
        status: 400,
        headers: signed_headers(b"other", NOW_S),
        body: r#"{"code":"ORDER_CLOSED","message":"m"}"#.into(),
    });
    assert!(matches!(badly_signed.await, PrepayOutcome::Unknown { .. }));
}

#[tokio::test]
async fn a_silence_or_a_cut_is_unknown_and_a_closed_door_is_not_accepted() {
    for act in [|| Act::Cut, || Act::HangUp] {
        let outcome = prepay(move |_| act()).await;
        assert!(matches!(outcome, PrepayOutcome::Unknown { .. }), "{outcome:?}");
    }
    let stub = Stub::start(|_| Act::Hang).await;
    let outcome = pay(impatient(), stub.base_url(), None).prepay_jsapi(&keys(), &order()).await;
    assert!(matches!(outcome, PrepayOutcome::Unknown { .. }), "{outcome:?}");
    let too_long = prepay(|_| signed(200, &"x".repeat(20_000))).await;
    assert!(matches!(too_long, PrepayOutcome::Unknown { .. }));
    let closed = pay(http(), nobody().await, None);
    assert_eq!(closed.prepay_jsapi(&keys(), &order()).await, PrepayOutcome::NotAccepted { code: "CONNECT".into() });
    assert_eq!(closed.refund(&keys(), &refund()).await, RefundOutcome::NotAccepted { code: "CONNECT".into() });
    assert!(matches!(closed.query(&keys(), "A-000001").await, QueryOutcome::Unknown { .. }));
}

#[tokio::test]
async fn what_breaks_a_published_limit_is_not_sent() {
    let gateway = pay(http(), nobody().await, None);
    let breaks = [
        JsapiOrder { out_trade_no: "A-1".into(), ..order() },
        JsapiOrder { out_trade_no: "A/000001".into(), ..order() },
        JsapiOrder { description: "长".repeat(128), ..order() },
        JsapiOrder { notify_url: "https://pay.example.com/?a=1".into(), ..order() },
        JsapiOrder { attach: Some("a".repeat(129)), ..order() },
        JsapiOrder { total: Amount::try_from(3_000_000_000).unwrap(), ..order() },
    ];
    for order in breaks {
        let outcome = gateway.prepay_jsapi(&keys(), &order).await;
        assert!(matches!(&outcome, PrepayOutcome::Refused { code, .. } if code == "LOCAL_CHECK"), "{outcome:?}");
    }
    let too_much = RefundRequest { refund: Amount::try_from(12_346).unwrap(), ..refund() };
    assert!(matches!(gateway.refund(&keys(), &too_much).await, RefundOutcome::Refused { .. }));
}

#[tokio::test]
async fn a_query_finds_misses_or_does_not_know() {
    let found = |no: &str| {
        json!({"appid":"wx1","mchid":MCHID,"out_trade_no":no,"trade_state":"NOTPAY","amount":{"total":5,"currency":"CNY"}})
            .to_string()
    };
    let ask = async |act: Act| {
        let act = std::sync::Mutex::new(Some(act));
        let stub = Stub::start(move |_| act.lock().unwrap().take().unwrap()).await;
        let outcome = pay(http(), stub.base_url(), None).query(&keys(), "A-000001").await;
        let seen = stub.seen.lock().unwrap();
        assert_signed(&seen[0]);
        assert_eq!(seen[0].target, "/v3/pay/transactions/out-trade-no/A-000001?mchid=1900000001");
        outcome
    };
    let QueryOutcome::Found(order) = ask(signed(200, &found("A-000001"))).await else { panic!("not found") };
    assert_eq!((order.trade_state, order.total_fen), (TradeState::NotPay, 5));
    assert!(matches!(ask(signed(200, &found("A-000002"))).await, QueryOutcome::Unknown { .. }));
    assert!(matches!(ask(answer(200, &found("A-000001"))).await, QueryOutcome::Unknown { .. }));
    for code in ["ORDERNOTEXIST", "ORDER_NOT_EXIST", "RESOURCE_NOT_EXISTS"] {
        let body = json!({ "code": code, "message": "m" }).to_string();
        assert_eq!(ask(signed(404, &body)).await, QueryOutcome::NotFound);
    }
    let busy = ask(signed(429, r#"{"code":"FREQUENCY_LIMITED","message":"m"}"#)).await;
    assert!(matches!(busy, QueryOutcome::Unknown { .. }));
    let no_auth = ask(signed(403, r#"{"code":"NO_AUTH","message":"m"}"#)).await;
    assert!(matches!(no_auth, QueryOutcome::Refused { .. }));
}

#[tokio::test]
async fn a_repeatable_call_is_asked_again_at_the_other_host_newly_signed_and_an_order_is_not() {
    let primary = Stub::start(|_| answer(503, "")).await;
    let other = Stub::start(|_| signed(204, "")).await;
    let gateway = pay(http(), primary.base_url(), Some(other.base_url()));
    assert_eq!(gateway.close(&keys(), "A-000001").await, CloseOutcome::Closed);
    {
        let (first, second) = (primary.seen.lock().unwrap(), other.seen.lock().unwrap());
        assert_eq!(second[0].target, "/v3/pay/transactions/out-trade-no/A-000001/close");
        assert_ne!(assert_signed(&first[0]), assert_signed(&second[0]));
    }
    assert!(matches!(gateway.prepay_jsapi(&keys(), &order()).await, PrepayOutcome::Unknown { .. }));
    assert!(matches!(gateway.refund(&keys(), &refund()).await, RefundOutcome::Unknown { .. }));
    assert_eq!((primary.count(), other.count()), (3, 1));
}

#[tokio::test]
async fn a_close_ends_closed_paid_missing_or_open() {
    let close = async |status: u16, code: &str| {
        let body = json!({ "code": code, "message": "m" }).to_string();
        let stub = Stub::start(move |_| signed(status, &body)).await;
        pay(http(), stub.base_url(), None).close(&keys(), "A-000001").await
    };
    assert_eq!(close(400, "ORDERPAID").await, CloseOutcome::AlreadyPaid);
    assert_eq!(close(400, "ORDER_CLOSED").await, CloseOutcome::Closed);
    assert_eq!(close(404, "ORDER_NOT_EXIST").await, CloseOutcome::NotFound);
    assert!(matches!(close(429, "FREQUENCY_LIMITED").await, CloseOutcome::Unknown { .. }));
    assert!(matches!(close(500, "SYSTEM_ERROR").await, CloseOutcome::Unknown { .. }));
    assert!(matches!(close(403, "NO_AUTH").await, CloseOutcome::Refused { .. }));
    let unsigned = Stub::start(|_| answer(204, "")).await;
    let outcome = pay(http(), unsigned.base_url(), None).close(&keys(), "A-000001").await;
    assert!(matches!(outcome, CloseOutcome::Unknown { .. }));
}

#[tokio::test]
async fn a_refund_is_accepted_without_being_finished() {
    let stub = Stub::start(|_| signed(200, REFUNDING)).await;
    let gateway = pay(http(), stub.base_url(), None);
    let RefundOutcome::Accepted(taken) = gateway.refund(&keys(), &refund()).await else { panic!("not accepted") };
    assert_eq!((taken.status, taken.refund_fen, taken.success_time), (RefundStatus::Processing, 345, None));
    let RefundQueryOutcome::Found(found) = gateway.query_refund(&keys(), "R-1").await else { panic!("not found") };
    assert_eq!(found, taken);
    assert!(matches!(gateway.query_refund(&keys(), "R-2").await, RefundQueryOutcome::Unknown { .. }));
    let seen = stub.seen.lock().unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&seen[0].body).unwrap(),
        json!({"transaction_id":"4200001","out_refund_no":"R-1","reason":"多缴退回",
            "amount":{"refund":345,"total":12345,"currency":"CNY"}})
    );
    assert_eq!(seen[1].target, "/v3/refund/domestic/refunds/R-1");
}

#[tokio::test]
async fn refusals_of_a_refund_have_their_names() {
    let ask = async |status: u16, code: &str| {
        let body = json!({ "code": code, "message": "m" }).to_string();
        let stub = Stub::start(move |_| signed(status, &body)).await;
        let gateway = pay(http(), stub.base_url(), None);
        (gateway.refund(&keys(), &refund()).await, gateway.query_refund(&keys(), "R-1").await)
    };
    assert_eq!(ask(403, "NOT_ENOUGH").await.0, RefundOutcome::NotEnough { message: "m".into() });
    assert_eq!(ask(429, "FREQUENCY_LIMITED").await.0, RefundOutcome::NotAccepted { code: "FREQUENCY_LIMITED".into() });
    assert!(matches!(ask(403, "USER_ACCOUNT_ABNORMAL").await.0, RefundOutcome::Refused { .. }));
    assert!(matches!(ask(500, "SYSTEM_ERROR").await.0, RefundOutcome::Unknown { .. }));
    assert_eq!(ask(404, "RESOURCE_NOT_EXISTS").await.1, RefundQueryOutcome::NotFound);
}

#[test]
fn pay_params_are_signed_and_named_as_the_phone_wants_them() {
    let params = pay_params(&keys(), "wx1", "wx26112410000000", at(NOW_S), "n1").unwrap();
    let message = format!("wx1\n{NOW_S}\nn1\nprepay_id=wx26112410000000\n");
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, merchant_pair().public_key().as_ref());
    key.verify(message.as_bytes(), &STANDARD.decode(&params.pay_sign).unwrap()).unwrap();
    assert_eq!(
        serde_json::to_value(&params).unwrap(),
        json!({"timeStamp": NOW_S.to_string(), "nonceStr": "n1", "package": "prepay_id=wx26112410000000",
            "signType": "RSA", "paySign": params.pay_sign})
    );
}

/// DER: tag, length, content.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u8::try_from(content.len()) {
        Ok(length) if length < 128 => out.push(length),
        _ => {
            out.push(0x82);
            out.extend_from_slice(&u16::try_from(content.len()).unwrap().to_be_bytes());
        }
    }
    out.extend_from_slice(content);
    out
}

/// The least that is a certificate: serial number `serial`, the platform's key.
fn certificate(serial: &[u8]) -> String {
    let rsa_sha256 = tlv(0x30, &[tlv(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11]), tlv(5, &[])].concat());
    let name = tlv(0x30, &[]);
    let validity = tlv(0x30, &[tlv(0x17, b"250101000000Z"), tlv(0x17, b"300101000000Z")].concat());
    let parts = [tlv(2, serial), rsa_sha256.clone(), name.clone(), validity, name, spki(platform_pair())];
    let content = tlv(0x30, &parts.concat());
    let der = tlv(0x30, &[content, rsa_sha256, tlv(3, &[0, 1])].concat());
    pem("CERTIFICATE", &der)
}

fn certificates_body(serial_no: &str, pem: &str) -> String {
    json!({"data": [{
        "serial_no": serial_no, "effective_time": "2025-01-01T08:00:00+08:00", "expire_time": "2030-01-01T08:00:00+08:00",
        "encrypt_certificate": {"algorithm": "AEAD_AES_256_GCM", "nonce": "abcdefghijkl",
            "associated_data": "certificate", "ciphertext": seal(pem, "abcdefghijkl", "certificate")},
    }]})
    .to_string()
}

async fn download(
    body: String,
    signed_as: &str,
) -> Result<Vec<gateway::wechat_pay::PlatformCertificate>, CertificatesError> {
    let message = format!("{NOW_S}\nn\n{body}\n");
    let headers: Vec<(String, String)> = [
        ("Wechatpay-Timestamp", NOW_S.to_string()),
        ("Wechatpay-Nonce", "n".to_owned()),
        ("Wechatpay-Serial", signed_as.to_owned()),
        ("Wechatpay-Signature", sign_with(platform_pair(), message.as_bytes())),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec();
    let stub = Stub::start(move |_| Act::Answer { status: 200, headers: headers.clone(), body: body.clone() }).await;
    pay(http(), stub.base_url(), None).certificates(&merchant_keys(VerifierMap::new())).await
}

#[tokio::test]
async fn the_first_certificates_prove_themselves() {
    let pem = certificate(&[0x5d, 0xea, 0x10]);
    let got = download(certificates_body("5DEA10", &pem), "5DEA10").await.unwrap();
    assert_eq!((got.len(), got[0].serial_no.as_str(), got[0].pem.as_str()), (1, "5DEA10", pem.as_str()));
    for (announced, signed_as) in [("5DEA10", "AAAAAA"), ("AAAAAA", "5DEA10")] {
        let wrong = download(certificates_body(announced, &pem), signed_as).await;
        assert!(matches!(wrong, Err(CertificatesError::Unknown { .. })), "{wrong:?}");
    }
}

#[tokio::test]
async fn a_merchant_without_certificates_is_no_outage() {
    let stub = Stub::start(|_| answer(404, r#"{"code":"RESOURCE_NOT_EXISTS","message":"无可用的平台证书"}"#)).await;
    let outcome = pay(http(), stub.base_url(), None).certificates(&keys()).await;
    assert_eq!(outcome, Err(CertificatesError::NotOffered { code: "RESOURCE_NOT_EXISTS".into() }));
}
