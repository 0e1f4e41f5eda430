//! How many months a stretch of days is: whole ones, and parts by days.
//!
//! Cutting a month between two tariffs must not make it dearer or cheaper: a month charged whole is divided by its
//! charged days, so that its parts add up to one month even where a part month counts over 30.

use std::borrow::Cow;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{BillException, Prorate};
use crate::formula::{How, Op, Step, Term, Trace, Unit};
use crate::period::Period;

/// Days of the month where months are counted as equal.
const EQUAL_MONTH_DAYS: i64 = 30;

/// What a stretch of days comes to, in months.
#[derive(Debug, Clone)]
pub(super) struct Share {
    whole_months: i64,
    parts: Vec<Part>,
}

/// Part of one month: `days ÷ of_days`.
#[derive(Debug, Clone, Copy)]
struct Part {
    month: Period,
    days: i64,
    of_days: i64,
}

impl Share {
    /// Measures the days from `from` to `until` of a period charged from `first` on.
    pub(super) fn of(period: &Period, prorate: Prorate, first: NaiveDate, from: NaiveDate, until: NaiveDate) -> Self {
        let mut share = Self { whole_months: 0, parts: Vec::new() };
        for month in period.each_month() {
            let days = days_of(month.overlap(from, Some(until)));
            let charged = days_of(month.overlap(first, None));
            if days == 0 {
                continue;
            }
            match part(month, prorate, days, charged) {
                Some(part) => share.parts.push(part),
                None => share.whole_months += 1,
            }
        }
        share
    }

    /// Scales the amount of a month, and writes down how when it is not exactly one month.
    pub(super) fn scale(&self, monthly: Decimal, trace: &mut Trace) -> Result<Decimal, BillException> {
        let mut sums = Vec::with_capacity(self.parts.len() + 1);
        if self.whole_months > 0 {
            let sum = times(monthly, self.whole_months)?;
            if self.whole_months > 1 {
                let count = Decimal::from(self.whole_months);
                let terms = vec![
                    Term::new(None, Some(Cow::Borrowed("每月")), monthly, Unit::Yuan),
                    Term::new(Some(Op::Multiply), None, count, Unit::Month),
                ];
                trace.push(Step::new(How::Chain, terms, sum, Unit::Yuan));
            }
            sums.push(sum);
        }
        for part in &self.parts {
            let step = part.step(monthly)?;
            sums.push(step.result);
            trace.push(step);
        }
        let total = sums.iter().try_fold(Decimal::ZERO, |total, sum| total.checked_add(*sum));
        let total = total.ok_or(BillException::TOO_LARGE)?;
        if sums.len() > 1 {
            let op = |place: usize| (place > 0).then_some(Op::Add);
            let terms = sums.iter().enumerate().map(|(place, sum)| Term::new(op(place), None, *sum, Unit::Yuan));
            trace.push(Step::new(How::Chain, terms.collect(), total, Unit::Yuan));
        }
        Ok(total)
    }
}

impl Part {
    /// Multiplies before it divides: the result is as exact as decimals are.
    fn step(&self, monthly: Decimal) -> Result<Step, BillException> {
        let days = |op, days: i64| Term::new(Some(op), None, Decimal::from(days), Unit::Day);
        let terms = vec![
            Term::new(None, Some(Cow::Owned(self.month.to_string())), monthly, Unit::Yuan),
            days(Op::Multiply, self.days),
            days(Op::Divide, self.of_days),
        ];
        let above = times(monthly, self.days)?;
        let result = above.checked_div(Decimal::from(self.of_days)).ok_or(BillException::TOO_LARGE)?;
        Ok(Step::new(How::Chain, terms, result, Unit::Yuan))
    }
}

/// None when the part is the whole month.
fn part(month: Period, prorate: Prorate, days: i64, charged: i64) -> Option<Part> {
    let of_month = month.days();
    let of_days = match prorate {
        Prorate::WholeMonth => return None,
        Prorate::CalendarDays => of_month,
        // Charged whole: to the last day, or for all the thirty days it is worth.
        Prorate::ThirtyDays if charged == of_month || charged >= EQUAL_MONTH_DAYS => charged,
        Prorate::ThirtyDays => EQUAL_MONTH_DAYS,
    };
    (days < of_days).then_some(Part { month, days, of_days })
}

fn times(amount: Decimal, count: i64) -> Result<Decimal, BillException> {
    amount.checked_mul(Decimal::from(count)).ok_or(BillException::TOO_LARGE)
}

fn days_of(range: Option<(NaiveDate, NaiveDate)>) -> i64 {
    range.map_or(0, |(first, last)| last.signed_duration_since(first).num_days() + 1)
}
