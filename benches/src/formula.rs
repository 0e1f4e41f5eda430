//! `formula`: a three-tier formula for reading after reading, against the same arithmetic written by hand.
//!
//! Ours is compiled once and evaluated with the trace off, as a bill run does it for its dry figures: a reading is put
//! in its place, a yuan comes out. The limit is a function of rust_decimal's checked operations with the limits and
//! prices as plain arguments, taking the shortest way through the tiers. No database is asked, so one line stands for
//! all of them. `formula-written` is the same tariff in the words of somebody who does not know 阶梯, and its limit the
//! same sum by hand.

use std::hint::black_box;
use std::time::Instant;

use domain::formula::{Field, Formula, Inputs, Names, Purpose, Unit};
use rust_decimal::Decimal;

use crate::Failure;
use crate::bar::{Bar, Claim};
use crate::choice::Size;
use crate::measure::Rounds;

const BAR: Claim = Claim::at_least("formula", "evaluations/s", 0.4, 0.6);

/// Where no database is asked.
const NO_DATABASE: &str = "none";
const TIERS: &str = "阶梯(用电量, 180: 0.5283, 350: 0.5783, 以上: 0.8283)";
const WRITTEN: &str = "最小(用电量, 180) × 0.5283元/度 + 最大(0, 最小(用电量, 350) - 180) × 0.5783元/度 \
     + 最大(0, 用电量 - 350) × 0.8283元/度";
/// Different readings: 0.1 to 500 kWh, in all three tiers.
const READINGS: i64 = 1000;

/// The tariff as the hand-written limits have it.
struct Tariff {
    limits: [Decimal; 2],
    prices: [Decimal; 3],
}

impl Tariff {
    fn new() -> Self {
        Self { limits: [180, 350].map(Decimal::from), prices: [5283, 5783, 8283].map(|price| Decimal::new(price, 4)) }
    }

    /// The shortest way: a reading that ends in a tier asks for no later one.
    fn tiers(&self, reading: Decimal) -> Option<Decimal> {
        let ([first, second], [low, middle, high]) = (self.limits, self.prices);
        if reading <= first {
            return reading.checked_mul(low);
        }
        let sum = first.checked_mul(low)?;
        if reading <= second {
            return sum.checked_add(reading.checked_sub(first)?.checked_mul(middle)?);
        }
        let sum = sum.checked_add(second.checked_sub(first)?.checked_mul(middle)?)?;
        sum.checked_add(reading.checked_sub(second)?.checked_mul(high)?)
    }

    /// The sum as it is written.
    fn written(&self, reading: Decimal) -> Option<Decimal> {
        let ([first, second], [low, middle, high]) = (self.limits, self.prices);
        let below = reading.min(first).checked_mul(low)?;
        let between = reading.min(second).checked_sub(first)?.max(Decimal::ZERO).checked_mul(middle)?;
        let above = reading.checked_sub(second)?.max(Decimal::ZERO).checked_mul(high)?;
        below.checked_add(between)?.checked_add(above)
    }
}

/// Measures both spellings.
///
/// # Errors
/// A formula that does not compile, or that is not worth what the hand-written arithmetic is.
pub fn run(size: Size) -> Result<Vec<Bar>, Failure> {
    let tariff = Tariff::new();
    let tiers = measure(TIERS, |reading| tariff.tiers(reading), size)?;
    let written = measure(WRITTEN, |reading| tariff.written(reading), size)?;
    let bar = |variant, (ours, limit)| BAR.measured(NO_DATABASE, variant, ours, limit);
    Ok(vec![bar("", tiers), bar("-written", written)])
}

fn measure(text: &str, by_hand: impl Fn(Decimal) -> Option<Decimal>, size: Size) -> Result<(f64, f64), Failure> {
    let unit = Unit::parse("度").ok_or("no unit")?;
    let names = Names::standard().for_purpose(Purpose::Once).with_fields(&[Field::number("用电量", unit)])?;
    let formula = Formula::compile(text, &names).map_err(|errors| format!("{errors:?}"))?;
    let input = formula.input("用电量").ok_or("the formula does not use the reading")?;
    let mut inputs: Inputs = formula.bind(|_| None);
    let readings: Vec<Decimal> = (0..READINGS).map(|n| Decimal::new(n * 5 + 1, 1)).collect();
    for reading in &readings {
        inputs.set(input, Some(*reading));
        if Some(formula.evaluate(&inputs)?) != by_hand(*reading) {
            return Err(format!("WRONG: {text} at {reading}").into());
        }
    }
    let times = match size {
        Size::Small => 10,
        Size::Usual | Size::Full => 300,
    };
    // Rounds are short, so that what else the machine does falls on both alike.
    let mut rounds = Rounds::default();
    for _ in 0..size.rounds() * 4 {
        let begun = Instant::now();
        for _ in 0..times {
            for reading in &readings {
                inputs.set(input, Some(*reading));
                black_box(formula.evaluate(black_box(&inputs))?);
            }
        }
        rounds.ours(begun.elapsed());
        let begun = Instant::now();
        for _ in 0..times {
            for reading in &readings {
                black_box(by_hand(black_box(*reading)).ok_or("overflow")?);
            }
        }
        rounds.limit(begun.elapsed());
    }
    Ok(rounds.rates(times * u64::try_from(readings.len())?))
}
