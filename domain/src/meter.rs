//! Meters: what was used between two readings, and what is odd about it.
//!
//! Readings and multipliers are whole thousandths of their unit (`_milli`), so nothing here is rounded. The first
//! reading of a meter is a baseline, not usage; a usage of zero is usage all the same.

use rust_decimal::Decimal;

/// The largest reading: twelve digits before the point.
pub const READING_MILLI_MAX: i64 = 999_999_999_999_999;
/// The largest multiplier: 100,000.
pub const MULTIPLIER_MILLI_MAX: i64 = 100_000_000;
/// Earlier usages an anomaly is judged against.
pub const HISTORY_MAX: usize = 12;
/// A usage of this many times the average, or more, is a jump.
const JUMP_FACTOR: i64 = 3;
/// Below this many units nothing is a jump: three cubic metres after one is no news.
const JUMP_UNITS_MIN: i64 = 10;

/// How the hand came from one reading to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It rose.
    Plain,
    /// It passed the top of the dial and began again at zero.
    RollOver,
    /// The meter was exchanged in between.
    Exchanged {
        /// The old meter's last reading.
        old_end_milli: i64,
        /// The new meter's first reading.
        new_start_milli: i64,
    },
}

/// Why two readings give no usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// The hand went backwards.
    #[error("本次读数小于上次读数")]
    Lower,
    /// The multiplier is not above zero, or beyond [`MULTIPLIER_MILLI_MAX`].
    #[error("倍率应大于 0")]
    Multiplier,
    /// A reading below zero or beyond [`READING_MILLI_MAX`].
    #[error("读数超出范围")]
    OutOfRange,
}

/// Used between two readings, in the meter's unit: with a plain step `(current − previous) × multiplier`, exactly.
/// After a roll-over the dial's size is the power of ten above the earlier reading.
///
/// # Errors
/// [`UsageError`].
pub fn usage(
    previous_milli: i64,
    current_milli: i64,
    step: Step,
    multiplier_milli: i64,
) -> Result<Decimal, UsageError> {
    if !(1..=MULTIPLIER_MILLI_MAX).contains(&multiplier_milli) {
        return Err(UsageError::Multiplier);
    }
    let (old_end_milli, new_start_milli) = match step {
        Step::Exchanged { old_end_milli, new_start_milli } => (old_end_milli, new_start_milli),
        Step::Plain | Step::RollOver => (previous_milli, 0),
    };
    let readings = [previous_milli, current_milli, old_end_milli, new_start_milli];
    if readings.iter().any(|milli| !(0..=READING_MILLI_MAX).contains(milli)) {
        return Err(UsageError::OutOfRange);
    }
    let risen = |from: i64, to: i64| if to < from { Err(UsageError::Lower) } else { Ok(to - from) };
    let difference_milli = match step {
        Step::Plain => risen(previous_milli, current_milli)?,
        Step::RollOver => dial_milli(previous_milli) - previous_milli + current_milli,
        Step::Exchanged { .. } => risen(previous_milli, old_end_milli)? + risen(new_start_milli, current_milli)?,
    };
    let used = Decimal::new(difference_milli, 3).checked_mul(Decimal::new(multiplier_milli, 3));
    used.map(|used| used.normalize()).ok_or(UsageError::OutOfRange)
}

/// The reading at which a dial that shows `reading_milli` begins again: 10⁴ for 9994, 10 for 7.
fn dial_milli(reading_milli: i64) -> i64 {
    let mut top_milli = 10_000;
    while top_milli <= reading_milli && top_milli <= READING_MILLI_MAX {
        top_milli *= 10;
    }
    top_milli
}

/// What is odd about a reading; staff look at it before it is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Anomaly {
    /// The hand went backwards and nothing explains it.
    Backwards,
    /// Three times the average of the months before, or more.
    Jump,
    /// Nothing used, though something was used before.
    Zero,
    /// Above the limit set for the meter's kind.
    TooHigh,
    /// Not read in the period.
    Missing,
}

impl Anomaly {
    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Backwards => "backwards",
            Self::Jump => "jump",
            Self::Zero => "zero",
            Self::TooHigh => "too_high",
            Self::Missing => "missing",
        }
    }

    /// The anomaly of a stored code.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        [Self::Backwards, Self::Jump, Self::Zero, Self::TooHigh, Self::Missing].into_iter().find(|a| a.code() == code)
    }

    /// What is said about it, in Chinese.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Backwards => "本次读数小于上次读数",
            Self::Jump => "用量是以往平均的三倍以上",
            Self::Zero => "本期没有用量，而以往有",
            Self::TooHigh => "用量超过上限",
            Self::Missing => "本期没有读数",
        }
    }
}

/// Judges a usage against those before it, the latest first; at most [`HISTORY_MAX`] of them count.
#[must_use]
pub fn judge(used: Decimal, before: &[Decimal], limit: Option<Decimal>) -> Vec<Anomaly> {
    let mut found = Vec::new();
    let counted: Vec<Decimal> = before.iter().take(HISTORY_MAX).copied().collect();
    let count = Decimal::from(counted.len());
    let sum: Decimal = counted.iter().sum();
    if used.is_zero() && !sum.is_zero() {
        found.push(Anomaly::Zero);
    }
    // used ≥ factor × sum ÷ count, without dividing
    let is_jump = !sum.is_zero() && used * count >= Decimal::from(JUMP_FACTOR) * sum;
    if is_jump && used >= Decimal::from(JUMP_UNITS_MIN) {
        found.push(Anomaly::Jump);
    }
    if limit.is_some_and(|limit| used > limit) {
        found.push(Anomaly::TooHigh);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(previous: i64, current: i64, step: Step, multiplier: i64) -> Result<String, UsageError> {
        usage(previous * 1000, current * 1000, step, multiplier * 1000).map(|used| used.to_string())
    }

    #[test]
    fn usage_is_what_the_hand_moved_times_the_multiplier() {
        assert_eq!(of(658, 666, Step::Plain, 1), Ok("8".to_owned()));
        assert_eq!(of(385, 385, Step::Plain, 1), Ok("0".to_owned()));
        assert_eq!(of(11_051, 11_173, Step::Plain, 20), Ok("2440".to_owned()));
        assert_eq!(usage(11_051_000, 11_173_380, Step::Plain, 20_000), Ok("2447.6".parse().unwrap()));
    }

    #[test]
    fn a_hand_that_went_backwards_gives_no_usage_unless_the_dial_began_again() {
        assert_eq!(of(99_987, 12, Step::Plain, 1), Err(UsageError::Lower));
        assert_eq!(of(99_987, 12, Step::RollOver, 1), Ok("25".to_owned()));
        assert_eq!(of(9_994, 7, Step::RollOver, 1), Ok("13".to_owned()));
        assert_eq!(of(0, 3, Step::RollOver, 1), Ok("13".to_owned()));
    }

    #[test]
    fn an_exchanged_meter_counts_the_old_one_to_its_end_and_the_new_one_from_its_start() {
        let step = Step::Exchanged { old_end_milli: 941_000, new_start_milli: 0 };
        assert_eq!(of(933, 5, step, 1), Ok("13".to_owned()));
        assert_eq!(of(950, 5, step, 1), Err(UsageError::Lower));
    }

    #[test]
    fn what_no_meter_shows_is_refused() {
        assert_eq!(of(1, 2, Step::Plain, 0), Err(UsageError::Multiplier));
        assert_eq!(of(-1, 2, Step::Plain, 1), Err(UsageError::OutOfRange));
        assert_eq!(usage(0, READING_MILLI_MAX + 1, Step::Plain, 1000), Err(UsageError::OutOfRange));
        assert!(usage(READING_MILLI_MAX, READING_MILLI_MAX, Step::RollOver, MULTIPLIER_MILLI_MAX).is_ok());
    }

    #[test]
    fn a_usage_is_odd_only_against_what_came_before() {
        let months = |list: &[i64]| list.iter().copied().map(Decimal::from).collect::<Vec<_>>();
        assert_eq!(judge(Decimal::from(30), &months(&[10, 10]), None), [Anomaly::Jump]);
        assert_eq!(judge(Decimal::from(29), &months(&[10, 10]), None), []);
        assert_eq!(judge(Decimal::from(9), &months(&[1, 1]), None), []);
        assert_eq!(judge(Decimal::ZERO, &months(&[10, 0]), None), [Anomaly::Zero]);
        assert_eq!(judge(Decimal::ZERO, &months(&[0, 0]), None), []);
        assert_eq!(judge(Decimal::from(500), &[], Some(Decimal::from(400))), [Anomaly::TooHigh]);
    }
}
