//! Loops of the machine: their rounds are counted, because only they can make an evaluation long.

use rust_decimal::Decimal;

use super::eval::{Fault, whole};
use super::instruction::{EachOf, Operand, OverOf, RunLengthOf};
use super::machine::Run;
use super::{STEPS_MAX, days};

impl Run<'_> {
    /// The sum of the rounds of a loop.
    pub(super) fn each(&mut self, each: &EachOf) -> Result<Decimal, Fault> {
        let value = |run: &Self, operand: &Operand| *run.read(operand);
        match &each.over {
            OverOf::Days(from, until) => {
                let stay = days::Stay::new(value(self, from), value(self, until))?;
                self.stay(each, stay.days())
            }
            OverOf::Windows(from, until, opens, closes) => {
                let stay = days::Stay::new(value(self, from), value(self, until))?;
                let (opens, closes) = (whole(value(self, opens))?, whole(value(self, closes))?);
                self.stay(each, stay.windows(opens, closes))
            }
            OverOf::Cycles(from, until, minutes) => {
                let stay = days::Stay::new(value(self, from), value(self, until))?;
                let minutes = whole(value(self, minutes))?;
                self.stay(each, stay.cycles(minutes)?)
            }
            OverOf::Pieces(total, size) => self.pieces(each, value(self, total), value(self, size)),
            OverOf::Months(from, until) => {
                let mut sum = Decimal::ZERO;
                for (number, part) in (1_u64..).zip(days::months(value(self, from), value(self, until))?) {
                    let part = part?;
                    let (from, until) = (days::of_day(part.from), days::of_day(part.until));
                    let (days, of_days) = (Decimal::from(part.days), Decimal::from(part.of_days));
                    self.round(each, &[from, until, days, of_days, Decimal::from(number)], &mut sum)?;
                }
                Ok(sum)
            }
            OverOf::Rows(table) => {
                let count = self.inputs.rows(*table)?.len();
                self.rows(each, *table, count)
            }
            OverOf::RowsBefore(table) => {
                let count = self.rows.get(usize::from(*table)).copied().unwrap_or_default();
                self.rows(each, *table, count)
            }
        }
    }

    fn stay(&mut self, each: &EachOf, parts: impl Iterator<Item = days::Stay>) -> Result<Decimal, Fault> {
        let (mut sum, mut before) = (Decimal::ZERO, 0_i64);
        for (number, part) in (1_u64..).zip(parts) {
            let [from, until, minutes] = [part.from, part.until, part.minutes()].map(Decimal::from);
            self.round(each, &[from, until, minutes, Decimal::from(number), Decimal::from(before)], &mut sum)?;
            before = before.saturating_add(part.minutes());
        }
        Ok(sum)
    }

    fn pieces(&mut self, each: &EachOf, total: Decimal, size: Decimal) -> Result<Decimal, Fault> {
        let mut pieces = Pieces::new(total, size)?;
        let mut sum = Decimal::ZERO;
        while let Some((part, number, before)) = pieces.next()? {
            self.round(each, &[part, number, before], &mut sum)?;
        }
        Ok(sum)
    }

    fn rows(&mut self, each: &EachOf, table: u8, count: usize) -> Result<Decimal, Fault> {
        let outer = self.rows.get(usize::from(table)).copied().unwrap_or_default();
        let mut sum = Decimal::ZERO;
        for row in 0..count {
            self.look(table, row);
            let number = Decimal::from(row).saturating_add(Decimal::ONE);
            let knows: &[Decimal] = if matches!(each.over, OverOf::Rows(_)) { &[number] } else { &[] };
            self.round(each, knows, &mut sum)?;
        }
        self.look(table, outer);
        Ok(sum)
    }

    fn look(&mut self, table: u8, row: usize) {
        if let Some(place) = self.rows.get_mut(usize::from(table)) {
            *place = row;
        }
    }

    fn round(&mut self, each: &EachOf, knows: &[Decimal], sum: &mut Decimal) -> Result<(), Fault> {
        self.count(each.body.len())?;
        for (place, value) in (each.base..).zip(knows) {
            self.set(place, *value);
        }
        self.all(&each.body)?;
        *sum = sum.checked_add(*self.read(&each.value)).ok_or(Fault::Overflow)?;
        Ok(())
    }

    fn count(&mut self, steps: usize) -> Result<(), Fault> {
        self.steps = self.steps.saturating_add(steps + 1);
        if self.steps > STEPS_MAX { Err(Fault::TooManySteps) } else { Ok(()) }
    }

    /// How many rows around the one that is looked at meet the condition, without a gap.
    pub(super) fn run_length(&mut self, run: &RunLengthOf) -> Result<Decimal, Fault> {
        let here = self.rows.get(usize::from(run.table)).copied().unwrap_or_default();
        let count = self.inputs.rows(run.table)?.len();
        let mut length = 0_usize;
        for row in (0..=here).rev() {
            if !self.holds_at(run, row)? {
                break;
            }
            length += 1;
        }
        if length > 0 {
            for row in here + 1..count {
                if !self.holds_at(run, row)? {
                    break;
                }
                length += 1;
            }
        }
        self.look(run.table, here);
        Ok(Decimal::from(length))
    }

    fn holds_at(&mut self, run: &RunLengthOf, row: usize) -> Result<bool, Fault> {
        self.count(run.body.len())?;
        self.look(run.table, row);
        self.all(&run.body)?;
        Ok(!self.read(&run.value).is_zero())
    }
}

/// A quantity in pieces of one size, the last one what is left.
pub(super) struct Pieces {
    left: Decimal,
    size: Decimal,
    before: Decimal,
    number: Decimal,
}

impl Pieces {
    pub(super) fn new(total: Decimal, size: Decimal) -> Result<Self, Fault> {
        if size.is_zero() {
            return Err(Fault::DivisionByZero);
        }
        if size.is_sign_negative() || (total.is_sign_negative() && !total.is_zero()) {
            return Err(Fault::NegativeQuantity);
        }
        Ok(Self { left: total, size, before: Decimal::ZERO, number: Decimal::ZERO })
    }

    /// The next piece, its number from 1, and how much was before it.
    pub(super) fn next(&mut self) -> Result<Option<(Decimal, Decimal, Decimal)>, Fault> {
        if self.left.is_zero() {
            return Ok(None);
        }
        let part = self.left.min(self.size);
        let before = self.before;
        self.left = self.left.checked_sub(part).ok_or(Fault::Overflow)?;
        self.before = before.checked_add(part).ok_or(Fault::Overflow)?;
        self.number = self.number.checked_add(Decimal::ONE).ok_or(Fault::Overflow)?;
        Ok(Some((part, self.number, before)))
    }
}
