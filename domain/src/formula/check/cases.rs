//! Values by condition, by tier and by case.

use rust_decimal::Decimal;

use super::arithmetic::nonzero;
use super::range::Range;
use super::{Checker, Part, Sort, unit_of};
use crate::formula::ast::{Argument, Kind, Node};
use crate::formula::error::{Problem, Span};
use crate::formula::field::{ABOVE, OTHERWISE, USED};
use crate::formula::function::Function;
use crate::formula::program::{Cases, Code, If, Tiers};
use crate::formula::unit::Dimension;

/// The arguments of tiers and lists of cases, sorted by what stands before the colon.
struct Labelled<'a> {
    subject: &'a Node,
    used: Option<&'a Node>,
    cases: Vec<(&'a Node, &'a Node)>,
    last: Option<&'a Node>,
}

impl Checker<'_> {
    /// 如果: conditions and values in pairs, then the value when none holds.
    pub(super) fn choice(&mut self, nodes: &[&Node], span: Span) -> Option<Part> {
        let outer = self.nonzero.len();
        let (mut conditions, mut values) = (Vec::new(), Vec::new());
        for pair in nodes.chunks(2) {
            let [condition, value] = pair else {
                values.extend(pair.iter().map(|node| self.part(node)));
                continue;
            };
            let condition = self.condition(condition).map(|part| part.code);
            let inner = self.nonzero.len();
            self.nonzero.extend(condition.iter().flat_map(|code| nonzero(code, true)));
            values.push(self.part(value));
            self.nonzero.truncate(inner);
            self.nonzero.extend(condition.iter().flat_map(|code| nonzero(code, false)));
            conditions.push(condition);
        }
        self.nonzero.truncate(outer);
        let (sort, values) = self.same(values)?;
        let conditions: Option<Vec<Code>> = conditions.into_iter().collect();
        let range = values.iter().map(|part| part.range).reduce(Range::or).unwrap_or(Range::ANY);
        let mut codes: Vec<Code> = values.into_iter().map(|part| part.code).collect();
        let otherwise = codes.pop()?;
        let branches = conditions?.into_iter().zip(codes).collect();
        self.no_words(&sort, span)?;
        Some(Part { code: Code::If(Box::new(If { branches, otherwise })), sort, fixed: None, range, span })
    }

    /// A choice of words has no name to be shown by.
    fn no_words(&mut self, sort: &Sort, span: Span) -> Option<()> {
        if !matches!(sort, Sort::Word { .. }) {
            return Some(());
        }
        self.wrong(Problem::KindMismatch { expected: "数值", found: sort.words() }, span);
        None
    }

    /// Sorts labelled arguments; `last` is the word for the last of them.
    fn labelled<'a>(&mut self, function: Function, arguments: &'a [Argument], last: &[&str]) -> Option<Labelled<'a>> {
        let bad = Problem::BadArgument { name: function.name(), expected: function.usage() };
        let is_word = |node: &Node, words: &[&str]| matches!(&node.kind, Kind::Name(name) if words.iter().any(|word| word.eq_ignore_ascii_case(name)));
        let (Some(subject), rest) = (arguments.first(), arguments.get(1..).unwrap_or_default()) else {
            self.wrong(bad, Span::default());
            return None;
        };
        let mut labelled = Labelled { subject: &subject.value, used: None, cases: Vec::new(), last: None };
        if subject.label.is_some() || rest.is_empty() {
            self.wrong(bad, subject.value.span);
            return None;
        }
        for argument in rest {
            let Some(label) = &argument.label else {
                self.wrong(bad, argument.value.span);
                return None;
            };
            if labelled.last.is_some() {
                self.wrong(Problem::CaseRepeated, label.span);
                return None;
            }
            if function == Function::Tiers && is_word(label, &USED) && labelled.used.is_none() {
                labelled.used = Some(&argument.value);
            } else if is_word(label, last) {
                labelled.last = Some(&argument.value);
            } else {
                labelled.cases.push((label, &argument.value));
            }
        }
        Some(labelled)
    }

    /// 阶梯: each part of the quantity at the price of its tier.
    pub(super) fn tiers(&mut self, arguments: &[Argument], span: Span) -> Option<Part> {
        let labelled = self.labelled_or_empty(Function::Tiers, arguments, &ABOVE, span)?;
        let Some(above) = labelled.last else {
            self.wrong(Problem::TiersOpen, span);
            return None;
        };
        let mut quantities = vec![self.number_of(labelled.subject)];
        quantities.extend(labelled.used.map(|used| self.number_of(used)));
        quantities.extend(labelled.cases.iter().map(|(label, _)| self.number_of(label)));
        let mut prices: Vec<Option<Part>> = labelled.cases.iter().map(|(_, price)| self.number_of(price)).collect();
        prices.push(self.number_of(above));
        let (quantities, prices) = (self.same(quantities), self.same(prices));
        let ((quantity_sort, quantities), (price_sort, mut prices)) = (quantities?, prices?);
        let number = |sort: &Sort| if let Sort::Number(dimension) = sort { *dimension } else { None };
        let quantity = number(&quantity_sort);
        // A price without a unit is in yuan for one of what is counted.
        let price = number(&price_sort).or(quantity.map(|own| Dimension::yuan().over(own)));
        prices.iter_mut().for_each(|part| part.code.adopt(unit_of(price)));
        let dimension = quantity.map_or(price, |own| price.map(|price| price.times(own)));
        let range = if prices.iter().any(|part| part.range.may_be_negative()) { Range::ANY } else { Range::FROM_ZERO };
        let mut amounts = quantities.into_iter();
        let subject = amounts.next()?;
        let used = labelled.used.and_then(|_| amounts.next()).map(|part| part.code);
        let limits: Vec<Part> = amounts.collect();
        self.rising(&limits);
        let above = prices.pop()?.code;
        let steps = limits.into_iter().zip(prices).map(|(limit, price)| (limit.code, price.code)).collect();
        let (quantity_unit, price_unit, unit) = (unit_of(quantity), unit_of(price), unit_of(dimension));
        let tiers = Tiers { quantity: subject.code, used, steps, above, quantity_unit, price_unit, unit };
        Some(Part { code: Code::Tiers(Box::new(tiers)), sort: Sort::Number(dimension), fixed: None, range, span })
    }

    fn labelled_or_empty<'a>(
        &mut self,
        function: Function,
        arguments: &'a [Argument],
        last: &[&str],
        span: Span,
    ) -> Option<Labelled<'a>> {
        if arguments.is_empty() {
            self.wrong(Problem::BadArgument { name: function.name(), expected: function.usage() }, span);
            return None;
        }
        self.labelled(function, arguments, last)
    }

    /// Every limit above the one before, as far as can be known.
    fn rising(&mut self, limits: &[Part]) {
        let mut before: Option<&Part> = None;
        for limit in limits {
            let floor = before.map_or(Range::exactly(Decimal::ZERO), |before| before.range);
            let is_fixed = |part: &Part| part.range.min.is_some() && part.range.min == part.range.max;
            if !floor.is_below(&limit.range) && (is_fixed(limit) || before.is_some()) {
                let known = is_fixed(limit) && before.is_none_or(is_fixed);
                if known {
                    self.wrong(Problem::TiersNotRising, limit.span);
                } else {
                    self.warn(Problem::TiersMayOverlap, limit.span);
                }
            }
            before = Some(limit);
        }
    }

    /// 查表 and 选择.
    pub(super) fn cases(&mut self, function: Function, arguments: &[Argument], span: Span) -> Option<Part> {
        let is_exact = function == Function::Choose;
        let last_words = if is_exact { &OTHERWISE } else { &ABOVE };
        let labelled = self.labelled_or_empty(function, arguments, last_words, span)?;
        let subject = self.part(labelled.subject);
        let mut keys: Vec<Option<Part>> = labelled.cases.iter().map(|(label, _)| self.part(label)).collect();
        let mut values: Vec<Option<Part>> = labelled.cases.iter().map(|(_, value)| self.part(value)).collect();
        values.extend(labelled.last.map(|last| self.part(last)));
        let subject = match subject? {
            part if is_exact && matches!(part.sort, Sort::Word { .. }) => {
                self.case_words(&part, &mut keys, labelled.last.is_some(), span)?;
                part
            }
            part => {
                let mut all = vec![Some(part)];
                all.append(&mut keys);
                let (_, parts) = self.same(all)?;
                let mut parts = parts.into_iter();
                let subject = parts.next()?;
                keys = parts.map(Some).collect();
                subject
            }
        };
        let keys: Vec<Part> = keys.into_iter().collect::<Option<Vec<Part>>>()?;
        if !is_exact {
            self.rising_from_any(&keys);
        }
        let (sort, values) = self.same(values)?;
        self.no_words(&sort, span)?;
        let range = values.iter().map(|part| part.range).reduce(Range::or).unwrap_or(Range::ANY);
        let mut codes: Vec<Code> = values.into_iter().map(|part| part.code).collect();
        let otherwise = if labelled.last.is_some() { codes.pop() } else { None };
        if otherwise.is_none() && !is_exact {
            self.wrong(Problem::TiersOpen, span);
            return None;
        }
        let cases = keys.into_iter().map(|part| part.code).zip(codes).collect();
        let code = Cases { subject: subject.code, is_exact, cases, otherwise };
        Some(Part { code: Code::Cases(Box::new(code)), sort, fixed: None, range, span })
    }

    /// The options of a choice as cases: each once, and all of them unless there is an 其他.
    fn case_words(&mut self, subject: &Part, keys: &mut [Option<Part>], has_last: bool, span: Span) -> Option<()> {
        let Sort::Word { written: None, options } = &subject.sort else {
            self.wrong(Problem::KindMismatch { expected: "可选项", found: subject.sort.words() }, subject.span);
            return None;
        };
        let mut words: Vec<String> = Vec::with_capacity(keys.len());
        for key in keys {
            let key = key.as_mut()?;
            let word = self.option(key, options)?;
            if words.contains(&word) {
                self.wrong(Problem::CaseRepeated, key.span);
            }
            words.push(word);
        }
        let missing: Vec<&str> = options.iter().filter(|option| !words.contains(option)).map(String::as_str).collect();
        if !has_last && !missing.is_empty() {
            self.wrong(Problem::CasesMissing(missing.join("、")), span);
        }
        Some(())
    }

    /// As [`Self::rising`], for limits that may lie below zero.
    fn rising_from_any(&mut self, limits: &[Part]) {
        for pair in limits.windows(2) {
            let [before, limit] = pair else { continue };
            let is_known = [before, limit].iter().all(|part| part.fixed.is_some());
            if before.range.is_below(&limit.range) {
                continue;
            }
            if is_known {
                self.wrong(Problem::TiersNotRising, limit.span);
            } else {
                self.warn(Problem::TiersMayOverlap, limit.span);
            }
        }
    }
}
