//! Two hosts, and keys that change under way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod outside;

use chrono::TimeDelta;
use gateway::wechat_pay::{
    CertificatesError, CloseOutcome, PayGateway, PrepayOutcome, QueryOutcome, RefundOutcome, TradeState, VerifierMap,
    VerifyError, refreshed,
};
use outside::{MCHID, MINI, Outside, refund};
use sim::{Endpoint, SignMode, Trick};

/// An address where nobody listens.
fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn when_the_first_host_is_gone_the_second_takes_orders_and_refunds() {
    let mut outside = Outside::new().await;
    outside.pay = Outside::client(&outside.sim, &nobody());
    outside.paid(&outside.keys, MINI, "ORDER-1", 1_000).await;
    let taken = outside.pay.refund(&outside.keys, &refund("ORDER-1", "R-1", 1_000, 1_000)).await;
    assert!(matches!(taken, RefundOutcome::Accepted(_)), "{taken:?}");
    assert!(matches!(outside.pay.query(&outside.keys, "ORDER-1").await, QueryOutcome::Found(_)));
}

#[tokio::test]
async fn an_order_whose_answer_is_lost_is_not_sent_again_by_itself() {
    let outside = Outside::new().await;
    for (place, trick) in [Trick::StatusAfter { status: 502 }, Trick::TimeoutAfter, Trick::Accepted, Trick::SignTest]
        .into_iter()
        .enumerate()
    {
        let number = format!("ORDER-{place}");
        // Two rules: a second call would meet the second.
        outside.sim.mischief().times(2, Endpoint::PayPrepay, trick.clone());
        let outcome = outside.pay.prepay_jsapi(&outside.keys, &outside.order(MINI, &number, 100)).await;
        assert!(matches!(outcome, PrepayOutcome::Unknown { .. }), "{trick:?} {outcome:?}");
        assert_eq!(outside.sim.mischief().pending().len(), 1, "{trick:?}");
        outside.sim.mischief().clear();
        let QueryOutcome::Found(order) = outside.pay.query(&outside.keys, &number).await else { panic!("{trick:?}") };
        assert_eq!(order.trade_state, TradeState::NotPay);
    }
}

#[tokio::test]
async fn a_payer_who_is_faster_than_the_close_has_paid() {
    let outside = Outside::new().await;
    outside.pay.prepay_jsapi(&outside.keys, &outside.order(MINI, "ORDER-1", 100)).await;
    outside.sim.mischief().once(Endpoint::PayClose, Trick::PaidBeforeClose);
    assert_eq!(outside.pay.close(&outside.keys, "ORDER-1").await, CloseOutcome::AlreadyPaid);
    let QueryOutcome::Found(order) = outside.pay.query(&outside.keys, "ORDER-1").await else { panic!("not found") };
    assert_eq!(order.trade_state, TradeState::Success);
}

#[tokio::test]
async fn a_merchant_moves_from_certificates_to_the_public_key_without_a_gap() {
    let mut outside = Outside::with(SignMode::PlatformCertificate).await;
    // The first download proves itself; no key is held yet.
    let mut bare = outside.keys.clone();
    bare.verifiers = VerifierMap::new();
    let fresh = outside.pay.certificates(&bare).await.unwrap();
    assert_eq!(fresh[0].serial_no, outside.sim.platform_certificate().0);
    outside.keys.verifiers = refreshed(&VerifierMap::new(), &fresh, outside.now()).unwrap();
    let query = async |outside: &Outside| outside.pay.query(&outside.keys, "ORDER-1").await;
    outside.paid(&outside.keys, MINI, "ORDER-1", 100).await;
    assert!(matches!(query(&outside).await, QueryOutcome::Found(_)));

    // In the middle of moving, with only the certificate: answers still come by it, as nothing else is asked for.
    outside.sim.set_sign_mode(MCHID, SignMode::Both).unwrap();
    assert!(matches!(query(&outside).await, QueryOutcome::Found(_)));
    // A message signed by the key that is not held yet is unknown, not forged.
    let by_key = outside.sim.make_notify(MCHID, "ORDER-1", Some(&Trick::SwitchSerial)).unwrap();
    assert_eq!(outside.open(&outside.keys, &by_key), Err(VerifyError::UnknownSerial));

    // Both are held: both are believed.
    let (id, pem) = outside.sim.platform_public_key();
    outside.keys.verifiers.add_public_key(&id, &pem).unwrap();
    assert_eq!(outside.keys.verifiers.serials().count(), 2);
    assert!(matches!(query(&outside).await, QueryOutcome::Found(_)));
    let by_certificate = outside.sim.make_notify(MCHID, "ORDER-1", None).unwrap();
    for notify in [&by_certificate, &by_key] {
        assert!(outside.open(&outside.keys, notify).is_ok());
    }

    // Moved: no certificates any more, which is no outage, and the public key is enough.
    outside.sim.set_sign_mode(MCHID, SignMode::PublicKey).unwrap();
    let none = outside.pay.certificates(&outside.keys).await;
    assert!(matches!(none, Err(CertificatesError::NotOffered { .. })), "{none:?}");
    outside.keys.verifiers = refreshed(&outside.keys.verifiers, &[], outside.now() + TimeDelta::days(3_650)).unwrap();
    assert_eq!(outside.keys.verifiers.serials().collect::<Vec<_>>(), [id.as_str()]);
    assert!(matches!(query(&outside).await, QueryOutcome::Found(_)));
}

#[tokio::test]
async fn certificates_that_were_not_sealed_for_us_or_not_signed_are_not_believed() {
    let outside = Outside::with(SignMode::PlatformCertificate).await;
    for trick in [Trick::Forge, Trick::SignTest, Trick::StaleTimestamp { by_s: -300 }, Trick::SwitchSerial] {
        outside.sim.mischief().once(Endpoint::PayCertificates, trick.clone());
        let got = outside.pay.certificates(&outside.keys).await;
        assert!(matches!(got, Err(CertificatesError::Unknown { .. })), "{trick:?} {got:?}");
    }
    let mut other_key = outside.keys.clone();
    other_key.api_v3_key = gateway::wechat_pay::ApiV3Key::parse("ffffffffffffffffffffffffffffffff".into()).unwrap();
    let got = outside.pay.certificates(&other_key).await;
    assert!(matches!(got, Err(CertificatesError::Unknown { .. })), "{got:?}");
}
