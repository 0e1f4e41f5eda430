//! What a number in a formula measures, and how measures combine.

use serde::{Deserialize, Serialize};

/// The measure of a value, as a person reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Unit {
    /// A plain number: a coefficient, a count.
    #[default]
    #[serde(rename = "")]
    Number,
    /// Yuan for one month, or for the days billed once the month has been scaled.
    #[serde(rename = "元")]
    Yuan,
    /// Square metres.
    #[serde(rename = "㎡")]
    SquareMetre,
    /// A price: yuan for a square metre and a month.
    #[serde(rename = "元/㎡·月")]
    YuanPerSquareMetre,
    /// Months that are billed.
    #[serde(rename = "个月")]
    Month,
    /// Days that are billed. Never a unit inside a formula, only in the proration of a bill.
    #[serde(rename = "天")]
    Day,
    /// An intermediate value whose unit no person would say, such as ㎡ × ㎡.
    #[serde(rename = "?")]
    Mixed,
}

impl Unit {
    /// The word behind a number; empty for a plain number.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Number | Self::Mixed => "",
            Self::Yuan => "元",
            Self::SquareMetre => "㎡",
            Self::YuanPerSquareMetre => "元/㎡·月",
            Self::Month => "个月",
            Self::Day => "天",
        }
    }

    /// True for a plain number, which needs no word in storage either.
    #[must_use]
    pub fn is_number(&self) -> bool {
        *self == Self::Number
    }

    pub(super) const fn dimension(self) -> Dimension {
        match self {
            Self::Number | Self::Day | Self::Mixed => Dimension { yuan: 0, area: 0, months: 0 },
            Self::Yuan => Dimension { yuan: 1, area: 0, months: 0 },
            Self::SquareMetre => Dimension { yuan: 0, area: 1, months: 0 },
            Self::YuanPerSquareMetre => Dimension { yuan: 1, area: -1, months: 0 },
            Self::Month => Dimension { yuan: 0, area: 0, months: 1 },
        }
    }
}

/// Exponents of yuan and of square metres, and how often the billed months are a factor.
///
/// Every amount and price is for one month, so `months` counts multiplications by 计费月数. A sum of a term with
/// the factor and one without would charge one of the two wrongly in every period longer than a month, therefore
/// they are different dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dimension {
    pub(super) yuan: i32,
    pub(super) area: i32,
    pub(super) months: i32,
}

impl Dimension {
    pub(super) const NUMBER: Self = Self { yuan: 0, area: 0, months: 0 };

    // The text limit keeps a formula under a thousand factors: exponents stay far inside i32.
    pub(super) const fn times(self, other: Self) -> Self {
        Self { yuan: self.yuan + other.yuan, area: self.area + other.area, months: self.months + other.months }
    }

    pub(super) const fn over(self, other: Self) -> Self {
        Self { yuan: self.yuan - other.yuan, area: self.area - other.area, months: self.months - other.months }
    }

    /// An amount: of one month, or explicitly of the billed months.
    pub(super) const fn is_amount(self) -> bool {
        self.yuan == 1 && self.area == 0 && (self.months == 0 || self.months == 1)
    }

    /// The unit a value of this dimension is shown with.
    pub(super) const fn unit(self) -> Unit {
        match (self.yuan, self.area, self.months) {
            (0, 0, 0) => Unit::Number,
            (1, 0, 0 | 1) => Unit::Yuan,
            (0, 1, 0) => Unit::SquareMetre,
            (1, -1, 0) => Unit::YuanPerSquareMetre,
            (0, 0, 1) => Unit::Month,
            _ => Unit::Mixed,
        }
    }

    /// The dimension in words for an error message, where 元/月 and 元 must not look the same.
    pub(super) fn words(self) -> String {
        let parts = [("元", self.yuan), ("㎡", self.area), ("月", self.months - self.yuan)];
        let side = |sign: i32| -> String {
            let named: Vec<String> = parts
                .iter()
                .filter(|(_, power)| power.signum() == sign)
                .map(|(word, power)| match power.abs() {
                    1 => (*word).to_owned(),
                    more => format!("{word}^{more}"),
                })
                .collect();
            named.join("·")
        };
        match (side(1), side(-1)) {
            (above, below) if above.is_empty() && below.is_empty() => "纯数字".to_owned(),
            (above, below) if below.is_empty() => above,
            (above, below) if above.is_empty() => format!("1/{below}"),
            (above, below) => format!("{above}/{below}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_times_an_area_is_an_amount_of_a_month() {
        let amount = Unit::YuanPerSquareMetre.dimension().times(Unit::SquareMetre.dimension());
        assert!(amount.is_amount());
        assert_eq!(amount.unit(), Unit::Yuan);
        assert_eq!(amount.words(), "元/月");
        assert_eq!(amount.times(Unit::Month.dimension()).words(), "元");
    }

    #[test]
    fn units_are_named_as_people_write_them() {
        assert_eq!(Unit::YuanPerSquareMetre.dimension().words(), "元/㎡·月");
        assert_eq!(Unit::SquareMetre.dimension().times(Unit::SquareMetre.dimension()).words(), "㎡^2");
        assert_eq!(Dimension::NUMBER.over(Unit::SquareMetre.dimension()).words(), "1/㎡");
        assert_eq!(Dimension::NUMBER.words(), "纯数字");
    }
}
