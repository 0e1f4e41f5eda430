//! Values by slot, and single operations on them, each checked.

use rust_decimal::{Decimal, RoundingStrategy};

use super::SLOTS_MAX;
use super::ast::{Function, Op};

/// Why a step gave nothing. Small, because every evaluation returns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    DivisionByZero,
    Overflow,
    Missing(u8),
}

/// Values for one formula, by slot. Plain memory without a pointer: copying it for the next house costs nothing
/// worth counting.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// Of which formula the slots are.
    pub(super) mark: u64,
    /// Bit n: slot n has a value.
    present: u32,
    values: [Decimal; SLOTS_MAX],
}

// A bit for every slot.
const _: () = assert!(SLOTS_MAX <= 32);

impl Inputs {
    pub(super) const fn empty(mark: u64) -> Self {
        Self { mark, present: 0, values: [Decimal::ZERO; SLOTS_MAX] }
    }

    pub(super) fn put(&mut self, slot: u8, value: Option<Decimal>) {
        let Some(place) = self.values.get_mut(usize::from(slot)) else { return };
        let bit = 1_u32.wrapping_shl(u32::from(slot));
        match value {
            Some(value) => {
                *place = value;
                self.present |= bit;
            }
            None => self.present &= !bit,
        }
    }

    /// The first slot without a value among the first so many.
    #[inline]
    pub(super) fn first_missing(&self, slots: usize) -> Option<u8> {
        let missing = (!self.present).trailing_zeros();
        u8::try_from(missing).ok().filter(|slot| usize::from(*slot) < slots)
    }

    /// The value of a slot that is not missing.
    #[inline]
    pub(super) fn read(&self, slot: u8) -> &Decimal {
        self.values.get(usize::from(slot)).unwrap_or(&Decimal::ZERO)
    }
}

/// One operation.
pub(super) fn apply(op: Op, left: Decimal, right: Decimal) -> Result<Decimal, Fault> {
    match op {
        Op::Add => left.checked_add(right).ok_or(Fault::Overflow),
        Op::Subtract => left.checked_sub(right).ok_or(Fault::Overflow),
        Op::Multiply => left.checked_mul(right).ok_or(Fault::Overflow),
        Op::Divide if right.is_zero() => Err(Fault::DivisionByZero),
        Op::Divide => left.checked_div(right).ok_or(Fault::Overflow),
    }
}

/// One function over its values.
pub(super) fn call(
    function: Function,
    places: u32,
    mut values: impl Iterator<Item = Result<Decimal, Fault>>,
) -> Result<Decimal, Fault> {
    // Compilation leaves no call without a value.
    let first = values.next().unwrap_or(Ok(Decimal::ZERO))?;
    match function {
        Function::Min => values.try_fold(first, |least, next| next.map(|next| least.min(next))),
        Function::Max => values.try_fold(first, |most, next| next.map(|next| most.max(next))),
        Function::Round => Ok(first.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)),
    }
}
