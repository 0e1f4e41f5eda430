//! Money on its way back: once, in parts, not yet, and another way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod outside;

use gateway::wechat_pay::{
    AbnormalRefund, AbnormalRoute, NotifyEvent, PayGateway, Refund, RefundGateway, RefundOutcome, RefundQueryOutcome,
    RefundStatus, VerifyError,
};
use outside::{MCHID, MINI, Outside, SUB_MINI, refund};
use sim::{Endpoint, SignMode, Trick};

async fn asked(outside: &Outside, number: &str) -> Refund {
    match outside.pay.query_refund(&outside.keys, number).await {
        RefundQueryOutcome::Found(refund) => *refund,
        other => panic!("{other:?}"),
    }
}

fn card() -> AbnormalRoute {
    AbnormalRoute::PayerCard {
        bank_type: "ICBC_DEBIT".into(),
        bank_account: "6222020000000000000".into(),
        real_name: "甲".into(),
    }
}

#[tokio::test]
async fn the_same_number_is_the_same_refund_and_another_is_another() {
    let outside = Outside::new().await;
    outside.paid(&outside.keys, MINI, "ORDER-1", 1_000).await;
    let ask =
        async |number: &str, fen: i64| outside.pay.refund(&outside.keys, &refund("ORDER-1", number, fen, 1_000)).await;
    let RefundOutcome::Accepted(first) = ask("R-1", 400).await else { panic!("not taken") };
    let RefundOutcome::Accepted(again) = ask("R-1", 400).await else { panic!("not taken again") };
    assert_eq!(first.refund_id, again.refund_id);
    assert!(matches!(ask("R-1", 401).await, RefundOutcome::Refused { .. }));
    assert_eq!(ask("R-2", 600).await, RefundOutcome::NotAccepted { code: "FREQUENCY_LIMITED".into() });
    outside.minute();
    assert!(matches!(ask("R-2", 601).await, RefundOutcome::Refused { .. }));
    assert!(matches!(ask("R-2", 600).await, RefundOutcome::Accepted(_)));
    outside.minute();
    assert_eq!(
        (asked(&outside, "R-1").await.status, asked(&outside, "R-2").await.status),
        (RefundStatus::Success, RefundStatus::Success,)
    );
    assert_eq!(outside.sim.book().kept_fen(MCHID, "ORDER-1"), 0);
}

#[tokio::test]
async fn an_empty_balance_waits_for_the_same_number() {
    let outside = Outside::new().await;
    outside.paid(&outside.keys, MINI, "ORDER-1", 1_000).await;
    outside.sim.mischief().once(Endpoint::PayRefund, Trick::NotEnough);
    let request = refund("ORDER-1", "R-1", 1_000, 1_000);
    assert!(matches!(outside.pay.refund(&outside.keys, &request).await, RefundOutcome::NotEnough { .. }));
    assert_eq!(outside.pay.query_refund(&outside.keys, "R-1").await, RefundQueryOutcome::NotFound);
    assert!(matches!(outside.pay.refund(&outside.keys, &request).await, RefundOutcome::Accepted(_)));
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_is_unknown_and_given_once() {
    let outside = Outside::new().await;
    outside.paid(&outside.keys, MINI, "ORDER-1", 1_000).await;
    for trick in [
        Trick::StatusAfter { status: 502 },
        Trick::Accepted,
        Trick::Forge,
        Trick::RefuseAfter { status: 500, code: "SYSTEM_ERROR".into() },
    ] {
        outside.sim.mischief().once(Endpoint::PayRefund, trick.clone());
        let outcome = outside.pay.refund(&outside.keys, &refund("ORDER-1", "R-1", 300, 1_000)).await;
        assert!(matches!(outcome, RefundOutcome::Unknown { .. }), "{trick:?} {outcome:?}");
    }
    outside.minute();
    assert_eq!(asked(&outside, "R-1").await.status, RefundStatus::Success);
    assert_eq!(outside.sim.book().given_back_fen(MCHID), 300);
}

#[tokio::test]
async fn the_three_ends_of_a_refund_are_told_signed_and_sealed() {
    let outside = Outside::new().await;
    for (number, trick, status, event) in [
        ("ORDER-1", None, RefundStatus::Success, "REFUND.SUCCESS"),
        ("ORDER-2", Some(Trick::RefundAbnormal), RefundStatus::Abnormal, "REFUND.ABNORMAL"),
        ("ORDER-3", Some(Trick::RefundClosed), RefundStatus::Closed, "REFUND.CLOSED"),
    ] {
        outside.paid(&outside.keys, MINI, number, 1_000).await;
        if let Some(trick) = trick {
            outside.sim.mischief().once(Endpoint::PayRefund, trick);
        }
        let refund_no = format!("R-{number}");
        outside.pay.refund(&outside.keys, &refund(number, &refund_no, 1_000, 1_000)).await;
        assert!(outside.sim.make_refund_notify(MCHID, &refund_no, None).is_none(), "told before its end");
        outside.minute();
        let sent = outside.sim.make_refund_notify(MCHID, &refund_no, None).unwrap();
        let notify = outside.open(&outside.keys, &sent).unwrap();
        assert_eq!((notify.event_type.as_str(), notify.original_type.as_str()), (event, "refund"));
        let NotifyEvent::Refund(told) = notify.event else { panic!("{number}") };
        assert_eq!((told.mchid.as_str(), told.refund.status), (MCHID, status));
        assert_eq!(told.refund.success_time.is_some(), status == RefundStatus::Success);
        assert_eq!((told.refund.refund_fen, told.refund.total_fen), (1_000, 1_000));
        let forged = outside.sim.make_refund_notify(MCHID, &refund_no, Some(&Trick::Forge)).unwrap();
        assert_eq!(outside.open(&outside.keys, &forged), Err(VerifyError::BadSignature));
    }
}

#[tokio::test]
async fn a_stuck_refund_is_sent_to_a_card_or_to_the_merchant() {
    // The card's number is encrypted with whatever key the merchant has of WeChat Pay's.
    for (mode, route) in [
        (SignMode::PublicKey, card()),
        (SignMode::PlatformCertificate, card()),
        (SignMode::PublicKey, AbnormalRoute::MerchantAccount),
    ] {
        let outside = Outside::with(mode).await;
        outside.paid(&outside.keys, MINI, "ORDER-1", 1_000).await;
        outside.sim.mischief().once(Endpoint::PayRefund, Trick::RefundAbnormal);
        outside.pay.refund(&outside.keys, &refund("ORDER-1", "R-1", 1_000, 1_000)).await;
        let refund_id = asked(&outside, "R-1").await.refund_id;
        let stuck = AbnormalRefund { refund_id, out_refund_no: "R-1".into(), route };
        let too_early = outside.pay.apply_abnormal_refund(&outside.keys, &stuck).await;
        assert!(
            matches!(&too_early, RefundOutcome::Refused { code, .. } if code == "INVALID_REQUEST"),
            "{too_early:?}"
        );
        outside.minute();
        assert_eq!(asked(&outside, "R-1").await.status, RefundStatus::Abnormal);
        let RefundOutcome::Accepted(sent) = outside.pay.apply_abnormal_refund(&outside.keys, &stuck).await else {
            panic!("{mode:?}")
        };
        assert_eq!(sent.status, RefundStatus::Processing);
        outside.minute();
        assert_eq!(asked(&outside, "R-1").await.status, RefundStatus::Success);
        assert_eq!(outside.sim.book().given_back_fen(MCHID), 1_000);
    }
}

#[tokio::test]
async fn a_card_number_that_is_none_is_refused_and_nothing_of_it_is_printed() {
    let outside = Outside::new().await;
    let sub = outside.sub_keys(true);
    outside.paid(&sub, SUB_MINI, "ORDER-1", 1_000).await;
    outside.sim.mischief().once(Endpoint::PayRefund, Trick::RefundAbnormal);
    let RefundOutcome::Accepted(taken) = outside.pay.refund(&sub, &refund("ORDER-1", "R-1", 1_000, 1_000)).await else {
        panic!("not taken")
    };
    outside.minute();
    let route = AbnormalRoute::PayerCard {
        bank_type: "ICBC_DEBIT".into(),
        bank_account: "card".into(),
        real_name: "甲".into(),
    };
    let stuck = AbnormalRefund { refund_id: taken.refund_id, out_refund_no: "R-1".into(), route };
    let refused = outside.pay.apply_abnormal_refund(&sub, &stuck).await;
    assert!(matches!(&refused, RefundOutcome::Refused { code, .. } if code == "PARAM_ERROR"), "{refused:?}");
    assert!(!format!("{:?}", AbnormalRefund { route: card(), ..stuck.clone() }).contains("6222"));
    let moved = AbnormalRefund { route: AbnormalRoute::MerchantAccount, ..stuck };
    assert!(matches!(outside.pay.apply_abnormal_refund(&sub, &moved).await, RefundOutcome::Accepted(_)));
    let direct = outside.pay.apply_abnormal_refund(&outside.keys, &moved).await;
    assert!(matches!(&direct, RefundOutcome::Refused { code, .. } if code == "RESOURCE_NOT_EXISTS"), "{direct:?}");
}
