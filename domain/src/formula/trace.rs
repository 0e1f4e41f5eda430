//! How an amount came about, step by step, for the owner to read on the bill.
//!
//! Stored as compact JSON: an array of steps `{"t": terms, "r": result, "u": unit}`, a term
//! `{"o": operator, "n": name, "v": value, "u": unit}`, everything empty left out, figures exact as texts.

use std::borrow::Cow;
use std::fmt::Write;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use super::ast::{Function, Op};
use super::eval::{Fault, Inputs, apply, call};
use super::names::Source;
use super::program::Code;
use super::unit::Unit;
use crate::money::Rounding;

/// Decimals shown of an intermediate figure; the stored one is exact.
const SHOWN_DECIMALS_MAX: u32 = 6;

/// The steps in the order they were taken. The last one's result is the value.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Trace {
    /// The steps.
    pub steps: Vec<Step>,
}

/// What a step does with its terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// From left to right with the operator before each term.
    #[default]
    Chain,
    /// The smallest term.
    Min,
    /// The largest term.
    Max,
    /// The one term to that many decimals, half away from zero.
    Round(u32),
    /// The rounding of the bill line.
    Bill(Rounding),
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What is done.
    #[serde(rename = "h", default, skip_serializing_if = "How::is_chain")]
    pub how: How,
    /// With what.
    #[serde(rename = "t")]
    pub terms: Vec<Term>,
    /// The exact result.
    #[serde(rename = "r", with = "rust_decimal::serde::str")]
    pub result: Decimal,
    /// What the result measures.
    #[serde(rename = "u", default, skip_serializing_if = "Unit::is_number")]
    pub unit: Unit,
}

/// One value in a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// The operator before it; a minus before the first term is a sign.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub op: Option<Op>,
    /// Its name; a written number and the result of an earlier step have none.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Cow<'static, str>>,
    /// The exact value.
    #[serde(rename = "v", with = "rust_decimal::serde::str")]
    pub value: Decimal,
    /// What it measures.
    #[serde(rename = "u", default, skip_serializing_if = "Unit::is_number")]
    pub unit: Unit,
}

impl How {
    fn is_chain(&self) -> bool {
        *self == Self::Chain
    }

    /// The word before the bracket; none for a chain.
    fn words(self) -> Option<&'static str> {
        match self {
            Self::Chain => None,
            Self::Min => Some(Function::Min.name()),
            Self::Max => Some(Function::Max.name()),
            Self::Round(_) => Some(Function::Round.name()),
            Self::Bill(Rounding::FenHalfUp) => Some("四舍五入到分"),
            Self::Bill(Rounding::YuanHalfUp) => Some("四舍五入到元"),
            Self::Bill(Rounding::FenDown) => Some("舍去不足一分"),
        }
    }
}

impl Trace {
    /// The final figure, exact. None only for a trace without steps, which no evaluation makes.
    #[must_use]
    pub fn value(&self) -> Option<Decimal> {
        self.steps.last().map(|step| step.result)
    }

    /// One line a step: `建筑面积 102.94㎡ × 单价 1.80元/㎡·月 = 185.29元`. The last figure is shown to the fen,
    /// earlier ones as exactly as six decimals allow, so that a pocket calculator agrees.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let last = self.steps.len().saturating_sub(1);
        self.steps.iter().enumerate().map(|(place, step)| step.words(place == last)).collect()
    }

    pub(crate) fn push(&mut self, step: Step) {
        self.steps.push(step);
    }
}

impl Step {
    fn words(&self, is_last: bool) -> String {
        let mut words = String::new();
        let name = self.how.words();
        if let Some(name) = name {
            let _ = write!(words, "{name}(");
        }
        for (place, term) in self.terms.iter().enumerate() {
            let before = match (name, term.op) {
                (Some(_), _) if place > 0 => "，".to_owned(),
                (None, Some(op)) if place > 0 => format!(" {} ", op.sign()),
                (None, Some(op)) => op.sign().to_owned(),
                _ => String::new(),
            };
            let _ = write!(words, "{before}{}", term.words());
        }
        if let How::Round(places) = self.how {
            let _ = write!(words, "，{places} 位小数");
        }
        if name.is_some() {
            words.push(')');
        }
        if name.is_some() || self.terms.len() > 1 || self.terms.iter().any(|term| term.op.is_some()) {
            let _ = write!(words, " = {}", shown(self.result, self.unit, is_last));
        }
        words
    }
}

impl Term {
    pub(crate) fn new(op: Option<Op>, name: Option<Cow<'static, str>>, value: Decimal, unit: Unit) -> Self {
        Self { op, name, value, unit }
    }

    fn words(&self) -> String {
        let figure = shown(self.value, self.unit, false);
        match &self.name {
            Some(name) => format!("{name} {figure}"),
            None => figure,
        }
    }
}

/// A figure with its unit. Yuan have at least two decimals, and exactly two when they are the outcome.
fn shown(value: Decimal, unit: Unit, is_outcome: bool) -> String {
    let is_money = matches!(unit, Unit::Yuan | Unit::YuanPerSquareMetre);
    let decimals = if is_money && is_outcome { 2 } else { SHOWN_DECIMALS_MAX };
    let mut rounded = value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero).normalize();
    if is_money && rounded.scale() < 2 {
        rounded.rescale(2);
    }
    format!("{rounded}{}", unit.words())
}

/// Evaluates as [`super::machine`] does, in the same order, and writes down every step.
pub(super) struct Narrator<'f> {
    pub(super) sources: &'f [(Source, Unit)],
    pub(super) inputs: &'f Inputs,
    pub(super) trace: Trace,
}

impl Narrator<'_> {
    /// The value of the whole formula.
    pub(super) fn tell(&mut self, code: &Code) -> Result<Decimal, Fault> {
        let term = self.term(None, code)?;
        let value = term.value;
        if self.trace.steps.is_empty() {
            let unit = term.unit;
            self.trace.push(Step { how: How::Chain, terms: vec![term], result: value, unit });
        }
        Ok(value)
    }

    /// A value as part of a step; one that has to be computed is a step of its own before.
    fn term(&mut self, op: Option<Op>, code: &Code) -> Result<Term, Fault> {
        let step = match code {
            Code::Constant(value, unit) => return Ok(Term::new(op, None, *value, *unit)),
            Code::Slot(slot) => {
                let (source, unit) = self.sources.get(usize::from(*slot)).ok_or(Fault::Missing(*slot))?;
                return Ok(Term::new(op, Some(source.label()), *self.inputs.read(*slot), *unit));
            }
            Code::Negative(negative) => {
                let term = self.term(Some(Op::Subtract), &negative.inner)?;
                Step { how: How::Chain, result: -term.value, terms: vec![term], unit: negative.unit }
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
                Step { how: How::Chain, terms, result, unit: chain.unit }
            }
            Code::Call(parts) => {
                let mut terms = Vec::with_capacity(parts.arguments.len());
                for argument in &parts.arguments {
                    terms.push(self.term(None, argument)?);
                }
                let result = call(parts.function, parts.places, terms.iter().map(|term| Ok(term.value)))?;
                let how = match parts.function {
                    Function::Min => How::Min,
                    Function::Max => How::Max,
                    Function::Round => How::Round(parts.places),
                };
                Step { how, terms, result, unit: parts.unit }
            }
        };
        let term = Term::new(op, None, step.result, step.unit);
        self.trace.push(step);
        Ok(term)
    }
}
