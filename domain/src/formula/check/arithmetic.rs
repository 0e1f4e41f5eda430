//! Signs, sums, products, comparisons and conditions.

use rust_decimal::Decimal;

use super::range::Range;
use super::{Checker, Part, Sort, flag, unit_of};
use crate::formula::ast::{Comparison, Node, Op};
use crate::formula::error::{Problem, Span};
use crate::formula::eval;
use crate::formula::program::{Chain, Code, Compare, Logic, Negative};
use crate::formula::unit::{Dimension, Unit};

impl Checker<'_> {
    pub(super) fn negative(&mut self, inner: &Node, span: Span) -> Option<Part> {
        let part = self.number_of(inner)?;
        let fixed = part.fixed.map(|value| -value);
        let unit = part.unit();
        let code = match part.code {
            Code::Constant(value, unit) => Code::Constant(-value, unit),
            inner => Code::Negative(Box::new(Negative { inner, unit })),
        };
        Some(Part { code, sort: part.sort, fixed, range: part.range.negated(), span })
    }

    /// Sums and differences: one dimension for all, or a day and days, a moment and minutes.
    pub(super) fn sum(&mut self, first: &Node, rest: &[(Op, Node)], span: Span) -> Option<Part> {
        let parts: Vec<Option<Part>> =
            std::iter::once(first).chain(rest.iter().map(|(_, node)| node)).map(|node| self.part(node)).collect();
        let ops = rest.iter().map(|(op, _)| *op);
        if parts.iter().flatten().any(|part| matches!(part.sort, Sort::Day | Sort::Moment)) {
            let parts: Option<Vec<Part>> = parts.into_iter().collect();
            return self.sum_of_times(parts?, ops, span);
        }
        let (sort, parts) = self.same(parts)?;
        if !matches!(sort, Sort::Number(_)) {
            self.wrong(Problem::KindMismatch { expected: "数值", found: sort.words() }, span);
            return None;
        }
        Some(chain(parts, ops, sort, span))
    }

    /// What a day or a moment may be added to or taken from.
    fn sum_of_times(&mut self, parts: Vec<Part>, ops: impl Iterator<Item = Op>, span: Span) -> Option<Part> {
        let ops: Vec<Op> = ops.collect();
        let mut parts = parts;
        let mut sort = parts.first()?.sort.clone();
        for (op, part) in ops.iter().zip(parts.iter_mut().skip(1)) {
            let step = if sort == Sort::Day { Dimension::days() } else { Dimension::minutes() };
            sort = match (&sort, op, &part.sort) {
                (Sort::Day, Op::Subtract, Sort::Day) | (Sort::Moment, Op::Subtract, Sort::Moment) => {
                    Sort::Number(Some(step))
                }
                (Sort::Day | Sort::Moment, _, Sort::Number(own)) if own.is_none_or(|own| own == step) => {
                    part.code.adopt(step.unit());
                    sort
                }
                (Sort::Number(Some(own)), _, Sort::Number(other)) if other.is_none_or(|other| other == *own) => sort,
                (expected, _, found) => {
                    let problem = Problem::KindMismatch { expected: expected.words(), found: found.words() };
                    self.wrong(problem, part.span);
                    return None;
                }
            };
        }
        Some(Part { range: Range::ANY, ..chain(parts, ops.into_iter(), sort, span) })
    }

    pub(super) fn product(&mut self, first: &Node, rest: &[(Op, Node)], span: Span) -> Option<Part> {
        let start = self.number_of(first);
        let mut dimension = start.as_ref().and_then(Part::dimension);
        let mut parts = vec![start];
        for (op, node) in rest {
            let part = self.number_of(node);
            if let Some(divisor) = part.as_ref().filter(|_| *op == Op::Divide) {
                self.divisor(divisor);
            }
            let factor = part.as_ref().and_then(Part::dimension);
            dimension = match (dimension, factor) {
                (own, None) => own,
                (own, Some(factor)) if *op == Op::Divide => Some(own.unwrap_or(Dimension::NUMBER).over(factor)),
                (own, Some(factor)) => Some(own.unwrap_or(Dimension::NUMBER).times(factor)),
            };
            parts.push(part);
        }
        let parts: Option<Vec<Part>> = parts.into_iter().collect();
        Some(chain(parts?, rest.iter().map(|(op, _)| *op), Sort::Number(dimension), span))
    }

    /// A divisor must not be zero whatever the house, and should not be at any.
    pub(super) fn divisor(&mut self, divisor: &Part) {
        if divisor.fixed.is_some_and(|value| value.is_zero()) {
            self.wrong(Problem::DivisionByZero, divisor.span);
        } else if divisor.range.may_be_zero() {
            self.warn(Problem::DivisorMayBeZero, divisor.span);
        }
    }

    pub(super) fn compare(&mut self, left: &Node, how: Comparison, right: &Node, span: Span) -> Option<Part> {
        let (left, right) = (self.part(left), self.part(right));
        let (mut left, mut right) = (left?, right?);
        let mut word = None;
        if matches!(left.sort, Sort::Word { .. }) || matches!(right.sort, Sort::Word { .. }) {
            word = Some(self.words(&mut left, &mut right)?);
        } else {
            let (_, parts) = self.same(vec![Some(left), Some(right)])?;
            let mut parts = parts.into_iter();
            (left, right) = (parts.next()?, parts.next()?);
        }
        if how.needs_order() && matches!(left.sort, Sort::Word { .. } | Sort::Flag) {
            self.wrong(Problem::KindMismatch { expected: "数值", found: left.sort.words() }, left.span);
            return None;
        }
        let code = Code::Compare(Box::new(Compare { left: left.code, how, right: right.code, word }));
        Some(flag(code, span))
    }

    /// A choice beside a written word: the word becomes the place of the option, or a time of day where one is
    /// needed.
    fn words(&mut self, left: &mut Part, right: &mut Part) -> Option<String> {
        let (choice, literal) = match (&left.sort, &right.sort) {
            (Sort::Word { written: None, .. }, _) => (left, right),
            _ => (right, left),
        };
        let Sort::Word { written: None, options } = &choice.sort else {
            self.wrong(Problem::KindMismatch { expected: "可选项", found: choice.sort.words() }, choice.span);
            return None;
        };
        let options = options.clone();
        self.option(literal, &options)
    }

    /// Turns a written word into the place of that option.
    pub(super) fn option(&mut self, literal: &mut Part, options: &[String]) -> Option<String> {
        let Sort::Word { written: Some(text), .. } = &literal.sort else {
            let problem = Problem::KindMismatch { expected: "引号里的文字", found: literal.sort.words() };
            self.wrong(problem, literal.span);
            return None;
        };
        let text = text.clone();
        let Some(place) = options.iter().position(|option| *option == text) else {
            let options = options.join("、");
            self.wrong(Problem::UnknownOption { text, options }, literal.span);
            return None;
        };
        literal.code = Code::Constant(Decimal::from(place), Unit::Text);
        Some(text)
    }

    pub(super) fn logic(&mut self, all: bool, parts: &[Node], span: Span) -> Option<Part> {
        let outer = self.nonzero.len();
        let mut checked = Vec::with_capacity(parts.len());
        for node in parts {
            let part = self.condition(node);
            // What stands behind is looked at only when this holds, or when it does not.
            if let Some(part) = &part {
                self.nonzero.extend(nonzero(&part.code, all));
            }
            checked.push(part.map(|part| part.code));
        }
        self.nonzero.truncate(outer);
        let parts: Option<Vec<Code>> = checked.into_iter().collect();
        Some(flag(Code::Logic(Box::new(Logic { all, parts: parts?.into() })), span))
    }

    /// Values that are added, compared or chosen from: all of one kind and dimension, which written numbers adopt.
    pub(super) fn same(&mut self, parts: Vec<Option<Part>>) -> Option<(Sort, Vec<Part>)> {
        let definite = |part: &&Part| part.sort != Sort::Number(None);
        let sort = parts.iter().flatten().find(definite).map_or(Sort::Number(None), |part| part.sort.clone());
        let mut sound = Vec::with_capacity(parts.len());
        let mut failed = false;
        for part in parts {
            let Some(mut part) = part else {
                failed = true;
                continue;
            };
            if let Some(problem) = self.clash(&part, &sort) {
                self.wrong(problem, part.span);
                failed = true;
                continue;
            }
            if part.sort == Sort::Number(None) && sort != part.sort {
                part.code.adopt(match &sort {
                    Sort::Number(dimension) => unit_of(*dimension),
                    _ => Unit::Number,
                });
            }
            sound.push(part);
        }
        (!failed).then_some((sort, sound))
    }

    /// Why a part cannot stand beside values of the wanted kind.
    fn clash(&self, part: &Part, wanted: &Sort) -> Option<Problem> {
        let (own, wanted) = match (&part.sort, wanted) {
            (Sort::Number(own), Sort::Number(wanted)) => (*own, (*wanted)?),
            (own, wanted) if own == wanted => return None,
            (own, wanted) => return Some(Problem::KindMismatch { expected: wanted.words(), found: own.words() }),
        };
        match own {
            Some(own) if own == wanted => None,
            Some(own) if own.without_months() == wanted.without_months() => Some(Problem::MonthsMixed),
            Some(own) => {
                let (left, right) = (self.dimension_words(wanted), self.dimension_words(own));
                Some(Problem::UnitMismatch { left, right })
            }
            None if wanted.months() == 0 || part.fixed.is_some_and(|value| value.is_zero()) => None,
            None => Some(Problem::MonthsMixed),
        }
    }
}

/// Operators of one rank over checked parts.
fn chain(parts: Vec<Part>, ops: impl Iterator<Item = Op>, sort: Sort, span: Span) -> Part {
    let ops: Vec<Op> = ops.collect();
    let fixed = parts.iter().map(|part| part.fixed).collect::<Option<Vec<Decimal>>>().and_then(|values| {
        let mut values = values.into_iter();
        let start = values.next()?;
        ops.iter().zip(values).try_fold(start, |left, (op, right)| eval::apply(*op, left, right).ok())
    });
    let mut ranges = parts.iter().map(|part| part.range);
    let start = ranges.next().unwrap_or(Range::ANY);
    let range = ops.iter().zip(ranges).fold(start, |left, (op, right)| left.combined(*op, right));
    let range = fixed.map_or(range, Range::exactly);
    let mut codes = parts.into_iter().map(|part| part.code);
    let first = codes.next().unwrap_or(Code::Constant(Decimal::ZERO, Unit::Number));
    let rest: Box<[(Op, Code)]> = ops.into_iter().zip(codes).collect();
    let part = Part { code: Code::Constant(Decimal::ZERO, Unit::Number), sort, fixed, range, span };
    let unit = part.unit();
    Part { code: Code::Chain(Box::new(Chain { first, rest, unit })), ..part }
}

/// The inputs that are not zero when a condition holds, or when it does not.
pub(super) fn nonzero(condition: &Code, holds: bool) -> Vec<u8> {
    match condition {
        Code::Compare(compare) => {
            let (Code::Slot(slot), Code::Constant(limit, _)) = (&compare.left, &compare.right) else {
                return Vec::new();
            };
            let is_clear = match (compare.how, holds) {
                (Comparison::Greater, true) | (Comparison::AtMost, false) => *limit >= Decimal::ZERO,
                (Comparison::AtLeast, true) | (Comparison::Less, false) => *limit > Decimal::ZERO,
                (Comparison::Different, true) | (Comparison::Equal, false) => limit.is_zero(),
                _ => false,
            };
            if is_clear { vec![*slot] } else { Vec::new() }
        }
        Code::Logic(logic) if logic.all == holds => logic.parts.iter().flat_map(|part| nonzero(part, holds)).collect(),
        Code::Not(inner) => nonzero(inner, !holds),
        _ => Vec::new(),
    }
}
