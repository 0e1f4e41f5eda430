//! What a set of readings comes to, against what is known: rules only, no database.

use chrono::NaiveDate;
use domain::meter::{self, Anomaly, Step, UsageError};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use uuid::Uuid;

use super::known::{Known, KnownMeter, KnownReading};

/// A reading somebody wants kept.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// What the book says the reading before was; none to take the one that is known.
    pub previous_milli: Option<i64>,
    pub current_milli: i64,
    pub step: Step,
    pub is_estimated: bool,
    pub day: Option<NaiveDate>,
    pub reader: Option<String>,
    pub photo: Option<String>,
    pub remark: Option<String>,
}

/// A reading ready to be stored.
#[derive(Debug, Clone)]
pub(super) struct Ready {
    pub meter_id: Uuid,
    /// What it takes the place of.
    pub supersedes: Option<Uuid>,
    pub previous_milli: Option<i64>,
    pub multiplier_milli: i64,
    pub usage_micro: i64,
    pub anomalies: Vec<Anomaly>,
    pub wanted: Wanted,
}

/// Why a reading is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    Lower,
    OutOfRange,
    Billed,
    Later,
    PreviousDiffers,
    MultiplierDiffers,
}

impl Refusal {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Lower => "READING_LOWER",
            Self::OutOfRange => "READING_NOT_NUMBER",
            Self::Billed => "READING_BILLED",
            Self::Later => "LATER_READING",
            Self::PreviousDiffers => "PREVIOUS_DIFFERS",
            Self::MultiplierDiffers => "MULTIPLIER_DIFFERS",
        }
    }

    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Lower => "本次读数小于上次读数",
            Self::OutOfRange => "读数超出表计能显示的范围",
            Self::Billed => "这个月的读数已经出账，不能改动",
            Self::Later => "之后的月份已有读数",
            Self::PreviousDiffers => "上次读数与系统中的不同",
            Self::MultiplierDiffers => "倍率与系统中的不同",
        }
    }

    pub(super) const fn remedy(self) -> &'static str {
        match self {
            Self::Lower => "请核对读数；满刻度归零请注明翻表，换表请填旧表止码与新表起码",
            Self::OutOfRange => "请核对读数与倍率",
            Self::Billed => "请使用「更正读数」，差额计入未关账的月份",
            Self::Later => "请先核对之后月份的读数；已出账的请使用「更正读数」",
            Self::MultiplierDiffers => "请核对倍率；确实更换了互感器的，请停用原表并登记新表",
            Self::PreviousDiffers => "请核对上次读数；换过表的请填旧表止码与新表起码",
        }
    }
}

/// What becomes of a reading.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Kept; boxed, since most are.
    Kept(Box<Ready>),
    /// Known already, to the digit.
    Same,
    Refused(Refusal),
}

/// Judges one reading of a known meter.
pub(super) fn plan(known: &Known, meter: &KnownMeter, wanted: Wanted) -> Outcome {
    let before = known.latest.get(&meter.id).copied();
    let previous_milli = before.or(wanted.previous_milli);
    if let Some(there) = known.of_month.get(&meter.id) {
        if is_same(there, &wanted, meter) {
            return Outcome::Same;
        }
        if there.is_billed {
            return Outcome::Refused(Refusal::Billed);
        }
    }
    if known.later.contains(&meter.id) {
        return Outcome::Refused(Refusal::Later);
    }
    if let (Some(before), Some(said)) = (before, wanted.previous_milli)
        && before != said
    {
        return Outcome::Refused(Refusal::PreviousDiffers);
    }
    let history = known.history.get(&meter.id).map_or(&[][..], Vec::as_slice);
    let supersedes = known.of_month.get(&meter.id).map(|there| there.id);
    ready(meter, previous_milli, supersedes, history, wanted)
}

/// Judges the first reading of a meter that is not known yet.
pub(super) fn plan_first(meter: &KnownMeter, wanted: Wanted) -> Outcome {
    ready(meter, wanted.previous_milli, None, &[], wanted)
}

fn ready(
    meter: &KnownMeter,
    previous_milli: Option<i64>,
    supersedes: Option<Uuid>,
    history: &[Decimal],
    wanted: Wanted,
) -> Outcome {
    let usage = match previous_milli {
        None => Ok(Decimal::ZERO),
        Some(previous) => meter::usage(previous, wanted.current_milli, wanted.step, meter.multiplier_milli),
    };
    let usage = match usage {
        Ok(usage) => usage,
        Err(UsageError::Lower) => return Outcome::Refused(Refusal::Lower),
        Err(UsageError::Multiplier | UsageError::OutOfRange) => return Outcome::Refused(Refusal::OutOfRange),
    };
    // Thousandths times thousandths: a millionth is exact.
    let micro = usage.checked_mul(Decimal::from(1_000_000)).and_then(|micro| micro.to_i64());
    let Some(usage_micro) = micro else { return Outcome::Refused(Refusal::OutOfRange) };
    let limit = meter.limit_micro.map(super::known::decimal_of_micro);
    let anomalies = if previous_milli.is_some() { meter::judge(usage, history, limit) } else { Vec::new() };
    let multiplier_milli = meter.multiplier_milli;
    let meter_id = meter.id;
    Outcome::Kept(Box::new(Ready {
        meter_id,
        supersedes,
        previous_milli,
        multiplier_milli,
        usage_micro,
        anomalies,
        wanted,
    }))
}

/// The same figures: entered again, it changes nothing.
fn is_same(there: &KnownReading, wanted: &Wanted, meter: &KnownMeter) -> bool {
    let (step, old_end, new_start) = stored_step(wanted.step);
    there.current_milli == wanted.current_milli
        && wanted.previous_milli.is_none_or(|said| there.previous_milli == Some(said))
        && (there.step.as_str(), there.old_end_milli, there.new_start_milli) == (step, old_end, new_start)
        && there.is_estimated == wanted.is_estimated
        && there.multiplier_milli == meter.multiplier_milli
}

/// A step as three columns.
pub(super) const fn stored_step(step: Step) -> (&'static str, Option<i64>, Option<i64>) {
    match step {
        Step::Plain => ("plain", None, None),
        Step::RollOver => ("roll_over", None, None),
        Step::Exchanged { old_end_milli, new_start_milli } => ("exchanged", Some(old_end_milli), Some(new_start_milli)),
    }
}
