//! The tree to a program: names resolved, units checked. Finds all mistakes, not only the first.
//!
//! A number written without a unit adapts: in a sum or a comparison it takes the unit of the others, in a product
//! it is a plain factor. It never adapts to an amount that has been multiplied by 计费月数, because the formula is
//! evaluated for one month and scaled: `面积 × 单价 × 计费月数 + 120` would charge the 120 once a month although it
//! reads as once a bill. Zero is zero in any unit.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::ast::{Function, Kind, Node, Op};
use super::error::{FormulaError, Problem, Span};
use super::eval;
use super::names::{Names, Source, nearest_function};
use super::program::{Call, Chain, Code, Negative};
use super::unit::{Dimension, Unit};
use super::{ERRORS_MAX, PLACES_MAX, SLOTS_MAX};

/// A program and what fills its slots.
pub(super) struct Checked {
    pub(super) code: Code,
    pub(super) sources: Vec<(Source, Unit)>,
}

/// Checks a whole formula.
pub(super) fn check(node: &Node, names: &Names) -> Result<Checked, Vec<FormulaError>> {
    let mut checker = Checker { names, sources: Vec::new(), errors: Vec::new() };
    let part = checker.part(node);
    if let Some(part) = part {
        match part.dimension {
            Some(dimension) if !dimension.is_amount() => {
                checker.wrong(Problem::ResultNotYuan { unit: dimension.words() }, node.span);
            }
            own => {
                let mut code = part.code;
                if own.is_none() {
                    code.adopt(Unit::Yuan);
                }
                if checker.errors.is_empty() {
                    return Ok(Checked { code, sources: checker.sources });
                }
            }
        }
    }
    checker.errors.sort_by_key(|error| error.span.start);
    Err(checker.errors)
}

/// A checked part. No dimension: made of written numbers alone, so it adapts. `fixed` is its value when no name
/// occurs in it.
struct Part {
    code: Code,
    dimension: Option<Dimension>,
    fixed: Option<Decimal>,
}

struct Checker<'n> {
    names: &'n Names,
    sources: Vec<(Source, Unit)>,
    errors: Vec<FormulaError>,
}

impl Checker<'_> {
    fn wrong(&mut self, problem: Problem, span: Span) {
        if self.errors.len() < ERRORS_MAX {
            self.errors.push(FormulaError::new(problem, span));
        }
    }

    /// None when the part is wrong, which has been noted.
    fn part(&mut self, node: &Node) -> Option<Part> {
        match &node.kind {
            Kind::Number { value, unit } => Some(Part {
                code: Code::Constant(*value, unit.unwrap_or_default()),
                dimension: unit.map(Unit::dimension),
                fixed: Some(*value),
            }),
            Kind::Name(name) => self.name(name, node.span),
            Kind::Negative(inner) => self.part(inner).map(negative),
            Kind::Chain { first, rest } if rest.first().is_some_and(|(op, _)| op.is_sum()) => self.sum(first, rest),
            Kind::Chain { first, rest } => self.product(first, rest),
            Kind::Call { name, name_span, arguments } => self.call(name, *name_span, arguments, node.span),
        }
    }

    fn name(&mut self, name: &str, span: Span) -> Option<Part> {
        let Some((source, unit)) = self.names.find(name) else {
            let nearest = self.names.nearest(name);
            self.wrong(Problem::UnknownName { name: name.to_owned(), nearest }, span);
            return None;
        };
        let known = self.sources.iter().position(|(one, _)| *one == source);
        let slot = known.unwrap_or(self.sources.len());
        let number = u8::try_from(slot).ok().filter(|_| slot < SLOTS_MAX);
        let Some(number) = number else {
            self.wrong(Problem::TooManyNames, span);
            return None;
        };
        if known.is_none() {
            self.sources.push((source, unit.unwrap_or_default()));
        }
        Some(Part { code: Code::Slot(number), dimension: unit.map(Unit::dimension), fixed: None })
    }

    /// Sums and differences: one dimension for all.
    fn sum(&mut self, first: &Node, rest: &[(Op, Node)]) -> Option<Part> {
        let spans: Vec<Span> = std::iter::once(first.span).chain(rest.iter().map(|(_, node)| node.span)).collect();
        let parts: Vec<Option<Part>> =
            std::iter::once(first).chain(rest.iter().map(|(_, node)| node)).map(|node| self.part(node)).collect();
        let (dimension, parts) = self.same(parts, &spans)?;
        Some(chain(parts, rest.iter().map(|(op, _)| *op), dimension))
    }

    fn product(&mut self, first: &Node, rest: &[(Op, Node)]) -> Option<Part> {
        let start = self.part(first);
        let mut dimension = start.as_ref().and_then(|part| part.dimension);
        let mut parts = vec![start];
        for (op, node) in rest {
            let part = self.part(node);
            if *op == Op::Divide && part.as_ref().and_then(|part| part.fixed).is_some_and(|value| value.is_zero()) {
                self.wrong(Problem::DivisionByZero, node.span);
            }
            let factor = part.as_ref().and_then(|part| part.dimension);
            dimension = match (dimension, factor) {
                (own, None) => own,
                (own, Some(factor)) if *op == Op::Divide => Some(own.unwrap_or(Dimension::NUMBER).over(factor)),
                (own, Some(factor)) => Some(own.unwrap_or(Dimension::NUMBER).times(factor)),
            };
            parts.push(part);
        }
        let parts: Option<Vec<Part>> = parts.into_iter().collect();
        Some(chain(parts?, rest.iter().map(|(op, _)| *op), dimension))
    }

    fn call(&mut self, name: &str, name_span: Span, arguments: &[Node], span: Span) -> Option<Part> {
        let Some(function) = Function::parse(name) else {
            let nearest = nearest_function(name);
            self.wrong(Problem::UnknownFunction { name: name.to_owned(), nearest }, name_span);
            arguments.iter().for_each(|node| drop(self.part(node)));
            return None;
        };
        let (enough, expected) = match function {
            Function::Min | Function::Max => (arguments.len() >= 2, "至少 2 个值"),
            Function::Round => (arguments.len() == 2, "2 个值（数值、小数位数）"),
        };
        if !enough {
            let found = arguments.len();
            self.wrong(Problem::ArgumentCount { name: function.name(), expected, found }, span);
            return None;
        }
        match (function, arguments) {
            (Function::Round, [value, places]) => self.round(value, places),
            _ => {
                let spans: Vec<Span> = arguments.iter().map(|node| node.span).collect();
                let parts = arguments.iter().map(|node| self.part(node)).collect();
                let (dimension, parts) = self.same(parts, &spans)?;
                Some(called(function, parts, 0, dimension))
            }
        }
    }

    fn round(&mut self, value: &Node, places: &Node) -> Option<Part> {
        let part = self.part(value);
        let written = match &places.kind {
            Kind::Number { value, unit: None } if value.fract().is_zero() => value.to_u32(),
            _ => None,
        };
        let Some(places_n) = written.filter(|places| *places <= PLACES_MAX) else {
            self.wrong(Problem::BadPlaces, places.span);
            return None;
        };
        let part = part?;
        let dimension = part.dimension;
        Some(called(Function::Round, vec![part], places_n, dimension))
    }

    /// Values that are added or compared: all of one dimension, which written numbers adopt.
    fn same(&mut self, parts: Vec<Option<Part>>, spans: &[Span]) -> Option<(Option<Dimension>, Vec<Part>)> {
        let dimension = parts.iter().flatten().find_map(|part| part.dimension);
        let mut sound = Vec::with_capacity(parts.len());
        let mut failed = false;
        for (part, span) in parts.into_iter().zip(spans) {
            let Some(mut part) = part else {
                failed = true;
                continue;
            };
            if let Some(wanted) = dimension {
                if let Some(problem) = clash(&part, wanted) {
                    self.wrong(problem, *span);
                    failed = true;
                    continue;
                }
                if part.dimension.is_none() {
                    part.code.adopt(wanted.unit());
                }
            }
            sound.push(part);
        }
        (!failed).then_some((dimension, sound))
    }
}

/// Why a part cannot stand beside values of the wanted dimension.
fn clash(part: &Part, wanted: Dimension) -> Option<Problem> {
    match part.dimension {
        Some(own) if own == wanted => None,
        Some(own) if own.yuan == wanted.yuan && own.area == wanted.area => Some(Problem::MonthsMixed),
        Some(own) => Some(Problem::UnitMismatch { left: wanted.words(), right: own.words() }),
        None if wanted.months == 0 || part.fixed.is_some_and(|value| value.is_zero()) => None,
        None => Some(Problem::MonthsMixed),
    }
}

fn unit_of(dimension: Option<Dimension>) -> Unit {
    dimension.map_or(Unit::Number, Dimension::unit)
}

fn negative(part: Part) -> Part {
    let fixed = part.fixed.map(|value| -value);
    let code = match part.code {
        Code::Constant(value, unit) => Code::Constant(-value, unit),
        inner => Code::Negative(Box::new(Negative { inner, unit: unit_of(part.dimension) })),
    };
    Part { code, dimension: part.dimension, fixed }
}

fn chain(parts: Vec<Part>, ops: impl Iterator<Item = Op>, dimension: Option<Dimension>) -> Part {
    let fixed: Option<Vec<Decimal>> = parts.iter().map(|part| part.fixed).collect();
    let mut codes = parts.into_iter().map(|part| part.code);
    let first = codes.next().unwrap_or(Code::Constant(Decimal::ZERO, Unit::Number));
    let rest: Box<[(Op, Code)]> = ops.zip(codes).collect();
    let fixed = fixed.and_then(|values| {
        let mut values = values.into_iter();
        let start = values.next()?;
        rest.iter().zip(values).try_fold(start, |left, ((op, _), right)| eval::apply(*op, left, right).ok())
    });
    Part { code: Code::Chain(Box::new(Chain { first, rest, unit: unit_of(dimension) })), dimension, fixed }
}

fn called(function: Function, parts: Vec<Part>, places: u32, dimension: Option<Dimension>) -> Part {
    let fixed: Option<Vec<Decimal>> = parts.iter().map(|part| part.fixed).collect();
    let fixed = fixed.and_then(|values| eval::call(function, places, values.into_iter().map(Ok)).ok());
    let arguments = parts.into_iter().map(|part| part.code).collect();
    Part {
        code: Code::Call(Box::new(Call { function, arguments, places, unit: unit_of(dimension) })),
        dimension,
        fixed,
    }
}
