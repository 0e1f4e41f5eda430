//! The tree of a program laid out as a list for the machine.

use super::REGISTERS_MAX;
use super::ast::{Comparison, Op};
use super::eval::{self, Fault};
use super::function::Function;
use super::instruction::{Action, CallOf, EachOf, Instruction, Operand, OverOf, RunLengthOf, TiersOf};
use super::machine::Machine;
use super::program::{Call, Cases, Code, Compare, Each, If, Logic, Over, Tiers};

impl Machine {
    /// Lays out a tree whose locals take the first registers. None when it needs more registers than there are.
    pub(super) fn new(code: &Code, locals: usize) -> Option<Self> {
        let first = u16::try_from(locals).ok()?;
        let mut layout = Layout { instructions: Vec::new(), registers: locals };
        let outcome = layout.part(code, first)?;
        Some(Self { instructions: layout.instructions.into(), outcome, registers: layout.registers })
    }
}

struct Layout {
    instructions: Vec<Instruction>,
    registers: usize,
}

impl Layout {
    /// A register for a result.
    fn take(&mut self, place: u16) -> Option<u16> {
        let needed = usize::from(place) + 1;
        self.registers = self.registers.max(needed);
        (needed <= REGISTERS_MAX).then_some(place)
    }

    fn push(&mut self, instruction: Instruction) -> usize {
        self.instructions.push(instruction);
        self.instructions.len() - 1
    }

    /// Lets a jump go to what comes next.
    fn lands(&mut self, jump: usize) {
        let here = self.instructions.len();
        if let Some(Instruction::Jump { to } | Instruction::JumpIf { to, .. } | Instruction::Unless { to, .. }) =
            self.instructions.get_mut(jump)
        {
            *to = here;
        }
    }

    /// Lays out a part that may use the registers from `free` on, and says where its value will be.
    fn part(&mut self, code: &Code, free: u16) -> Option<Operand> {
        match code {
            Code::Constant(value, _) => return Some(Operand::Constant(*value)),
            Code::Slot(slot) => return Some(Operand::Slot(*slot)),
            Code::Local(local) => return Some(Operand::Register(u16::from(*local))),
            Code::Chain(chain) => {
                let rest = chain.rest.iter().map(|(op, part)| (action(*op), part));
                return self.fold(&chain.first, rest, free);
            }
            Code::Call(call) => return self.call(call, free),
            Code::Block(block) => {
                for (local, code) in &block.definitions {
                    let from = self.part(code, free)?;
                    self.push(Instruction::Move { to: u16::from(*local), from });
                }
                return self.part(&block.value, free);
            }
            _ => {}
        }
        let to = self.take(free)?;
        match code {
            Code::Column { table, column } => {
                self.push(Instruction::Cell { to, table: *table, column: *column });
            }
            Code::Negative(negative) => {
                let from = self.part(&negative.inner, free)?;
                self.push(Instruction::Negate { to, from });
            }
            Code::Not(inner) => {
                let from = self.part(inner, free)?;
                self.push(Instruction::Not { to, from });
            }
            Code::Compare(compare) => {
                let (left, right) = self.pair(compare, free)?;
                self.push(Instruction::Compare { to, how: compare.how, left, right });
            }
            Code::Logic(logic) => self.logic(logic, to)?,
            Code::If(choice) => self.choice(choice, to)?,
            Code::Cases(cases) => self.cases(cases, to)?,
            Code::Tiers(tiers) => self.tiers(tiers, to)?,
            Code::Each(each) => self.each(each, to)?,
            Code::RunLength(run) => {
                let (body, value) = self.body(&run.condition, free.checked_add(1)?)?;
                self.push(Instruction::RunLength(Box::new(RunLengthOf { to, table: run.table, body, value })));
            }
            _ => return None,
        }
        Some(Operand::Register(to))
    }

    /// Lays out a part whose value must be in that register.
    fn part_into(&mut self, code: &Code, to: u16) -> Option<()> {
        let from = self.part(code, to)?;
        if !matches!(from, Operand::Register(own) if own == to) {
            self.push(Instruction::Move { to, from });
        }
        Some(())
    }

    fn pair(&mut self, compare: &Compare, free: u16) -> Option<(Operand, Operand)> {
        self.take(free)?;
        let left = self.part(&compare.left, free)?;
        let right = self.part(&compare.right, free.checked_add(1)?)?;
        Some((left, right))
    }

    /// Operations from left to right.
    fn fold<'c>(&mut self, first: &Code, rest: impl Iterator<Item = (Action, &'c Code)>, free: u16) -> Option<Operand> {
        let to = self.take(free)?;
        let mut left = self.part(first, free)?;
        for (action, code) in rest {
            let right = self.part(code, free.checked_add(1)?)?;
            self.push(Instruction::Two { action, to, left, right });
            left = Operand::Register(to);
        }
        Some(left)
    }

    fn call(&mut self, call: &Call, free: u16) -> Option<Operand> {
        let (first, rest) = call.arguments.split_first()?;
        let extreme = match call.function {
            Function::Min => Some(Action::Min),
            Function::Max => Some(Action::Max),
            _ => None,
        };
        if let Some(action) = extreme {
            return self.fold(first, rest.iter().map(|part| (action, part)), free);
        }
        let to = self.take(free)?;
        if let (Function::Within | Function::Beyond, [quantity, limits @ ..]) = (call.function, &*call.arguments) {
            return self.part_of(quantity, limits, to);
        }
        if let Some(strategy) = eval::strategy(call.function) {
            let from = self.part(first, free)?;
            self.push(Instruction::Round { to, from, strategy, places: call.places });
            return Some(Operand::Register(to));
        }
        let arguments = (free..).zip(&call.arguments).map(|(place, code)| self.part(code, place));
        let arguments = arguments.collect::<Option<Box<[Operand]>>>()?;
        let (function, places) = (call.function, call.places);
        self.push(Instruction::Call(Box::new(CallOf { to, function, places, arguments })));
        Some(Operand::Register(to))
    }

    /// What of a quantity lies above a limit, and below another if there is one: not below zero.
    fn part_of(&mut self, quantity: &Code, limits: &[Code], to: u16) -> Option<Operand> {
        let (low, high) = (limits.first()?, limits.get(1));
        let mut left = self.part(quantity, to)?;
        let second = to.checked_add(1)?;
        let low = self.part(low, second)?;
        if let Some(high) = high {
            let right = self.part(high, second.checked_add(1)?)?;
            self.push(Instruction::Two { action: Action::Min, to, left, right });
            left = Operand::Register(to);
        }
        self.push(Instruction::Two { action: Action::Beyond, to, left, right: low });
        Some(Operand::Register(to))
    }

    /// The register holds the last condition that was looked at.
    fn logic(&mut self, logic: &Logic, to: u16) -> Option<()> {
        let mut jumps = Vec::with_capacity(logic.parts.len());
        for part in &logic.parts {
            self.part_into(part, to)?;
            // A false one decides that not all hold, a true one that any does.
            let test = Operand::Register(to);
            jumps.push(self.push(Instruction::JumpIf { holds: !logic.all, test, to: 0 }));
        }
        jumps.into_iter().for_each(|jump| self.lands(jump));
        Some(())
    }

    /// A jump that is taken when the condition does not hold.
    fn unless(&mut self, condition: &Code, free: u16) -> Option<usize> {
        if let Code::Compare(compare) = condition {
            let (left, right) = self.pair(compare, free)?;
            return Some(self.push(Instruction::Unless { how: compare.how, left, right, to: 0 }));
        }
        let test = self.part(condition, free)?;
        Some(self.push(Instruction::JumpIf { holds: false, test, to: 0 }))
    }

    fn choice(&mut self, choice: &If, to: u16) -> Option<()> {
        let mut ends = Vec::with_capacity(choice.branches.len());
        for (condition, value) in &choice.branches {
            let next = self.unless(condition, to)?;
            self.part_into(value, to)?;
            ends.push(self.push(Instruction::Jump { to: 0 }));
            self.lands(next);
        }
        self.part_into(&choice.otherwise, to)?;
        ends.into_iter().for_each(|end| self.lands(end));
        Some(())
    }

    fn cases(&mut self, cases: &Cases, to: u16) -> Option<()> {
        let left = self.part(&cases.subject, to)?;
        let inner = to.checked_add(1)?;
        let how = if cases.is_exact { Comparison::Equal } else { Comparison::AtMost };
        let mut ends = Vec::with_capacity(cases.cases.len());
        for (key, value) in &cases.cases {
            let right = self.part(key, inner)?;
            let next = self.push(Instruction::Unless { how, left, right, to: 0 });
            self.take(inner)?;
            self.part_into(value, inner)?;
            self.push(Instruction::Move { to, from: Operand::Register(inner) });
            ends.push(self.push(Instruction::Jump { to: 0 }));
            self.lands(next);
        }
        match &cases.otherwise {
            Some(value) => self.part_into(value, to)?,
            None => drop(self.push(Instruction::Fail(Fault::NoCase))),
        }
        ends.into_iter().for_each(|end| self.lands(end));
        Some(())
    }

    fn tiers(&mut self, tiers: &Tiers, to: u16) -> Option<()> {
        let mut place = to;
        let mut next = |layout: &mut Self, code: &Code| {
            let operand = layout.part(code, place)?;
            if matches!(operand, Operand::Register(own) if own == place) {
                place = place.checked_add(1)?;
            }
            Some(operand)
        };
        let quantity = next(self, &tiers.quantity)?;
        let used = match &tiers.used {
            Some(used) => Some(next(self, used)?),
            None => None,
        };
        let mut steps = Vec::with_capacity(tiers.steps.len());
        for (limit, price) in &tiers.steps {
            steps.push((next(self, limit)?, next(self, price)?));
        }
        let above = next(self, &tiers.above)?;
        let may_fall = steps.iter().any(|(limit, _)| !matches!(limit, Operand::Constant(_)));
        let tiers = TiersOf { to, quantity, used, steps: steps.into(), above, may_fall };
        self.push(Instruction::Tiers(Box::new(tiers)));
        Some(())
    }

    fn each(&mut self, each: &Each, to: u16) -> Option<()> {
        let second = to.checked_add(1)?;
        let (third, fourth) = (second.checked_add(1)?, second.checked_add(2)?);
        let over = match &each.over {
            Over::Days { from, until } => OverOf::Days(self.part(from, to)?, self.part(until, second)?),
            Over::Windows { from, until, opens, closes } => OverOf::Windows(
                self.part(from, to)?,
                self.part(until, second)?,
                self.part(opens, third)?,
                self.part(closes, fourth)?,
            ),
            Over::Cycles { from, until, minutes } => {
                OverOf::Cycles(self.part(from, to)?, self.part(until, second)?, self.part(minutes, third)?)
            }
            Over::Pieces { total, size } => OverOf::Pieces(self.part(total, to)?, self.part(size, second)?),
            Over::Months { from, until } => OverOf::Months(self.part(from, to)?, self.part(until, second)?),
            Over::Rows { table } => OverOf::Rows(*table),
            Over::RowsBefore { table } => OverOf::RowsBefore(*table),
        };
        let (body, value) = self.body(&each.body, second)?;
        self.push(Instruction::Each(Box::new(EachOf { to, over, base: u16::from(each.base), body, value })));
        Some(())
    }

    /// A list of its own that shares the registers.
    fn body(&mut self, code: &Code, free: u16) -> Option<(Box<[Instruction]>, Operand)> {
        let outer = std::mem::take(&mut self.instructions);
        let value = self.part(code, free);
        let body = std::mem::replace(&mut self.instructions, outer);
        Some((body.into(), value?))
    }
}

const fn action(op: Op) -> Action {
    match op {
        Op::Add => Action::Add,
        Op::Subtract => Action::Subtract,
        Op::Multiply => Action::Multiply,
        Op::Divide => Action::Divide,
    }
}
