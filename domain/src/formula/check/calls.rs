//! Functions of values: which arguments they take and what they give.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::range::Range;
use super::{Checker, Part, Sort, unit_of};
use crate::formula::PLACES_MAX;
use crate::formula::ast::{Argument, Kind, Node, Suffix, Word};
use crate::formula::error::{Problem, Span};
use crate::formula::eval;
use crate::formula::function::Function;
use crate::formula::names::nearest_function;
use crate::formula::program::{Call, Code};
use crate::formula::unit::Dimension;

impl Checker<'_> {
    pub(super) fn call(&mut self, name: &Word, arguments: &[Argument], span: Span) -> Option<Part> {
        let Some(function) = Function::parse(&name.text) else {
            let problem = Problem::UnknownFunction { name: name.text.clone(), nearest: nearest_function(&name.text) };
            self.wrong(problem, name.span);
            arguments.iter().for_each(|argument| drop(self.part(&argument.value)));
            return None;
        };
        match function {
            Function::Tiers => return self.tiers(arguments, span),
            Function::Lookup | Function::Choose => return self.cases(function, arguments, span),
            _ => {}
        }
        if let Some(label) = arguments.iter().find_map(|argument| argument.label.as_ref()) {
            self.wrong(Problem::StrayColon, label.span);
            return None;
        }
        let nodes: Vec<&Node> = arguments.iter().map(|argument| &argument.value).collect();
        self.arity(function, nodes.len(), span)?;
        if function.is_loop() {
            return self.each(function, &nodes, span);
        }
        match function {
            Function::Min | Function::Max => self.extreme(function, &nodes, span),
            Function::Round | Function::Ceil | Function::Floor | Function::RoundEven => {
                self.round(function, &nodes, span)
            }
            Function::Abs => self.abs(&nodes, span),
            Function::Remainder | Function::Units | Function::Within | Function::Beyond => {
                self.cut(function, &nodes, span)
            }
            Function::If => self.choice(&nodes, span),
            _ => self.time(function, &nodes, span),
        }
    }

    /// The number of arguments.
    fn arity(&mut self, function: Function, found: usize, span: Span) -> Option<()> {
        let (enough, expected) = match function {
            Function::Min | Function::Max => (found >= 2, "至少 2 个值"),
            Function::Round | Function::RoundEven => (found == 1 || found == 2, "2 个值（数值、小数位数）"),
            Function::Ceil | Function::Floor => (found == 1 || found == 2, "1 个值，或再加小数位数"),
            Function::Units => (found == 2 || found == 3, "2 或 3 个值"),
            Function::If => (found >= 3 && found % 2 == 1, "条件、是、否（条件和结果成对，最后是否则）"),
            Function::Abs
            | Function::IsWorkday
            | Function::IsHoliday
            | Function::Weekday
            | Function::Year
            | Function::Month
            | Function::DayOfMonth
            | Function::DaysInMonth
            | Function::MonthStart
            | Function::MonthEnd
            | Function::YearEnd
            | Function::DayOf => (found == 1, "1 个值"),
            Function::Within | Function::Date | Function::EachDay => (found == 3, "3 个值"),
            Function::EachPiece | Function::EachMonth => (found == 3, "3 个值"),
            Function::WindowMinutes | Function::EachCycle => (found == 4, "4 个值"),
            Function::EachWindow => (found == 5, "5 个值"),
            _ => (found == 2, "2 个值"),
        };
        if enough {
            return Some(());
        }
        self.wrong(Problem::ArgumentCount { name: function.name(), expected, found }, span);
        None
    }

    fn extreme(&mut self, function: Function, nodes: &[&Node], span: Span) -> Option<Part> {
        let parts = nodes.iter().map(|node| self.part(node)).collect();
        let (sort, parts) = self.same(parts)?;
        if matches!(sort, Sort::Flag | Sort::Word { .. } | Sort::Clock) {
            self.wrong(Problem::KindMismatch { expected: "数值", found: sort.words() }, span);
            return None;
        }
        let ranges = parts.iter().map(|part| part.range);
        let range = ranges.reduce(|a, b| if function == Function::Min { a.least(b) } else { a.most(b) });
        Some(called(function, parts, 0, sort, range.unwrap_or(Range::ANY), span))
    }

    fn round(&mut self, function: Function, nodes: &[&Node], span: Span) -> Option<Part> {
        let part = nodes.first().and_then(|node| self.number_of(node));
        let places = match nodes.get(1) {
            None => 0,
            Some(node) => {
                let written = match &node.kind {
                    Kind::Number { written, suffix: Suffix::None } if written.fract().is_zero() => written.to_u32(),
                    _ => None,
                };
                let Some(places) = written.filter(|places| *places <= PLACES_MAX) else {
                    self.wrong(Problem::BadPlaces, node.span);
                    return None;
                };
                places
            }
        };
        let part = part?;
        let range = if part.range.may_be_negative() { Range::ANY } else { Range::FROM_ZERO };
        let sort = part.sort.clone();
        Some(called(function, vec![part], places, sort, range, span))
    }

    fn abs(&mut self, nodes: &[&Node], span: Span) -> Option<Part> {
        let part = nodes.first().and_then(|node| self.number_of(node))?;
        let sort = part.sort.clone();
        Some(called(Function::Abs, vec![part], 0, sort, Range::FROM_ZERO, span))
    }

    /// Quantities against limits of the same measure.
    fn cut(&mut self, function: Function, nodes: &[&Node], span: Span) -> Option<Part> {
        let parts = nodes.iter().map(|node| self.number_of(node)).collect();
        let (sort, parts) = self.same(parts)?;
        if let Some(divisor) = parts.get(1).filter(|_| matches!(function, Function::Remainder | Function::Units)) {
            self.divisor(divisor);
        }
        let sort = if function == Function::Units { Sort::Number(Some(Dimension::NUMBER)) } else { sort };
        Some(called(function, parts, 0, sort, Range::FROM_ZERO, span))
    }
}

/// A call over checked parts, worked out at once where all of them are known.
pub(super) fn called(function: Function, parts: Vec<Part>, places: u32, sort: Sort, range: Range, span: Span) -> Part {
    let values: Option<Vec<Decimal>> = parts.iter().map(|part| part.fixed).collect();
    let fixed = values.and_then(|values| eval::call(function, places, &values, None).ok());
    let fixed = fixed.filter(|_| matches!(sort, Sort::Number(_)));
    let dimension = match sort {
        Sort::Number(dimension) => dimension,
        _ => None,
    };
    let arguments = parts.into_iter().map(|part| part.code).collect();
    let code = Code::Call(Box::new(Call { function, arguments, places, unit: unit_of(dimension) }));
    let part = Part { code, sort, fixed, range: fixed.map_or(range, Range::exactly), span };
    let unit = part.unit();
    match part.code {
        Code::Call(call) => Part { code: Code::Call(Box::new(Call { unit, ..*call })), ..part },
        _ => part,
    }
}
