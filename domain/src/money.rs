//! Money is whole fen, and arithmetic can refuse.
//!
//! [`Fen`] may be negative (a balance, a correction), [`Amount`] may not (what is billed, paid, refunded).
//! Fractions exist only inside formulas as [`rust_decimal::Decimal`] yuan and become fen once, in
//! [`Fen::from_yuan`], with the rounding named.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// The largest sum this system accepts anywhere: 10 billion yuan. Far above any community's turnover and far
/// below `i64::MAX`, so a sum of a million bills cannot overflow unnoticed.
pub const FEN_MAX: i64 = 1_000_000_000_000;

/// Why an amount was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The result lies outside ±[`FEN_MAX`].
    #[error("金额超出范围（最多 100 亿元）")]
    OutOfRange,
    /// An amount must be above zero.
    #[error("金额必须大于 0")]
    NotPositive,
    /// The text is not an amount in yuan with at most two decimals.
    #[error("不是有效的金额，请填写如 1234.50 的数字")]
    NotANumber,
}

/// Signed whole fen (0.01 yuan), within ±[`FEN_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Fen(i64);

/// How a fraction of a fen, or of a yuan, is dropped. Named at every use: there is no default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// To the fen, half away from zero: the usual rule of a property-fee bill.
    FenHalfUp,
    /// To the whole yuan, half away from zero.
    YuanHalfUp,
    /// To the fen, towards zero.
    FenDown,
}

impl Fen {
    /// Nothing owed.
    pub const ZERO: Self = Self(0);

    /// Takes a whole number of fen.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] outside ±[`FEN_MAX`].
    pub const fn new(fen: i64) -> Result<Self, MoneyError> {
        if fen > FEN_MAX || fen < -FEN_MAX {
            return Err(MoneyError::OutOfRange);
        }
        Ok(Self(fen))
    }

    /// The number of fen.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.0.checked_add(other.0).ok_or(MoneyError::OutOfRange).and_then(Self::new)
    }

    /// The difference.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.0.checked_sub(other.0).ok_or(MoneyError::OutOfRange).and_then(Self::new)
    }

    /// The same sum on the other side of the account. Cannot leave the range, which is symmetric.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self(-self.0)
    }

    /// The sum of all parts.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn total(parts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        parts.into_iter().try_fold(Self::ZERO, Self::plus)
    }

    /// Above zero.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Rounds exact yuan to fen, once.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn from_yuan(yuan: Decimal, rounding: Rounding) -> Result<Self, MoneyError> {
        let (decimals, strategy) = match rounding {
            Rounding::FenHalfUp => (2, RoundingStrategy::MidpointAwayFromZero),
            Rounding::YuanHalfUp => (0, RoundingStrategy::MidpointAwayFromZero),
            Rounding::FenDown => (2, RoundingStrategy::ToZero),
        };
        let fen = yuan
            .round_dp_with_strategy(decimals, strategy)
            .checked_mul(Decimal::ONE_HUNDRED)
            .ok_or(MoneyError::OutOfRange)?;
        i64::try_from(fen).map_err(|_| MoneyError::OutOfRange).and_then(Self::new)
    }

    /// Exact yuan, for formulas and for vendors that want yuan.
    #[must_use]
    pub fn to_yuan(self) -> Decimal {
        Decimal::new(self.0, 2)
    }

    /// Reads what a person typed in yuan: `1234.5`, `1,234.50`, `¥12`.
    ///
    /// # Errors
    /// [`MoneyError::NotANumber`] for anything else, more than two decimals included.
    pub fn parse_yuan(text: &str) -> Result<Self, MoneyError> {
        let plain: String =
            text.trim().trim_start_matches(['¥', '￥']).trim_end_matches('元').chars().filter(|c| *c != ',').collect();
        let yuan: Decimal = plain.trim().parse().map_err(|_| MoneyError::NotANumber)?;
        if yuan.normalize().scale() > 2 {
            return Err(MoneyError::NotANumber);
        }
        Self::from_yuan(yuan, Rounding::FenHalfUp)
    }
}

impl TryFrom<i64> for Fen {
    type Error = MoneyError;
    fn try_from(fen: i64) -> Result<Self, MoneyError> {
        Self::new(fen)
    }
}

impl From<Fen> for i64 {
    fn from(fen: Fen) -> Self {
        fen.0
    }
}

/// `¥1,234.50`, `-¥0.05`: the one way money is shown to a person.
impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = (self.0.unsigned_abs() / 100).to_string();
        let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}¥{grouped}.{:02}", self.0.unsigned_abs() % 100)
    }
}

/// Whole fen above zero: what can be billed, ordered, paid or refunded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Amount(Fen);

impl Amount {
    /// Takes a sum above zero.
    ///
    /// # Errors
    /// [`MoneyError::NotPositive`].
    pub const fn parse(fen: Fen) -> Result<Self, MoneyError> {
        if fen.is_positive() { Ok(Self(fen)) } else { Err(MoneyError::NotPositive) }
    }

    /// As signed fen.
    #[must_use]
    pub const fn fen(self) -> Fen {
        self.0
    }

    /// The number of fen, above zero.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0.get()
    }
}

impl TryFrom<i64> for Amount {
    type Error = MoneyError;
    fn try_from(fen: i64) -> Result<Self, MoneyError> {
        Fen::new(fen).and_then(Self::parse)
    }
}

impl From<Amount> for i64 {
    fn from(amount: Amount) -> Self {
        amount.get()
    }
}

/// Splits `total` by `weights` so that the parts add up to it exactly: largest remainder, ties to the earlier
/// part. Used for shared costs, where a lost fen is a wrong bill.
///
/// # Errors
/// [`MoneyError::NotPositive`] when the weights are empty, negative or all zero.
pub fn split(total: Amount, weights: &[u64]) -> Result<Vec<Fen>, MoneyError> {
    let sum: u128 = weights.iter().map(|w| u128::from(*w)).sum();
    if sum == 0 {
        return Err(MoneyError::NotPositive);
    }
    let total_fen = u128::from(total.get().unsigned_abs());
    let mut parts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    let mut given: u128 = 0;
    for (place, weight) in weights.iter().enumerate() {
        let exact = total_fen * u128::from(*weight);
        given += exact / sum;
        parts.push(exact / sum);
        remainders.push((exact % sum, place));
    }
    remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let missing = usize::try_from(total_fen - given).map_err(|_| MoneyError::OutOfRange)?;
    for (_, place) in remainders.into_iter().take(missing) {
        if let Some(part) = parts.get_mut(place) {
            *part += 1;
        }
    }
    parts.into_iter().map(|p| i64::try_from(p).map_err(|_| MoneyError::OutOfRange).and_then(Fen::new)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fen(n: i64) -> Fen {
        Fen::new(n).unwrap()
    }

    #[test]
    fn money_is_shown_with_a_sign_groups_and_two_decimals() {
        assert_eq!(fen(123_450).to_string(), "¥1,234.50");
        assert_eq!(fen(-5).to_string(), "-¥0.05");
        assert_eq!(fen(100_000_000).to_string(), "¥1,000,000.00");
        assert_eq!(fen(0).to_string(), "¥0.00");
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        let yuan = |s: &str| s.parse::<Decimal>().unwrap();
        assert_eq!(Fen::from_yuan(yuan("0.005"), Rounding::FenHalfUp).unwrap(), fen(1));
        assert_eq!(Fen::from_yuan(yuan("-0.005"), Rounding::FenHalfUp).unwrap(), fen(-1));
        assert_eq!(Fen::from_yuan(yuan("12.5"), Rounding::YuanHalfUp).unwrap(), fen(1300));
        assert_eq!(Fen::from_yuan(yuan("12.349"), Rounding::FenDown).unwrap(), fen(1234));
    }

    #[test]
    fn typed_amounts_are_read_or_refused() {
        assert_eq!(Fen::parse_yuan(" ¥1,234.50 ").unwrap(), fen(123_450));
        assert_eq!(Fen::parse_yuan("12元").unwrap(), fen(1200));
        assert_eq!(Fen::parse_yuan("1.234"), Err(MoneyError::NotANumber));
        assert_eq!(Fen::parse_yuan("一百"), Err(MoneyError::NotANumber));
    }

    #[test]
    fn the_edge_of_the_range_refuses() {
        assert_eq!(fen(FEN_MAX).plus(fen(1)), Err(MoneyError::OutOfRange));
        assert_eq!(fen(-FEN_MAX).minus(fen(1)), Err(MoneyError::OutOfRange));
        assert!(Amount::parse(Fen::ZERO).is_err());
        assert!(serde_json::from_str::<Amount>("-1").is_err());
    }

    proptest! {
        #[test]
        fn what_is_added_can_be_taken_away(a in -FEN_MAX..=FEN_MAX, b in -FEN_MAX..=FEN_MAX) {
            if let Ok(sum) = fen(a).plus(fen(b)) {
                prop_assert_eq!(sum.minus(fen(b)).unwrap(), fen(a));
                prop_assert_eq!(sum.get(), a + b);
            } else {
                prop_assert!((a + b).abs() > FEN_MAX);
            }
        }

        #[test]
        fn a_split_loses_and_invents_nothing(total in 1..=10_000_000_i64, weights in proptest::collection::vec(0_u64..1_000_000, 1..60)) {
            prop_assume!(weights.iter().any(|w| *w > 0));
            let parts = split(Amount::try_from(total).unwrap(), &weights).unwrap();
            prop_assert_eq!(Fen::total(parts.iter().copied()).unwrap().get(), total);
            let sum: u128 = weights.iter().map(|w| u128::from(*w)).sum();
            for (part, weight) in parts.iter().zip(&weights) {
                let floor = u128::from(total.unsigned_abs()) * u128::from(*weight) / sum;
                let got = u128::from(part.get().unsigned_abs());
                prop_assert!(got == floor || got == floor + 1);
            }
        }

        #[test]
        fn shown_money_reads_back(a in -FEN_MAX..=FEN_MAX) {
            let shown = fen(a).to_string();
            let back = if let Some(rest) = shown.strip_prefix('-') { fen(0).minus(Fen::parse_yuan(rest).unwrap()).unwrap() } else { Fen::parse_yuan(&shown).unwrap() };
            prop_assert_eq!(back, fen(a));
        }
    }
}
