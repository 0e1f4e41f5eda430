//! A bar: what is claimed, what was measured, and how they compare.

use std::fmt;

use serde::Serialize;

/// On which side of the bar is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Rates: as much of the limit as possible.
    AtLeast,
    /// Times, sizes and exponents: as little as possible.
    AtMost,
}

/// One claim.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// What it is about.
    pub name: &'static str,
    /// What the figures count.
    pub unit: &'static str,
    /// The ratio that is promised.
    pub bar: f64,
    /// The ratio that is aimed at.
    pub aim: f64,
    /// Which side of it is good.
    pub side: Side,
    /// What to say when the bar is missed, if that is known.
    pub why_below: Option<&'static str>,
}

/// One measured bar, as it is stored.
#[derive(Debug, Clone, Serialize)]
pub struct Bar {
    /// The bench.
    pub name: String,
    /// `sqlite`, `postgres`, or `none` where no database is asked.
    pub database: &'static str,
    /// Our figure.
    pub ours: f64,
    /// The raw limit's figure.
    pub limit: f64,
    /// What both count.
    pub unit: &'static str,
    /// Ours ÷ limit.
    pub ratio: f64,
    /// What is promised of the ratio.
    pub bar: f64,
    /// What is aimed at.
    pub aim: f64,
    /// Why the bar is missed; nothing where it is reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_below: Option<&'static str>,
    #[serde(skip)]
    side: Option<Side>,
}

impl Claim {
    /// A claim that a rate reaches a part of its limit.
    #[must_use]
    pub const fn at_least(name: &'static str, unit: &'static str, bar: f64, aim: f64) -> Self {
        Self { name, unit, bar, aim, side: Side::AtLeast, why_below: None }
    }

    /// A claim that a figure stays below its limit.
    #[must_use]
    pub const fn at_most(name: &'static str, unit: &'static str, bar: f64, aim: f64) -> Self {
        Self { name, unit, bar, aim, side: Side::AtMost, why_below: None }
    }

    /// The same with a sentence that is printed and stored when the bar is missed.
    #[must_use]
    pub const fn or_because(self, why_below: &'static str) -> Self {
        Self { why_below: Some(why_below), ..self }
    }

    /// What was measured of it. `variant` follows the name, for one of several circumstances.
    #[must_use]
    pub fn measured(&self, database: &'static str, variant: &str, ours: f64, limit: f64) -> Bar {
        let mut bar = Bar {
            name: format!("{}{variant}", self.name),
            database,
            ours,
            limit,
            unit: self.unit,
            ratio: if limit > 0.0 { ours / limit } else { 0.0 },
            bar: self.bar,
            aim: self.aim,
            why_below: None,
            side: Some(self.side),
        };
        bar.why_below = self.why_below.filter(|_| !bar.is_reached());
        bar
    }
}

impl Bar {
    /// Whether the bar is reached.
    #[must_use]
    pub fn is_reached(&self) -> bool {
        match self.side {
            Some(Side::AtMost) => self.ratio <= self.bar,
            _ => self.ratio >= self.bar,
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = format!("{}/{}", self.name, self.database);
        let word = if self.is_reached() { "pass" } else { "below" };
        write!(
            f,
            "{what:<36} {:>6.2} {:>5.2}   ours {:>10} limit {:>10} {}  {word}, aim {:.2}",
            self.ratio,
            self.bar,
            short(self.ours),
            short(self.limit),
            self.unit,
            self.aim
        )?;
        self.why_below.map_or(Ok(()), |why| write!(f, "\n    {why}"))
    }
}

/// Whole numbers where they are large, three decimals where they are small.
fn short(figure: f64) -> String {
    if figure >= 100.0 { format!("{figure:.0}") } else { format!("{figure:.3}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_must_reach_its_bar_and_a_size_must_stay_below_it() {
        let rate = Claim::at_least("callback", "callbacks/s", 0.8, 1.0);
        assert!(rate.measured("sqlite", "", 80.0, 100.0).is_reached());
        assert!(!rate.measured("sqlite", "", 79.0, 100.0).is_reached());
        let size = Claim::at_most("footprint", "MB", 1.0, 0.5);
        assert!(size.measured("sqlite", "", 150.0, 150.0).is_reached());
        assert!(!size.measured("sqlite", "", 151.0, 150.0).is_reached());
    }

    #[test]
    fn the_stored_form_has_the_published_fields() {
        let bar = Claim::at_least("callback", "callbacks/s", 0.8, 1.0).measured("postgres", "-8", 1.0, 2.0);
        let json = serde_json::to_value(&bar).unwrap();
        let fields: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        for field in ["name", "database", "ours", "limit", "unit", "ratio", "bar", "aim"] {
            assert!(fields.contains(&field), "{field}");
        }
        assert_eq!((fields.len(), &json["name"], &json["ratio"]), (8, &"callback-8".into(), &0.5.into()));
    }

    #[test]
    fn a_missed_bar_says_why_and_a_reached_one_does_not() {
        let claim = Claim::at_least("callback", "callbacks/s", 0.8, 1.0).or_because("the disk is slow");
        let (missed, reached) = (claim.measured("sqlite", "", 1.0, 2.0), claim.measured("sqlite", "", 2.0, 2.0));
        assert!(missed.to_string().ends_with("\n    the disk is slow"));
        assert_eq!(serde_json::to_value(&missed).unwrap()["why_below"], "the disk is slow");
        assert!(!reached.to_string().contains("slow"));
        assert!(serde_json::to_value(&reached).unwrap().get("why_below").is_none());
    }
}
