//! Sums over the days of a stay, the pieces of a quantity, the rows of a table.

use super::range::Range;
use super::{Checker, Known, Part, Sort, unit_of};
use crate::formula::LOOPS_MAX;
use crate::formula::ast::{Kind, Node};
use crate::formula::error::{Problem, Span};
use crate::formula::function::Function;
use crate::formula::program::{Code, Each, Over, RunLength};
use crate::formula::unit::{Dimension, Unit};

/// What a round of a stay knows: its begin and end, its minutes, its number from 1, and the minutes before it.
const STAY: [&str; 5] = ["段始", "段终", "段分钟", "段序", "此前分钟"];
/// What a piece of a quantity knows: how much it is, its number from 1, and how much was before it.
const PIECE: [&str; 3] = ["段量", "段序", "此前量"];
/// What a calendar month knows: its first and last day in question, how many days these are, how many days the
/// whole month has, and its number from 1.
const MONTH: [&str; 5] = ["段始", "段终", "段天数", "当月天数", "段序"];
/// What a row knows: its number from 1.
const ROW: [&str; 1] = ["行序"];

/// A name of a round, and what it is.
type Knowledge = (&'static str, Sort, Range);

impl Checker<'_> {
    pub(super) fn each(&mut self, function: Function, nodes: &[&Node], span: Span) -> Option<Part> {
        if self.loops >= LOOPS_MAX {
            self.wrong(Problem::LoopsTooDeep, span);
            return None;
        }
        let (body, around) = nodes.split_last()?;
        let (over, knows) = match function {
            Function::EachPiece => self.pieces(around)?,
            Function::EachMonth => {
                let from = self.of_node(around, 0, &Sort::Day);
                let until = self.of_node(around, 1, &Sort::Day);
                (Over::Months { from: from?.code, until: until?.code }, month_knows())
            }
            Function::EachDay | Function::EachWindow | Function::EachCycle => self.stay(function, around)?,
            _ => return self.rows(function, around, body, span),
        };
        self.rounds(function, over, &knows, body, span)
    }

    fn of_node(&mut self, nodes: &[&Node], place: usize, sort: &Sort) -> Option<Part> {
        nodes.get(place).and_then(|node| self.of_sort(node, sort))
    }

    fn stay(&mut self, function: Function, around: &[&Node]) -> Option<(Over, Vec<Knowledge>)> {
        let (from, until) = (self.of_node(around, 0, &Sort::Moment), self.of_node(around, 1, &Sort::Moment));
        let over = match function {
            Function::EachWindow => {
                let (opens, closes) = (self.of_node(around, 2, &Sort::Clock), self.of_node(around, 3, &Sort::Clock));
                let (opens, closes) = (opens?.code, closes?.code);
                Over::Windows { from: from?.code, until: until?.code, opens, closes }
            }
            Function::EachCycle => {
                let minutes = around.get(2).and_then(|node| self.number_of(node))?;
                let minutes = self.measured(minutes, Dimension::minutes())?;
                self.divisor(&minutes);
                Over::Cycles { from: from?.code, until: until?.code, minutes: minutes.code }
            }
            _ => Over::Days { from: from?.code, until: until?.code },
        };
        let minutes = Sort::Number(Some(Dimension::minutes()));
        let sorts = [
            (Sort::Moment, Range::ANY),
            (Sort::Moment, Range::ANY),
            (minutes.clone(), Range::POSITIVE),
            (Sort::Number(Some(Dimension::NUMBER)), Range::POSITIVE),
            (minutes, Range::FROM_ZERO),
        ];
        Some((over, STAY.into_iter().zip(sorts).map(|(name, (sort, range))| (name, sort, range)).collect()))
    }

    /// A number of that measure; a plain one adopts it.
    fn measured(&mut self, mut part: Part, wanted: Dimension) -> Option<Part> {
        match part.dimension() {
            Some(own) if own != wanted => {
                let (left, right) = (self.dimension_words(wanted), self.dimension_words(own));
                self.wrong(Problem::UnitMismatch { left, right }, part.span);
                None
            }
            Some(_) => Some(part),
            None => {
                part.code.adopt(wanted.unit());
                Some(part)
            }
        }
    }

    fn pieces(&mut self, around: &[&Node]) -> Option<(Over, Vec<Knowledge>)> {
        let parts = around.iter().map(|node| self.number_of(node)).collect();
        let (sort, parts) = self.same(parts)?;
        let mut parts = parts.into_iter();
        let (total, size) = (parts.next()?, parts.next()?);
        self.divisor(&size);
        let number = Sort::Number(Some(Dimension::NUMBER));
        let sorts = [(sort.clone(), Range::POSITIVE), (number, Range::POSITIVE), (sort, Range::FROM_ZERO)];
        let knows = PIECE.into_iter().zip(sorts).map(|(name, (sort, range))| (name, sort, range)).collect();
        Some((Over::Pieces { total: total.code, size: size.code }, knows))
    }

    fn rows(&mut self, function: Function, around: &[&Node], body: &Node, span: Span) -> Option<Part> {
        let node = around.first()?;
        let Kind::Name(name) = &node.kind else {
            let problem = Problem::BadArgument { name: function.name(), expected: function.usage() };
            self.wrong(problem, node.span);
            return None;
        };
        let table = self.table(name, node.span)?;
        let needs_row = matches!(function, Function::SumBefore | Function::RunLength);
        if needs_row && !self.open_tables.contains(&table) {
            self.wrong(Problem::TableOutside { table: name.clone() }, span);
            return None;
        }
        self.open_tables.push(table);
        let number = Sort::Number(Some(Dimension::NUMBER));
        let part = match function {
            Function::RunLength => self.run_length(table, body, span),
            Function::SumBefore => self.rounds(function, Over::RowsBefore { table }, &[], body, span),
            _ => self.rounds(function, Over::Rows { table }, &[(ROW[0], number, Range::POSITIVE)], body, span),
        };
        self.open_tables.pop();
        part
    }

    fn run_length(&mut self, table: u8, body: &Node, span: Span) -> Option<Part> {
        self.loops += 1;
        let condition = self.condition(body);
        self.loops -= 1;
        let code = Code::RunLength(Box::new(RunLength { table, condition: condition?.code }));
        let sort = Sort::Number(Some(Dimension::NUMBER));
        Some(Part { code, sort, fixed: None, range: Range::FROM_ZERO, span })
    }

    /// The sum of a body over rounds that know something of themselves.
    fn rounds(
        &mut self,
        function: Function,
        over: Over,
        knows: &[(&str, Sort, Range)],
        body: &Node,
        span: Span,
    ) -> Option<Part> {
        let outer = self.known.len();
        let base = u8::try_from(self.locals.len()).unwrap_or(u8::MAX);
        for (name, sort, range) in knows {
            let local = self.local(name, shown(sort), span)?;
            self.known.push(Known { name: (*name).to_owned(), local, sort: sort.clone(), range: *range });
        }
        self.loops += 1;
        let counts = function == Function::Count;
        let body = if counts { self.condition(body) } else { self.number_of(body) };
        self.loops -= 1;
        self.known.truncate(outer);
        let body = body?;
        let sort = if counts { Sort::Number(Some(Dimension::NUMBER)) } else { body.sort };
        let range = if counts || !body.range.may_be_negative() { Range::FROM_ZERO } else { Range::ANY };
        let part = Part { code: Code::Local(0), sort, fixed: None, range, span };
        let each = Each { over, body: body.code, base, unit: part.unit() };
        Some(Part { code: Code::Each(Box::new(each)), ..part })
    }
}

fn shown(sort: &Sort) -> Unit {
    match sort {
        Sort::Number(dimension) => unit_of(*dimension),
        Sort::Moment => Unit::Moment,
        Sort::Day => Unit::Date,
        _ => Unit::Number,
    }
}

fn month_knows() -> Vec<Knowledge> {
    let days = Sort::Number(Some(Dimension::days()));
    let sorts =
        [Sort::Day, Sort::Day, days.clone(), days, Sort::Number(Some(Dimension::NUMBER))].map(|sort| match sort {
            Sort::Day => (sort, Range::ANY),
            _ => (sort, Range::POSITIVE),
        });
    MONTH.into_iter().zip(sorts).map(|(name, (sort, range))| (name, sort, range)).collect()
}
