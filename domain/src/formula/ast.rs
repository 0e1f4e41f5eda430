//! The tree of a formula as it was written.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::error::Span;
use super::unit::{Dimension, Unit};

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

/// A comparison of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// Smaller.
    #[serde(rename = "<")]
    Less,
    /// Smaller or equal.
    #[serde(rename = "≤")]
    AtMost,
    /// Larger.
    #[serde(rename = ">")]
    Greater,
    /// Larger or equal.
    #[serde(rename = "≥")]
    AtLeast,
    /// Equal.
    #[serde(rename = "=")]
    Equal,
    /// Different.
    #[serde(rename = "≠")]
    Different,
}

impl Comparison {
    /// The sign people read.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "≤",
            Self::Greater => ">",
            Self::AtLeast => "≥",
            Self::Equal => "=",
            Self::Different => "≠",
        }
    }

    /// Whether it holds.
    pub(super) fn holds(self, left: &Decimal, right: &Decimal) -> bool {
        match self {
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::Greater => left > right,
            Self::AtLeast => left >= right,
            Self::Equal => left == right,
            Self::Different => left != right,
        }
    }

    /// True where only the order of two values is asked, which words and yes-or-no do not have.
    pub(super) const fn needs_order(self) -> bool {
        !matches!(self, Self::Equal | Self::Different)
    }
}

/// A part of the formula and its place. Two parts are equal when they say the same, wherever they stand.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// What follows a written number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suffix {
    None,
    /// `%`
    Percent,
    /// `‰`
    Permille,
    /// Hours, which are sixty minutes each.
    Hours,
    Unit(Unit),
}

impl Suffix {
    /// The value a written number stands for, and its unit; without one it adapts. None when it is too large.
    pub(super) fn value(self, written: Decimal) -> Option<(Decimal, Option<Unit>)> {
        let scaled = |factor: Decimal| written.checked_mul(factor);
        Some(match self {
            Self::None => (written, None),
            Self::Percent => (scaled(Decimal::new(1, 2))?, None),
            Self::Permille => (scaled(Decimal::new(1, 3))?, None),
            Self::Hours => (scaled(Decimal::from(60))?, Some(Dimension::minutes().unit())),
            Self::Unit(unit) => (written, Some(unit)),
        })
    }
}

/// What a part is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Number {
        written: Decimal,
        suffix: Suffix,
    },
    Text(String),
    /// A time of day, in minutes after midnight.
    Clock(u32),
    Name(String),
    /// A column of the table whose row is being looked at.
    Column {
        table: String,
        column: String,
    },
    Negative(Box<Node>),
    Not(Box<Node>),
    /// Operators of one rank from left to right. A flat list, so that a long sum is not a deep tree: the depth of
    /// a formula is bounded by its brackets alone.
    Chain {
        first: Box<Node>,
        rest: Vec<(Op, Node)>,
    },
    Compare {
        left: Box<Node>,
        how: Comparison,
        right: Box<Node>,
    },
    /// At least two conditions of which all or any must hold; flat as a chain is.
    Logic {
        all: bool,
        parts: Vec<Node>,
    },
    Call {
        name: Word,
        arguments: Vec<Argument>,
    },
    /// Intermediate values under a name, then the value itself.
    Block {
        definitions: Vec<Definition>,
        value: Box<Node>,
    },
}

/// One argument; `label: value` in tiers and lists of cases.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Argument {
    pub(super) label: Option<Node>,
    pub(super) value: Node,
}

/// `name = value;`, or `输出 name = value;`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Definition {
    pub(super) name: Word,
    pub(super) is_output: bool,
    pub(super) value: Node,
}

/// A name and its place; equal when the name is.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) span: Span,
}

impl PartialEq for Word {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
