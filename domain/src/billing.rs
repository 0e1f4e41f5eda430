//! One bill: a house, a fee's rule, the tariffs in force and a period, to lines and a total.
//!
//! A formula gives the amount of one month. A line is a stretch of days under one tariff: its whole months times
//! that amount, plus the parts of months by days. Each line is rounded once, with the rounding the fee names; the
//! total is the sum of the rounded lines, so the bill adds up on paper. What stops a bill is a [`BillException`]
//! with words for the person who can mend it, never an amount of 0.

mod exception;
#[cfg(test)]
mod random;
mod share;
#[cfg(test)]
mod stories;

use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use exception::BillException;

use crate::formula::{Constants, Formula, How, Inputs, Step, Term, Trace, Unit, Variable};
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
    /// Built-up area, ㎡.
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
    /// The only kind of house it is for; none is every kind without a tariff of its own that day.
    pub house_kind: Option<String>,
    /// First day in force.
    pub from: NaiveDate,
    /// Last day in force; open without. A tariff that ends before it begins is never in force.
    pub until: Option<NaiveDate>,
    formula: Formula,
    /// With the constants filled in, to be copied and completed for each house.
    inputs: Inputs,
}

impl<K> Tariff<K> {
    /// Puts a formula and the constants it was compiled with in force.
    pub fn new(
        key: K,
        formula: Formula,
        constants: &Constants,
        house_kind: Option<String>,
        from: NaiveDate,
        until: Option<NaiveDate>,
    ) -> Self {
        let inputs = formula.bind_constants(constants);
        Self { key, house_kind, from, until, formula, inputs }
    }

    fn is_for(&self, kind: &str) -> bool {
        self.house_kind.as_deref().is_none_or(|own| own == kind)
    }

    fn is_in_force(&self, day: NaiveDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }

    /// The amount of one month for that house.
    fn monthly(&self, facts: &BillFacts<'_>) -> Result<(Decimal, Trace), BillException> {
        let mut inputs = self.inputs.clone();
        self.formula.set(&mut inputs, Variable::BuildingArea, Some(facts.building_area));
        self.formula.set(&mut inputs, Variable::InnerArea, facts.inner_area);
        if facts.house_price.is_some() {
            self.formula.set(&mut inputs, Variable::UnitPrice, facts.house_price);
        }
        Ok(self.formula.explain(&inputs)?)
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
    let mut stretches = stretches(facts.kind, tariffs, first, period.end())?;
    if rule.prorate == Prorate::WholeMonth {
        stretches = by_whole_months(&stretches, period, first);
    }
    let mut lines = Vec::with_capacity(stretches.len());
    for stretch in stretches {
        let Some(tariff) = tariffs.get(stretch.tariff) else { continue };
        let (monthly, mut trace) = tariff.monthly(facts)?;
        let share = Share::of(period, rule.prorate, first, stretch.from, stretch.until);
        let exact = share.scale(monthly, &mut trace)?;
        let amount = rounded(exact, rule.rounding, &mut trace)?;
        let (from, until) = (stretch.from, stretch.until);
        lines.push(Line { tariff: tariff.key.clone(), from, until, exact, amount, trace });
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

/// Cuts the days at every change of tariff.
fn stretches<K>(
    kind: &str,
    tariffs: &[Tariff<K>],
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<Stretch>, BillException> {
    let mut stretches: Vec<Stretch> = Vec::with_capacity(1);
    let mut day = first;
    // Each round ends at a begin or an end of a tariff: at most two rounds a tariff, and one.
    for _ in 0..=tariffs.len() * 2 {
        let tariff = in_force(kind, tariffs, day)?;
        let changes = tariffs.iter().filter(|one| one.is_for(kind)).flat_map(|one| {
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

/// The one tariff in force that day: one for the kind of house before one for all.
fn in_force<K>(kind: &str, tariffs: &[Tariff<K>], day: NaiveDate) -> Result<usize, BillException> {
    let candidates = || tariffs.iter().enumerate().filter(|(_, one)| one.is_for(kind) && one.is_in_force(day));
    let has_own = candidates().any(|(_, one)| one.house_kind.is_some());
    let mut best = candidates().filter(|(_, one)| one.house_kind.is_some() == has_own);
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
