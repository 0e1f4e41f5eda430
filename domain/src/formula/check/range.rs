//! Between which values a part of a formula can lie, whatever the house: what can divide by zero or fall below it.

use rust_decimal::Decimal;

use crate::formula::ast::Op;

/// Limits, both included; none is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) min: Option<Decimal>,
    pub(super) max: Option<Decimal>,
    /// False where the value is known not to be zero although it lies between.
    may_be_zero: bool,
}

impl Range {
    pub(super) const ANY: Self = Self { min: None, max: None, may_be_zero: true };
    pub(super) const FROM_ZERO: Self = Self { min: Some(Decimal::ZERO), max: None, may_be_zero: true };
    pub(super) const POSITIVE: Self = Self { min: Some(Decimal::ZERO), max: None, may_be_zero: false };

    pub(super) fn exactly(value: Decimal) -> Self {
        Self { min: Some(value), max: Some(value), may_be_zero: value.is_zero() }
    }

    pub(super) fn between(min: Decimal, max: Decimal) -> Self {
        Self { min: Some(min), max: Some(max), may_be_zero: true }
    }

    pub(super) fn may_be_zero(&self) -> bool {
        self.may_be_zero
            && self.min.is_none_or(|min| min <= Decimal::ZERO)
            && self.max.is_none_or(|max| max >= Decimal::ZERO)
    }

    pub(super) fn may_be_negative(&self) -> bool {
        self.min.is_none_or(|min| min.is_sign_negative() && !min.is_zero())
    }

    fn is_from_zero(&self) -> bool {
        !self.may_be_negative()
    }

    /// Never zero, as a condition has made sure.
    pub(super) fn without_zero(self) -> Self {
        Self { may_be_zero: false, ..self }
    }

    /// Whether every value of this lies below every value of the other.
    pub(super) fn is_below(&self, other: &Self) -> bool {
        matches!((self.max, other.min), (Some(own), Some(other)) if own < other)
    }

    /// Either of two.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            min: self.min.zip(other.min).map(|(a, b)| a.min(b)),
            max: self.max.zip(other.max).map(|(a, b)| a.max(b)),
            may_be_zero: self.may_be_zero() || other.may_be_zero(),
        }
    }

    pub(super) fn negated(self) -> Self {
        Self { min: self.max.map(|max| -max), max: self.min.map(|min| -min), may_be_zero: self.may_be_zero }
    }

    pub(super) fn combined(self, op: Op, other: Self) -> Self {
        match op {
            Op::Add => self.plus(other),
            Op::Subtract => {
                let mut difference = self.plus(other.negated());
                // What is equal cancels out, whatever neither is.
                difference.may_be_zero = true;
                difference
            }
            Op::Multiply => self.times(other),
            Op::Divide => self.over(other),
        }
    }

    fn plus(self, other: Self) -> Self {
        let sum = |a: Option<Decimal>, b: Option<Decimal>| a.zip(b).and_then(|(a, b)| a.checked_add(b));
        let is_above_zero = self.is_from_zero() && other.is_from_zero();
        let may_be_zero = !is_above_zero || (self.may_be_zero() && other.may_be_zero());
        Self { min: sum(self.min, other.min), max: sum(self.max, other.max), may_be_zero }
    }

    fn times(self, other: Self) -> Self {
        let may_be_zero = self.may_be_zero() || other.may_be_zero();
        let product = |a: Option<Decimal>, b: Option<Decimal>| a.zip(b).and_then(|(a, b)| a.checked_mul(b));
        if self.is_from_zero() && other.is_from_zero() {
            let min = product(self.min, other.min).or(Some(Decimal::ZERO));
            return Self { min, max: product(self.max, other.max), may_be_zero };
        }
        let corners = [
            product(self.min, other.min),
            product(self.min, other.max),
            product(self.max, other.min),
            product(self.max, other.max),
        ];
        let all: Option<Vec<Decimal>> = corners.into_iter().collect();
        let (min, max) = all.map_or((None, None), |all| (all.iter().min().copied(), all.iter().max().copied()));
        Self { min, max, may_be_zero }
    }

    fn over(self, other: Self) -> Self {
        let min = (self.is_from_zero() && other.is_from_zero()).then_some(Decimal::ZERO);
        Self { min, max: None, may_be_zero: self.may_be_zero() }
    }

    pub(super) fn least(self, other: Self) -> Self {
        let max = match (self.max, other.max) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, other) => one.or(other),
        };
        Self { max, ..self.or(other) }
    }

    pub(super) fn most(self, other: Self) -> Self {
        let min = match (self.min, other.min) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (one, other) => one.or(other),
        };
        Self { min, ..self.or(other) }
    }
}
