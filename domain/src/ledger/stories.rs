use super::*;
use proptest::prelude::*;

fn amount(fen: i64) -> Amount {
    Amount::try_from(fen).unwrap()
}

fn at() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_793_000_000_000).unwrap()
}

#[test]
fn a_payment_beyond_its_bills_is_owed_back() {
    let (payer, other) = (PartyId::new(), PartyId::new());
    let posting =
        Posting::wechat_payment("4200", amount(500), &[(payer, amount(200)), (payer, amount(100))], Some(other), at())
            .unwrap();
    let sides: Vec<_> = posting.entries().iter().map(|e| (e.account, e.amount.get())).collect();
    assert_eq!(
        sides,
        vec![(Account::ClearingWechat, 500), (Account::Receivable(payer), -300), (Account::Refundable(other), -200)]
    );
}

#[test]
fn more_applied_than_received_is_refused() {
    let payer = PartyId::new();
    assert_eq!(
        Posting::wechat_payment("4200", amount(100), &[(payer, amount(101))], None, at()),
        Err(LedgerError::Unbalanced)
    );
}

#[test]
fn any_change_to_a_posting_changes_its_hash() {
    let (bill, payer, item) = (BillId::new(), PartyId::new(), FeeItemId::new());
    let one = Posting::bill_issued(bill, payer, item, amount(100), at()).unwrap();
    let two = Posting::bill_issued(bill, payer, item, amount(101), at()).unwrap();
    assert_ne!(one.chained(1, &GENESIS), two.chained(1, &GENESIS));
    assert_ne!(one.chained(1, &GENESIS), one.chained(2, &GENESIS));
    assert_ne!(one.chained(1, &GENESIS), one.chained(1, &one.chained(1, &GENESIS)));
}

proptest! {
    #[test]
    fn every_posting_sums_to_zero(received in 1..=1_000_000_i64, parts in proptest::collection::vec(1..=100_000_i64, 0..20)) {
        let applied: Vec<_> = parts.iter().map(|p| (PartyId::new(), amount(*p))).collect();
        match Posting::wechat_payment("x", amount(received), &applied, None, at()) {
            Ok(posting) => {
                prop_assert_eq!(posting.entries().iter().map(|e| e.amount.get()).sum::<i64>(), 0);
                prop_assert!(posting.entries().iter().all(|e| e.amount.get() != 0));
            }
            Err(error) => {
                prop_assert_eq!(error, LedgerError::Unbalanced);
                prop_assert!(parts.iter().sum::<i64>() > received);
            }
        }
    }

    #[test]
    fn money_over_the_desk_and_its_void_cancel_out(parts in proptest::collection::vec(1..=100_000_i64, 1..20)) {
        let applied: Vec<_> = parts.iter().map(|fen| (PartyId::new(), amount(*fen))).collect();
        let (payment, drawer) = (PaymentId::new(), Account::Drawer(ShiftId::new()));
        let received = amount(parts.iter().sum());
        let taken = Posting::desk_payment(payment, drawer, received, &applied, at()).unwrap();
        let voided = Posting::desk_payment_voided(payment, drawer, received, &applied, at()).unwrap();
        prop_assert_eq!(taken.entries().len(), parts.len() + 1);
        for entry in taken.entries() {
            let back = voided.entries().iter().find(|e| e.account == entry.account).unwrap();
            prop_assert_eq!(entry.amount.get() + back.amount.get(), 0);
        }
        let short = Posting::desk_payment(payment, drawer, amount(received.get() + 1), &applied, at());
        prop_assert_eq!(short, Err(LedgerError::Unbalanced));
    }

    #[test]
    fn issue_and_void_cancel_out(total in 1..=1_000_000_000_i64) {
        let (bill, payer, item) = (BillId::new(), PartyId::new(), FeeItemId::new());
        let issued = Posting::bill_issued(bill, payer, item, amount(total), at()).unwrap();
        let voided = Posting::bill_voided(bill, payer, item, amount(total), at()).unwrap();
        for entry in issued.entries() {
            let back = voided.entries().iter().find(|e| e.account == entry.account).unwrap();
            prop_assert_eq!(entry.amount.get() + back.amount.get(), 0);
        }
    }
}
