//! The tree to a program: names resolved, kinds and units checked. Finds all mistakes, not only the first, and
//! warns of what can go wrong at some house.
//!
//! A number written without a unit adapts: in a sum or a comparison it takes the unit of the others, in a product
//! it is a plain factor. It never adapts to an amount that has been multiplied by 计费月数, because the formula is
//! evaluated for one month and scaled: `面积 × 单价 × 计费月数 + 120` would charge the 120 once a month although it
//! reads as once a bill. Zero is zero in any unit.

mod arithmetic;
mod calls;
mod cases;
mod loops;
mod part;
mod range;
mod time;

use rust_decimal::Decimal;

use super::ast::{Definition, Kind, Node};
use super::error::{FormulaError, Problem, Span};
use super::field::{self, Field, FieldKind};
use super::function::Function;
use super::names::{Found, Names, Purpose, Source, nearest_column};
use super::program::{Block, Code, Local};
use super::unit::{Dimension, Unit};
use super::{ERRORS_MAX, LOCALS_MAX, SLOTS_MAX, TABLES_MAX};
use part::{Part, Sort, clock_part, flag, range_of, unit_of};
use range::Range;

/// A program and what fills its slots.
pub(super) struct Checked {
    pub(super) code: Code,
    pub(super) sources: Vec<(Source, Unit)>,
    pub(super) tables: Vec<Field>,
    pub(super) locals: Vec<Local>,
    /// Locals that are told beside the result.
    pub(super) outputs: Vec<u8>,
    pub(super) warnings: Vec<FormulaError>,
}

/// Checks a whole formula.
pub(super) fn check(node: &Node, names: &Names) -> Result<Checked, Vec<FormulaError>> {
    let mut checker = Checker::new(names);
    let code = checker.part(node).and_then(|part| checker.outcome(part, node.span));
    match code {
        Some(code) if checker.errors.is_empty() => {
            let Checker { sources, tables, locals, outputs, mut warnings, .. } = checker;
            warnings.sort_by_key(|warning| warning.span.start);
            Ok(Checked { code, sources, tables, locals, outputs, warnings })
        }
        _ => {
            checker.errors.sort_by_key(|error| error.span.start);
            Err(checker.errors)
        }
    }
}

/// A name the formula has defined, and what it is.
struct Known {
    name: String,
    local: u8,
    sort: Sort,
    range: Range,
}

struct Checker<'n> {
    names: &'n Names,
    sources: Vec<(Source, Unit)>,
    tables: Vec<Field>,
    locals: Vec<Local>,
    outputs: Vec<u8>,
    errors: Vec<FormulaError>,
    warnings: Vec<FormulaError>,
    /// Names in reach, the innermost last.
    known: Vec<Known>,
    /// Tables whose rows are being gone through, the innermost last.
    open_tables: Vec<u8>,
    /// How many loops are around.
    loops: usize,
    /// True until something stands around: only there a definition can be an output.
    is_outermost: bool,
    /// Slots a condition around has made sure not to be zero.
    nonzero: Vec<u8>,
}

impl<'n> Checker<'n> {
    const fn new(names: &'n Names) -> Self {
        Self {
            names,
            sources: Vec::new(),
            tables: Vec::new(),
            locals: Vec::new(),
            outputs: Vec::new(),
            errors: Vec::new(),
            warnings: Vec::new(),
            known: Vec::new(),
            open_tables: Vec::new(),
            loops: 0,
            is_outermost: true,
            nonzero: Vec::new(),
        }
    }

    fn wrong(&mut self, problem: Problem, span: Span) {
        if self.errors.len() < ERRORS_MAX {
            self.errors.push(FormulaError::new(problem, span));
        }
    }

    fn warn(&mut self, problem: Problem, span: Span) {
        if self.warnings.len() < ERRORS_MAX {
            self.warnings.push(FormulaError::new(problem, span));
        }
    }

    /// Months count only where amounts are for one month.
    fn dimension(&self, unit: Unit) -> Dimension {
        let own = unit.dimension();
        if self.names.purpose() == Purpose::Monthly { own } else { own.without_months() }
    }

    fn dimension_words(&self, dimension: Dimension) -> String {
        if self.names.purpose() == Purpose::Monthly { dimension.words_monthly() } else { dimension.words() }
    }

    /// The whole formula measures what its purpose asks.
    fn outcome(&mut self, part: Part, span: Span) -> Option<Code> {
        let mut part = self.number(part)?;
        let purpose = self.names.purpose();
        match part.dimension() {
            Some(dimension) if purpose != Purpose::Weight && !dimension.is_amount() => {
                let unit = self.dimension_words(dimension);
                self.wrong(Problem::ResultNotYuan { unit }, span);
                return None;
            }
            None if purpose != Purpose::Weight => part.code.adopt(Unit::Yuan),
            _ => {}
        }
        if purpose != Purpose::Settlement && part.range.may_be_negative() {
            self.warn(Problem::ResultMayBeNegative, span);
        }
        Some(part.code)
    }

    /// None when the part is wrong, which has been noted.
    fn part(&mut self, node: &Node) -> Option<Part> {
        let (span, is_outermost) = (node.span, std::mem::take(&mut self.is_outermost));
        match &node.kind {
            Kind::Number { written, suffix } => {
                let Some((value, unit)) = suffix.value(*written) else {
                    self.wrong(Problem::BadNumber(written.to_string()), span);
                    return None;
                };
                let sort = Sort::Number(unit.map(|unit| self.dimension(unit)));
                let code = Code::Constant(value, unit.unwrap_or_default());
                Some(Part { code, sort, fixed: Some(value), range: Range::exactly(value), span })
            }
            Kind::Text(text) => Some(Part {
                code: Code::Constant(Decimal::ZERO, Unit::Text),
                sort: Sort::Word { written: Some(text.clone()), options: Vec::new() },
                fixed: None,
                range: Range::ANY,
                span,
            }),
            Kind::Clock(minutes) => Some(clock_part(*minutes, span)),
            Kind::Name(name) => self.name(name, span),
            Kind::Column { table, column } => self.column(table, column, span),
            Kind::Negative(inner) => self.negative(inner, span),
            Kind::Not(inner) => {
                let inner = self.condition(inner)?;
                Some(flag(Code::Not(Box::new(inner.code)), span))
            }
            Kind::Chain { first, rest } if rest.first().is_some_and(|(op, _)| op.is_sum()) => {
                self.sum(first, rest, span)
            }
            Kind::Chain { first, rest } => self.product(first, rest, span),
            Kind::Compare { left, how, right } => self.compare(left, *how, right, span),
            Kind::Logic { all, parts } => self.logic(*all, parts, span),
            Kind::Call { name, arguments } => self.call(name, arguments, span),
            Kind::Block { definitions, value } => self.block(definitions, value, span, is_outermost),
        }
    }

    /// The part as a number; noted when it is none.
    fn number(&mut self, part: Part) -> Option<Part> {
        if matches!(part.sort, Sort::Number(_)) {
            return Some(part);
        }
        self.wrong(Problem::KindMismatch { expected: "数值", found: part.sort.words() }, part.span);
        None
    }

    fn number_of(&mut self, node: &Node) -> Option<Part> {
        let part = self.part(node)?;
        self.number(part)
    }

    /// A part that holds or does not.
    fn condition(&mut self, node: &Node) -> Option<Part> {
        let part = self.part(node)?;
        if part.sort == Sort::Flag {
            return Some(part);
        }
        self.wrong(Problem::KindMismatch { expected: Sort::Flag.words(), found: part.sort.words() }, part.span);
        None
    }

    fn name(&mut self, name: &str, span: Span) -> Option<Part> {
        if let Some(known) = self.known.iter().rev().find(|known| known.name == name) {
            let (sort, range) = (known.sort.clone(), known.range);
            return Some(Part { code: Code::Local(known.local), sort, fixed: None, range, span });
        }
        let (source, sort, unit, range) = match self.names.find(name) {
            Some(Found::Variable(variable)) => {
                let range = if variable.is_positive() { Range::POSITIVE } else { Range::FROM_ZERO };
                let sort = Sort::Number(Some(self.dimension(variable.unit())));
                (Source::Variable(variable), sort, variable.unit(), range)
            }
            Some(Found::Constant(name, constant)) => {
                let sort = Sort::Number(constant.unit.map(|unit| self.dimension(unit)));
                let unit = constant.unit.unwrap_or_default();
                (Source::Constant(name.to_owned()), sort, unit, Range::exactly(constant.value))
            }
            Some(Found::Field(field)) if field.kind == FieldKind::Table => {
                self.wrong(Problem::TableOutside { table: field.name.clone() }, span);
                return None;
            }
            Some(Found::Field(field)) => {
                (Source::Field(field.name.clone()), self.sort_of(field), field.shown_unit(), range_of(field))
            }
            None => {
                let nearest = self.names.nearest(name, self.known.iter().map(|known| known.name.as_str()));
                self.wrong(Problem::UnknownName { name: name.to_owned(), nearest }, span);
                return None;
            }
        };
        let slot = self.slot(source, unit, span)?;
        let range = if self.nonzero.contains(&slot) { range.without_zero() } else { range };
        Some(Part { code: Code::Slot(slot), sort, fixed: None, range, span })
    }

    /// The slot of an input, which is made when it is met first.
    fn slot(&mut self, source: Source, unit: Unit, span: Span) -> Option<u8> {
        let known = self.sources.iter().position(|(one, _)| *one == source);
        let slot = known.unwrap_or(self.sources.len());
        let Some(number) = u8::try_from(slot).ok().filter(|_| slot < SLOTS_MAX) else {
            self.wrong(Problem::TooManyNames, span);
            return None;
        };
        if known.is_none() {
            self.sources.push((source, unit));
        }
        Some(number)
    }

    fn sort_of(&self, field: &Field) -> Sort {
        match field.kind {
            FieldKind::Number | FieldKind::Table => Sort::Number(Some(self.dimension(field.unit))),
            FieldKind::Flag => Sort::Flag,
            FieldKind::Choice => Sort::Word { written: None, options: field.options.clone() },
            FieldKind::Day => Sort::Day,
            FieldKind::Moment => Sort::Moment,
        }
    }

    fn column(&mut self, table: &str, column: &str, span: Span) -> Option<Part> {
        let number = self.table(table, span)?;
        let field = self.tables.get(usize::from(number))?;
        let place = field.columns.iter().position(|one| one.is_named(column));
        let Some((place, found)) = place.and_then(|place| Some((place, field.columns.get(place)?))) else {
            let (table, column, nearest) = (table.to_owned(), column.to_owned(), nearest_column(field, column));
            self.wrong(Problem::UnknownColumn { table, column, nearest }, span);
            return None;
        };
        let (sort, range) = (self.sort_of(found), range_of(found));
        if !self.open_tables.contains(&number) {
            self.wrong(Problem::TableOutside { table: table.to_owned() }, span);
            return None;
        }
        let column = u8::try_from(place).ok()?;
        Some(Part { code: Code::Column { table: number, column }, sort, fixed: None, range, span })
    }

    /// The number of a table, which is given when it is met first.
    fn table(&mut self, name: &str, span: Span) -> Option<u8> {
        let field = match self.names.find(name) {
            Some(Found::Field(field)) if field.kind == FieldKind::Table => field,
            Some(_) => {
                self.wrong(Problem::KindMismatch { expected: "明细表", found: "一个值" }, span);
                return None;
            }
            None => {
                let nearest = self.names.nearest(name, std::iter::empty());
                self.wrong(Problem::UnknownName { name: name.to_owned(), nearest }, span);
                return None;
            }
        };
        let known = self.tables.iter().position(|one| one.name == field.name);
        let place = known.unwrap_or(self.tables.len());
        if place >= TABLES_MAX {
            self.wrong(Problem::TooManyNames, span);
            return None;
        }
        if known.is_none() {
            self.tables.push(field.clone());
        }
        u8::try_from(place).ok()
    }

    /// A place for a value of the formula's own.
    fn local(&mut self, name: &str, unit: Unit, span: Span) -> Option<u8> {
        let place = u8::try_from(self.locals.len()).ok().filter(|place| usize::from(*place) < LOCALS_MAX);
        let Some(place) = place else {
            self.wrong(Problem::TooManyLocals, span);
            return None;
        };
        self.locals.push(Local { name: name.to_owned(), unit });
        Some(place)
    }

    /// Definitions are in reach to the end of their block.
    fn block(&mut self, definitions: &[Definition], value: &Node, span: Span, is_outermost: bool) -> Option<Part> {
        let outer = self.known.len();
        let mut parts: Vec<Option<(u8, Code)>> = Vec::with_capacity(definitions.len());
        for definition in definitions {
            if definition.is_output && !is_outermost {
                self.wrong(Problem::OutputInside, definition.name.span);
            }
            parts.push(self.definition(definition));
        }
        let value = self.part(value);
        self.known.truncate(outer);
        let definitions: Option<Vec<(u8, Code)>> = parts.into_iter().collect();
        let (definitions, value) = (definitions?.into_boxed_slice(), value?);
        let code = Code::Block(Box::new(Block { definitions, value: value.code }));
        Some(Part { code, span, ..value })
    }

    fn definition(&mut self, definition: &Definition) -> Option<(u8, Code)> {
        let name = &definition.name;
        let is_taken = self.names.find(&name.text).is_some()
            || field::is_variable(&name.text)
            || Function::parse(&name.text).is_some()
            || self.known.iter().any(|known| known.name == name.text);
        if is_taken || !field::is_name(&name.text) {
            self.wrong(Problem::NameTaken(name.text.clone()), name.span);
            return None;
        }
        let part = self.part(&definition.value);
        let unit = part.as_ref().map_or(Unit::Number, Part::unit);
        let local = self.local(&name.text, unit, name.span)?;
        if definition.is_output {
            self.outputs.push(local);
        }
        // A definition that is wrong is known all the same: using it is not a second mistake.
        let (sort, range) =
            part.as_ref().map_or((Sort::Number(None), Range::ANY), |part| (part.sort.clone(), part.range));
        self.known.push(Known { name: name.text.clone(), local, sort, range });
        part.map(|part| (local, part.code))
    }
}
