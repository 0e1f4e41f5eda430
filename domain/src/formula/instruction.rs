//! The operations of the machine.

use rust_decimal::{Decimal, RoundingStrategy};

use super::ast::Comparison;
use super::eval::Fault;
use super::function::Function;

/// Where an operation takes a value from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operand {
    Register(u16),
    Slot(u8),
    Constant(Decimal),
}

/// What an operation does with its left and right value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Action {
    Add,
    Subtract,
    Multiply,
    Divide,
    /// The difference, but not below zero.
    Beyond,
    Min,
    Max,
}

/// One operation; `to` is the register of its result, or the place of the operation that follows.
#[derive(Debug, Clone)]
pub(super) enum Instruction {
    Two {
        action: Action,
        to: u16,
        left: Operand,
        right: Operand,
    },
    Negate {
        to: u16,
        from: Operand,
    },
    Round {
        to: u16,
        from: Operand,
        strategy: RoundingStrategy,
        places: u32,
    },
    Compare {
        to: u16,
        how: Comparison,
        left: Operand,
        right: Operand,
    },
    Not {
        to: u16,
        from: Operand,
    },
    Move {
        to: u16,
        from: Operand,
    },
    Cell {
        to: u16,
        table: u8,
        column: u8,
    },
    Jump {
        to: usize,
    },
    JumpIf {
        holds: bool,
        test: Operand,
        to: usize,
    },
    /// Goes on elsewhere unless the comparison holds.
    Unless {
        how: Comparison,
        left: Operand,
        right: Operand,
        to: usize,
    },
    Fail(Fault),
    Call(Box<CallOf>),
    Tiers(Box<TiersOf>),
    Each(Box<EachOf>),
    RunLength(Box<RunLengthOf>),
}

#[derive(Debug, Clone)]
pub(super) struct CallOf {
    pub(super) to: u16,
    pub(super) function: Function,
    pub(super) places: u32,
    pub(super) arguments: Box<[Operand]>,
}

#[derive(Debug, Clone)]
pub(super) struct TiersOf {
    pub(super) to: u16,
    pub(super) quantity: Operand,
    pub(super) used: Option<Operand>,
    pub(super) steps: Box<[(Operand, Operand)]>,
    pub(super) above: Operand,
    /// Whether the limits have to be looked at: written ones have been, when the formula was checked.
    pub(super) may_fall: bool,
}

#[derive(Debug, Clone)]
pub(super) enum OverOf {
    Days(Operand, Operand),
    Windows(Operand, Operand, Operand, Operand),
    Cycles(Operand, Operand, Operand),
    Pieces(Operand, Operand),
    Months(Operand, Operand),
    Rows(u8),
    RowsBefore(u8),
}

#[derive(Debug, Clone)]
pub(super) struct EachOf {
    pub(super) to: u16,
    pub(super) over: OverOf,
    /// The first register of what a round knows of itself.
    pub(super) base: u16,
    pub(super) body: Box<[Instruction]>,
    pub(super) value: Operand,
}

#[derive(Debug, Clone)]
pub(super) struct RunLengthOf {
    pub(super) to: u16,
    pub(super) table: u8,
    pub(super) body: Box<[Instruction]>,
    pub(super) value: Operand,
}
