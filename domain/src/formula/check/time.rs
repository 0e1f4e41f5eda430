//! Functions of days, moments and the calendar.

use rust_decimal::Decimal;

use super::calls::called;
use super::range::Range;
use super::{Checker, Part, Sort, clock_part};
use crate::formula::ast::Node;
use crate::formula::error::{Problem, Span};
use crate::formula::function::Function;
use crate::formula::lexer;
use crate::formula::unit::{Dimension, Unit};

/// The days of a week and the months of a year, for ranges.
const WEEK_DAYS: u32 = 7;
const YEAR_MONTHS: u32 = 12;
const MONTH_DAYS_MAX: u32 = 31;
const MONTH_DAYS_MIN: u32 = 28;

impl Checker<'_> {
    pub(super) fn time(&mut self, function: Function, nodes: &[&Node], span: Span) -> Option<Part> {
        let (parts, sort, range) = match function {
            Function::Minutes => (self.all(nodes, &[Sort::Moment, Sort::Moment])?, minutes(), Range::FROM_ZERO),
            Function::WindowMinutes => {
                let sorts = [Sort::Moment, Sort::Moment, Sort::Clock, Sort::Clock];
                (self.all(nodes, &sorts)?, minutes(), Range::FROM_ZERO)
            }
            Function::Days => (self.all(nodes, &[Sort::Day, Sort::Day])?, days(), Range::ANY),
            Function::MonthsBetween => (self.all(nodes, &[Sort::Day, Sort::Day])?, count(), Range::FROM_ZERO),
            Function::Date => {
                let parts = nodes.iter().map(|node| self.number_of(node)).collect::<Option<Vec<Part>>>()?;
                (parts, Sort::Day, Range::ANY)
            }
            Function::AddMonths => {
                let day = nodes.first().and_then(|node| self.of_sort(node, &Sort::Day));
                let months = nodes.get(1).and_then(|node| self.number_of(node));
                (vec![day?, months?], Sort::Day, Range::ANY)
            }
            Function::DayOf => (self.all(nodes, &[Sort::Moment])?, Sort::Day, Range::ANY),
            _ => {
                let part = nodes.first().and_then(|node| self.day_like(node))?;
                let (sort, range) = of_day(function);
                (vec![part], sort, range)
            }
        };
        Some(called(function, parts, 0, sort, range, span))
    }

    fn all(&mut self, nodes: &[&Node], sorts: &[Sort]) -> Option<Vec<Part>> {
        let parts: Vec<Option<Part>> = nodes.iter().zip(sorts).map(|(node, sort)| self.of_sort(node, sort)).collect();
        parts.into_iter().collect()
    }

    /// A part of that kind; a written word can be a time of day.
    pub(super) fn of_sort(&mut self, node: &Node, sort: &Sort) -> Option<Part> {
        let part = self.part(node)?;
        if part.sort == *sort {
            return Some(part);
        }
        if let (Sort::Clock, Sort::Word { written: Some(text), .. }) = (sort, &part.sort) {
            let Some(minutes) = lexer::clock(text) else {
                self.wrong(Problem::BadClock, part.span);
                return None;
            };
            return Some(clock_part(minutes, part.span));
        }
        self.wrong(Problem::KindMismatch { expected: sort.words(), found: part.sort.words() }, part.span);
        None
    }

    /// A day, or a moment of which the day counts.
    fn day_like(&mut self, node: &Node) -> Option<Part> {
        let part = self.part(node)?;
        match part.sort {
            Sort::Day => Some(part),
            Sort::Moment => {
                let span = part.span;
                Some(called(Function::DayOf, vec![part], 0, Sort::Day, Range::ANY, span))
            }
            _ => {
                self.wrong(Problem::KindMismatch { expected: "日期", found: part.sort.words() }, part.span);
                None
            }
        }
    }
}

fn minutes() -> Sort {
    Sort::Number(Some(Dimension::minutes()))
}

fn days() -> Sort {
    Sort::Number(Some(Dimension::days()))
}

fn count() -> Sort {
    Sort::Number(Some(Unit::Number.dimension()))
}

fn of_day(function: Function) -> (Sort, Range) {
    let between = |min: u32, max: u32| Range::between(Decimal::from(min), Decimal::from(max));
    match function {
        Function::IsWorkday | Function::IsHoliday => (Sort::Flag, Range::ANY),
        Function::Weekday => (count(), between(1, WEEK_DAYS)),
        Function::Month => (count(), between(1, YEAR_MONTHS)),
        Function::DayOfMonth => (count(), between(1, MONTH_DAYS_MAX)),
        Function::DaysInMonth => (days(), between(MONTH_DAYS_MIN, MONTH_DAYS_MAX)),
        Function::Year => (count(), Range::POSITIVE),
        _ => (Sort::Day, Range::ANY),
    }
}
