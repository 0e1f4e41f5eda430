//! How money is spread over bills.

use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn amount(fen: i64) -> Amount {
    Amount::try_from(fen).unwrap()
}

fn today() -> NaiveDate {
    day("2026-11-23")
}

/// Bills of one house, due on these days.
fn bills(of: &[(&str, i64)]) -> Vec<OpenBill> {
    let house = HouseId::new();
    let bill =
        |(due, fen): &(&str, i64)| OpenBill { bill: BillId::new(), house, due: day(due), outstanding: amount(*fen) };
    of.iter().map(bill).collect()
}

fn rule(allocation: AllocationRule, partial_allowed: bool) -> DeskRule {
    DeskRule { allocation, partial_allowed }
}

fn taken(allocation: &Allocation) -> Vec<i64> {
    allocation.parts.iter().map(|part| part.amount.get()).collect()
}

#[test]
fn a_sum_pays_the_oldest_bills_first_and_the_rest_is_left_over() {
    let open = bills(&[("2026-11-30", 300), ("2026-09-30", 100), ("2026-10-31", 200)]);
    let ticked: Vec<_> = open.iter().map(|bill| bill.bill).collect();
    let all = |sum| Wish::Sum { bills: ticked.clone(), sum: amount(sum) };
    let partly = rule(AllocationRule::OldestFirst, true);
    let done = allocate(partly, &all(250), &open, today()).unwrap();
    assert_eq!((taken(&done), done.surplus.get()), (vec![100, 150], 0));
    assert_eq!(done.parts.iter().map(|part| part.settles).collect::<Vec<_>>(), [true, false]);
    let done = allocate(partly, &all(700), &open, today()).unwrap();
    assert_eq!((taken(&done), done.surplus.get()), (vec![100, 200, 300], 100));
}

#[test]
fn a_newer_bill_waits_for_the_older_ones_of_its_house_only() {
    let mut open = bills(&[("2026-09-30", 100), ("2026-10-31", 200)]);
    let other = bills(&[("2026-10-31", 400)]);
    open.extend(&other);
    let newer = Wish::Each(vec![(open[1].bill, amount(200))]);
    let oldest = rule(AllocationRule::OldestFirst, false);
    assert_eq!(allocate(oldest, &newer, &open, today()), Err(AllocationError::OlderFirst { due: day("2026-09-30") }));
    assert!(allocate(rule(AllocationRule::FreeChoice, false), &newer, &open, today()).is_ok());
    let elsewhere = Wish::Each(vec![(other[0].bill, amount(400))]);
    assert!(allocate(oldest, &elsewhere, &open, today()).is_ok());
}

#[test]
fn past_bills_come_before_current_ones_and_among_themselves_as_one_likes() {
    let open = bills(&[("2026-09-30", 100), ("2026-10-31", 200), ("2026-11-30", 300)]);
    let past_first = rule(AllocationRule::PastFirst, false);
    let only = |place: usize| Wish::Each(vec![(open[place].bill, open[place].outstanding)]);
    assert!(allocate(past_first, &only(1), &open, today()).is_ok());
    assert_eq!(
        allocate(past_first, &only(2), &open, today()),
        Err(AllocationError::OlderFirst { due: day("2026-09-30") })
    );
}

#[test]
fn a_part_is_taken_only_where_the_project_says_so_and_never_more_than_is_owed() {
    let open = bills(&[("2026-10-31", 200)]);
    let wish = |fen| Wish::Each(vec![(open[0].bill, amount(fen))]);
    let whole = rule(AllocationRule::OldestFirst, false);
    let refused = allocate(whole, &wish(199), &open, today()).unwrap_err();
    assert_eq!(refused.code(), "partial_not_allowed");
    assert!(refused.to_string().contains("¥2.00"), "{refused}");
    assert!(allocate(rule(AllocationRule::OldestFirst, true), &wish(199), &open, today()).is_ok());
    assert_eq!(allocate(whole, &wish(201), &open, today()).unwrap_err().code(), "amount_above_owed");
    let paid = Wish::Each(vec![(BillId::new(), amount(1))]);
    assert_eq!(allocate(whole, &paid, &open, today()), Err(AllocationError::NotOpen));
}

proptest! {
    #[test]
    fn nothing_is_lost_and_no_bill_takes_more_than_it_asks_for(
        owed in proptest::collection::vec((0..400_u64, 1..=100_000_i64), 1..20),
        sum in 1..=2_000_000_i64,
    ) {
        let house = HouseId::new();
        let start = day("2026-01-01");
        let open: Vec<_> = owed.iter().map(|(after, fen)| OpenBill {
            bill: BillId::new(),
            house,
            due: start + chrono::Days::new(*after),
            outstanding: amount(*fen),
        }).collect();
        let wish = Wish::Sum { bills: open.iter().map(|bill| bill.bill).collect(), sum: amount(sum) };
        let done = allocate(rule(AllocationRule::OldestFirst, true), &wish, &open, today()).unwrap();
        prop_assert_eq!(taken(&done).iter().sum::<i64>() + done.surplus.get(), sum);
        for part in &done.parts {
            let bill = open.iter().find(|bill| bill.bill == part.bill).unwrap();
            prop_assert!(part.amount <= bill.outstanding);
            prop_assert_eq!(part.settles, part.amount == bill.outstanding);
        }
        prop_assert!(done.parts.iter().filter(|part| !part.settles).count() <= 1);
        prop_assert!(done.surplus == Fen::ZERO || done.parts.len() == open.len());
    }
}
