//! A checked part of a formula: what kind of value it has, and between which limits.

use rust_decimal::Decimal;

use super::range::Range;
use crate::formula::error::Span;
use crate::formula::field::{Field, FieldKind};
use crate::formula::program::Code;
use crate::formula::unit::{Dimension, Unit};

/// What kind of value a part has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sort {
    /// No dimension: made of written numbers alone, so it adapts.
    Number(Option<Dimension>),
    Flag,
    Day,
    Moment,
    Clock,
    /// A written word, or one of the options of a field.
    Word {
        written: Option<String>,
        options: Vec<String>,
    },
}

impl Sort {
    pub(super) const fn words(&self) -> &'static str {
        match self {
            Self::Number(_) => "数值",
            Self::Flag => "是否（条件）",
            Self::Day => "日期",
            Self::Moment => "时刻",
            Self::Clock => "一天中的时间",
            Self::Word { .. } => "文字",
        }
    }
}

/// A checked part. `fixed` is its value when no name occurs in it.
pub(super) struct Part {
    pub(super) code: Code,
    pub(super) sort: Sort,
    pub(super) fixed: Option<Decimal>,
    pub(super) range: Range,
    pub(super) span: Span,
}

impl Part {
    pub(super) fn dimension(&self) -> Option<Dimension> {
        match self.sort {
            Sort::Number(dimension) => dimension,
            _ => None,
        }
    }

    /// The unit it is shown with.
    pub(super) fn unit(&self) -> Unit {
        match self.sort {
            Sort::Number(dimension) => unit_of(dimension),
            Sort::Flag => Unit::Flag,
            Sort::Day => Unit::Date,
            Sort::Moment | Sort::Clock => Unit::Moment,
            Sort::Word { .. } => Unit::Text,
        }
    }
}

pub(super) fn unit_of(dimension: Option<Dimension>) -> Unit {
    dimension.map_or(Unit::Number, Dimension::unit)
}

pub(super) fn clock_part(minutes: u32, span: Span) -> Part {
    let value = Decimal::from(minutes);
    let code = Code::Constant(value, Unit::Moment);
    Part { code, sort: Sort::Clock, fixed: Some(value), range: Range::exactly(value), span }
}

pub(super) fn flag(code: Code, span: Span) -> Part {
    Part { code, sort: Sort::Flag, fixed: None, range: Range::between(Decimal::ZERO, Decimal::ONE), span }
}

pub(super) fn range_of(field: &Field) -> Range {
    match field.kind {
        FieldKind::Number if field.may_be_negative => Range::ANY,
        FieldKind::Number if field.is_positive => Range::POSITIVE,
        FieldKind::Number => Range::FROM_ZERO,
        _ => Range::ANY,
    }
}
