//! Loops as they are told: the first rounds one by one, the rest as a sum.

use std::borrow::Cow;

use rust_decimal::Decimal;

use super::ast::Op;
use super::days;
use super::eval::{Fault, apply, whole};
use super::narrator::{Narrator, Value};
use super::program::{Code, Each, Over, RunLength};
use super::rounds::Pieces;
use super::trace::{How, Step, Term};
use super::unit::Unit;

/// The most rounds of one loop that are told one by one; the rest is told as a sum.
const TOLD_ROUNDS_MAX: usize = 31;
/// What the rounds that are not told one by one are called.
const REST: &str = "其余各段";

/// What a round knows of itself, and what it is headed with.
struct Round {
    knows: Vec<Decimal>,
    row: Option<usize>,
    head: Vec<Term>,
}

impl Narrator<'_> {
    pub(super) fn each(&mut self, op: Option<Op>, each: &Each) -> Result<Value, Fault> {
        let rounds = self.rounds(&each.over)?;
        let table = match each.over {
            Over::Rows { table } | Over::RowsBefore { table } => Some(usize::from(table)),
            _ => None,
        };
        let outer = table.and_then(|table| self.rows.get(table).copied());
        let (mut told, mut sum, mut rest) = (Vec::new(), Decimal::ZERO, Decimal::ZERO);
        for (place, round) in rounds.into_iter().enumerate() {
            let is_told = place < TOLD_ROUNDS_MAX;
            self.mute += usize::from(!is_told);
            let value = self.round(each, place, round);
            self.mute -= usize::from(!is_told);
            let value = value?;
            sum = apply(Op::Add, sum, value.term.value)?;
            if is_told {
                told.push(value);
            } else {
                rest = apply(Op::Add, rest, value.term.value)?;
            }
        }
        if let Some((table, row)) = table.zip(outer) {
            self.look(table, row);
        }
        if !rest.is_zero() {
            let term = Term::new(None, Some(Cow::Borrowed(REST)), rest, each.unit);
            told.push(Value { term, is_last_step: false });
        }
        Ok(self.total(op, told, sum, each.unit))
    }

    fn look(&mut self, table: usize, row: usize) {
        if let Some(place) = self.rows.get_mut(table) {
            *place = row;
        }
    }

    fn round(&mut self, each: &Each, place: usize, round: Round) -> Result<Value, Fault> {
        if let (Some(row), Over::Rows { table } | Over::RowsBefore { table }) = (round.row, &each.over) {
            self.look(usize::from(*table), row);
        }
        for (local, value) in (usize::from(each.base)..).zip(round.knows) {
            if let Some(own) = self.locals.get_mut(local) {
                *own = value;
            }
        }
        if !round.head.is_empty() {
            let number = u32::try_from(place + 1).unwrap_or(u32::MAX);
            self.step(None, Step::new(How::Part(number), round.head, Decimal::ZERO, Unit::Number));
        }
        self.value(None, &each.body)
    }

    /// The rounds of a loop, in their order.
    fn rounds(&mut self, over: &Over) -> Result<Vec<Round>, Fault> {
        match over {
            Over::Days { from, until } => Ok(stay_rounds(self.stay(from, until)?.days())),
            Over::Windows { from, until, opens, closes } => {
                let stay = self.stay(from, until)?;
                let (opens, closes) = (self.term(None, opens)?.value, self.term(None, closes)?.value);
                Ok(stay_rounds(stay.windows(whole(opens)?, whole(closes)?)))
            }
            Over::Cycles { from, until, minutes } => {
                let stay = self.stay(from, until)?;
                let minutes = self.term(None, minutes)?.value;
                Ok(stay_rounds(stay.cycles(whole(minutes)?)?))
            }
            Over::Pieces { total, size } => {
                let (total, size) = (self.term(None, total)?, self.term(None, size)?);
                let mut pieces = Pieces::new(total.value, size.value)?;
                let mut rounds = Vec::new();
                while let Some((part, number, before)) = pieces.next()? {
                    let head = vec![Term::new(None, None, part, total.unit)];
                    rounds.push(Round { knows: vec![part, number, before], row: None, head });
                }
                Ok(rounds)
            }
            Over::Months { from, until } => {
                let (from, until) = (self.term(None, from)?.value, self.term(None, until)?.value);
                days::months(from, until)?.zip(1_u64..).map(|(part, number)| Ok(month_round(part?, number))).collect()
            }
            Over::Rows { table } => Ok(row_rounds(self.inputs.rows(*table)?.len(), true)),
            Over::RowsBefore { table } => {
                let here = self.rows.get(usize::from(*table)).copied().unwrap_or_default();
                Ok(row_rounds(here, false))
            }
        }
    }

    fn stay(&mut self, from: &Code, until: &Code) -> Result<days::Stay, Fault> {
        let (from, until) = (self.term(None, from)?, self.term(None, until)?);
        days::Stay::new(from.value, until.value)
    }

    pub(super) fn run_length(&mut self, run: &RunLength) -> Result<Decimal, Fault> {
        let table = usize::from(run.table);
        let here = self.rows.get(table).copied().unwrap_or_default();
        let count = self.inputs.rows(run.table)?.len();
        let mut length = 0_usize;
        self.mute += 1;
        for row in (0..=here).rev() {
            self.look(table, row);
            if self.term(None, &run.condition)?.value.is_zero() {
                break;
            }
            length += 1;
        }
        for row in here + 1..count {
            self.look(table, row);
            if length == 0 || self.term(None, &run.condition)?.value.is_zero() {
                break;
            }
            length += 1;
        }
        self.mute -= 1;
        self.look(table, here);
        Ok(Decimal::from(length))
    }
}

fn stay_rounds(parts: impl Iterator<Item = days::Stay>) -> Vec<Round> {
    let mut before = 0_i64;
    (1_u64..)
        .zip(parts)
        .map(|(number, part)| {
            let [from, until, minutes] = [part.from, part.until, part.minutes()].map(Decimal::from);
            let knows = vec![from, until, minutes, Decimal::from(number), Decimal::from(before)];
            before = before.saturating_add(part.minutes());
            let head = [from, until].map(|at| Term::new(None, None, at, Unit::Moment)).into();
            Round { knows, row: None, head }
        })
        .collect()
}

fn month_round(part: days::MonthPart, number: u64) -> Round {
    let (from, until) = (days::of_day(part.from), days::of_day(part.until));
    let (days, of_days) = (Decimal::from(part.days), Decimal::from(part.of_days));
    let head = [from, until].map(|day| Term::new(None, None, day, Unit::Date)).into();
    Round { knows: vec![from, until, days, of_days, Decimal::from(number)], row: None, head }
}

fn row_rounds(count: usize, knows_number: bool) -> Vec<Round> {
    let knows = |row: usize| if knows_number { vec![Decimal::from(row + 1)] } else { Vec::new() };
    (0..count).map(|row| Round { knows: knows(row), row: Some(row), head: Vec::new() }).collect()
}
