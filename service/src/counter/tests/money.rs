//! Taking money: once, all of it or nothing, never beside WeChat.

use domain::order::OrderState;
use futures_util::future::join_all;
use gateway::wechat_pay::{CloseOutcome, QueryOutcome};

use super::*;
use crate::payments::place;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_cashiers_at_once_draw_gapless_numbers_and_the_books_balance() {
    let desk = DeskWorld::new().await;
    let mut work = Vec::new();
    for number in 0..50 {
        let household = desk.world.household(&format!("1-1-{}", 101 + number)).await;
        let bill = desk.world.bill(household, 1, 10_000 + number).await;
        let (cashier, _) = desk.cashier().await;
        work.push((cashier, cash(&[(bill, 10_000 + number)])));
    }
    let taken = join_all(work.iter().map(|(cashier, new)| desk.take(*cashier, new))).await;
    assert!(taken.iter().all(|one| one.as_ref().is_ok_and(Applied::is_done)), "{taken:?}");
    let world = &desk.world;
    assert_eq!(world.number("SELECT COUNT(DISTINCT serial_no) FROM receipt").await, 50);
    assert_eq!(world.number("SELECT MAX(serial_no) FROM receipt").await, 50);
    let booked: i64 = (0..50).map(|number| 10_000 + number).sum();
    assert_eq!(desk.balance("drawer:%").await, booked);
    assert_eq!(desk.balance("receivable:%").await, 0);
    world.books_are_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_is_one_payment_however_often_it_is_sent() {
    let desk = DeskWorld::new().await;
    let household = desk.world.household("1-1-101").await;
    let (bill, other) = (desk.world.bill(household, 1, 20_000).await, desk.world.bill(household, 2, 500).await);
    let (cashier, _) = desk.cashier().await;
    let new = DeskCheckout { tendered: Some(fen(30_000)), ..cash(&[(bill, 20_000)]) };
    let sent = join_all((0..10).map(|_| desk.take(cashier, &new))).await;
    let answers: Vec<_> = sent.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|one| one.is_done()).count(), 1);
    let payment = answers[0].into_inner();
    assert!(answers.into_iter().all(|one| one.into_inner() == payment));
    assert_eq!(desk.view(payment).await.change_fen, 10_000);

    let changed = DeskCheckout { wish: Wish::Each(vec![(other, fen(500))]), ..new };
    assert_eq!(desk.take(cashier, &changed).await.unwrap_err().code(), "idempotency_key_reused");
    assert_eq!(desk.world.number("SELECT COUNT(*) FROM payment").await, 1);
    desk.world.books_are_sound().await;
}

#[tokio::test]
async fn several_houses_are_one_payment_and_a_receipt_each() {
    let desk = DeskWorld::new().await;
    let (one, two) = (desk.world.household("1-1-101").await, desk.world.household("1-1-102").await);
    let bills =
        [desk.world.bill(one, 1, 100).await, desk.world.bill(one, 2, 200).await, desk.world.bill(two, 1, 400).await];
    let (cashier, shift) = desk.cashier().await;
    let new = DeskCheckout {
        wish: Wish::Sum { bills: bills.to_vec(), sum: fen(700) },
        method: DeskMethod::Transfer,
        payer_name: Some("代付的亲属".to_owned()),
        reference: Some("20261123-0007".to_owned()),
        ..cash(&[])
    };
    let payment = desk.take(cashier, &new).await.unwrap().into_inner();
    let mut sums: Vec<_> = desk.view(payment).await.receipts.iter().map(|one| one.amount_fen).collect();
    sums.sort_unstable();
    assert_eq!(sums, [300, 400]);
    assert_eq!((desk.balance("clearing:transfer").await, desk.balance("drawer:%").await), (700, 0));
    let line = desk.shift(shift).await.lines.into_iter().find(|line| line.method == "transfer").unwrap();
    assert_eq!((line.payments, line.booked_fen), (1, 700));
    desk.world.books_are_sound().await;
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_nothing_is_booked() {
    let desk = DeskWorld::new().await;
    let household = desk.world.household("1-1-101").await;
    let (old, new) = (desk.world.bill(household, 1, 1_000).await, desk.world.bill(household, 2, 2_000).await);
    let (cashier, _) = desk.cashier().await;
    let sum = |bills: Vec<BillId>, taken| DeskCheckout { wish: Wish::Sum { bills, sum: fen(taken) }, ..cash(&[]) };
    let card = DeskCheckout { method: DeskMethod::Card, ..cash(&[(old, 1_000)]) };
    let refusals = [
        (cash(&[]), "bill_count"),
        (cash(&[(old, 1_000), (old, 1_000)]), "bill_count"),
        (cash(&[(BillId::new(), 1_000)]), "bill_not_found"),
        (cash(&[(old, 1_001)]), "amount_above_owed"),
        (cash(&[(old, 999)]), "partial_not_allowed"),
        (cash(&[(new, 2_000)]), "older_bill_first"),
        (sum(vec![old, new], 3_001), "surplus"),
        (DeskCheckout { tendered: Some(fen(999)), ..cash(&[(old, 1_000)]) }, "tendered_too_little"),
        (
            DeskCheckout { tendered: Some(fen(1_000)), reference: Some("1".to_owned()), ..card.clone() },
            "tendered_not_cash",
        ),
        (card, "reference_missing"),
        (DeskCheckout { overruled: vec![overruled("nothing")], ..cash(&[(old, 1_000)]) }, "bad_overrule"),
    ];
    for (wrong, code) in refusals {
        assert_eq!(desk.take(cashier, &wrong).await.unwrap_err().code(), code, "{wrong:?}");
    }
    let stranger = StaffId::new();
    assert_eq!(desk.take(stranger, &cash(&[(old, 1_000)])).await.unwrap_err().code(), "no_open_shift");
    assert_eq!(desk.world.number("SELECT COUNT(*) FROM payment").await, 0);

    desk.set(AllocationRule::FreeChoice, true).await;
    let _ = desk.take(cashier, &cash(&[(new, 1_500)])).await.unwrap();
    let again = DeskCheckout { overruled: vec![overruled("duplicate_bills")], ..cash(&[(new, 501)]) };
    assert_eq!(desk.take(cashier, &again).await.unwrap_err().code(), "amount_above_owed", "500 are left");
    desk.world.books_are_sound().await;
}

#[tokio::test]
async fn a_warning_is_overruled_with_a_reason_that_is_kept() {
    let desk = DeskWorld::new().await;
    desk.set(AllocationRule::OldestFirst, true).await;
    let household = desk.world.household("1-1-101").await;
    let bill = desk.world.bill(household, 1, 20_000).await;
    let (cashier, shift) = desk.cashier().await;
    let asked = |refused: Result<Applied<PaymentId>, CounterError>| match refused {
        Err(CounterError::Guarded(warnings)) => warnings.iter().map(|one| one.code()).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let slip = cash(&[(bill, 2_000)]);
    assert_eq!(asked(desk.take(cashier, &slip).await), ["slipped_decimal"]);
    let meant = DeskCheckout { overruled: vec![overruled("slipped_decimal")], ..slip };
    assert!(desk.take(cashier, &meant).await.unwrap().is_done());

    let twice = cash(&[(bill, 3_000)]);
    assert_eq!(asked(desk.take(cashier, &twice).await), ["duplicate_bills"]);
    desk.world.advance(chrono::TimeDelta::minutes(11));
    assert!(desk.take(cashier, &twice).await.unwrap().is_done(), "eleven minutes later it is no duplicate");
    let kept = "SELECT COUNT(*) FROM desk_overrule WHERE warning = 'slipped_decimal' AND reason = '业主确认'";
    assert_eq!(desk.world.number(kept).await, 1);
    assert_eq!(desk.shift(shift).await.figures.overruled_warnings, 1);
    desk.world.books_are_sound().await;
}

/// A bill with a WeChat order over it, and the checkout that knows of the warning.
async fn reserved(desk: &DeskWorld) -> (domain::ids::OrderId, StaffId, DeskCheckout) {
    let (_, bill, order) = desk.world.one_order().await;
    desk.world.prepare(order).await;
    let (cashier, _) = desk.cashier().await;
    let first = desk.take(cashier, &cash(&[(bill, 20_000)])).await.unwrap_err();
    assert!(first.to_string().contains("微信支付中"), "{first}");
    let new = DeskCheckout { overruled: vec![overruled("reserved_by_wechat")], ..cash(&[(bill, 20_000)]) };
    (order, cashier, new)
}

#[tokio::test]
async fn a_wechat_order_in_the_way_is_closed_at_wechat_first() {
    let desk = DeskWorld::new().await;
    let (order, cashier, new) = reserved(&desk).await;
    assert!(desk.take(cashier, &new).await.unwrap().is_done());
    assert_eq!(desk.world.state(order).await, OrderState::Closed);
    assert_eq!(desk.world.number("SELECT COUNT(*) FROM payment WHERE method = 'cash'").await, 1);
    desk.world.books_are_sound().await;
}

#[tokio::test]
async fn an_order_that_turns_out_paid_is_booked_and_the_cashier_is_told() {
    let desk = DeskWorld::new().await;
    let (order, cashier, new) = reserved(&desk).await;
    let paid = desk.world.paid(order).await;
    desk.world.gateway.queries.lock().unwrap().push_back(QueryOutcome::Found(Box::new(paid)));
    assert_eq!(desk.take(cashier, &new).await.unwrap_err().code(), "paid_in_wechat");
    assert_eq!(desk.take(cashier, &new).await.unwrap_err().code(), "bill_not_open", "and again");
    assert_eq!(desk.world.number("SELECT COUNT(*) FROM payment WHERE method = 'wechat'").await, 1);
    assert_eq!(desk.world.number("SELECT COUNT(*) FROM payment").await, 1);
    desk.world.books_are_sound().await;
}

#[tokio::test]
async fn an_order_that_wechat_cannot_speak_of_keeps_its_bills() {
    let desk = DeskWorld::new().await;
    let (order, cashier, new) = reserved(&desk).await;
    let unknown = CloseOutcome::Unknown { reason: "超时".to_owned() };
    desk.world.gateway.closes.lock().unwrap().push_back(unknown);
    assert_eq!(desk.take(cashier, &new).await.unwrap_err().code(), "bill_reserved");
    assert!(desk.world.state(order).await.is_live());
    assert_eq!(desk.world.number("SELECT COUNT(*) FROM payment").await, 0);
    desk.world.books_are_sound().await;
}

/// The owner taps on pay while the cashier books: one of them has the bill, never both.
#[tokio::test(flavor = "multi_thread")]
async fn a_tap_and_a_cashier_over_the_same_bill_wait_for_each_other() {
    let desk = DeskWorld::new().await;
    let (cashier, _) = desk.cashier().await;
    let world = &desk.world;
    let household = world.household("1-1-101").await;
    for month in 0..10 {
        let bill = world.bill(household, month, 100 + month).await;
        let wish = world.wish("o1", &[household], &[bill], 100 + month);
        let mut new = cash(&[(bill, 100 + month)]);
        new.overruled = vec![overruled("duplicate_payer")];
        let (tap, taken) = tokio::join!(place(&world.db, &wish, world.now()), desk.take(cashier, &new));
        match (tap, taken) {
            (Err(tap), Ok(_)) => assert_eq!(tap.code(), "bill_not_open"),
            (Ok(_), Err(taken)) => {
                assert_eq!(taken.code(), "desk_guard");
                new.overruled.push(overruled("reserved_by_wechat"));
                let _ = desk.take(cashier, &new).await.unwrap();
            }
            both => panic!("{both:?}"),
        }
    }
    world.books_are_sound().await;
}
