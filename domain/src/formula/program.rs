//! The compiled formula: names are slots, functions are resolved, every step knows the unit it is shown with.

use rust_decimal::Decimal;

use super::ast::{Function, Op};
use super::unit::Unit;

/// A part of a compiled formula.
#[derive(Debug, Clone)]
pub(super) enum Code {
    Constant(Decimal, Unit),
    Slot(u8),
    Negative(Box<Negative>),
    Chain(Box<Chain>),
    Call(Box<Call>),
}

#[derive(Debug, Clone)]
pub(super) struct Negative {
    pub(super) inner: Code,
    pub(super) unit: Unit,
}

/// Operators of one rank from left to right.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    pub(super) first: Code,
    pub(super) rest: Box<[(Op, Code)]>,
    pub(super) unit: Unit,
}

#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) function: Function,
    pub(super) arguments: Box<[Code]>,
    /// Decimals, for [`Function::Round`].
    pub(super) places: u32,
    pub(super) unit: Unit,
}

impl Code {
    /// Shows a value without a unit of its own in the unit of what it is added to. Slots keep theirs: they are
    /// shown by name.
    pub(super) fn adopt(&mut self, unit: Unit) {
        match self {
            Self::Constant(_, own) => *own = unit,
            Self::Slot(_) => {}
            Self::Negative(negative) => {
                negative.unit = unit;
                negative.inner.adopt(unit);
            }
            Self::Chain(chain) => {
                chain.unit = unit;
                if chain.rest.first().is_some_and(|(op, _)| op.is_sum()) {
                    chain.first.adopt(unit);
                    chain.rest.iter_mut().for_each(|(_, part)| part.adopt(unit));
                }
            }
            Self::Call(call) => {
                call.unit = unit;
                call.arguments.iter_mut().for_each(|part| part.adopt(unit));
            }
        }
    }
}
