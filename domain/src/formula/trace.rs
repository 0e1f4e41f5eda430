//! How an amount came about, step by step, for the owner to read on the bill.
//!
//! Stored as compact JSON: an array of steps `{"n": name, "h": how, "t": terms, "r": result, "u": unit}`, a term
//! `{"o": operator, "n": name, "v": value, "u": unit}`, everything empty left out, figures exact as texts.

use std::borrow::Cow;
use std::fmt::Write;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use super::ast::{Comparison, Op};
use super::days;
use super::function::Function;
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
    /// The one term to that many decimals by another function.
    Cut(Function, u32),
    /// A function of the terms.
    Call(Function),
    /// Quantity times price in the tier above the first limit, up to the second if there is one.
    Tier(
        #[serde(with = "rust_decimal::serde::str")] Decimal,
        #[serde(with = "rust_decimal::serde::str_option")] Option<Decimal>,
    ),
    /// Whether the first term is so beside the second.
    Compare(Comparison),
    /// The second term, because of the first.
    Case,
    /// The beginning of a round of a loop: its number, and what it is about.
    Part(u32),
    /// The rounding of the bill line.
    Bill(Rounding),
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What the formula calls the result.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Cow<'static, str>>,
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

    /// The word before the bracket; none for what is written with signs.
    fn words(self) -> Option<&'static str> {
        match self {
            Self::Min => Some(Function::Min.name()),
            Self::Max => Some(Function::Max.name()),
            Self::Round(_) => Some(Function::Round.name()),
            Self::Cut(function, _) | Self::Call(function) => Some(function.name()),
            Self::Bill(Rounding::FenHalfUp) => Some("四舍五入到分"),
            Self::Bill(Rounding::YuanHalfUp) => Some("四舍五入到元"),
            Self::Bill(Rounding::FenDown) => Some("舍去不足一分"),
            _ => None,
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
    /// A step without a name.
    #[must_use]
    pub const fn new(how: How, terms: Vec<Term>, result: Decimal, unit: Unit) -> Self {
        Self { name: None, how, terms, result, unit }
    }

    fn words(&self, is_last: bool) -> String {
        let mut words = self.name.as_ref().map_or_else(String::new, |name| format!("{name}："));
        let told = match self.how {
            How::Tier(from, to) => self.tier_words(from, to, is_last),
            How::Compare(how) => self.comparison_words(how),
            How::Case => self.joined(" → "),
            How::Part(number) => format!("第{number}段 {}", self.joined("～")),
            _ => self.plain_words(is_last),
        };
        words.push_str(&told);
        words
    }

    fn joined(&self, between: &str) -> String {
        self.terms.iter().map(Term::words).collect::<Vec<_>>().join(between)
    }

    /// Terms with their operators, or a function with its arguments, and what they come to.
    fn plain_words(&self, is_last: bool) -> String {
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
        if let How::Round(places) | How::Cut(_, places) = self.how {
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

    /// `前180度 × 0.5283元/度 = 95.09元`, `180～350度 120度 × …`, `350度以上 50度 × …`.
    fn tier_words(&self, from: Decimal, to: Option<Decimal>, is_last: bool) -> String {
        let [quantity, price] = self.terms.as_slice() else { return self.plain_words(is_last) };
        let figure = |value: Decimal| shown(value, quantity.unit, false);
        let part = figure(quantity.value);
        let tier = match to {
            Some(to) if from.is_zero() && quantity.value == to => format!("前{part}"),
            Some(to) if from.is_zero() => format!("{}以内 {part}", figure(to)),
            Some(to) => format!("{}～{} {part}", from.normalize(), figure(to)),
            None if from.is_zero() => part,
            None => format!("{}以上 {part}", figure(from)),
        };
        format!("{tier} × {} = {}", price.words(), shown(self.result, self.unit, is_last))
    }

    fn comparison_words(&self, how: Comparison) -> String {
        let answer = if self.result.is_zero() { "否" } else { "是" };
        format!("{}：{answer}", self.joined(&format!(" {} ", how.sign())))
    }
}

impl Term {
    pub(crate) fn new(op: Option<Op>, name: Option<Cow<'static, str>>, value: Decimal, unit: Unit) -> Self {
        Self { op, name, value, unit }
    }

    fn words(&self) -> String {
        let figure = shown(self.value, self.unit, false);
        match &self.name {
            Some(name) if self.unit == Unit::Text => name.to_string(),
            Some(name) => format!("{name} {figure}"),
            None => figure,
        }
    }
}

/// A figure with its unit. Yuan have at least two decimals, and exactly two when they are the outcome.
fn shown(value: Decimal, unit: Unit, is_outcome: bool) -> String {
    match unit {
        Unit::Flag => return if value.is_zero() { "否" } else { "是" }.to_owned(),
        Unit::Date => return days::day(value).map_or_else(|_| value.to_string(), |day| day.to_string()),
        Unit::Moment => {
            return days::moment(value).map_or_else(|_| value.to_string(), |at| at.format("%F %H:%M").to_string());
        }
        _ => {}
    }
    let is_money = matches!(unit, Unit::Yuan | Unit::YuanPerSquareMetre);
    let decimals = if is_money && is_outcome { 2 } else { SHOWN_DECIMALS_MAX };
    let mut rounded = value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero).normalize();
    if is_money && rounded.scale() < 2 {
        rounded.rescale(2);
    }
    format!("{rounded}{}", unit.words())
}
