//! The cash desk: a code that is shown, and a code that is scanned.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod outside;

use gateway::wechat_pay::{
    BarcodeApi, BarcodeOrder, BarcodeOutcome, CloseOutcome, CounterGateway, MerchantKeys, NativeOrder, NativeOutcome,
    PayGateway, QueryOutcome, ReverseOutcome, TradeState, V2SignType, WechatPayHttp,
};
use outside::{API_V2_KEY, MCHID, MINI, Outside, SUB_MCHID, SUB_MINI, amount};
use sim::{Endpoint, OrderState, Trick};

fn native(number: &str, fen: i64) -> NativeOrder {
    NativeOrder {
        appid: MINI.into(),
        description: "物业服务费".into(),
        out_trade_no: number.into(),
        notify_url: "https://pay.example.com/callback/p1".into(),
        total: amount(fen),
        time_expire: None,
        attach: None,
    }
}

fn scan(appid: &str, number: &str, fen: i64, auth_code: &str) -> BarcodeOrder {
    BarcodeOrder {
        appid: appid.into(),
        description: "物业服务费 <1 & 2>".into(),
        out_trade_no: number.into(),
        total: amount(fen),
        auth_code: auth_code.into(),
        terminal_ip: "10.0.0.8".parse().unwrap(),
        device_id: Some("counter-1".into()),
        store_id: Some("1".into()),
        attach: Some("p1".into()),
    }
}

/// Both APIs, the older one with both signatures, of a merchant and of a provider's merchant.
fn ways(outside: &Outside) -> Vec<(WechatPayHttp, MerchantKeys, &'static str)> {
    outside.sim.set_api_v2_key(MCHID, API_V2_KEY).unwrap();
    let v2 = |keys: MerchantKeys, sign_type| keys.with_v2(outside.v2_keys(sign_type));
    let v3 = outside.pay.clone().with_barcode_api(BarcodeApi::V3);
    vec![
        (outside.pay.clone(), v2(outside.keys.clone(), V2SignType::HmacSha256), MINI),
        (outside.pay.clone(), v2(outside.keys.clone(), V2SignType::Md5), MINI),
        (outside.pay.clone(), v2(outside.sub_keys(true), V2SignType::HmacSha256), SUB_MINI),
        (v3.clone(), outside.keys.clone(), MINI),
        (v3, outside.sub_keys(false), MINI),
    ]
}

#[tokio::test]
async fn a_code_on_the_counter_is_scanned_paid_and_queried() {
    let outside = Outside::new().await;
    let NativeOutcome::Ready { code_url } = outside.pay.order_native(&outside.keys, &native("ORDER-1", 700)).await
    else {
        panic!("no code")
    };
    outside.sim.scan_to_pay(outside.person, &code_url).unwrap();
    let QueryOutcome::Found(paid) = outside.pay.query(&outside.keys, "ORDER-1").await else { panic!("not found") };
    assert_eq!((paid.trade_state, paid.trade_type.as_deref()), (TradeState::Success, Some("NATIVE")));
    assert_eq!(outside.pay.order_native(&outside.keys, &native("ORDER-1", 700)).await, NativeOutcome::AlreadyPaid);
    let notify = outside.sim.make_notify(MCHID, "ORDER-1", None).unwrap();
    assert!(outside.open(&outside.keys, &notify).is_ok());
    outside.pay.order_native(&outside.sub_keys(false), &native("ORDER-2", 700)).await;
    assert_eq!(outside.pay.close(&outside.sub_keys(false), "ORDER-2").await, CloseOutcome::Closed);
    outside.sim.mischief().once(Endpoint::PayNative, Trick::StatusAfter { status: 502 });
    let lost = outside.pay.order_native(&outside.keys, &native("ORDER-3", 700)).await;
    assert!(matches!(lost, NativeOutcome::Unknown { .. }), "{lost:?}");
    let other = outside.pay.order_native(&outside.keys, &native("ORDER-3", 701)).await;
    assert_eq!(other, NativeOutcome::NumberUsed);
    let bad = NativeOrder { description: String::new(), ..native("ORDER-4", 1) };
    assert!(matches!(outside.pay.order_native(&outside.keys, &bad).await, NativeOutcome::Refused { .. }));
}

#[tokio::test]
async fn a_scanned_code_is_paid_at_once_whichever_api_it_goes_through() {
    let outside = Outside::new().await;
    for (place, (pay, keys, appid)) in ways(&outside).into_iter().enumerate() {
        let number = format!("SCAN-{place}");
        let code = outside.sim.payment_code(outside.person).unwrap();
        let outcome = pay.pay_barcode(&keys, &scan(appid, &number, 8_888, &code)).await;
        let BarcodeOutcome::Paid(paid) = outcome else { panic!("{place} {outcome:?}") };
        assert_eq!(
            (paid.total_fen, paid.appid.as_str(), paid.attach.as_deref()),
            (8_888, appid, Some("p1")),
            "{place}"
        );
        assert_eq!(paid.success_time.unwrap().to_rfc3339(), "2025-11-25T00:00:00+08:00");
        let QueryOutcome::Found(found) = pay.query_barcode(&keys, appid, &number).await else { panic!("{place}") };
        assert_eq!(found, paid);
        let again = pay.pay_barcode(&keys, &scan(appid, &number, 8_888, &code)).await;
        assert_eq!(again, BarcodeOutcome::AlreadyPaid, "{place}");
        let next = pay.pay_barcode(&keys, &scan(appid, &format!("NEXT-{place}"), 8_888, &code)).await;
        assert!(matches!(next, BarcodeOutcome::NewCode { .. }), "{place} {next:?}");
    }
    let book = outside.sim.book();
    assert_eq!(book.taken_fen(MCHID) + book.taken_fen(SUB_MCHID), 5 * 8_888);
    assert_eq!(outside.sim.waiting(sim::Family::Notify), 0, "nothing is told of a scan");
}

#[tokio::test]
async fn a_phone_that_asks_for_the_password_is_waited_for_and_reversed() {
    let outside = Outside::new().await;
    for (place, (pay, keys, appid)) in ways(&outside).into_iter().enumerate() {
        let (entered, given_up) = (format!("ENTERED-{place}"), format!("GIVEN-UP-{place}"));
        for number in [&entered, &given_up] {
            outside.sim.mischief().once(Endpoint::PayBarcode, Trick::AsksPassword);
            let code = outside.sim.payment_code(outside.person).unwrap();
            let outcome = pay.pay_barcode(&keys, &scan(appid, number, 100, &code)).await;
            assert_eq!(outcome, BarcodeOutcome::Paying, "{place}");
            let QueryOutcome::Found(found) = pay.query_barcode(&keys, appid, number).await else { panic!("{place}") };
            assert_eq!(found.trade_state, TradeState::UserPaying);
        }
        outside.sim.enter_password(MCHID, &entered).unwrap();
        let QueryOutcome::Found(found) = pay.query_barcode(&keys, appid, &entered).await else { panic!("{place}") };
        assert_eq!(found.trade_state, TradeState::Success);
        assert_eq!(pay.reverse_barcode(&keys, appid, &given_up).await, ReverseOutcome::Again, "{place}: too early");
        outside.minute();
        for _ in 0..2 {
            assert_eq!(pay.reverse_barcode(&keys, appid, &given_up).await, ReverseOutcome::Reversed, "{place}");
        }
        assert!(outside.sim.enter_password(MCHID, &given_up).is_err());
        assert_eq!(outside.sim.order(MCHID, &given_up).unwrap().state, OrderState::Revoked);
        assert_eq!(pay.reverse_barcode(&keys, appid, "NEVER-MADE").await, ReverseOutcome::NotFound, "{place}");
    }
}

#[tokio::test]
async fn a_reversal_of_what_was_paid_gives_the_money_back_once() {
    let outside = Outside::new().await;
    for (place, (pay, keys, appid)) in ways(&outside).into_iter().enumerate() {
        let number = format!("SCAN-{place}");
        let code = outside.sim.payment_code(outside.person).unwrap();
        // The cashier never hears that it was paid.
        outside.sim.mischief().once(Endpoint::PayBarcode, Trick::StatusAfter { status: 502 });
        let lost = pay.pay_barcode(&keys, &scan(appid, &number, 500, &code)).await;
        assert!(matches!(lost, BarcodeOutcome::Unknown { .. }), "{place} {lost:?}");
        outside.minute();
        outside
            .sim
            .mischief()
            .once(Endpoint::PayReverse, Trick::RefuseAfter { status: 500, code: "SYSTEMERROR".into() });
        let unclear = pay.reverse_barcode(&keys, appid, &number).await;
        assert!(matches!(unclear, ReverseOutcome::Unknown { .. } | ReverseOutcome::Reversed), "{place} {unclear:?}");
        assert_eq!(pay.reverse_barcode(&keys, appid, &number).await, ReverseOutcome::Reversed, "{place}");
        let QueryOutcome::Found(found) = pay.query_barcode(&keys, appid, &number).await else { panic!("{place}") };
        assert_eq!(found.trade_state, TradeState::Revoked);
    }
    let book = outside.sim.book();
    for mchid in [MCHID, SUB_MCHID] {
        assert!(book.taken_fen(mchid) > 0);
        assert_eq!(book.taken_fen(mchid), book.given_back_fen(mchid));
    }
}

#[tokio::test]
async fn a_scan_that_fails_says_what_the_cashier_has_to_do() {
    let outside = Outside::new().await;
    for (place, (pay, keys, appid)) in ways(&outside).into_iter().enumerate() {
        let ask = async |name: &str, code: &str| {
            pay.pay_barcode(&keys, &scan(appid, &format!("{name}-{place}"), 1, code)).await
        };
        let unknown = ask("UNKNOWN", "139999999999999999").await;
        assert!(matches!(unknown, BarcodeOutcome::NewCode { .. }), "{place} {unknown:?}");
        let code = outside.sim.payment_code(outside.person).unwrap();
        outside.minute();
        let expired = ask("EXPIRED", &code).await;
        assert!(matches!(expired, BarcodeOutcome::NewCode { .. }), "{place} {expired:?}");
        let code = outside.sim.payment_code(outside.person).unwrap();
        outside.sim.mischief().once(Endpoint::PayBarcode, Trick::NotEnough);
        let declined = ask("DECLINED", &code).await;
        assert!(matches!(declined, BarcodeOutcome::Declined { .. }), "{place} {declined:?}");
        outside.sim.mischief().once(Endpoint::PayBarcode, Trick::TooMany);
        let busy = ask("BUSY", &code).await;
        assert!(matches!(busy, BarcodeOutcome::NotAccepted { .. }), "{place} {busy:?}");
        outside.sim.mischief().once(Endpoint::PayBarcode, Trick::Forge);
        let code = outside.sim.payment_code(outside.person).unwrap();
        let forged = ask("FORGED", &code).await;
        assert!(matches!(forged, BarcodeOutcome::Unknown { .. }), "{place} {forged:?}");
        let bad = ask("BAD", "99").await;
        assert!(matches!(&bad, BarcodeOutcome::Refused { code, .. } if code == "LOCAL_CHECK"), "{place} {bad:?}");
    }
}

#[tokio::test]
async fn without_its_keys_the_older_api_is_not_asked_and_with_wrong_ones_it_says_so() {
    let outside = Outside::new().await;
    let code = outside.sim.payment_code(outside.person).unwrap();
    let order = scan(MINI, "SCAN-1", 100, &code);
    let none = outside.pay.pay_barcode(&outside.keys, &order).await;
    assert!(matches!(&none, BarcodeOutcome::Refused { code, .. } if code == "LOCAL_CHECK"), "{none:?}");
    outside.sim.set_api_v2_key(MCHID, "ffffffffffffffffffffffffffffffff").unwrap();
    let wrong = outside.keys.clone().with_v2(outside.v2_keys(V2SignType::HmacSha256));
    assert!(matches!(outside.pay.pay_barcode(&wrong, &order).await, BarcodeOutcome::Unknown { .. }));
    let asked = outside.pay.query_barcode(&wrong, MINI, "SCAN-1").await;
    assert!(
        matches!(&asked, QueryOutcome::Refused { code, message } if code == "RETURN_FAIL" && message == "签名错误")
    );
    let mut no_certificate = outside.v2_keys(V2SignType::HmacSha256);
    no_certificate.secure = None;
    let keys = outside.keys.clone().with_v2(no_certificate);
    let reverse = outside.pay.reverse_barcode(&keys, MINI, "SCAN-1").await;
    assert!(matches!(&reverse, ReverseOutcome::Refused { code, .. } if code == "LOCAL_CHECK"), "{reverse:?}");
    assert!(!format!("{wrong:?}").contains(API_V2_KEY));
}
