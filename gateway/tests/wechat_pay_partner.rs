//! A service provider asks for one of its merchants, and nobody who calls has to know.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod outside;

use gateway::wechat_pay::{
    CloseOutcome, NotifyEvent, PayGateway, PrepayOutcome, QueryOutcome, RefundOutcome, RefundQueryOutcome,
    RefundStatus, SubMerchant, TradeState, VerifyError,
};
use outside::{MCHID, MINI, Outside, SUB_MCHID, SUB_MINI, refund};

#[tokio::test]
async fn the_same_calls_serve_a_merchant_and_both_kinds_of_sub_merchant() {
    let outside = Outside::new().await;
    for (keys, appid, number) in [
        (outside.keys.clone(), MINI, "DIRECT-1"),
        (outside.sub_keys(false), MINI, "PROVIDER-1"),
        (outside.sub_keys(true), SUB_MINI, "OWN-APP-1"),
    ] {
        outside.paid(&keys, appid, number, 12_345).await;
        let QueryOutcome::Found(found) = outside.pay.query(&keys, number).await else { panic!("{number}") };
        assert_eq!((found.trade_state, found.total_fen, found.appid.as_str()), (TradeState::Success, 12_345, appid));
        assert_eq!(found.payer_openid, outside.sim.openid(outside.person, appid).ok());
        assert!(found.is_of(&keys));
        let notify = outside.sim.make_notify(MCHID, number, None).unwrap();
        let NotifyEvent::Transaction(told) = outside.open(&keys, &notify).unwrap().event else { panic!("{number}") };
        assert_eq!(told, found);
        assert_eq!(outside.pay.close(&keys, number).await, CloseOutcome::AlreadyPaid);
        let taken = outside.pay.refund(&keys, &refund(number, &format!("R-{number}"), 345, 12_345)).await;
        assert!(matches!(taken, RefundOutcome::Accepted(_)), "{taken:?}");
        let RefundQueryOutcome::Found(back) = outside.pay.query_refund(&keys, &format!("R-{number}")).await else {
            panic!("{number}")
        };
        assert_eq!((back.status, back.refund_fen), (RefundStatus::Processing, 345));
    }
    let book = outside.sim.book();
    assert_eq!((book.taken_fen(MCHID), book.taken_fen(SUB_MCHID)), (12_345, 24_690));
}

#[tokio::test]
async fn an_order_of_a_sub_merchant_is_closed_by_its_provider_alone() {
    let outside = Outside::new().await;
    let sub = outside.sub_keys(false);
    let order = outside.order(MINI, "ORDER-1", 100);
    assert!(matches!(outside.pay.prepay_jsapi(&sub, &order).await, PrepayOutcome::Ready { .. }));
    assert_eq!(outside.pay.close(&outside.keys, "ORDER-1").await, CloseOutcome::NotFound);
    assert_eq!(outside.pay.close(&sub, "ORDER-1").await, CloseOutcome::Closed);
    assert_eq!(outside.pay.prepay_jsapi(&sub, &order).await, PrepayOutcome::Closed);
    let QueryOutcome::Found(found) = outside.pay.query(&sub, "ORDER-1").await else { panic!("not found") };
    assert_eq!((found.trade_state, found.sub_mchid.as_deref()), (TradeState::Closed, Some(SUB_MCHID)));
}

#[tokio::test]
async fn an_order_of_one_kind_is_not_there_for_the_other() {
    let outside = Outside::new().await;
    let sub = outside.sub_keys(false);
    outside.paid(&sub, MINI, "ORDER-1", 100).await;
    assert_eq!(outside.pay.query(&outside.keys, "ORDER-1").await, QueryOutcome::NotFound);
    let other = outside.pay.refund(&outside.keys, &refund("ORDER-1", "R-1", 100, 100)).await;
    assert!(matches!(&other, RefundOutcome::Refused { code, .. } if code == "RESOURCE_NOT_EXISTS"), "{other:?}");
    // Numbers are unique over all merchants of a provider.
    let again = outside.pay.prepay_jsapi(&outside.keys, &outside.order(MINI, "ORDER-1", 100)).await;
    assert_eq!(again, PrepayOutcome::AlreadyPaid);
}

#[tokio::test]
async fn a_merchant_that_is_not_ours_is_refused_and_its_notices_are_not_booked() {
    let outside = Outside::new().await;
    let stranger = outside.keys.clone().for_sub_merchant(SubMerchant::new("1900000999", None).unwrap());
    let outcome = outside.pay.prepay_jsapi(&stranger, &outside.order(MINI, "ORDER-1", 100)).await;
    assert!(matches!(&outcome, PrepayOutcome::Refused { code, .. } if code == "NO_AUTH"), "{outcome:?}");
    let sub = outside.sub_keys(false);
    outside.paid(&sub, MINI, "ORDER-2", 100).await;
    let notify = outside.sim.make_notify(MCHID, "ORDER-2", None).unwrap();
    assert!(outside.open(&sub, &notify).is_ok());
    for other in [&stranger, &outside.keys] {
        assert_eq!(outside.open(other, &notify), Err(VerifyError::Unreadable));
    }
}
