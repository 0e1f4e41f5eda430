//! A small typed language for fees on exact decimals: `建筑面积 × 单价`, `阶梯(用电量, 180: 0.5283, 以上: 0.8283)`.
//!
//! A formula gives yuan: of ONE month, which `crate::billing` scales to the period, or of a reading, a stay, a debt as
//! it is ([`Purpose`]). It can refer only to what [`Names`] lists. It is total: sums over days, pieces and rows are its
//! only loops, and it is bounded in length, depth, size and steps. What is unknown is a mistake of the formula, what is
//! missing at one house is a mistake at that house; neither is ever 0.
//!
//! Text → `lexer` → tokens → `parser` → tree (`ast`) → `check` → `program` → `layout` → `machine`, which only
//! reckons; `narrator` does the same over the program and writes down each step as a [`Trace`].

mod ast;
mod check;
mod constants;
mod days;
mod error;
mod eval;
mod field;
mod function;
mod instruction;
mod layout;
mod lexer;
mod machine;
mod names;
mod narrator;
mod parser;
mod print;
mod problem;
mod program;
#[cfg(test)]
mod random;
#[cfg(test)]
mod reference;
mod rounds;
#[cfg(test)]
mod stories;
mod template;
#[cfg(test)]
mod tier_stories;
#[cfg(test)]
mod time_stories;
mod told_rounds;
mod trace;
mod unit;
mod values;

use std::hash::{DefaultHasher, Hash, Hasher};

use rust_decimal::Decimal;

pub use ast::{Comparison, Op};
pub use constants::{CONSTANT_NAME_CHARS_MAX, CONSTANTS_MAX, Constant, ConstantError, Constants};
pub use error::{EvalError, FormulaError, Problem, Span};
pub use eval::{Input, Inputs};
pub use field::{COLUMNS_MAX, FIELD_NAME_CHARS_MAX, FIELDS_MAX, Field, FieldError, FieldKind, OPTIONS_MAX};
pub use function::Function;
pub use names::{Names, Purpose, Source, Variable};
pub use template::{Category, EXAMPLES_MAX, Example, Template, TemplateConstant, TemplateError};
pub use trace::{How, Step, Term, Trace};
pub use unit::{Dimension, Unit};
pub use values::{InputError, ROWS_MAX};

use eval::Fault;
use machine::Machine;
use narrator::{Narrator, Told};
use program::{Code, Local};

/// The longest formula, in characters.
pub const TEXT_CHARS_MAX: usize = 2000;
/// The deepest nesting of brackets, functions and signs.
pub const DEPTH_MAX: usize = 32;
/// The most different names one formula may use.
pub const SLOTS_MAX: usize = 32;
/// The most tables one formula may go through.
pub const TABLES_MAX: usize = 4;
/// The most definitions and values of rounds one formula may have.
pub const LOCALS_MAX: usize = 64;
/// The most loops around one part.
pub const LOOPS_MAX: usize = 4;
/// The most operations in the rounds of loops of one evaluation: some milliseconds.
pub const STEPS_MAX: usize = 200_000;
/// The most decimals a function rounds to.
pub const PLACES_MAX: u32 = 6;
/// The most mistakes reported at once.
pub const ERRORS_MAX: usize = 20;
/// The most arguments of a function that is worked out at once.
const CALL_ARGUMENTS_MAX: usize = 4;
/// The most values that wait for others: a handful for each level of nesting, and the locals.
const REGISTERS_MAX: usize = LOCALS_MAX + 8 * (DEPTH_MAX + 1);

/// A compiled formula.
#[derive(Debug, Clone)]
pub struct Formula {
    text: String,
    code: Code,
    machine: Machine,
    sources: Vec<(Source, Unit)>,
    /// The declaration of each slot that is a declared input.
    fields: Vec<Option<Field>>,
    /// The words of each slot that holds one.
    words: Vec<Vec<String>>,
    /// The value of each slot that is a constant of the tariff.
    constants: Vec<Option<Decimal>>,
    tables: Vec<Field>,
    /// All inputs that could have been used.
    offered: Vec<Field>,
    locals: Vec<Local>,
    outputs: Vec<u8>,
    warnings: Vec<FormulaError>,
    /// The slot of each variable, in the order of [`Variable::ALL`].
    slots: [Option<u8>; Variable::ALL.len()],
    refuses_negative: bool,
    /// Tells inputs of this formula from those of another.
    mark: u64,
}

/// A side result of a formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Its exact value.
    pub value: Decimal,
    /// What it measures.
    pub unit: Unit,
}

/// All a formula gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The value, exact.
    pub value: Decimal,
    /// What it gives beside, in the order of the text.
    pub outputs: Vec<Output>,
}

impl Formula {
    /// Compiles a text.
    ///
    /// # Errors
    /// Everything wrong with it, in the order of the text, with the place: at least one, at most [`ERRORS_MAX`].
    /// A mistake of grammar hides what follows it.
    pub fn compile(text: &str, names: &Names) -> Result<Self, Vec<FormulaError>> {
        let tree = parser::parse(text).map_err(|error| vec![error])?;
        let check::Checked { code, sources, tables, locals, outputs, warnings } = check::check(&tree, names)?;
        let too_deep = || vec![FormulaError::new(Problem::TooDeep, tree.span)];
        let machine = Machine::new(&code, locals.len()).ok_or_else(too_deep)?;
        let slots = Variable::ALL.map(|variable| {
            let place = sources.iter().position(|(source, _)| *source == Source::Variable(variable));
            place.and_then(|place| u8::try_from(place).ok())
        });
        let fields: Vec<Option<Field>> = sources.iter().map(|(source, _)| names.field(source).cloned()).collect();
        let words =
            fields.iter().map(|field| field.as_ref().map_or_else(Vec::new, |one| one.options.clone())).collect();
        let constants = sources.iter().map(|(source, _)| names.constant(source)).collect();
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        names.fields().iter().for_each(|field| (&field.name, &field.options).hash(&mut hasher));
        let (text, offered, mark) = (text.to_owned(), names.fields().to_vec(), hasher.finish());
        Ok(Self {
            text,
            code,
            machine,
            sources,
            fields,
            words,
            constants,
            tables,
            offered,
            locals,
            outputs,
            warnings,
            slots,
            refuses_negative: names.purpose() != Purpose::Settlement,
            mark,
        })
    }

    /// What can go wrong at some house: a divisor that can be zero, a result that can be negative, limits of tiers that
    /// can cross. To be shown before the formula is saved.
    #[must_use]
    pub fn warnings(&self) -> &[FormulaError] {
        &self.warnings
    }

    /// The tables it goes through.
    #[must_use]
    pub fn tables(&self) -> &[Field] {
        &self.tables
    }

    /// All inputs it could have used, as they were declared.
    #[must_use]
    pub fn offered(&self) -> &[Field] {
        &self.offered
    }

    /// The names of its side results (`输出`), in the order in which they stand.
    pub fn outputs(&self) -> impl Iterator<Item = (&str, Unit)> {
        let locals = self.outputs.iter().filter_map(|local| self.locals.get(usize::from(*local)));
        locals.map(|local| (local.name.as_str(), local.unit))
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

    /// Where an input stands, by its Chinese name, so that it can be set for house after house without looking for it;
    /// none when the formula does not use it. A flag is 1 or 0, a day counts from 1970-01-01, a moment is minutes.
    #[must_use]
    pub fn input(&self, name: &str) -> Option<Input> {
        let place = self.sources.iter().position(|(source, _)| source.name() == name)?;
        u8::try_from(place).ok().map(Input)
    }

    /// Gives a variable its value, or takes it away; does nothing when the formula does not use the variable.
    pub fn set(&self, inputs: &mut Inputs, variable: Variable, value: Option<Decimal>) {
        if let Some(slot) = self.slot(variable) {
            inputs.put(slot, value);
        }
    }

    /// The value, exact. Allocates nothing but where a name has to be told.
    ///
    /// # Errors
    /// [`EvalError`]; a missing value is named.
    pub fn evaluate(&self, inputs: &Inputs) -> Result<Decimal, EvalError> {
        self.run(inputs, &[], &mut Vec::new())
    }

    /// The value and the side results.
    ///
    /// # Errors
    /// Exactly those of [`Formula::evaluate`].
    pub fn outcome(&self, inputs: &Inputs) -> Result<Outcome, EvalError> {
        let mut values = Vec::with_capacity(self.outputs.len());
        let value = self.run(inputs, &self.outputs, &mut values)?;
        let named =
            self.outputs().zip(values).map(|((name, unit), value)| Output { name: name.to_owned(), value, unit });
        Ok(Outcome { value, outputs: named.collect() })
    }

    fn run(&self, inputs: &Inputs, outputs: &[u8], told: &mut Vec<Decimal>) -> Result<Decimal, EvalError> {
        self.ready(inputs)?;
        match self.machine.run(inputs, outputs, told) {
            Ok(value) if is_negative(value) && self.refuses_negative => Err(EvalError::NegativeResult),
            Ok(value) => Ok(value),
            Err(fault) => Err(self.error(fault)),
        }
    }

    /// The same value, and how it came about.
    ///
    /// # Errors
    /// Exactly those of [`Formula::evaluate`].
    pub fn explain(&self, inputs: &Inputs) -> Result<(Decimal, Trace), EvalError> {
        self.evaluate(inputs)?;
        let (sources, words, locals, tables) = (&self.sources, &self.words, &self.locals, &self.tables);
        let narrator = Narrator::new(Told { sources, words, locals, tables }, inputs);
        narrator.tell(&self.code).map_err(|fault| self.error(fault))
    }

    /// Nothing is reckoned before every value is there.
    fn ready(&self, inputs: &Inputs) -> Result<(), EvalError> {
        if inputs.mark != self.mark {
            return Err(EvalError::OtherFormula);
        }
        match inputs.first_missing(self.sources.len()) {
            Some(slot) => return Err(self.error(Fault::Missing(slot))),
            None if self.tables.is_empty() => return Ok(()),
            None => {}
        }
        let missing = (0_u8..).zip(&self.tables).find_map(|(table, _)| inputs.rows(table).err());
        missing.map_or(Ok(()), |fault| Err(self.error(fault)))
    }

    fn slot(&self, variable: Variable) -> Option<u8> {
        self.slots.get(variable as usize).copied().flatten()
    }

    #[cold]
    fn error(&self, fault: Fault) -> EvalError {
        match fault {
            Fault::DivisionByZero => EvalError::DivisionByZero,
            Fault::Overflow => EvalError::Overflow,
            Fault::TiersNotRising => EvalError::TiersNotRising,
            Fault::NegativeQuantity => EvalError::NegativeQuantity,
            Fault::NoCase => EvalError::NoCase,
            Fault::NoCalendar(year) => EvalError::NoCalendar { year },
            Fault::EndBeforeStart => EvalError::EndBeforeStart,
            Fault::BadDate => EvalError::BadDate,
            Fault::TooManySteps => EvalError::TooManySteps,
            Fault::MissingTable(table) => {
                let table = self.tables.get(usize::from(table)).map(|table| table.name.clone());
                EvalError::Missing { name: table.unwrap_or_default().into() }
            }
            Fault::MissingColumn(table, column) => {
                let table = self.tables.get(usize::from(table));
                let column = table.and_then(|table| table.columns.get(usize::from(column)));
                let name = table.zip(column).map(|(table, column)| format!("{}.{}", table.name, column.name));
                EvalError::Missing { name: name.unwrap_or_default().into() }
            }
            Fault::Missing(slot) => {
                let source = self.sources.get(usize::from(slot));
                EvalError::Missing { name: source.map(|(source, _)| source.label()).unwrap_or_default() }
            }
        }
    }
}

/// The formula in one spelling, with the brackets it needs: what an editor puts in place of what was typed. Means the
/// same as before.
///
/// # Errors
/// The mistake of grammar, with its place.
pub fn tidy(text: &str) -> Result<String, FormulaError> {
    parser::parse(text).map(|tree| tree.to_string())
}

/// Minus zero is zero.
fn is_negative(value: Decimal) -> bool {
    value.is_sign_negative() && !value.is_zero()
}
