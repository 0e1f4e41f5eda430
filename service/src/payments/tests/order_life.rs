//! Orders: none holds its bills for ever, and none is given up while a phone may be paying it.

use super::*;

fn refused() -> PrepayOutcome {
    PrepayOutcome::Refused { code: "PARAM_ERROR".to_owned(), message: "time_expire".to_owned() }
}

#[tokio::test]
async fn an_order_that_was_never_sent_frees_its_bills() {
    let world = World::new().await;
    let merchants = world.register_merchant().await;
    let (household, bill, order) = world.one_order().await;
    let mut looks = 0;
    for _ in 0..70 {
        world.advance(TimeDelta::seconds(5));
        world.gateway.queries.lock().unwrap().clear();
        world.gateway.queries.lock().unwrap().push_back(QueryOutcome::NotFound);
        looks += world.sweep(&merchants).await.asked;
    }
    assert_eq!((world.state(order).await, looks), (OrderState::Closed, 5), "asked at 5, 30, 60, 180 and 300 s");
    let again = world.wish("o2", &[household], &[bill], 20_000);
    assert!(place(&world.db, &again, world.now()).await.unwrap().new);
}

#[tokio::test]
async fn an_order_no_phone_can_pay_gives_way_at_once() {
    let world = World::new().await;
    let (household, bill, order) = world.one_order().await;
    let busy = PrepayOutcome::NotAccepted { code: "FREQUENCY_LIMITED".to_owned() };
    world.gateway.prepays.lock().unwrap().push_back(busy);
    assert!(matches!(world.prepare(order).await, Prepared::Busy));
    let other = world.bill(household, 2, 100).await;
    let wish = world.wish("o1", &[household], &[bill, other], 20_100);
    world.gateway.queries.lock().unwrap().push_back(QueryOutcome::NotFound);
    let checkout = checkout(&world.db, &world.context(MCHID), &wish, world.now()).await.unwrap();
    assert!(matches!(checkout.prepared, Prepared::Ready(_)));
    assert_eq!(world.state(order).await, OrderState::Closed);
    assert!(matches!(world.prepare(order).await, Prepared::Ended), "and none is handed out any more");
}

#[tokio::test]
async fn an_order_that_may_have_arrived_is_not_given_up() {
    let world = World::new().await;
    let (_, _, order) = world.one_order().await;
    world.gateway.prepays.lock().unwrap().push_back(PrepayOutcome::Unknown { reason: "timeout".to_owned() });
    assert!(matches!(world.prepare(order).await, Prepared::Pending));
    world.gateway.queries.lock().unwrap().push_back(QueryOutcome::NotFound);
    world.gateway.closes.lock().unwrap().push_back(CloseOutcome::NotFound);
    let state = close_or_settle(&world.db, &world.context(MCHID), order, world.now()).await.unwrap();
    assert_eq!(state, OrderState::PrepayUnknown);
}

#[tokio::test]
async fn a_refused_first_prepay_ends_the_order() {
    let world = World::new().await;
    let (_, _, order) = world.one_order().await;
    world.gateway.prepays.lock().unwrap().push_back(refused());
    assert!(matches!(world.prepare(order).await, Prepared::Refused { .. }));
    assert_eq!(world.state(order).await, OrderState::Closed);
    assert_eq!(world.gateway.calls(), ["prepay"]);
}

/// The second prepay, after the first one's number grew old, proves nothing about the first.
#[tokio::test]
async fn a_refused_second_prepay_does_not_end_an_order_a_phone_may_be_paying() {
    let world = World::new().await;
    let (_, _, order) = world.one_order().await;
    assert!(matches!(world.prepare(order).await, Prepared::Ready(_)));
    world.advance(TimeDelta::minutes(111));
    world.gateway.prepays.lock().unwrap().push_back(refused());
    let paying = world.row(order).await.out_trade_no;
    let paying = transaction(&paying, TradeState::UserPaying, 20_000);
    world.gateway.queries.lock().unwrap().push_back(QueryOutcome::Found(Box::new(paying)));
    assert!(matches!(world.prepare(order).await, Prepared::Pending));
    assert_eq!(world.state(order).await, OrderState::Awaiting);

    world.gateway.prepays.lock().unwrap().push_back(refused());
    let paid = QueryOutcome::Found(Box::new(world.paid(order).await));
    world.gateway.queries.lock().unwrap().push_back(paid);
    assert!(matches!(world.prepare(order).await, Prepared::Paid));
    world.books_are_sound().await;
}

#[tokio::test]
async fn an_order_out_of_time_is_closed_and_not_sent_again() {
    let world = World::new().await;
    let (_, _, order) = world.one_order().await;
    assert!(matches!(world.prepare(order).await, Prepared::Ready(_)));
    world.advance(TimeDelta::minutes(120));
    world.gateway.calls();
    assert!(matches!(world.prepare(order).await, Prepared::Ended));
    assert_eq!(world.gateway.calls(), ["query", "close"]);
    assert_eq!(world.state(order).await, OrderState::Expired);
}

#[tokio::test]
async fn a_person_who_turned_out_to_be_another_still_finds_their_order() {
    let world = World::new().await;
    let (household, bill, order) = world.one_order().await;
    let (person, stranger) = (PersonId::new(), PersonId::new());
    let seen = |person, openid| {
        let db = world.db.clone();
        async move { order_view(&db, order, Payer { person, app_id: APP, openid }).await.unwrap().is_some() }
    };
    assert!(seen(person, "o1").await, "merged into another person, signed in with the same openid");
    assert!(!seen(stranger, "o2").await);
    let again = world.wish("o1", &[household], &[bill], 20_000);
    let placed = place(&world.db, &again, world.now()).await.unwrap();
    assert_eq!(placed, PlacedOrder { id: order, new: false }, "a second tap is the same order");
}

/// The new merchant knows nothing of the number; the old one can still be paid.
#[tokio::test]
async fn an_order_of_the_merchant_before_is_asked_about_there() {
    let world = World::new().await;
    let merchants = world.register_merchant().await;
    let (_, _, order) = world.one_order().await;
    assert!(matches!(world.prepare(order).await, Prepared::Ready(_)));
    world.gateway.calls();
    let new_merchant = world.context("1900000002");
    let state = close_or_settle(&world.db, &new_merchant, order, world.now()).await.unwrap();
    assert_eq!(state, OrderState::Awaiting);
    assert!(matches!(prepare(&world.db, &new_merchant, order, world.now()).await.unwrap(), Prepared::Pending));
    assert_eq!(world.gateway.calls(), Vec::<&str>::new(), "the new merchant is not asked");

    world.advance(TimeDelta::seconds(6));
    let paid = QueryOutcome::Found(Box::new(world.paid(order).await));
    world.gateway.queries.lock().unwrap().push_back(paid);
    assert_eq!(world.sweep(&merchants).await.paid, 1);
    world.books_are_sound().await;
}

#[tokio::test]
async fn without_keys_no_order_loses_its_turn() {
    let world = World::new().await;
    let (_, _, order) = world.one_order().await;
    world.advance(TimeDelta::seconds(6));
    let gateway: Arc<dyn PayGateway> = world.gateway.clone();
    let none = Merchants::new(world.fixture.control.clone());
    assert!(sweep_orders(&world.db, &gateway, &none, world.now()).await.is_err());
    let merchants = world.register_merchant().await;
    assert_eq!(world.sweep(&merchants).await, JanitorReport { asked: 1, open: 1, ..JanitorReport::default() });
    assert_eq!(world.sweep(&merchants).await.asked, 0, "asked once");
    assert_eq!(world.state(order).await, OrderState::Created);
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_in_vain_again_and_again_is_one_line() {
    let world = World::new().await;
    let (_, _, order) = world.one_order().await;
    for _ in 0..12 {
        world.gateway.queries.lock().unwrap().push_back(QueryOutcome::Unknown { reason: "HTTP 502".to_owned() });
    }
    let askers: Vec<_> = (0..12).map(|_| world.ask(order)).collect();
    let states = futures_util::future::join_all(askers).await;
    assert!(states.iter().all(|state| *state == OrderState::Created));
    assert_eq!(world.number("SELECT COUNT(*) FROM payment_order_event WHERE kind = 'query_failed'").await, 1);
}

#[tokio::test]
async fn a_wish_over_strange_repeated_or_too_many_bills_is_refused() {
    let world = World::new().await;
    let (household, bill, _) = world.one_order().await;
    let stranger = world.household("1-1-102").await;
    let wish = |households: &[Household], bills: &[BillId]| world.wish("o9", households, bills, 20_000);
    let many: Vec<BillId> = (0..61).map(|_| BillId::new()).collect();
    for (wish, code) in [
        (wish(&[stranger], &[bill]), "bill_not_found"),
        (wish(&[household], &[bill, bill]), "bill_count"),
        (wish(&[household], &many), "bill_count"),
        (wish(&[household], &[]), "bill_count"),
        (wish(&[household], &[bill]), "bill_reserved"),
    ] {
        assert_eq!(place(&world.db, &wish, world.now()).await.unwrap_err().code(), code);
    }
    let orders = list_orders(&world.db, Some("created"), None, 10).await.unwrap();
    assert_eq!(orders.len(), 1);
    let older = list_orders(&world.db, None, Some(OrderId(orders[0].id)), 10).await.unwrap();
    assert!(older.is_empty(), "a page goes on after its last order");
    assert!(timeline(&world.db, OrderId(orders[0].id)).await.unwrap().is_some());
}
