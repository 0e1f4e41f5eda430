//! The compiled formula: names are slots, functions are resolved, every step knows the unit it is shown with.

use rust_decimal::Decimal;

use super::ast::{Comparison, Op};
use super::function::Function;
use super::unit::Unit;

/// A part of a compiled formula.
#[derive(Debug, Clone)]
pub(super) enum Code {
    Constant(Decimal, Unit),
    /// An input.
    Slot(u8),
    /// A definition of the formula, or what a loop knows of its round.
    Local(u8),
    /// A column of the row that is looked at.
    Column {
        table: u8,
        column: u8,
    },
    Negative(Box<Negative>),
    Chain(Box<Chain>),
    Call(Box<Call>),
    Compare(Box<Compare>),
    Logic(Box<Logic>),
    Not(Box<Code>),
    If(Box<If>),
    Tiers(Box<Tiers>),
    Cases(Box<Cases>),
    Each(Box<Each>),
    RunLength(Box<RunLength>),
    Block(Box<Block>),
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

/// A function of values.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) function: Function,
    pub(super) arguments: Box<[Code]>,
    /// Decimals, for the functions that round.
    pub(super) places: u32,
    pub(super) unit: Unit,
}

#[derive(Debug, Clone)]
pub(super) struct Compare {
    pub(super) left: Code,
    pub(super) how: Comparison,
    pub(super) right: Code,
    /// The word that is compared with, where it is one.
    pub(super) word: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Logic {
    /// All of them, or any.
    pub(super) all: bool,
    pub(super) parts: Box<[Code]>,
}

#[derive(Debug, Clone)]
pub(super) struct If {
    pub(super) branches: Box<[(Code, Code)]>,
    pub(super) otherwise: Code,
}

/// A quantity at the price of each tier.
#[derive(Debug, Clone)]
pub(super) struct Tiers {
    pub(super) quantity: Code,
    /// What was used before in the cycle.
    pub(super) used: Option<Code>,
    /// Upper limits and prices, rising.
    pub(super) steps: Box<[(Code, Code)]>,
    /// The price above the last limit.
    pub(super) above: Code,
    pub(super) quantity_unit: Unit,
    pub(super) price_unit: Unit,
    pub(super) unit: Unit,
}

/// A value by cases.
#[derive(Debug, Clone)]
pub(super) struct Cases {
    pub(super) subject: Code,
    /// Keys that must be equal, or else limits of which the first that is not below counts.
    pub(super) is_exact: bool,
    pub(super) cases: Box<[(Code, Code)]>,
    pub(super) otherwise: Option<Code>,
}

/// What a loop goes through.
#[derive(Debug, Clone)]
pub(super) enum Over {
    Days { from: Code, until: Code },
    Windows { from: Code, until: Code, opens: Code, closes: Code },
    Cycles { from: Code, until: Code, minutes: Code },
    Pieces { total: Code, size: Code },
    Months { from: Code, until: Code },
    Rows { table: u8 },
    RowsBefore { table: u8 },
}

/// A sum over rounds; of conditions, how many hold.
#[derive(Debug, Clone)]
pub(super) struct Each {
    pub(super) over: Over,
    pub(super) body: Code,
    /// Where what it knows of its round begins among the locals.
    pub(super) base: u8,
    pub(super) unit: Unit,
}

#[derive(Debug, Clone)]
pub(super) struct RunLength {
    pub(super) table: u8,
    pub(super) condition: Code,
}

#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) definitions: Box<[(u8, Code)]>,
    pub(super) value: Code,
}

/// A name of the formula's own.
#[derive(Debug, Clone)]
pub(super) struct Local {
    pub(super) name: String,
    pub(super) unit: Unit,
}

impl Code {
    /// Shows a value without a unit of its own in the unit of what it is added to. Names keep theirs: they are
    /// shown by name.
    pub(super) fn adopt(&mut self, unit: Unit) {
        match self {
            Self::Constant(_, own) => *own = unit,
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
                if matches!(call.function, Function::Units | Function::Remainder) {
                    return;
                }
                call.arguments.iter_mut().for_each(|part| part.adopt(unit));
            }
            Self::If(choice) => {
                choice.branches.iter_mut().for_each(|(_, value)| value.adopt(unit));
                choice.otherwise.adopt(unit);
            }
            Self::Cases(cases) => {
                cases.cases.iter_mut().for_each(|(_, value)| value.adopt(unit));
                if let Some(value) = &mut cases.otherwise {
                    value.adopt(unit);
                }
            }
            Self::Tiers(tiers) => tiers.unit = unit,
            Self::Each(each) => {
                each.unit = unit;
                each.body.adopt(unit);
            }
            Self::Block(block) => block.value.adopt(unit),
            _ => {}
        }
    }
}
