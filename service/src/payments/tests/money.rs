//! The one door: whatever tells of money, however often, interrupted wherever.

use std::task::Poll;

use chrono::DateTime;
use domain::applied::Applied;
use futures_util::future::join_all;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_told_twenty_times_at_once_is_booked_once() {
    let world = World::new().await;
    let (_, _, order) = world.one_order().await;
    let told = world.confirmation(order).await;
    let answers = join_all((0..20).map(|_| settle(&world.db, &told, world.now()))).await;
    let done = answers.iter().filter(|answer| matches!(answer, Ok(Applied::Done(_)))).count();
    let again = answers.iter().filter(|answer| matches!(answer, Ok(Applied::Already(_)))).count();
    assert_eq!((done, again), (1, 19));
    assert_eq!(world.number("SELECT COUNT(*) FROM receipt").await, 1);
    assert_eq!(world.state(order).await, OrderState::Paid);
    world.books_are_sound().await;
}

/// Lets a booking go on for half as many steps and drops it: after the database has answered the last one when the
/// number is odd, while it is still at work when it is even.
async fn is_booked_within(world: &World, told: &Confirmation, steps: usize) -> bool {
    let mut booking = Box::pin(settle(&world.db, told, world.now()));
    let mut polls = 0;
    std::future::poll_fn(|context| {
        if polls >= steps.div_ceil(2) {
            return Poll::Ready(false);
        }
        polls += 1;
        match booking.as_mut().poll(context) {
            Poll::Ready(booked) => {
                let _ = booked.unwrap();
                Poll::Ready(true)
            }
            Poll::Pending if polls == steps.div_ceil(2) && steps.is_multiple_of(2) => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// A request that is dropped (the caller hung up) after any number of steps leaves all of it or nothing of it, and the
/// next one finds the door open.
#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_request_leaves_nothing_half_done() {
    let world = World::new().await;
    let (_, _, order) = world.one_order().await;
    let told = world.confirmation(order).await;
    let mut steps = 0;
    while !is_booked_within(&world, &told, steps).await {
        world.books_are_sound().await;
        steps += 1;
    }
    assert!(steps > 2, "never dropped on the way");
    let _ = settle(&world.db, &told, world.now()).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM payment").await, 1);
    assert_eq!(world.state(order).await, OrderState::Paid);
    world.books_are_sound().await;
}

#[tokio::test]
async fn a_booked_transaction_told_with_another_amount_is_kept_aside_once() {
    let world = World::new().await;
    let (_, _, order) = world.one_order().await;
    let told = world.confirmation(order).await;
    let _ = settle(&world.db, &told, world.now()).await.unwrap();
    let other = Confirmation { amount: Amount::try_from(19_999).unwrap(), ..told.clone() };
    for _ in 0..3 {
        let refused = settle(&world.db, &other, world.now()).await;
        assert!(
            matches!(refused, Err(SettleError::Quarantined("amount_of_booked_transaction_differs"))),
            "{refused:?}"
        );
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM payment_anomaly").await, 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM staff_task").await, 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM payment").await, 1);
    world.books_are_sound().await;
}

#[tokio::test]
async fn a_booked_transaction_told_for_another_order_is_kept_aside() {
    let world = World::new().await;
    let (household, _, order) = world.one_order().await;
    let told = world.confirmation(order).await;
    let _ = settle(&world.db, &told, world.now()).await.unwrap();
    let second = world.bill(household, 2, 20_000).await;
    let wish = world.wish("o1", &[household], &[second], 20_000);
    let other = place(&world.db, &wish, world.now()).await.unwrap().id;
    let stolen = Confirmation { out_trade_no: world.confirmation(other).await.out_trade_no, ..told };
    let refused = settle(&world.db, &stolen, world.now()).await;
    assert!(matches!(refused, Err(SettleError::Quarantined("booked_for_another_order"))), "{refused:?}");
    assert_eq!(world.state(other).await, OrderState::Created);
    world.books_are_sound().await;
}

#[tokio::test]
async fn money_for_an_order_nobody_knows_is_kept_aside_once() {
    let world = World::new().await;
    let (_, _, order) = world.one_order().await;
    let told = Confirmation { out_trade_no: "ch0unknown".to_owned(), ..world.confirmation(order).await };
    for _ in 0..2 {
        let refused = settle(&world.db, &told, world.now()).await;
        assert!(matches!(refused, Err(SettleError::Quarantined("unknown_order"))), "{refused:?}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM payment_anomaly").await, 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM staff_task").await, 1);
    world.books_are_sound().await;
}

#[tokio::test]
async fn money_of_an_order_that_ended_here_is_booked_all_the_same() {
    let world = World::new().await;
    let (_, _, order) = world.one_order().await;
    assert_eq!(
        close_or_settle(&world.db, &world.context(MCHID), order, world.now()).await.unwrap(),
        OrderState::Closed
    );
    assert_eq!(world.ask(order).await, OrderState::Closed, "unpaid: nothing to change");
    let paid = QueryOutcome::Found(Box::new(world.paid(order).await));
    world.gateway.queries.lock().unwrap().push_back(paid);
    assert_eq!(world.ask(order).await, OrderState::Paid, "staff ask again about a closed order");
    assert_eq!(world.number("SELECT paid_fen FROM bill").await, 20_000);
    world.books_are_sound().await;
}

/// Two parties pay by one order; the second one's bill is paid already when the money comes.
#[tokio::test]
async fn what_fits_no_bill_is_owed_to_the_payer_of_that_bill() {
    let world = World::new().await;
    let (one, two) = (world.household("1-1-101").await, world.household("1-1-102").await);
    let (first, second) = (world.bill(one, 1, 10_000).await, world.bill(two, 2, 500).await);
    let both = world.wish("o1", &[one, two], &[first, second], 10_500);
    let both = place(&world.db, &both, world.now()).await.unwrap().id;
    close_or_settle(&world.db, &world.context(MCHID), both, world.now()).await.unwrap();
    let alone = world.wish("o2", &[two], &[second], 500);
    let alone = place(&world.db, &alone, world.now()).await.unwrap().id;
    let _ = settle(&world.db, &world.confirmation(alone).await, world.now()).await.unwrap();

    let late = settle(&world.db, &world.confirmation(both).await, world.now()).await.unwrap();
    let Applied::Done(late) = late else { panic!("{late:?}") };
    assert_eq!((late.applied_fen, late.refundable_fen), (10_000, 500));
    let owed = format!(
        "SELECT CAST(SUM(e.amount_fen) AS BIGINT) FROM entry e JOIN account a ON a.id = e.account_id \
         WHERE a.code = 'refundable:{}'",
        two.party
    );
    assert_eq!(world.number(&owed).await, -500);
    assert_eq!(world.number("SELECT COUNT(*) FROM staff_task WHERE kind = 'refundable'").await, 1);
    world.books_are_sound().await;
}

#[tokio::test]
async fn receipts_are_numbered_within_the_year_of_the_project() {
    let world = World::new().await;
    let household = world.household("1-1-101").await;
    // 2026-12-31 23:59 and 2027-01-01 00:00 in Shanghai.
    for (month, at_s) in [(1, 1_798_732_740), (2, 1_798_732_800), (3, 1_798_732_801)] {
        let bill = world.bill(household, month, 100).await;
        let wish = world.wish("o1", &[household], &[bill], 100);
        let at = DateTime::from_timestamp(at_s, 0).unwrap();
        let order = place(&world.db, &wish, at).await.unwrap().id;
        let _ = settle(&world.db, &world.confirmation(order).await, at).await.unwrap();
    }
    let receipts = receipts_of_houses(&world.db, &[household.house]).await.unwrap();
    let mut numbers: Vec<_> = receipts.iter().map(|receipt| receipt.number.as_str()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, ["CH-2026-000001", "CH-2027-000001", "CH-2027-000002"]);
    world.books_are_sound().await;
}

/// The oldest bill has the highest id: on PostgreSQL these would lock each other out, if a payment took its bills in the
/// order of their due days.
#[tokio::test(flavor = "multi_thread")]
async fn orders_and_payments_over_the_same_bills_wait_for_each_other() {
    let world = World::new().await;
    let household = world.household("1-1-101").await;
    for round in 0..10 {
        let mut bills = Vec::new();
        for month in 0..6 {
            bills.push(world.bill(household, round * 6 + 5 - month, 100).await);
        }
        let first = place(&world.db, &world.wish("o0", &[household], &bills, 600), world.now()).await.unwrap();
        let told = world.confirmation(first.id).await;
        let wishes: Vec<_> = (1..=6)
            .map(|payer: usize| {
                bills.rotate_left(payer);
                world.wish(&format!("o{payer}"), &[household], &bills, 600)
            })
            .collect();
        let taps = join_all(wishes.iter().map(|wish| place(&world.db, wish, world.now())));
        let (taps, paid) = tokio::join!(taps, settle(&world.db, &told, world.now()));
        let _ = paid.unwrap();
        for tap in taps {
            assert!(matches!(tap, Err(OrderError::Reserved(_) | OrderError::BillNotOpen)), "{tap:?}");
        }
    }
    world.books_are_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_books_are_checked_while_money_comes_in() {
    let world = World::new().await;
    let household = world.household("1-1-101").await;
    let mut told = Vec::new();
    for month in 0..20 {
        let bill = world.bill(household, month, 100).await;
        let wish = world.wish("o1", &[household], &[bill], 100);
        let order = place(&world.db, &wish, world.now()).await.unwrap().id;
        told.push(world.confirmation(order).await);
    }
    let paying = async {
        for told in &told {
            let _ = settle(&world.db, told, world.now()).await.unwrap();
        }
    };
    let checking = async {
        for _ in 0..10 {
            world.books_are_sound().await;
        }
    };
    tokio::join!(paying, checking);
    world.books_are_sound().await;
}
