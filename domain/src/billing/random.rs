//! What holds for every bill, whatever the house, the tariffs and the period.

use proptest::prelude::*;

use super::stories::{always, flat, priced};
use super::*;

fn rules() -> impl Strategy<Value = FeeRule> {
    let prorate = prop::sample::select(vec![Prorate::CalendarDays, Prorate::ThirtyDays, Prorate::WholeMonth]);
    let rounding = prop::sample::select(vec![Rounding::FenHalfUp, Rounding::YuanHalfUp, Rounding::FenDown]);
    (rounding, prorate).prop_map(|(rounding, prorate)| FeeRule { rounding, prorate })
}

/// Rules whose lines are at most a fen off.
fn rules_to_the_fen() -> impl Strategy<Value = FeeRule> {
    rules().prop_map(|rule| match rule.rounding {
        Rounding::YuanHalfUp => FeeRule { rounding: Rounding::FenHalfUp, ..rule },
        _ => rule,
    })
}

fn periods() -> impl Strategy<Value = Period> {
    (2024_i32..2030, 0_u32..12, prop::sample::select(vec![1_u32, 3, 6, 12]))
        .prop_map(|(year, month, months)| Period::new(year, month / months * months + 1, months).unwrap())
}

/// Tariffs of the same price, cut so many days into the period.
fn cut_at(period: &Period, price: &str, mut cuts: Vec<u64>) -> Vec<Tariff<u32>> {
    cuts.retain(|days| *days > 0 && *days < u64::try_from(period.days()).unwrap());
    cuts.sort_unstable();
    cuts.dedup();
    let begins: Vec<NaiveDate> = cuts.iter().map(|days| period.start() + Days::new(*days)).collect();
    let mut tariffs = always(price);
    for (key, begin) in (2..).zip(begins) {
        tariffs.last_mut().unwrap().until = begin.pred_opt();
        tariffs.push(Tariff { from: begin, ..priced(key, price, "2000-01-01", None) });
    }
    tariffs
}

proptest! {
    #[test]
    fn the_lines_add_up_to_the_total_and_cover_every_charged_day(
        centi in 1_000_i64..50_000, price in 1_000_i64..90_000, rule in rules(), period in periods(),
        cuts in prop::collection::vec(0_u64..366, 0..5), handover in 0_u64..366,
    ) {
        let tariffs = cut_at(&period, &price_of_e4(price).to_string(), cuts);
        let facts = BillFacts {
            building_area: area_of_centi(centi), handover: Some(period.start() + Days::new(handover)), ..flat("1")
        };
        match compute(&facts, rule, &tariffs, &period) {
            Ok(bill) => {
                prop_assert_eq!(bill.lines.iter().map(|line| line.amount.get()).sum::<i64>(), bill.total.get());
                let mut next = facts.handover.unwrap();
                for line in &bill.lines {
                    prop_assert_eq!(line.from, next);
                    prop_assert!(line.until >= line.from);
                    prop_assert_eq!(line.amount, Fen::from_yuan(line.exact, rule.rounding).unwrap());
                    next = line.until.succ_opt().unwrap();
                }
                prop_assert_eq!(next, period.end().succ_opt().unwrap());
            }
            Err(BillException::NotYetHandedOver) => prop_assert!(facts.handover.unwrap() > period.end()),
            Err(BillException::ZeroAmount) => prop_assert_ne!(rule.rounding, Rounding::FenHalfUp),
            Err(other) => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn a_part_never_costs_more_than_the_whole(
        centi in 1_000_i64..50_000, price in 1_000_i64..90_000, rule in rules(), period in periods(), late in 0_u64..366,
    ) {
        let tariffs = always(&price_of_e4(price).to_string());
        let whole = BillFacts { building_area: area_of_centi(centi), ..flat("1") };
        let part = BillFacts { handover: Some(period.start() + Days::new(late)), ..whole };
        if let Ok(bill) = compute(&part, rule, &tariffs, &period) {
            prop_assert!(bill.total <= compute(&whole, rule, &tariffs, &period).unwrap().total);
            let monthly = whole.building_area * price_of_e4(price);
            prop_assert!(bill.lines[0].exact <= monthly * Decimal::from(period.months()));
        }
    }

    #[test]
    fn cutting_a_period_at_the_same_price_moves_at_most_a_fen_a_cut(
        centi in 1_000_i64..50_000, price in 1_000_i64..90_000, rule in rules_to_the_fen(), period in periods(),
        cuts in prop::collection::vec(0_u64..366, 0..5), late in 0_u64..20,
    ) {
        let price = price_of_e4(price).to_string();
        let facts = BillFacts {
            building_area: area_of_centi(centi), handover: Some(period.start() + Days::new(late)), ..flat("1")
        };
        let whole = compute(&facts, rule, &always(&price), &period).unwrap();
        let cut = compute(&facts, rule, &cut_at(&period, &price, cuts), &period).unwrap();
        let extra_lines = i64::try_from(cut.lines.len() - whole.lines.len()).unwrap();
        prop_assert!((cut.total.get() - whole.total.get()).abs() <= extra_lines);
        let exact: Decimal = cut.lines.iter().map(|line| line.exact).sum();
        prop_assert_eq!(exact.round_dp(15), whole.lines[0].exact.round_dp(15));
    }
}
