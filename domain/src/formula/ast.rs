//! The tree of a formula as it was written.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::error::Span;
use super::unit::Unit;

/// An operator between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// Sum.
    #[serde(rename = "+")]
    Add,
    /// Difference.
    #[serde(rename = "-")]
    Subtract,
    /// Product.
    #[serde(rename = "×")]
    Multiply,
    /// Quotient.
    #[serde(rename = "÷")]
    Divide,
}

impl Op {
    /// The sign people read.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "×",
            Self::Divide => "÷",
        }
    }

    /// True for sums and differences, false for products and quotients.
    pub(super) const fn is_sum(self) -> bool {
        matches!(self, Self::Add | Self::Subtract)
    }
}

/// A function of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// The smallest of two or more.
    Min,
    /// The largest of two or more.
    Max,
    /// Half away from zero, to a number of decimals.
    Round,
}

impl Function {
    pub(super) const ALL: [Self; 3] = [Self::Min, Self::Max, Self::Round];

    /// All its names; the first is the one shown.
    #[must_use]
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Min => &["最小", "最小值", "min"],
            Self::Max => &["最大", "最大值", "max"],
            Self::Round => &["四舍五入", "round"],
        }
    }

    /// The name shown to people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Min => "最小",
            Self::Max => "最大",
            Self::Round => "四舍五入",
        }
    }

    /// Finds a function by any of its names; ASCII names in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.names().iter().any(|known| known.eq_ignore_ascii_case(name)))
    }
}

/// A part of the formula and its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// What a part is.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Number {
        value: Decimal,
        unit: Option<Unit>,
    },
    Name(String),
    Negative(Box<Node>),
    /// Operators of one rank from left to right. A flat list, so that a long sum is not a deep tree: the depth of
    /// a formula is bounded by its brackets alone.
    Chain {
        first: Box<Node>,
        rest: Vec<(Op, Node)>,
    },
    Call {
        name: String,
        name_span: Span,
        arguments: Vec<Node>,
    },
}
