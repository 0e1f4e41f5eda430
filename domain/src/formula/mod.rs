//! A small typed language for fees on exact decimals: `建筑面积 × 单价`, `最大(套内面积 × 1.8元/㎡·月, 60)`.
//!
//! A formula gives the amount of ONE month in yuan; `crate::billing` scales it to the period. It can refer only
//! to what [`Names`] lists, cannot loop, and is bounded in length and depth. What is unknown is a mistake of the
//! formula, what is missing at one house is a mistake at that house; neither is ever 0.
//!
//! Text → `lexer` → tokens → `parser` → tree (`ast`) → `check` → `program` → `machine`, which only
//! reckons, or `trace`, which does the same and writes down each step.

mod ast;
mod check;
mod constants;
mod error;
mod eval;
mod lexer;
mod machine;
mod names;
mod parser;
mod program;
#[cfg(test)]
mod random;
#[cfg(test)]
mod stories;
mod trace;
mod unit;

use std::hash::{DefaultHasher, Hash, Hasher};

use rust_decimal::Decimal;

pub use ast::{Function, Op};
pub use constants::{CONSTANT_NAME_CHARS_MAX, CONSTANTS_MAX, Constant, ConstantError, Constants};
pub use error::{EvalError, FormulaError, Problem, Span};
pub use eval::Inputs;
pub use names::{Names, Source, Variable};
pub use trace::{How, Step, Term, Trace};
pub use unit::Unit;

use eval::Fault;
use machine::Machine;
use program::Code;
use trace::Narrator;

/// The longest formula, in characters.
pub const TEXT_CHARS_MAX: usize = 2000;
/// The deepest nesting of brackets, functions and signs.
pub const DEPTH_MAX: usize = 64;
/// The most different names one formula may use.
pub const SLOTS_MAX: usize = 32;
/// The most decimals `四舍五入` rounds to.
pub const PLACES_MAX: u32 = 6;
/// The most mistakes reported at once.
pub const ERRORS_MAX: usize = 20;

/// A compiled formula.
#[derive(Debug, Clone)]
pub struct Formula {
    text: String,
    code: Code,
    machine: Machine,
    sources: Vec<(Source, Unit)>,
    /// The slot of each variable, in the order of [`Variable::ALL`].
    slots: [Option<u8>; Variable::ALL.len()],
    /// Tells inputs of this formula from those of another.
    mark: u64,
}

impl Formula {
    /// Compiles a text.
    ///
    /// # Errors
    /// Everything wrong with it, in the order of the text, with the place: at least one, at most [`ERRORS_MAX`].
    /// A mistake of grammar hides what follows it.
    pub fn compile(text: &str, names: &Names) -> Result<Self, Vec<FormulaError>> {
        let tree = parser::parse(text).map_err(|error| vec![error])?;
        let checked = check::check(&tree, names)?;
        let too_deep = || vec![FormulaError::new(Problem::TooDeep, tree.span)];
        let machine = Machine::new(&checked.code).ok_or_else(too_deep)?;
        let slots = Variable::ALL.map(|variable| {
            let place = checked.sources.iter().position(|(source, _)| *source == Source::Variable(variable));
            place.and_then(|place| u8::try_from(place).ok())
        });
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let (code, sources, mark) = (checked.code, checked.sources, hasher.finish());
        Ok(Self { text: text.to_owned(), code, machine, sources, slots, mark })
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names it uses with their units, in the order of their slots.
    #[must_use]
    pub fn variables(&self) -> &[(Source, Unit)] {
        &self.sources
    }

    /// Whether the formula depends on that variable.
    #[must_use]
    pub fn uses(&self, variable: Variable) -> bool {
        self.slot(variable).is_some()
    }

    /// Resolves every name once; what `lookup` does not know stays missing.
    #[must_use]
    pub fn bind(&self, lookup: impl Fn(&Source) -> Option<Decimal>) -> Inputs {
        let mut inputs = Inputs::empty(self.mark);
        for (slot, (source, _)) in (0..).zip(&self.sources) {
            inputs.put(slot, lookup(source));
        }
        inputs
    }

    /// Binds the constants of a tariff, and 计费月数 to the one month a formula is about.
    #[must_use]
    pub fn bind_constants(&self, constants: &Constants) -> Inputs {
        self.bind(|source| match source {
            Source::Variable(Variable::Months) => Some(Decimal::ONE),
            other => constants.get(other.name()).map(|constant| constant.value),
        })
    }

    /// Gives a variable its value, or takes it away; does nothing when the formula does not use the variable.
    pub fn set(&self, inputs: &mut Inputs, variable: Variable, value: Option<Decimal>) {
        if let Some(slot) = self.slot(variable) {
            inputs.put(slot, value);
        }
    }

    /// The amount of one month, exact, in yuan. Allocates nothing.
    ///
    /// # Errors
    /// [`EvalError`]; a missing value is named.
    pub fn evaluate(&self, inputs: &Inputs) -> Result<Decimal, EvalError> {
        self.ready(inputs)?;
        match self.machine.run(inputs) {
            Ok(value) if is_negative(value) => Err(EvalError::NegativeResult),
            Ok(value) => Ok(value),
            Err(fault) => Err(self.error(fault)),
        }
    }

    /// The same amount, and how it came about.
    ///
    /// # Errors
    /// Exactly those of [`Formula::evaluate`].
    pub fn explain(&self, inputs: &Inputs) -> Result<(Decimal, Trace), EvalError> {
        self.ready(inputs)?;
        let mut narrator = Narrator { sources: &self.sources, inputs, trace: Trace::default() };
        match narrator.tell(&self.code) {
            Ok(value) if is_negative(value) => Err(EvalError::NegativeResult),
            Ok(value) => Ok((value, narrator.trace)),
            Err(fault) => Err(self.error(fault)),
        }
    }

    /// Nothing is reckoned before every value is there.
    fn ready(&self, inputs: &Inputs) -> Result<(), EvalError> {
        if inputs.mark != self.mark {
            return Err(EvalError::OtherFormula);
        }
        match inputs.first_missing(self.sources.len()) {
            Some(slot) => Err(self.error(Fault::Missing(slot))),
            None => Ok(()),
        }
    }

    fn slot(&self, variable: Variable) -> Option<u8> {
        self.slots.get(variable as usize).copied().flatten()
    }

    #[cold]
    fn error(&self, fault: Fault) -> EvalError {
        match fault {
            Fault::DivisionByZero => EvalError::DivisionByZero,
            Fault::Overflow => EvalError::Overflow,
            Fault::Missing(slot) => {
                let source = self.sources.get(usize::from(slot));
                EvalError::Missing { name: source.map(|(source, _)| source.label()).unwrap_or_default() }
            }
        }
    }
}

/// Minus zero is zero.
fn is_negative(value: Decimal) -> bool {
    value.is_sign_negative() && !value.is_zero()
}
