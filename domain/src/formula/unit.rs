//! What a number in a formula measures, and how measures combine.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Base measures with the word they are shown by, in the order in which they are shown.
const BASES: [&str; 10] = ["元", "㎡", "度", "m³", "吉焦", "千伏安", "米", "天", "分钟", "月"];
const YUAN: usize = 0;
const AREA: usize = 1;
const DAYS: usize = 7;
const MINUTES: usize = 8;
const MONTHS: usize = 9;

/// Words for measures as they stand behind a number, longer before shorter; none is a count, which is a plain
/// number.
pub(super) const WORDS: [(&str, Option<usize>); 35] = [
    ("平方米", Some(AREA)),
    ("千瓦时", Some(2)),
    ("立方米", Some(3)),
    ("千伏安", Some(5)),
    ("平米", Some(AREA)),
    ("立方", Some(3)),
    ("吉焦", Some(4)),
    ("分钟", Some(MINUTES)),
    ("个月", Some(MONTHS)),
    ("kWh", Some(2)),
    ("kwh", Some(2)),
    ("kVA", Some(5)),
    ("kva", Some(5)),
    ("m²", Some(AREA)),
    ("m2", Some(AREA)),
    ("m³", Some(3)),
    ("m3", Some(3)),
    ("GJ", Some(4)),
    ("㎡", Some(AREA)),
    ("元", Some(YUAN)),
    ("度", Some(2)),
    ("吨", Some(3)),
    ("方", Some(3)),
    ("米", Some(6)),
    ("天", Some(DAYS)),
    ("日", Some(DAYS)),
    ("月", Some(MONTHS)),
    ("人", None),
    ("户", None),
    ("个", None),
    ("次", None),
    ("辆", None),
    ("台", None),
    ("间", None),
    ("层", None),
];

/// The most measures in one unit: `元/㎡·月` has three.
const MEASURES_MAX: usize = 4;

/// The measure of a value, as a person reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Unit {
    /// A plain number: a coefficient, a count.
    #[default]
    Number,
    /// Yuan for one month, or for the days billed once the month has been scaled.
    Yuan,
    /// Square metres.
    SquareMetre,
    /// A price: yuan for a square metre and a month.
    YuanPerSquareMetre,
    /// Months that are billed.
    Month,
    /// Days.
    Day,
    /// Any other measure that has a word, such as 度 or 元/度.
    Compound(Dimension),
    /// An intermediate value whose unit no person would say, such as ㎡ × ㎡.
    Mixed,
    /// Yes (1) or no (0).
    Flag,
    /// A day, counted from 1970-01-01.
    Date,
    /// A minute, counted from the beginning of 1970-01-01 on the wall clock.
    Moment,
    /// One of several words, by its place.
    Text,
}

impl Unit {
    /// The word behind a number; empty for a plain number and for what is no number.
    #[must_use]
    pub fn words(self) -> Cow<'static, str> {
        match self {
            Self::Yuan => Cow::Borrowed("元"),
            Self::SquareMetre => Cow::Borrowed("㎡"),
            Self::YuanPerSquareMetre => Cow::Borrowed("元/㎡·月"),
            Self::Month => Cow::Borrowed("个月"),
            Self::Day => Cow::Borrowed("天"),
            Self::Compound(dimension) => Cow::Owned(dimension.words()),
            _ => Cow::Borrowed(""),
        }
    }

    /// True for a plain number, which needs no word in storage either.
    #[must_use]
    pub fn is_number(&self) -> bool {
        *self == Self::Number
    }

    /// Reads `元/度`, `㎡`, `个月`, `kWh`, `人`; none when it is not a unit.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let letters: Vec<char> = text.chars().collect();
        read(&letters).filter(|(length, _)| *length == letters.len()).map(|(_, unit)| unit)
    }

    /// Whether a word is a unit, and therefore no name.
    pub(super) fn is_word(text: &str) -> bool {
        WORDS.iter().any(|(word, _)| *word == text)
    }

    pub(super) fn dimension(self) -> Dimension {
        match self {
            Self::Yuan => Dimension::of(YUAN),
            Self::SquareMetre => Dimension::of(AREA),
            Self::YuanPerSquareMetre => Dimension::of(YUAN).over(Dimension::of(AREA)),
            Self::Month => Dimension::of(MONTHS),
            Self::Day => Dimension::of(DAYS),
            Self::Compound(dimension) => dimension,
            _ => Dimension::NUMBER,
        }
    }

    const fn stored(self) -> Option<&'static str> {
        match self {
            Self::Number => Some(""),
            Self::Mixed => Some("?"),
            Self::Flag => Some("是否"),
            Self::Date => Some("日期"),
            Self::Moment => Some("时刻"),
            Self::Text => Some("文字"),
            _ => None,
        }
    }
}

impl Serialize for Unit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.stored() {
            Some(word) => serializer.serialize_str(word),
            None => serializer.serialize_str(&self.words()),
        }
    }
}

impl<'de> Deserialize<'de> for Unit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        let fixed = [Self::Number, Self::Mixed, Self::Flag, Self::Date, Self::Moment, Self::Text];
        let known = fixed.into_iter().find(|unit| unit.stored() == Some(word.as_str())).or_else(|| Self::parse(&word));
        known.ok_or_else(|| serde::de::Error::custom(format_args!("unknown unit {word}")))
    }
}

/// The longest unit at the beginning of the letters and its length. Behind the whole unit no letter of a name may
/// follow: `元/月` before `租` is yuan divided by 月租.
pub(super) fn read(letters: &[char]) -> Option<(usize, Unit)> {
    let (mut length, base) = measure(letters)?;
    let (mut dimension, mut below) = (base.map_or(Dimension::NUMBER, Dimension::of), false);
    for _ in 1..MEASURES_MAX {
        let Some(sign) = letters.get(length).filter(|sign| matches!(sign, '/' | '·')) else { break };
        let Some((more, base)) = letters.get(length + 1..).and_then(measure) else { break };
        below |= *sign == '/';
        match base {
            // A price for a month is the price: see `Dimension`.
            Some(MONTHS) if below => {}
            Some(base) if below => dimension = dimension.over(Dimension::of(base)),
            Some(base) => dimension = dimension.times(Dimension::of(base)),
            None => {}
        }
        length += 1 + more;
    }
    Some((length, dimension.unit()))
}

fn measure(letters: &[char]) -> Option<(usize, Option<usize>)> {
    WORDS.iter().find_map(|(word, base)| {
        let length = word.chars().count();
        let is_here = word.chars().enumerate().all(|(place, letter)| letters.get(place) == Some(&letter));
        let ends = !letters.get(length).is_some_and(|next| super::lexer::continues_name(*next));
        (is_here && ends).then_some((length, *base))
    })
}

/// Exponents of the base measures.
///
/// In a formula about one month every amount and price is for that month, so the exponent of months counts
/// multiplications by 计费月数. A sum of a term with the factor and one without would charge one of the two wrongly
/// in every period longer than a month, therefore they are different dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Dimension([i16; BASES.len()]);

impl Dimension {
    pub(super) const NUMBER: Self = Self([0; BASES.len()]);

    fn of(base: usize) -> Self {
        Self::default().with(base, 1)
    }

    fn with(mut self, base: usize, power: i16) -> Self {
        if let Some(place) = self.0.get_mut(base) {
            *place = power;
        }
        self
    }

    fn power(self, base: usize) -> i16 {
        self.0.get(base).copied().unwrap_or_default()
    }

    pub(super) fn months(self) -> i16 {
        self.power(MONTHS)
    }

    /// The same without the count of months, which matters only in a formula about one month.
    pub(super) fn without_months(self) -> Self {
        self.with(MONTHS, 0)
    }

    pub(super) fn times(self, other: Self) -> Self {
        Self(std::array::from_fn(|base| self.power(base).saturating_add(other.power(base))))
    }

    pub(super) fn over(self, other: Self) -> Self {
        Self(std::array::from_fn(|base| self.power(base).saturating_sub(other.power(base))))
    }

    /// An amount: of one month, or explicitly of the billed months.
    pub(super) fn is_amount(self) -> bool {
        self.without_months() == Self::of(YUAN) && matches!(self.months(), 0 | 1)
    }

    pub(super) fn yuan() -> Self {
        Self::of(YUAN)
    }

    pub(super) fn minutes() -> Self {
        Self::of(MINUTES)
    }

    pub(super) fn days() -> Self {
        Self::of(DAYS)
    }

    /// The unit a value of this dimension is shown with.
    pub(super) fn unit(self) -> Unit {
        let fixed = [Unit::Number, Unit::Yuan, Unit::SquareMetre, Unit::YuanPerSquareMetre, Unit::Month, Unit::Day];
        if self.is_amount() {
            return Unit::Yuan;
        }
        let known = fixed.into_iter().find(|unit| unit.dimension() == self);
        let is_sayable = self.0.iter().all(|power| power.abs() <= 1)
            && self.0.iter().any(|power| *power > 0)
            && self.0.iter().filter(|power| **power != 0).count() <= MEASURES_MAX;
        known.unwrap_or(if is_sayable { Unit::Compound(self) } else { Unit::Mixed })
    }

    /// The dimension in words.
    pub(super) fn words(self) -> String {
        match (self.side(1), self.side(-1)) {
            (above, below) if above.is_empty() && below.is_empty() => "纯数字".to_owned(),
            (above, below) if below.is_empty() => above,
            (above, below) if above.is_empty() => format!("1/{below}"),
            (above, below) => format!("{above}/{below}"),
        }
    }

    /// The dimension in words where amounts are for a month, so that 元/月 and 元 do not look the same.
    pub(super) fn words_monthly(self) -> String {
        self.with(MONTHS, self.months().saturating_sub(self.power(YUAN))).words()
    }

    fn side(self, sign: i16) -> String {
        let named: Vec<String> = BASES
            .iter()
            .zip(self.0)
            .filter(|(_, power)| power.signum() == sign)
            .map(|(word, power)| match power.abs() {
                1 => (*word).to_owned(),
                more => format!("{word}^{more}"),
            })
            .collect();
        named.join("·")
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
        assert_eq!(amount.words_monthly(), "元/月");
        assert_eq!(amount.times(Unit::Month.dimension()).words_monthly(), "元");
    }

    #[test]
    fn units_are_named_as_people_write_them() {
        assert_eq!(Unit::YuanPerSquareMetre.dimension().words_monthly(), "元/㎡·月");
        assert_eq!(Unit::SquareMetre.dimension().times(Unit::SquareMetre.dimension()).words(), "㎡^2");
        assert_eq!(Dimension::NUMBER.over(Unit::SquareMetre.dimension()).words(), "1/㎡");
        assert_eq!(Dimension::NUMBER.words(), "纯数字");
        assert_eq!(Unit::parse("元/千瓦时").unwrap().words(), "元/度");
        assert_eq!(Unit::parse("kWh/㎡·月").unwrap().words(), "度/㎡");
        assert_eq!(Unit::parse("元/㎡·日").unwrap().words(), "元/㎡·天");
    }

    #[test]
    fn a_unit_is_the_same_after_storage() {
        for word in ["", "元", "㎡", "元/㎡·月", "个月", "天", "?", "元/度", "m³", "元/吨", "是否", "日期", "时刻"]
        {
            let unit: Unit = serde_json::from_value(serde_json::Value::String(word.to_owned())).unwrap();
            let stored = serde_json::to_string(&unit).unwrap();
            assert_eq!(serde_json::from_str::<Unit>(&stored).unwrap(), unit, "{word}");
        }
        assert!(serde_json::from_str::<Unit>("\"斤\"").is_err());
    }

    #[test]
    fn a_count_is_a_plain_number_and_divides_into_one() {
        assert_eq!(Unit::parse("户"), Some(Unit::Number));
        assert_eq!(Unit::parse("元/户·月"), Some(Unit::Yuan));
        assert_eq!(Unit::parse("月租"), None);
    }
}
