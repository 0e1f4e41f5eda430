//! A tree back to text, in one spelling: what is read from it again is the same tree.

use std::fmt::{self, Display, Formatter};

use super::ast::{Argument, Kind, Node, Suffix};
use super::parser::OUTPUT_WORDS;
use super::unit::Unit;

/// How tightly a part holds together; a looser one inside a tighter one needs brackets.
fn rank(kind: &Kind) -> u8 {
    match kind {
        Kind::Block { .. } => 0,
        Kind::Logic { all: false, .. } => 1,
        Kind::Logic { all: true, .. } => 2,
        Kind::Not(_) => 3,
        Kind::Compare { .. } => 4,
        Kind::Chain { rest, .. } => match rest.first() {
            Some((op, _)) if op.is_sum() => 5,
            _ => 6,
        },
        Kind::Negative(_) => 7,
        _ => 8,
    }
}

/// A part where at least that rank is needed.
struct At<'n>(&'n Node, u8);

impl Display for At<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if rank(&self.0.kind) < self.1 { write!(f, "({})", self.0) } else { self.0.fmt(f) }
    }
}

impl Display for Node {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let own = rank(&self.kind);
        match &self.kind {
            Kind::Number { written, suffix } => write!(f, "{written}{}", suffix.words()),
            Kind::Text(text) => write!(f, "“{text}”"),
            Kind::Clock(minutes) => write!(f, "{}点{:02}分", minutes / 60, minutes % 60),
            Kind::Name(name) => f.write_str(name),
            Kind::Column { table, column } => write!(f, "{table}.{column}"),
            Kind::Negative(inner) => write!(f, "-{}", At(inner, own)),
            Kind::Not(inner) => write!(f, "非 {}", At(inner, own)),
            Kind::Chain { first, rest } => {
                At(first, own).fmt(f)?;
                rest.iter().try_for_each(|(op, part)| write!(f, " {} {}", op.sign(), At(part, own + 1)))
            }
            Kind::Compare { left, how, right } => {
                write!(f, "{} {} {}", At(left, own + 1), how.sign(), At(right, own + 1))
            }
            Kind::Logic { all, parts } => {
                let word = if *all { " 且 " } else { " 或 " };
                parts.iter().enumerate().try_for_each(|(place, part)| {
                    f.write_str(if place > 0 { word } else { "" })?;
                    At(part, own + u8::from(place > 0)).fmt(f)
                })
            }
            Kind::Call { name, arguments } => {
                write!(f, "{}(", name.text)?;
                arguments.iter().enumerate().try_for_each(|(place, argument)| {
                    f.write_str(if place > 0 { ", " } else { "" })?;
                    argument.fmt(f)
                })?;
                f.write_str(")")
            }
            Kind::Block { definitions, value } => {
                for definition in definitions {
                    let output = OUTPUT_WORDS.first().filter(|_| definition.is_output);
                    let (word, blank) = output.map_or(("", ""), |word| (*word, " "));
                    writeln!(f, "{word}{blank}{} = {};", definition.name.text, At(&definition.value, 1))?;
                }
                At(value, 1).fmt(f)
            }
        }
    }
}

impl Display for Argument {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(label) = &self.label {
            write!(f, "{}: ", At(label, 1))?;
        }
        self.value.fmt(f)
    }
}

impl Suffix {
    /// The word behind the number.
    pub(super) fn words(self) -> String {
        match self {
            Self::None => String::new(),
            Self::Percent => "%".to_owned(),
            Self::Permille => "‰".to_owned(),
            Self::Hours => "小时".to_owned(),
            Self::Unit(Unit::Number) => "个".to_owned(),
            Self::Unit(unit) => unit.words().into_owned(),
        }
    }
}
