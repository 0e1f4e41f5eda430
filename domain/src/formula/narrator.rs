//! Reckons once more, part by part, and writes down every step.
//!
//! Runs only after the machine has given a value, so it meets no fault the machine has not met, and needs no limit of
//! its own but on how much is told.

use std::borrow::Cow;

use rust_decimal::Decimal;

use super::TABLES_MAX;
use super::ast::{Comparison, Op};
use super::eval::{self, Fault, Inputs, apply, in_tier, whole};
use super::field::Field;
use super::function::Function;
use super::names::Source;
use super::program::{Block, Call, Cases, Code, Compare, If, Local, Logic, Tiers};
use super::trace::{How, Step, Term, Trace};
use super::unit::Unit;

/// The most steps of one trace.
const TOLD_STEPS_MAX: usize = 400;

/// What the narrator knows of the formula.
#[derive(Clone, Copy)]
pub(super) struct Told<'f> {
    pub(super) sources: &'f [(Source, Unit)],
    /// The words of each slot that holds one.
    pub(super) words: &'f [Vec<String>],
    pub(super) locals: &'f [Local],
    pub(super) tables: &'f [Field],
}

pub(super) struct Narrator<'f> {
    formula: Told<'f>,
    pub(super) inputs: &'f Inputs,
    pub(super) locals: Vec<Decimal>,
    pub(super) rows: [usize; TABLES_MAX],
    /// How many rounds around are not told.
    pub(super) mute: usize,
    trace: Trace,
}

/// A value, and whether the last step told is where it came from.
pub(super) struct Value {
    pub(super) term: Term,
    pub(super) is_last_step: bool,
}

impl<'f> Narrator<'f> {
    pub(super) fn new(formula: Told<'f>, inputs: &'f Inputs) -> Self {
        let locals = vec![Decimal::ZERO; formula.locals.len()];
        Self { formula, inputs, locals, rows: [0; TABLES_MAX], mute: 0, trace: Trace::default() }
    }

    /// The steps of the whole formula, the last of which gives its value.
    pub(super) fn tell(mut self, code: &Code) -> Result<(Decimal, Trace), Fault> {
        let value = self.value(None, code)?;
        let (result, unit) = (value.term.value, value.term.unit);
        if !value.is_last_step {
            self.trace.push(Step::new(How::Chain, vec![value.term], result, unit));
        }
        Ok((result, self.trace))
    }

    fn is_mute(&self) -> bool {
        self.mute > 0 || self.trace.steps.len() >= TOLD_STEPS_MAX
    }

    /// Writes a step down; its result is the value.
    pub(super) fn step(&mut self, op: Option<Op>, step: Step) -> Value {
        let term = Term::new(op, None, step.result, step.unit);
        let is_last_step = !self.is_mute();
        if is_last_step {
            self.trace.push(step);
        }
        Value { term, is_last_step }
    }

    pub(super) fn term(&mut self, op: Option<Op>, code: &Code) -> Result<Term, Fault> {
        self.value(op, code).map(|value| value.term)
    }

    /// A value as part of a step; one that has to be computed is a step of its own before.
    pub(super) fn value(&mut self, op: Option<Op>, code: &Code) -> Result<Value, Fault> {
        let named = |name, value, unit| Value { term: Term::new(op, name, value, unit), is_last_step: false };
        let step = match code {
            Code::Constant(value, unit) => return Ok(named(None, *value, *unit)),
            Code::Slot(slot) => {
                let (source, unit) = self.formula.sources.get(usize::from(*slot)).ok_or(Fault::Missing(*slot))?;
                let value = *self.inputs.read(*slot);
                let words = self.formula.words.get(usize::from(*slot)).map_or(&[][..], Vec::as_slice);
                return Ok(named(Some(label(source.label(), *unit, words, value)), value, *unit));
            }
            Code::Local(local) => {
                let place = usize::from(*local);
                let value = self.locals.get(place).copied().unwrap_or_default();
                let own = self.formula.locals.get(place);
                let name = own.map(|own| Cow::Owned(own.name.clone()));
                return Ok(named(name, value, own.map_or(Unit::Number, |own| own.unit)));
            }
            Code::Column { table, column } => {
                let (name, value, unit) = self.cell(*table, *column)?;
                return Ok(named(Some(name), value, unit));
            }
            Code::Negative(negative) => {
                let term = self.term(Some(Op::Subtract), &negative.inner)?;
                let result = -term.value;
                Step::new(How::Chain, vec![term], result, negative.unit)
            }
            Code::Chain(chain) => {
                let mut terms = Vec::with_capacity(chain.rest.len() + 1);
                let first = self.term(None, &chain.first)?;
                let mut result = first.value;
                terms.push(first);
                for (op, part) in &chain.rest {
                    let term = self.term(Some(*op), part)?;
                    result = apply(*op, result, term.value)?;
                    terms.push(term);
                }
                Step::new(How::Chain, terms, result, chain.unit)
            }
            Code::Call(call) => self.call(call)?,
            Code::Compare(compare) => self.compare(compare)?,
            Code::Logic(logic) => return Ok(named(None, self.logic(logic)?, Unit::Flag)),
            Code::Not(inner) => return Ok(named(None, yes(self.term(None, inner)?.value.is_zero()), Unit::Flag)),
            Code::If(choice) => return self.choice(op, choice),
            Code::Cases(cases) => return self.cases(op, cases),
            Code::Tiers(tiers) => return self.tiers(op, tiers),
            Code::Each(each) => return self.each(op, each),
            Code::RunLength(run) => return Ok(named(None, self.run_length(run)?, Unit::Number)),
            Code::Block(block) => return self.block(op, block),
        };
        Ok(self.step(op, step))
    }

    fn cell(&self, table: u8, column: u8) -> Result<(Cow<'static, str>, Decimal, Unit), Fault> {
        let row = self.rows.get(usize::from(table)).copied().unwrap_or_default();
        let value = self.inputs.cell(table, row, column)?;
        let field = self.formula.tables.get(usize::from(table)).and_then(|one| one.columns.get(usize::from(column)));
        let field = field.ok_or(Fault::MissingColumn(table, column))?;
        let unit = field.shown_unit();
        Ok((label(Cow::Owned(field.name.clone()), unit, &field.options, value), value, unit))
    }

    fn call(&mut self, call: &Call) -> Result<Step, Fault> {
        let mut terms = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            terms.push(self.term(None, argument)?);
        }
        let values: Vec<Decimal> = terms.iter().map(|term| term.value).collect();
        let result = eval::call(call.function, call.places, &values, self.inputs.calendar())?;
        let how = match call.function {
            Function::Min => How::Min,
            Function::Max => How::Max,
            Function::Round => How::Round(call.places),
            other if eval::strategy(other).is_some() => How::Cut(other, call.places),
            other => How::Call(other),
        };
        Ok(Step::new(how, terms, result, call.unit))
    }

    fn compare(&mut self, compare: &Compare) -> Result<Step, Fault> {
        let mut terms = vec![self.term(None, &compare.left)?, self.term(None, &compare.right)?];
        let holds = match terms.as_slice() {
            [left, right] => compare.how.holds(&left.value, &right.value),
            _ => false,
        };
        if let Some(word) = &compare.word {
            terms.iter_mut().filter(|term| term.name.is_none()).for_each(|term| {
                term.name = Some(Cow::Owned(format!("“{word}”")));
            });
        }
        Ok(Step::new(How::Compare(compare.how), terms, yes(holds), Unit::Flag))
    }

    /// Looks no further than what decides.
    fn logic(&mut self, logic: &Logic) -> Result<Decimal, Fault> {
        for part in &logic.parts {
            if self.term(None, part)?.value.is_zero() == logic.all {
                return Ok(yes(!logic.all));
            }
        }
        Ok(yes(logic.all))
    }

    /// Only the branch that is taken is told.
    fn choice(&mut self, op: Option<Op>, choice: &If) -> Result<Value, Fault> {
        for (condition, value) in &choice.branches {
            if !self.condition(condition)? {
                continue;
            }
            return self.value(op, value);
        }
        self.value(op, &choice.otherwise)
    }

    /// A yes-or-no input decides without a step of its own, so it is told as one.
    fn condition(&mut self, condition: &Code) -> Result<bool, Fault> {
        let term = self.term(None, condition)?;
        let holds = !term.value.is_zero();
        if term.name.is_some() {
            let (value, unit) = (term.value, term.unit);
            self.step(None, Step::new(How::Chain, vec![term], value, unit));
        }
        Ok(holds)
    }

    fn cases(&mut self, op: Option<Op>, cases: &Cases) -> Result<Value, Fault> {
        let subject = self.term(None, &cases.subject)?;
        let how = if cases.is_exact { Comparison::Equal } else { Comparison::AtMost };
        let mut chosen = None;
        for (key, value) in &cases.cases {
            let key = self.term(None, key)?;
            if how.holds(&subject.value, &key.value) {
                chosen = Some(value);
                break;
            }
        }
        let value = chosen.or(cases.otherwise.as_ref()).ok_or(Fault::NoCase)?;
        let value = self.term(op, value)?;
        let (result, unit) = (value.value, value.unit);
        let value = Term { op: None, ..value };
        Ok(self.step(op, Step::new(How::Case, vec![subject, value], result, unit)))
    }

    fn tiers(&mut self, op: Option<Op>, tiers: &Tiers) -> Result<Value, Fault> {
        let quantity = self.term(None, &tiers.quantity)?.value;
        let used = match &tiers.used {
            Some(used) => self.term(None, used)?.value,
            None => Decimal::ZERO,
        };
        let total = apply(Op::Add, used, quantity)?;
        let mut limits = Vec::with_capacity(tiers.steps.len() + 1);
        for (limit, price) in &tiers.steps {
            limits.push((Some(self.term(None, limit)?.value), self.term(None, price)?));
        }
        limits.push((None, self.term(None, &tiers.above)?));
        let (mut low, mut terms, mut sum) = (Decimal::ZERO, Vec::new(), Decimal::ZERO);
        for (high, price) in limits {
            let part = in_tier(used, total, low, high)?;
            let amount = apply(Op::Multiply, part, price.value)?;
            if !part.is_zero() || total.is_zero() && terms.is_empty() {
                let price = Term { unit: tiers.price_unit, ..price };
                let told = vec![Term::new(None, None, part, tiers.quantity_unit), price];
                let step = self.step(Some(Op::Add), Step::new(How::Tier(low, high), told, amount, tiers.unit));
                terms.push(step);
                sum = apply(Op::Add, sum, amount)?;
            }
            low = high.unwrap_or(low);
        }
        Ok(self.total(op, terms, sum, tiers.unit))
    }

    /// The sum of some values as a step; one alone is its own sum.
    pub(super) fn total(&mut self, op: Option<Op>, mut values: Vec<Value>, sum: Decimal, unit: Unit) -> Value {
        if values.len() <= 1 {
            let value = values.pop();
            let is_last_step = value.as_ref().is_some_and(|value| value.is_last_step);
            let name = value.and_then(|value| value.term.name);
            return Value { term: Term::new(op, name, sum, unit), is_last_step };
        }
        let mut terms: Vec<Term> = values.into_iter().map(|value| Term { op: Some(Op::Add), ..value.term }).collect();
        if let Some(first) = terms.first_mut() {
            first.op = None;
        }
        self.step(op, Step::new(How::Chain, terms, sum, unit))
    }

    /// Definitions are steps under their name.
    fn block(&mut self, op: Option<Op>, block: &Block) -> Result<Value, Fault> {
        for (local, code) in &block.definitions {
            let value = self.value(None, code)?;
            let name = self.formula.locals.get(usize::from(*local)).map(|own| Cow::Owned(own.name.clone()));
            if let Some(place) = self.locals.get_mut(usize::from(*local)) {
                *place = value.term.value;
            }
            match self.trace.steps.last_mut().filter(|step| value.is_last_step && step.name.is_none()) {
                Some(step) => step.name = name,
                None => {
                    let (result, unit) = (value.term.value, value.term.unit);
                    let step = Step { name, ..Step::new(How::Chain, vec![value.term], result, unit) };
                    self.step(None, step);
                }
            }
        }
        self.value(op, &block.value)
    }
}

/// The name, with the word it stands for where the value is one.
fn label(name: Cow<'static, str>, unit: Unit, words: &[String], value: Decimal) -> Cow<'static, str> {
    if unit != Unit::Text {
        return name;
    }
    let word = whole(value).ok().and_then(|place| words.get(usize::try_from(place).ok()?));
    word.map_or(name.clone(), |word| Cow::Owned(format!("{name}“{word}”")))
}

const fn yes(holds: bool) -> Decimal {
    if holds { Decimal::ONE } else { Decimal::ZERO }
}
