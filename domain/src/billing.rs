//! One bill: a house, a fee's rule, the tariffs in force and a period, to lines and a total.
//!
//! A monthly formula gives the amount of one month. A line is a stretch of days under one tariff: its whole months
//! times that amount, plus the parts of months by days. Any other formula gives the amount as it is: its bill has one
//! line, under the tariff in force on the last day of the period, when meters are read. Each line is rounded once, with the rounding the fee names; the
//! total is the sum of the rounded lines, so the bill adds up on paper. What stops a bill is a [`BillException`]
//! with words for the person who can mend it, never an amount of 0.

mod exception;
#[cfg(test)]
mod input_stories;
#[cfg(test)]
mod random;
mod scope;
mod share;
#[cfg(test)]
mod stories;

use std::sync::Arc;

use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use exception::BillException;
pub use scope::Scope;

use crate::formula::{Constants, Formula, How, Inputs, Purpose, Source, Step, Term, Trace, Unit, Variable};
use crate::holidays::HolidayCalendar;
use crate::ids::HouseId;
use crate::money::{Fen, Rounding};
use crate::period::Period;
use share::Share;

/// The most tariffs one fee may have, of all kinds and times.
pub const TARIFFS_MAX: usize = 500;
/// The least days between the issue of a late bill and its due day.
pub const DUE_FLOOR_DAYS: u64 = 7;

/// What a bill needs to know of a house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BillFacts<'h> {
    /// The house.
    pub house: HouseId,
    /// The building it is in.
    pub building: &'h str,
    /// Built-up area, ㎡; 0 is not known.
    pub building_area: Decimal,
    /// Inner area, ㎡.
    pub inner_area: Option<Decimal>,
    /// The house's own price, yuan per ㎡ and month; wins over the tariff's.
    pub house_price: Option<Decimal>,
    /// The day the owner took the house over, on which charging begins. None means before anybody kept count; a
    /// house that is not handed over at all must not be offered for billing.
    pub handover: Option<NaiveDate>,
    /// The kind of house, as tariffs name it.
    pub kind: &'h str,
    /// Declared inputs by name, as [`Formula::bind_json`] reads them; a name the formula does not know is passed over.
    pub given: Option<&'h Map<String, Value>>,
}

/// An area stored as hundredths of a square metre, in ㎡.
#[must_use]
pub fn area_of_centi(area_centi: i64) -> Decimal {
    Decimal::new(area_centi, 2)
}

/// A price stored as ten-thousandths of a yuan, in yuan.
#[must_use]
pub fn price_of_e4(price_e4: i64) -> Decimal {
    Decimal::new(price_e4, 4)
}

/// How a part of a month is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prorate {
    /// Days over the days of that month.
    CalendarDays,
    /// Days over 30, never more than the month.
    ThirtyDays,
    /// Not at all: a month with one charged day is charged whole, at the tariff of its first charged day.
    WholeMonth,
}

impl Prorate {
    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CalendarDays => "calendar_days",
            Self::ThirtyDays => "thirty_days",
            Self::WholeMonth => "whole_month",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::CalendarDays, Self::ThirtyDays, Self::WholeMonth].into_iter().find(|one| one.as_str() == word)
    }
}

/// The settings of a fee that decide an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeRule {
    /// Once per line.
    pub rounding: Rounding,
    /// For parts of months.
    pub prorate: Prorate,
}

/// A formula with its constants, in force between two days. Made once a run, used for every house.
#[derive(Debug, Clone)]
pub struct Tariff<K> {
    /// What the caller knows it by.
    pub key: K,
    /// The houses it is for.
    pub scope: Scope,
    /// First day in force.
    pub from: NaiveDate,
    /// Last day in force; open without. A tariff that ends before it begins is never in force.
    pub until: Option<NaiveDate>,
    formula: Formula,
    purpose: Purpose,
    /// With the constants filled in, to be copied and completed for each house.
    inputs: Inputs,
    /// Whether houses have to give declared inputs.
    reads_inputs: bool,
    calendar: Option<Arc<HolidayCalendar>>,
}

impl<K> Tariff<K> {
    /// Puts a formula about one month, and the constants it was compiled with, in force.
    pub fn new(
        key: K,
        formula: Formula,
        constants: &Constants,
        scope: Scope,
        from: NaiveDate,
        until: Option<NaiveDate>,
    ) -> Self {
        let inputs = formula.bind_constants(constants);
        let has_fields = formula.variables().iter().any(|(source, _)| matches!(source, Source::Field(_)));
        let reads_inputs = has_fields || !formula.tables().is_empty();
        let (purpose, calendar) = (Purpose::Monthly, None);
        Self { key, scope, from, until, formula, purpose, inputs, reads_inputs, calendar }
    }

    /// The same for what the formula was compiled for.
    #[must_use]
    pub fn for_purpose(self, purpose: Purpose) -> Self {
        Self { purpose, ..self }
    }

    /// The same with the holidays by which working days are told.
    #[must_use]
    pub fn with_calendar(mut self, calendar: &Arc<HolidayCalendar>) -> Self {
        self.inputs.set_calendar(Arc::clone(calendar));
        Self { calendar: Some(Arc::clone(calendar)), ..self }
    }

    /// Its formula.
    #[must_use]
    pub const fn formula(&self) -> &Formula {
        &self.formula
    }

    /// The declared inputs its formula uses, tables among them.
    pub fn inputs_used(&self) -> impl Iterator<Item = &str> {
        let fields = self.formula.variables().iter().filter_map(|(source, _)| match source {
            Source::Field(name) => Some(name.as_str()),
            _ => None,
        });
        fields.chain(self.formula.tables().iter().map(|table| table.name.as_str()))
    }

    fn is_for(&self, facts: &BillFacts<'_>) -> bool {
        self.scope.covers(facts.house, facts.building, facts.kind)
    }

    fn is_in_force(&self, day: NaiveDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    /// What the formula is given for that house.
    fn bind(&self, facts: &BillFacts<'_>) -> Result<Inputs, BillException> {
        let mut inputs = if self.reads_inputs { self.bind_given(facts)? } else { self.inputs.clone() };
        let area = Some(facts.building_area).filter(|area| !area.is_zero());
        self.formula.set(&mut inputs, Variable::BuildingArea, area);
        self.formula.set(&mut inputs, Variable::InnerArea, facts.inner_area);
        if facts.house_price.is_some() {
            self.formula.set(&mut inputs, Variable::UnitPrice, facts.house_price);
        }
        Ok(inputs)
    }

    fn bind_given(&self, facts: &BillFacts<'_>) -> Result<Inputs, BillException> {
        let knows = |name: &String| self.formula.offered().iter().any(|field| field.is_named(name));
        let given = facts.given.into_iter().flatten().filter(|(name, _)| knows(name));
        let given = given.map(|(name, value)| (name.clone(), value.clone())).collect();
        let mut inputs = self.formula.bind_json(&given)?;
        if let Some(calendar) = &self.calendar {
            inputs.set_calendar(Arc::clone(calendar));
        }
        Ok(inputs)
    }
}

/// A stretch of days under one tariff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<K> {
    /// The tariff.
    pub tariff: K,
    /// First day charged.
    pub from: NaiveDate,
    /// Last day charged.
    pub until: NaiveDate,
    /// Yuan before rounding.
    pub exact: Decimal,
    /// Rounded once.
    pub amount: Fen,
    /// How it came about. Ends in `exact`, or in the amount when the rounding is not the plain one to the fen.
    pub trace: Trace,
    /// What the formula was given: with the version of the formula, all that is needed to tell the trace again.
    pub inputs: Map<String, Value>,
}

/// A computed bill; its total is above zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Computed<K> {
    /// In the order of their days, without gap.
    pub lines: Vec<Line<K>>,
    /// The sum of the lines.
    pub total: Fen,
}

/// Days under one tariff, by its place in the list.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    tariff: usize,
    from: NaiveDate,
    until: NaiveDate,
}

/// Computes the bill of one house for one period.
///
/// # Errors
/// [`BillException`]: nothing is billed.
pub fn compute<K: Clone>(
    facts: &BillFacts<'_>,
    rule: FeeRule,
    tariffs: &[Tariff<K>],
    period: &Period,
) -> Result<Computed<K>, BillException> {
    if tariffs.len() > TARIFFS_MAX {
        return Err(BillException::TooManyTariffs);
    }
    let first = facts.handover.map_or(period.start(), |day| day.max(period.start()));
    if first > period.end() {
        return Err(BillException::NotYetHandedOver);
    }
    let mut lines = Vec::with_capacity(1);
    for stretch in charged(facts, rule, tariffs, period, first)? {
        let Some(tariff) = tariffs.get(stretch.tariff) else { continue };
        let inputs = tariff.bind(facts)?;
        let (value, mut trace) = tariff.formula.explain(&inputs)?;
        let exact = match tariff.purpose {
            Purpose::Monthly => {
                Share::of(period, rule.prorate, first, stretch.from, stretch.until).scale(value, &mut trace)?
            }
            Purpose::Once | Purpose::Settlement | Purpose::Weight => value,
        };
        let amount = rounded(exact, rule.rounding, &mut trace)?;
        let (from, until, inputs) = (stretch.from, stretch.until, tariff.formula.snapshot(&inputs));
        lines.push(Line { tariff: tariff.key.clone(), from, until, exact, amount, trace, inputs });
    }
    let total = Fen::total(lines.iter().map(|line| line.amount)).map_err(|_| BillException::TOO_LARGE)?;
    if total == Fen::ZERO {
        return Err(BillException::ZeroAmount);
    }
    if !total.is_positive() {
        return Err(BillException::NegativeAmount);
    }
    Ok(Computed { lines, total })
}

/// The one rounding of a line. The plain one to the fen shows in the last figure itself, any other is a step.
fn rounded(exact: Decimal, rounding: Rounding, trace: &mut Trace) -> Result<Fen, BillException> {
    let amount = Fen::from_yuan(exact, rounding).map_err(|_| BillException::TOO_LARGE)?;
    let result = amount.to_yuan();
    if rounding != Rounding::FenHalfUp && result != exact {
        let terms = vec![Term::new(None, None, exact, Unit::Yuan)];
        trace.push(Step::new(How::Bill(rounding), terms, result, Unit::Yuan));
    }
    Ok(amount)
}

/// The lines of a bill: one as it is, or the days by month under the tariffs in force.
fn charged<K>(
    facts: &BillFacts<'_>,
    rule: FeeRule,
    tariffs: &[Tariff<K>],
    period: &Period,
    first: NaiveDate,
) -> Result<Vec<Stretch>, BillException> {
    let last = period.end();
    if let Ok(tariff) = in_force(facts, tariffs, last)
        && tariffs.get(tariff).is_some_and(|one| one.purpose != Purpose::Monthly)
    {
        return Ok(vec![Stretch { tariff, from: first, until: last }]);
    }
    let stretches = stretches(facts, tariffs, first, last)?;
    Ok(if rule.prorate == Prorate::WholeMonth { by_whole_months(&stretches, period, first) } else { stretches })
}

/// Cuts the days at every change of tariff.
fn stretches<K>(
    facts: &BillFacts<'_>,
    tariffs: &[Tariff<K>],
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<Stretch>, BillException> {
    let mut stretches: Vec<Stretch> = Vec::with_capacity(1);
    let mut day = first;
    // Each round ends at a begin or an end of a tariff: at most two rounds a tariff, and one.
    for _ in 0..=tariffs.len() * 2 {
        let tariff = in_force(facts, tariffs, day)?;
        let changes = tariffs.iter().filter(|one| one.is_for(facts)).flat_map(|one| {
            let begins = one.from.pred_opt().filter(|_| one.from > day);
            [begins, one.until.filter(|until| *until >= day)]
        });
        let until = changes.flatten().min().map_or(last, |change| change.min(last));
        match stretches.last_mut() {
            Some(before) if before.tariff == tariff => before.until = until,
            _ => stretches.push(Stretch { tariff, from: day, until }),
        }
        match until.succ_opt() {
            Some(next) if next <= last => day = next,
            _ => break,
        }
    }
    Ok(stretches)
}

/// The one tariff in force that day: the most special one, and two that are equally special are refused.
fn in_force<K>(facts: &BillFacts<'_>, tariffs: &[Tariff<K>], day: NaiveDate) -> Result<usize, BillException> {
    let candidates = || tariffs.iter().enumerate().filter(|(_, one)| one.is_for(facts) && one.is_in_force(day));
    let rank = candidates().map(|(_, one)| one.scope.rank()).max();
    let mut best = candidates().filter(|(_, one)| Some(one.scope.rank()) == rank);
    match (best.next(), best.next()) {
        (Some((place, _)), None) => Ok(place),
        (None, _) => Err(BillException::NoTariff { day }),
        (Some(_), Some(_)) => Err(BillException::OverlappingTariffs { day }),
    }
}

/// Moves every change of tariff to the next first of a month: a month that is not divided has one price.
fn by_whole_months(stretches: &[Stretch], period: &Period, first: NaiveDate) -> Vec<Stretch> {
    let mut whole: Vec<Stretch> = Vec::with_capacity(stretches.len());
    for month in period.each_month() {
        let Some((from, until)) = month.overlap(first, None) else { continue };
        let Some(found) = stretches.iter().find(|one| one.from <= from && from <= one.until) else { continue };
        match whole.last_mut() {
            Some(before) if before.tariff == found.tariff => before.until = until,
            _ => whole.push(Stretch { tariff: found.tariff, from, until }),
        }
    }
    whole
}

/// The due day of a bill: so many days after the bill day, but when it is issued late, at least `floor_days`
/// (usually [`DUE_FLOOR_DAYS`]) after the day it is issued. Stops at the last day of the calendar.
#[must_use]
pub fn due_day(bill_day: NaiveDate, due_after_days: u64, today: NaiveDate, floor_days: u64) -> NaiveDate {
    let after = |day: NaiveDate, days| day.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX);
    let regular = after(bill_day, due_after_days);
    if today > bill_day { regular.max(after(today, floor_days)) } else { regular }
}
