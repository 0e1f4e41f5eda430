//! Taking a payment back while its shift is open.

use super::*;

async fn void(desk: &DeskWorld, payment: PaymentId, who: VoidBy) -> Result<Applied<()>, CounterError> {
    let staff = match who {
        VoidBy::Cashier(staff) | VoidBy::SecondPerson(staff) => staff,
    };
    void_payment(&desk.world.db, payment, who, "收错房屋", &by(staff), desk.world.now()).await
}

#[tokio::test]
async fn a_payment_taken_back_leaves_its_bills_owed_and_its_number_used() {
    let desk = DeskWorld::new().await;
    let household = desk.world.household("1-1-101").await;
    let bill = desk.world.bill(household, 1, 12_000).await;
    let (cashier, shift) = desk.cashier().await;
    let payment = desk.take(cashier, &cash(&[(bill, 12_000)])).await.unwrap().into_inner();
    assert!(void(&desk, payment, VoidBy::Cashier(cashier)).await.unwrap().is_done());
    assert!(!void(&desk, payment, VoidBy::Cashier(cashier)).await.unwrap().is_done(), "twice is once");
    assert_eq!((desk.balance("drawer:%").await, desk.balance("receivable:%").await), (0, 12_000));
    let view = desk.view(payment).await;
    assert_eq!((view.void_reason.as_deref(), view.receipts[0].number.as_str()), (Some("收错房屋"), "CH-2026-000001"));
    let figures = desk.shift(shift).await.figures;
    assert_eq!((figures.voided_payments, figures.voided_fen), (1, 12_000));
    desk.world.books_are_sound().await;

    let again = desk.take(cashier, &cash(&[(bill, 12_000)])).await.unwrap().into_inner();
    assert_eq!(desk.view(again).await.receipts[0].number, "CH-2026-000002");
    desk.world.books_are_sound().await;
}

#[tokio::test]
async fn above_the_limit_a_second_person_takes_it_back_and_never_the_cashier() {
    let desk = DeskWorld::new().await;
    desk.set(AllocationRule::OldestFirst, false).await;
    let household = desk.world.household("1-1-101").await;
    let bill = desk.world.bill(household, 1, 15_001).await;
    let (cashier, _) = desk.cashier().await;
    let payment = desk.take(cashier, &cash(&[(bill, 15_001)])).await.unwrap().into_inner();
    let code = |refused: Result<Applied<()>, CounterError>| refused.unwrap_err().code();
    assert_eq!(code(void(&desk, payment, VoidBy::Cashier(cashier)).await), "second_person_needed");
    assert_eq!(code(void(&desk, payment, VoidBy::SecondPerson(cashier)).await), "second_person_needed");
    assert_eq!(code(void(&desk, payment, VoidBy::Cashier(StaffId::new())).await), "not_found");
    assert!(void(&desk, payment, VoidBy::SecondPerson(StaffId::new())).await.unwrap().is_done());
    desk.world.books_are_sound().await;
}

#[tokio::test]
async fn after_the_close_of_its_shift_a_payment_stays() {
    let desk = DeskWorld::new().await;
    let household = desk.world.household("1-1-101").await;
    let bill = desk.world.bill(household, 1, 1_000).await;
    let (cashier, shift) = desk.cashier().await;
    let payment = desk.take(cashier, &cash(&[(bill, 1_000)])).await.unwrap().into_inner();
    let _ = desk.close(cashier, shift, &counted(&[(DeskMethod::Cash, 21_000)], None)).await.unwrap();
    assert_eq!(void(&desk, payment, VoidBy::Cashier(cashier)).await.unwrap_err().code(), "shift_closed");
    desk.world.books_are_sound().await;
}
