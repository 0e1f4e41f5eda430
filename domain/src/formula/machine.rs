//! The formula as a straight list of operations on registers: what runs for every house.
//!
//! The tree of [`super::program`] is for telling, this is for reckoning: no pointers to follow and no allocation but
//! in functions of days. Operations stand in the order in which the tree is told, so both meet the same fault first.
//! Only loops can make a run long, so only their rounds are counted.

use rust_decimal::Decimal;

use super::eval::{self, Fault, Inputs};
use super::instruction::{Action, CallOf, Instruction, Operand, TiersOf};
use super::{CALL_ARGUMENTS_MAX, REGISTERS_MAX, TABLES_MAX};

/// As many registers as nearly all formulas need; a small memory is cheaper to clear.
const REGISTERS_USUAL: usize = 8;
/// As many as a long formula with definitions needs.
const REGISTERS_MANY: usize = 64;

/// A program.
#[derive(Debug, Clone)]
pub(super) struct Machine {
    pub(super) instructions: Box<[Instruction]>,
    /// Where the value is at the end.
    pub(super) outcome: Operand,
    pub(super) registers: usize,
}

/// The state of one evaluation.
pub(super) struct Run<'r> {
    pub(super) inputs: &'r Inputs,
    registers: &'r mut [Decimal],
    /// The row that is looked at, by table.
    pub(super) rows: [usize; TABLES_MAX],
    pub(super) steps: usize,
}

impl Machine {
    /// The value, and the values of some registers. Slots must have been found present.
    pub(super) fn run(&self, inputs: &Inputs, outputs: &[u8], told: &mut Vec<Decimal>) -> Result<Decimal, Fault> {
        // Tiers alone are the usual formula of a meter; what they give need not be kept anywhere.
        if let [Instruction::Tiers(tiers)] = &*self.instructions {
            return Run { inputs, registers: &mut [], rows: [0; TABLES_MAX], steps: 0 }.tiers(tiers);
        }
        if self.registers <= REGISTERS_USUAL {
            self.run_with(inputs, &mut [Decimal::ZERO; REGISTERS_USUAL], outputs, told)
        } else if self.registers <= REGISTERS_MANY {
            self.run_with(inputs, &mut [Decimal::ZERO; REGISTERS_MANY], outputs, told)
        } else {
            self.run_with(inputs, &mut [Decimal::ZERO; REGISTERS_MAX], outputs, told)
        }
    }

    fn run_with(
        &self,
        inputs: &Inputs,
        registers: &mut [Decimal],
        outputs: &[u8],
        told: &mut Vec<Decimal>,
    ) -> Result<Decimal, Fault> {
        let mut run = Run { inputs, registers, rows: [0; TABLES_MAX], steps: 0 };
        run.all(&self.instructions)?;
        told.extend(outputs.iter().map(|local| *run.register(u16::from(*local))));
        Ok(*run.read(&self.outcome))
    }
}

impl Run<'_> {
    #[inline]
    fn register(&self, place: u16) -> &Decimal {
        self.registers.get(usize::from(place)).unwrap_or(&Decimal::ZERO)
    }

    #[inline]
    pub(super) fn set(&mut self, place: u16, value: Decimal) {
        if let Some(register) = self.registers.get_mut(usize::from(place)) {
            *register = value;
        }
    }

    /// By reference, because a decimal that was just written in parts and is copied as a whole stalls the processor
    /// for longer than the arithmetic takes; the operations take it apart where it lies.
    #[inline]
    pub(super) fn read<'v>(&'v self, operand: &'v Operand) -> &'v Decimal {
        match operand {
            Operand::Register(place) => self.register(*place),
            Operand::Slot(slot) => self.inputs.read(*slot),
            Operand::Constant(value) => value,
        }
    }

    pub(super) fn all(&mut self, instructions: &[Instruction]) -> Result<(), Fault> {
        let mut at = 0;
        while let Some(instruction) = instructions.get(at) {
            at += 1;
            match instruction {
                Instruction::Two { action, to, left, right } => {
                    let (left, right) = (self.read(left), self.read(right));
                    let result = match action {
                        Action::Add => left.checked_add(*right),
                        Action::Subtract => left.checked_sub(*right),
                        Action::Multiply => left.checked_mul(*right),
                        Action::Divide if right.is_zero() => return Err(Fault::DivisionByZero),
                        Action::Divide => left.checked_div(*right),
                        Action::Beyond => left.checked_sub(*right).map(not_below_zero),
                        Action::Min => Some(*left.min(right)),
                        Action::Max => Some(*left.max(right)),
                    };
                    let Some(result) = result else { return Err(Fault::Overflow) };
                    self.set(*to, result);
                }
                Instruction::Tiers(tiers) => {
                    let result = self.tiers(tiers)?;
                    self.set(tiers.to, result);
                }
                Instruction::Jump { to } => at = *to,
                Instruction::JumpIf { holds, test, to } => {
                    if self.read(test).is_zero() != *holds {
                        at = *to;
                    }
                }
                Instruction::Unless { how, left, right, to } => {
                    if !how.holds(self.read(left), self.read(right)) {
                        at = *to;
                    }
                }
                other => self.one(other)?,
            }
        }
        Ok(())
    }

    /// What is met less often than sums, products and tiers.
    fn one(&mut self, instruction: &Instruction) -> Result<(), Fault> {
        let (to, result) = match instruction {
            Instruction::Negate { to, from } => (*to, -*self.read(from)),
            Instruction::Round { to, from, strategy, places } => {
                (*to, self.read(from).round_dp_with_strategy(*places, *strategy))
            }
            Instruction::Compare { to, how, left, right } => (*to, yes(how.holds(self.read(left), self.read(right)))),
            Instruction::Not { to, from } => (*to, yes(self.read(from).is_zero())),
            Instruction::Move { to, from } => (*to, *self.read(from)),
            Instruction::Cell { to, table, column } => {
                let row = self.rows.get(usize::from(*table)).copied().unwrap_or_default();
                (*to, self.inputs.cell(*table, row, *column)?)
            }
            Instruction::Fail(fault) => return Err(*fault),
            Instruction::Call(call) => (call.to, self.call(call)?),
            Instruction::Each(each) => (each.to, self.each(each)?),
            Instruction::RunLength(run) => (run.to, self.run_length(run)?),
            _ => return Ok(()),
        };
        self.set(to, result);
        Ok(())
    }

    fn call(&self, call: &CallOf) -> Result<Decimal, Fault> {
        let mut values = [Decimal::ZERO; CALL_ARGUMENTS_MAX];
        for (value, operand) in values.iter_mut().zip(&call.arguments) {
            *value = *self.read(operand);
        }
        let values = values.get(..call.arguments.len()).unwrap_or(&values);
        eval::call(call.function, call.places, values, self.inputs.calendar())
    }

    fn tiers(&self, tiers: &TiersOf) -> Result<Decimal, Fault> {
        let quantity = self.read(&tiers.quantity);
        if quantity.is_sign_negative() && !quantity.is_zero() {
            return Err(Fault::NegativeQuantity);
        }
        if tiers.may_fall {
            self.limits_rise(tiers)?;
        }
        let Some(used) = &tiers.used else {
            return self.tiers_from_zero(tiers, quantity).ok_or(Fault::Overflow);
        };
        let used = self.read(used);
        if used.is_sign_negative() && !used.is_zero() {
            return Err(Fault::NegativeQuantity);
        }
        let total = used.checked_add(*quantity).ok_or(Fault::Overflow)?;
        let (mut low, mut sum) = (Decimal::ZERO, Decimal::ZERO);
        let last = (None, &tiers.above);
        let steps = tiers.steps.iter().map(|(limit, price)| (Some(limit), price));
        for (limit, price) in steps.chain(std::iter::once(last)) {
            let high = limit.map(|limit| *self.read(limit));
            let part = eval::in_tier(*used, total, low, high)?;
            sum =
                sum.checked_add(part.checked_mul(*self.read(price)).ok_or(Fault::Overflow)?).ok_or(Fault::Overflow)?;
            low = high.unwrap_or(low);
            if low >= total {
                break;
            }
        }
        Ok(sum)
    }

    /// The usual case: nothing was used before, so the quantity ends in one tier and fills those below. None when a
    /// step leaves the range of decimals.
    #[inline]
    fn tiers_from_zero(&self, tiers: &TiersOf, quantity: &Decimal) -> Option<Decimal> {
        let mut steps = tiers.steps.iter();
        let Some((limit, price)) = steps.next() else { return quantity.checked_mul(*self.read(&tiers.above)) };
        let (mut low, price) = (self.read(limit), self.read(price));
        if quantity <= low {
            return quantity.checked_mul(*price);
        }
        let mut sum = low.checked_mul(*price)?;
        for (limit, price) in steps {
            let (limit, price) = (self.read(limit), self.read(price));
            if quantity <= limit {
                return sum.checked_add(quantity.checked_sub(*low)?.checked_mul(*price)?);
            }
            sum = sum.checked_add(limit.checked_sub(*low)?.checked_mul(*price)?)?;
            low = limit;
        }
        sum.checked_add(quantity.checked_sub(*low)?.checked_mul(*self.read(&tiers.above))?)
    }

    fn limits_rise(&self, tiers: &TiersOf) -> Result<(), Fault> {
        let mut low = &Decimal::ZERO;
        for (limit, _) in &tiers.steps {
            let limit = self.read(limit);
            if limit < low {
                return Err(Fault::TiersNotRising);
            }
            low = limit;
        }
        Ok(())
    }
}

#[inline]
fn not_below_zero(value: Decimal) -> Decimal {
    if value.is_sign_negative() { Decimal::ZERO } else { value }
}

const fn yes(holds: bool) -> Decimal {
    if holds { Decimal::ONE } else { Decimal::ZERO }
}
