//! A client library that others wrote stands on the other side of the wire: it verifies what we send and makes what we
//! must accept. Installed and run by `tests/bin/wechat-pay-library`, which needs node and its package registry.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use domain::money::Amount;
use gateway::http::BaseUrl;
use gateway::wechat_pay::{
    AbnormalRefund, AbnormalRoute, ApiV2Key, BarcodeOrder, BarcodeOutcome, CloseOutcome, CounterGateway, JsapiOrder,
    MerchantKeys, NativeOrder, NativeOutcome, NotifyEvent, PayGateway, PayHosts, PrepayOutcome, QueryOutcome,
    RefundGateway, RefundOf, RefundOutcome, RefundRequest, RefundStatus, SignatureHeaders, V2Keys, V2SignType,
    VerifyError, WechatPayHttp, parse_notify, pay_params,
};
use serde_json::{Value, json};
use support::{API_V3_KEY, KEY_ID, MCHID, NOW_S, at, http, keys, merchant_pair, now, pem, platform_pair, spki};

const LIBRARY: &str = "WECHATPAY_LIBRARY";
const API_V2_KEY: &str = "192006250b4c09247ec02edce69f6a2d";
const APPID: &str = "wx1";

/// The library, serving.
struct Peer {
    child: Child,
    base: String,
}

impl Peer {
    fn start() -> Self {
        let library = std::env::var(LIBRARY).expect("WECHATPAY_LIBRARY: run tests/bin/wechat-pay-library");
        let der: Pkcs8V1Der<'_> = platform_pair().as_der().unwrap();
        let config = json!({
            "mchid": MCHID, "appid": APPID, "serial_no": keys().serial_no, "key_id": KEY_ID, "now_s": NOW_S,
            "api_v3_key": API_V3_KEY, "api_v2_key": API_V2_KEY,
            "merchant_public_pem": pem("PUBLIC KEY", &spki(merchant_pair())),
            "platform_public_pem": pem("PUBLIC KEY", &spki(platform_pair())),
            "platform_private_pem": pem("PRIVATE KEY", der.as_ref()),
        });
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/client_library/peer.mjs");
        let mut child = Command::new("node")
            .arg(script)
            .env(LIBRARY, library)
            .env("PEER", config.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let port: u16 = port.trim().parse().expect("the library did not start");
        Self { child, base: format!("http://127.0.0.1:{port}") }
    }

    fn pay(&self) -> WechatPayHttp {
        WechatPayHttp::new(http(), PayHosts { primary: BaseUrl::parse(&self.base).unwrap(), failover: None }, now())
    }

    async fn ask(&self, path: &str, body: &str) -> String {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let address = self.base.strip_prefix("http://").unwrap();
        let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
        let head = format!("POST {path} HTTP/1.0\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn amount(fen: i64) -> Amount {
    Amount::try_from(fen).unwrap()
}

fn order() -> JsapiOrder {
    JsapiOrder {
        appid: APPID.into(),
        description: "阳光花园 物业服务费".into(),
        out_trade_no: "ORDER-000001".into(),
        notify_url: "https://pay.example.com/callback/p1".into(),
        total: amount(12_345),
        payer_openid: "o1".into(),
        time_expire: None,
        attach: Some("p1".into()),
    }
}

fn opened(text: &str, keys: &MerchantKeys) -> Result<NotifyEvent, VerifyError> {
    let sent: Value = serde_json::from_str(text).unwrap();
    let headers = sent["headers"].as_object().unwrap();
    let headers = SignatureHeaders::read(|name| {
        headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).and_then(|(_, value)| value.as_str())
    })?;
    parse_notify(&headers, sent["body"].as_str().unwrap().as_bytes(), keys, at(NOW_S)).map(|notify| notify.event)
}

#[tokio::test]
#[ignore = "needs a package from a registry: tests/bin/wechat-pay-library"]
async fn the_library_verifies_every_request_and_we_verify_its_answers() {
    let peer = Peer::start();
    let (pay, keys) = (peer.pay(), keys());
    let placed = pay.prepay_jsapi(&keys, &order()).await;
    let PrepayOutcome::Ready { prepay_id } = placed else { panic!("{placed:?}") };
    let params = pay_params(&keys, APPID, &prepay_id, at(NOW_S), "nonce").unwrap();
    assert_eq!(peer.ask("/peer/pay-params", &serde_json::to_string(&params).unwrap()).await, "true");
    let native = NativeOrder {
        appid: APPID.into(),
        description: "物业服务费".into(),
        out_trade_no: "ORDER-000002".into(),
        notify_url: "https://pay.example.com/callback/p1".into(),
        total: amount(1),
        time_expire: None,
        attach: None,
    };
    assert!(matches!(pay.order_native(&keys, &native).await, NativeOutcome::Ready { .. }));
    // A number whose letters are escaped in the address: signed as sent.
    let found = pay.query(&keys, "ORDER|00*0001").await;
    assert!(matches!(found, QueryOutcome::Found(_)), "{found:?}");
    assert_eq!(pay.close(&keys, "ORDER-000001").await, CloseOutcome::Closed);
    let request = RefundRequest {
        of: RefundOf::OutTradeNo("ORDER-000001".into()),
        out_refund_no: "REFUND-1".into(),
        reason: Some("多缴退回".into()),
        notify_url: None,
        refund: amount(345),
        total: amount(12_345),
    };
    let taken = pay.refund(&keys, &request).await;
    assert!(matches!(taken, RefundOutcome::Accepted(_)), "{taken:?}");
    let verified: Vec<String> = serde_json::from_str(&peer.ask("/peer/verified", "").await).unwrap();
    assert_eq!(verified.len(), 5, "{verified:?}");
}

#[tokio::test]
#[ignore = "needs a package from a registry: tests/bin/wechat-pay-library"]
async fn the_library_opens_what_we_encrypted() {
    let peer = Peer::start();
    let route = AbnormalRoute::PayerCard {
        bank_type: "ICBC_DEBIT".into(),
        bank_account: "6222020000000000000".into(),
        real_name: "测试".into(),
    };
    let stuck = AbnormalRefund { refund_id: "50000000001".into(), out_refund_no: "REFUND-1".into(), route };
    let sent = peer.pay().apply_abnormal_refund(&keys(), &stuck).await;
    assert!(matches!(sent, RefundOutcome::Accepted(_)), "{sent:?}");
}

#[tokio::test]
#[ignore = "needs a package from a registry: tests/bin/wechat-pay-library"]
async fn the_librarys_callbacks_are_accepted_and_changed_ones_are_not() {
    let peer = Peer::start();
    let text = peer.ask("/peer/payment", "").await;
    let NotifyEvent::Transaction(paid) = opened(&text, &keys()).unwrap() else { panic!("not a payment") };
    assert_eq!((paid.out_trade_no.as_str(), paid.total_fen, paid.is_of(&keys())), ("ORDER-000001", 12_345, true));
    let changed = text.replace("EV-1", "EV-2");
    assert_eq!(opened(&changed, &keys()), Err(VerifyError::BadSignature));
    let text = peer.ask("/peer/refund", "").await;
    let NotifyEvent::Refund(told) = opened(&text, &keys()).unwrap() else { panic!("not a refund") };
    assert_eq!((told.refund.status, told.refund.refund_fen), (RefundStatus::Success, 345));
}

#[tokio::test]
#[ignore = "needs a package from a registry: tests/bin/wechat-pay-library"]
async fn the_library_comes_to_the_same_signatures_in_the_older_api() {
    let peer = Peer::start();
    for sign_type in [V2SignType::Md5, V2SignType::HmacSha256] {
        let v2 = V2Keys { api_key: ApiV2Key::parse(API_V2_KEY.into()).unwrap(), sign_type, secure: None };
        let scan = BarcodeOrder {
            appid: APPID.into(),
            description: "物业费 <1> & 水费".into(),
            out_trade_no: "SCAN-000001".into(),
            total: amount(888),
            auth_code: "130061098828009406".into(),
            terminal_ip: "10.0.0.8".parse().unwrap(),
            device_id: None,
            store_id: None,
            attach: Some("p1".into()),
        };
        let outcome = peer.pay().pay_barcode(&keys().with_v2(v2), &scan).await;
        let BarcodeOutcome::Paid(paid) = outcome else { panic!("{sign_type:?} {outcome:?}") };
        assert_eq!((paid.total_fen, paid.attach.as_deref()), (888, Some("p1")));
    }
}
