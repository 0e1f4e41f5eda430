//! Shifts: one open for each cashier, counted at the close, locked by somebody else.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_cashier_has_one_open_shift() {
    let desk = DeskWorld::new().await;
    let cashier = StaffId::new();
    let now = desk.world.now();
    let staff = by(cashier);
    let open = || open_shift(&desk.world.db, cashier, 10_000, &staff, now);
    let opened = futures_util::future::join_all((0..5).map(|_| open())).await;
    let opened: Vec<_> = opened.into_iter().map(Result::unwrap).collect();
    assert_eq!(opened.iter().filter(|one| one.is_done()).count(), 1);
    assert_eq!(desk.world.number("SELECT COUNT(*) FROM shift").await, 1);
    let refused = open_shift(&desk.world.db, StaffId::new(), -1, &staff, now).await.unwrap_err();
    assert_eq!(refused.code(), "bad_sum");
}

#[tokio::test]
async fn a_shift_is_closed_with_what_was_counted_and_a_reason_for_the_difference() {
    let desk = DeskWorld::new().await;
    let household = desk.world.household("1-1-101").await;
    let (one, two) = (desk.world.bill(household, 1, 5_000).await, desk.world.bill(household, 2, 300).await);
    let (cashier, shift) = desk.cashier().await;
    let _ = desk.take(cashier, &cash(&[(one, 5_000)])).await.unwrap();
    let card = DeskCheckout { method: DeskMethod::Card, reference: Some("1234".to_owned()), ..cash(&[(two, 300)]) };
    let _ = desk.take(cashier, &card).await.unwrap();

    let code = |refused: Result<Applied<()>, CounterError>| refused.unwrap_err().code();
    let drawer = (DeskMethod::Cash, 24_900);
    let all = counted(&[drawer, (DeskMethod::Card, 300)], Some("找零多付 1 元"));
    assert_eq!(code(desk.close(cashier, shift, &counted(&[drawer], None)).await), "count_missing");
    let silent = counted(&[drawer, (DeskMethod::Card, 300)], Some("  "));
    assert_eq!(code(desk.close(cashier, shift, &silent).await), "difference_reason_missing");
    assert_eq!(code(desk.close(StaffId::new(), shift, &all).await), "not_found", "another's shift");
    assert!(desk.close(cashier, shift, &all).await.unwrap().is_done());
    assert!(!desk.close(cashier, shift, &counted(&[drawer], None)).await.unwrap().is_done(), "closed is closed");

    let closed = desk.shift(shift).await;
    let cash_line = &closed.lines[0];
    assert_eq!((cash_line.booked_fen, cash_line.expected_fen), (5_000, 25_000));
    assert_eq!((cash_line.counted_fen, cash_line.difference_fen), (Some(24_900), Some(-100)));
    assert_eq!(closed.difference_reason.as_deref(), Some("找零多付 1 元"));
    assert_eq!((closed.figures.receipts, closed.figures.first_receipt.as_deref()), (2, Some("CH-2026-000001")));
    let late = desk.world.bill(household, 3, 100).await;
    assert_eq!(desk.take(cashier, &cash(&[(late, 100)])).await.unwrap_err().code(), "no_open_shift");
    desk.world.books_are_sound().await;
}

#[tokio::test]
async fn a_count_that_fits_needs_no_reason() {
    let desk = DeskWorld::new().await;
    let (cashier, shift) = desk.cashier().await;
    assert!(desk.close(cashier, shift, &counted(&[(DeskMethod::Cash, 20_000)], None)).await.unwrap().is_done());
    assert_eq!(desk.shift(shift).await.difference_reason, None);
    let (again, next) = desk.cashier().await;
    assert!(again != cashier && next != shift);
}

#[tokio::test]
async fn finance_locks_a_closed_shift_that_is_not_their_own() {
    let desk = DeskWorld::new().await;
    let (cashier, shift) = desk.cashier().await;
    let finance = StaffId::new();
    let now = desk.world.now();
    let lock = async |who: StaffId| lock_shift(&desk.world.db, who, shift, &by(who), now).await;
    assert_eq!(lock(finance).await.unwrap_err().code(), "shift_open");
    let _ = desk.close(cashier, shift, &counted(&[(DeskMethod::Cash, 20_000)], None)).await.unwrap();
    assert_eq!(lock(cashier).await.unwrap_err().code(), "own_shift");
    assert!(lock(finance).await.unwrap().is_done());
    assert!(!lock(StaffId::new()).await.unwrap().is_done());
    assert_eq!(desk.shift(shift).await.locked_by, Some(finance.uuid()));
}
