//! The formula as a straight list of operations on one accumulator: what runs for every house.
//!
//! The tree of [`super::program`] is for telling, this is for reckoning: no recursion, no pointers to follow, no
//! allocation. Operations stand in the order in which the tree is told, so both meet the same fault first.

use rust_decimal::{Decimal, RoundingStrategy};

use super::ast::{Function, Op};
use super::eval::{Fault, Inputs};
use super::program::Code;

/// Intermediate values that wait for a right-hand side, at most: a sum, a product and a function for each level
/// of nesting.
const WAITING_MAX: usize = 3 * (super::DEPTH_MAX + 1);
/// As many as nearly all formulas need; a small memory is cheaper to clear.
const WAITING_USUAL: usize = 4;

// The place of a waiting value is a byte.
const _: () = assert!(WAITING_MAX <= 256);

/// Where an operation takes a value from.
#[derive(Debug, Clone, Copy)]
enum Operand {
    Accumulator,
    Waiting(u8),
    Slot(u8),
    Constant(Decimal),
}

/// What an operation does with its left and right value; the result is the new accumulator.
#[derive(Debug, Clone, Copy)]
enum Action {
    Add,
    Subtract,
    Multiply,
    Divide,
    Min,
    Max,
}

#[derive(Debug, Clone, Copy)]
enum Instruction {
    Two(Action, Operand, Operand),
    Negate(Operand),
    Round(Operand, u32),
    /// Keeps the accumulator for later.
    Wait(u8),
}

/// A program.
#[derive(Debug, Clone)]
pub(super) struct Machine {
    instructions: Box<[Instruction]>,
    /// Where the value is at the end: the accumulator unless the formula is a single value.
    outcome: Operand,
    waiting: usize,
}

impl Machine {
    /// Lays out a tree. None when it needs more waiting values than the grammar allows to arise.
    pub(super) fn new(code: &Code) -> Option<Self> {
        let mut builder = Builder { instructions: Vec::new(), waiting: 0 };
        let outcome = builder.part(code, 0)?;
        Some(Self { instructions: builder.instructions.into(), outcome, waiting: builder.waiting })
    }

    /// The value. Slots must have been found present.
    pub(super) fn run(&self, inputs: &Inputs) -> Result<Decimal, Fault> {
        match self.waiting {
            0 => self.run_with(inputs, &mut []),
            1..=WAITING_USUAL => self.run_with(inputs, &mut [Decimal::ZERO; WAITING_USUAL]),
            _ => self.run_with(inputs, &mut [Decimal::ZERO; WAITING_MAX]),
        }
    }

    fn run_with<const N: usize>(&self, inputs: &Inputs, waiting: &mut [Decimal; N]) -> Result<Decimal, Fault> {
        let mut accumulator = Decimal::ZERO;
        for instruction in &self.instructions {
            accumulator = match instruction {
                Instruction::Two(action, left, right) => {
                    let left = read(left, &accumulator, waiting, inputs);
                    let right = read(right, &accumulator, waiting, inputs);
                    let result = match action {
                        Action::Add => left.checked_add(*right),
                        Action::Subtract => left.checked_sub(*right),
                        Action::Multiply => left.checked_mul(*right),
                        Action::Divide if right.is_zero() => return Err(Fault::DivisionByZero),
                        Action::Divide => left.checked_div(*right),
                        Action::Min => Some(*left.min(right)),
                        Action::Max => Some(*left.max(right)),
                    };
                    let Some(result) = result else { return Err(Fault::Overflow) };
                    result
                }
                Instruction::Negate(operand) => -*read(operand, &accumulator, waiting, inputs),
                Instruction::Round(operand, places) => read(operand, &accumulator, waiting, inputs)
                    .round_dp_with_strategy(*places, RoundingStrategy::MidpointAwayFromZero),
                Instruction::Wait(place) => {
                    if let Some(kept) = waiting.get_mut(usize::from(*place)) {
                        *kept = accumulator;
                    }
                    continue;
                }
            };
        }
        Ok(*read(&self.outcome, &accumulator, waiting, inputs))
    }
}

/// By reference, because a decimal that was just written in parts and is copied as a whole stalls the processor for
/// longer than the arithmetic takes; [`Machine::run`] takes it apart where it lies.
#[inline]
fn read<'v>(operand: &'v Operand, accumulator: &'v Decimal, waiting: &'v [Decimal], inputs: &'v Inputs) -> &'v Decimal {
    match operand {
        Operand::Accumulator => accumulator,
        Operand::Slot(slot) => inputs.read(*slot),
        Operand::Constant(value) => value,
        Operand::Waiting(place) => waiting.get(usize::from(*place)).unwrap_or(&Decimal::ZERO),
    }
}

struct Builder {
    instructions: Vec<Instruction>,
    waiting: usize,
}

impl Builder {
    /// Lays out a part whose waiting values may begin at `free`, and says where its value will be.
    fn part(&mut self, code: &Code, free: usize) -> Option<Operand> {
        match code {
            Code::Constant(value, _) => return Some(Operand::Constant(*value)),
            Code::Slot(slot) => return Some(Operand::Slot(*slot)),
            Code::Negative(negative) => {
                let inner = self.part(&negative.inner, free)?;
                self.instructions.push(Instruction::Negate(inner));
            }
            Code::Chain(chain) => {
                let rest = chain.rest.iter().map(|(op, part)| (Action::of(*op), part));
                return self.fold(&chain.first, rest, free);
            }
            Code::Call(call) => {
                let (first, rest) = call.arguments.split_first()?;
                let action = match call.function {
                    Function::Min => Action::Min,
                    Function::Max => Action::Max,
                    Function::Round => {
                        let inner = self.part(first, free)?;
                        self.instructions.push(Instruction::Round(inner, call.places));
                        return Some(Operand::Accumulator);
                    }
                };
                return self.fold(first, rest.iter().map(|part| (action, part)), free);
            }
        }
        Some(Operand::Accumulator)
    }

    /// Operations from left to right.
    fn fold<'c>(
        &mut self,
        first: &Code,
        rest: impl Iterator<Item = (Action, &'c Code)>,
        free: usize,
    ) -> Option<Operand> {
        let mut left = self.part(first, free)?;
        for (action, code) in rest {
            let is_simple = matches!(code, Code::Constant(..) | Code::Slot(_));
            let right = if is_simple || !matches!(left, Operand::Accumulator) {
                self.part(code, free)?
            } else {
                let place = u8::try_from(free).ok().filter(|_| free < WAITING_MAX)?;
                self.waiting = self.waiting.max(free + 1);
                self.instructions.push(Instruction::Wait(place));
                left = Operand::Waiting(place);
                self.part(code, free + 1)?
            };
            self.instructions.push(Instruction::Two(action, left, right));
            left = Operand::Accumulator;
        }
        Some(left)
    }
}

impl Action {
    const fn of(op: Op) -> Self {
        match op {
            Op::Add => Self::Add,
            Op::Subtract => Self::Subtract,
            Op::Multiply => Self::Multiply,
            Op::Divide => Self::Divide,
        }
    }
}
