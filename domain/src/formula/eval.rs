//! Values by slot, and single operations on them, each checked. Everything is a decimal here: yes is 1, a day counts
//! from 1970-01-01, a moment is minutes since then, a word is its place among the options.

use std::sync::Arc;

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use super::ast::Op;
use super::function::Function;
use super::{SLOTS_MAX, TABLES_MAX, days};
use crate::holidays::HolidayCalendar;

/// Why a step gave nothing. Small, because every evaluation returns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    DivisionByZero,
    Overflow,
    Missing(u8),
    MissingTable(u8),
    MissingColumn(u8, u8),
    TiersNotRising,
    NegativeQuantity,
    NoCase,
    NoCalendar(i32),
    EndBeforeStart,
    BadDate,
    TooManySteps,
}

/// The place of one input of one formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Input(pub(super) u8);

/// The rows of one table, by column; a cell may be missing.
pub(super) type Rows = Vec<Vec<Option<Decimal>>>;

/// Values for one formula, by slot. Plain memory but for tables and the calendar, which few formulas have: copying it
/// for the next house costs nothing worth counting.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// Of which formula the slots are.
    pub(super) mark: u64,
    /// Bit n: slot n has a value.
    present: u32,
    values: [Decimal; SLOTS_MAX],
    tables: [Option<Arc<Rows>>; TABLES_MAX],
    calendar: Option<Arc<HolidayCalendar>>,
}

// A bit for every slot.
const _: () = assert!(SLOTS_MAX <= 32);

impl Inputs {
    pub(super) const fn empty(mark: u64) -> Self {
        Self {
            mark,
            present: 0,
            values: [Decimal::ZERO; SLOTS_MAX],
            tables: [const { None }; TABLES_MAX],
            calendar: None,
        }
    }

    /// The holidays by which 工作日 and 节假日 are told; without them a formula that asks is refused.
    pub fn set_calendar(&mut self, calendar: Arc<HolidayCalendar>) {
        self.calendar = Some(calendar);
    }

    pub(super) fn calendar(&self) -> Option<&HolidayCalendar> {
        self.calendar.as_deref()
    }

    /// Gives an input its value, or takes it away; see [`super::Formula::input`].
    pub fn set(&mut self, input: Input, value: Option<Decimal>) {
        self.put(input.0, value);
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

    pub(super) fn put_table(&mut self, table: usize, rows: Rows) {
        if let Some(place) = self.tables.get_mut(table) {
            *place = Some(Arc::new(rows));
        }
    }

    /// The first slot without a value among the first so many.
    #[inline]
    pub(super) fn first_missing(&self, slots: usize) -> Option<u8> {
        let missing = (!self.present).trailing_zeros();
        u8::try_from(missing).ok().filter(|slot| usize::from(*slot) < slots)
    }

    /// The value of a slot, if it has one.
    pub(super) fn get(&self, slot: u8) -> Option<Decimal> {
        let bit = 1_u32.wrapping_shl(u32::from(slot));
        (self.present & bit != 0).then(|| *self.read(slot))
    }

    /// The value of a slot that is not missing.
    #[inline]
    pub(super) fn read(&self, slot: u8) -> &Decimal {
        self.values.get(usize::from(slot)).unwrap_or(&Decimal::ZERO)
    }

    /// The rows of a table.
    pub(super) fn rows(&self, table: u8) -> Result<&Rows, Fault> {
        self.tables.get(usize::from(table)).and_then(Option::as_deref).ok_or(Fault::MissingTable(table))
    }

    /// A cell.
    pub(super) fn cell(&self, table: u8, row: usize, column: u8) -> Result<Decimal, Fault> {
        let cell = self.rows(table)?.get(row).and_then(|row| row.get(usize::from(column))).copied().flatten();
        cell.ok_or(Fault::MissingColumn(table, column))
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

/// How a function rounds; none for one that does not.
pub(super) const fn strategy(function: Function) -> Option<RoundingStrategy> {
    match function {
        Function::Round => Some(RoundingStrategy::MidpointAwayFromZero),
        Function::RoundEven => Some(RoundingStrategy::MidpointNearestEven),
        Function::Ceil => Some(RoundingStrategy::ToPositiveInfinity),
        Function::Floor => Some(RoundingStrategy::ToNegativeInfinity),
        _ => None,
    }
}

/// One function over its values.
pub(super) fn call(
    function: Function,
    places: u32,
    values: &[Decimal],
    calendar: Option<&HolidayCalendar>,
) -> Result<Decimal, Fault> {
    // Compilation leaves no call without its values.
    let first = values.first().copied().unwrap_or_default();
    if let Some(strategy) = strategy(function) {
        return Ok(first.round_dp_with_strategy(places, strategy));
    }
    let second = values.get(1).copied();
    match function {
        Function::Min => Ok(values.iter().copied().min().unwrap_or(first)),
        Function::Max => Ok(values.iter().copied().max().unwrap_or(first)),
        Function::Abs => Ok(first.abs()),
        Function::Remainder => remainder(first, second.unwrap_or_default()),
        Function::Units => units(first, second.unwrap_or_default(), values.get(2).copied()),
        Function::Beyond => apply(Op::Subtract, first, second.unwrap_or_default()).map(|over| over.max(Decimal::ZERO)),
        Function::Within => {
            let (low, high) = (second.unwrap_or_default(), values.get(2).copied().unwrap_or_default());
            let part = apply(Op::Subtract, first.min(high), low)?;
            Ok(part.max(Decimal::ZERO))
        }
        _ => days::call(function, values, calendar),
    }
}

/// What whole divisions leave, never below zero.
fn remainder(value: Decimal, divisor: Decimal) -> Result<Decimal, Fault> {
    if divisor.is_zero() {
        return Err(Fault::DivisionByZero);
    }
    value.checked_rem(divisor).ok_or(Fault::Overflow)
}

/// How many units, a started one counting whole unless it is no more than the tail to be ignored.
fn units(value: Decimal, unit: Decimal, tail: Option<Decimal>) -> Result<Decimal, Fault> {
    if unit.is_zero() {
        return Err(Fault::DivisionByZero);
    }
    if value.is_sign_negative() && !value.is_zero() {
        return Err(Fault::NegativeQuantity);
    }
    let left = remainder(value, unit)?;
    let whole = apply(Op::Divide, apply(Op::Subtract, value, left)?, unit)?;
    if left > tail.unwrap_or_default() { apply(Op::Add, whole, Decimal::ONE) } else { Ok(whole) }
}

/// The part of a quantity that lies in a tier, when so much was used before.
pub(super) fn in_tier(used: Decimal, total: Decimal, low: Decimal, high: Option<Decimal>) -> Result<Decimal, Fault> {
    let top = high.map_or(total, |high| total.min(high));
    let bottom = used.max(low);
    if top <= bottom { Ok(Decimal::ZERO) } else { apply(Op::Subtract, top, bottom) }
}

/// A whole number of rounds or minutes.
pub(super) fn whole(value: Decimal) -> Result<i64, Fault> {
    value.trunc().to_i64().ok_or(Fault::Overflow)
}
