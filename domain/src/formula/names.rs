//! The names a formula may use: variables every project has, and the constants of a tariff.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::constants::{Constant, Constants};
use super::field::{FIELDS_MAX, Field, FieldError, FieldKind};
use super::function::Function;
use super::unit::Unit;
use rust_decimal::Decimal;

/// A value every formula can use, under its Chinese or its ASCII name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Variable {
    /// 建筑面积: built-up area of the house, ㎡.
    BuildingArea,
    /// 套内面积: inner area of the house, ㎡. Not every house has one.
    InnerArea,
    /// 单价: the house's own price, else the tariff's, yuan per ㎡ and month.
    UnitPrice,
    /// 计费月数: always 1, because a formula is evaluated for one month and the bill scales it; a formula that
    /// names it must multiply every term by it.
    Months,
    /// 固定金额: the tariff's fixed sum, yuan a month.
    FixedAmount,
}

impl Variable {
    /// All of them in the order of their declaration, which is also how an editor offers them.
    pub const ALL: [Self; 5] = [Self::BuildingArea, Self::InnerArea, Self::UnitPrice, Self::Months, Self::FixedAmount];

    /// The Chinese name, which is also the canonical one.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BuildingArea => "建筑面积",
            Self::InnerArea => "套内面积",
            Self::UnitPrice => "单价",
            Self::Months => "计费月数",
            Self::FixedAmount => "固定金额",
        }
    }

    /// The ASCII name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::BuildingArea => "building_area",
            Self::InnerArea => "inner_area",
            Self::UnitPrice => "unit_price",
            Self::Months => "months",
            Self::FixedAmount => "fixed_amount",
        }
    }

    /// What it measures.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::BuildingArea | Self::InnerArea => Unit::SquareMetre,
            Self::UnitPrice => Unit::YuanPerSquareMetre,
            Self::Months => Unit::Month,
            Self::FixedAmount => Unit::Yuan,
        }
    }

    /// Whether it is above zero at every house there is.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        matches!(self, Self::BuildingArea | Self::InnerArea | Self::Months)
    }

    /// Whether a tariff may set it; the others are facts of the house or of the bill.
    #[must_use]
    pub const fn is_set_by_tariff(self) -> bool {
        matches!(self, Self::UnitPrice | Self::FixedAmount)
    }

    /// Finds a variable by either name; ASCII names in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name || one.code().eq_ignore_ascii_case(name))
    }
}

/// Where the value of a slot comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// One of the fixed variables.
    Variable(Variable),
    /// A constant of the tariff, under its own name.
    Constant(String),
    /// A declared input, under its Chinese name.
    Field(String),
}

impl Source {
    /// The name people read.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Variable(variable) => variable.name(),
            Self::Constant(name) | Self::Field(name) => name,
        }
    }

    /// The name as a label that outlives the formula; free of charge for variables.
    pub(super) fn label(&self) -> Cow<'static, str> {
        match self {
            Self::Variable(variable) => Cow::Borrowed(variable.name()),
            Self::Constant(name) | Self::Field(name) => Cow::Owned(name.clone()),
        }
    }
}

/// What the result of a formula is for, which decides what it must measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Yuan of one month, which the bill scales to its period.
    #[default]
    Monthly,
    /// Yuan, as they are: a reading, a stay, a late charge.
    Once,
    /// Yuan that may be below zero: what is paid back or still owed at a settlement.
    Settlement,
    /// The weight of one house in a shared cost, of any measure.
    Weight,
}

/// What a name means.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found<'n> {
    Variable(Variable),
    /// Without a unit it adapts like a written number.
    Constant(&'n str, Constant),
    Field(&'n Field),
}

/// What names mean while a formula is compiled.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Constants that are no variables.
    constants: BTreeMap<String, Constant>,
    /// What the tariff sets of the variables.
    set: BTreeMap<Variable, Decimal>,
    fields: Vec<Field>,
    purpose: Purpose,
}

impl Names {
    /// The variables alone.
    #[must_use]
    pub fn standard() -> Self {
        Self::default()
    }

    /// The variables and the constants of a tariff.
    #[must_use]
    pub fn with(tariff: &Constants) -> Self {
        let own = tariff.iter().filter(|(name, _)| Variable::parse(name).is_none());
        let constants = own.map(|(name, constant)| (name.to_owned(), constant)).collect();
        let set = Variable::ALL.iter().filter_map(|one| Some((*one, tariff.get(one.name())?.value))).collect();
        Self { constants, set, ..Self::default() }
    }

    /// The same for another purpose.
    #[must_use]
    pub fn for_purpose(self, purpose: Purpose) -> Self {
        Self { purpose, ..self }
    }

    /// The same with declared inputs. One that repeats a variable of the system with its unit describes it only.
    ///
    /// # Errors
    /// [`FieldError`] names the field.
    pub fn with_fields(mut self, fields: &[Field]) -> Result<Self, FieldError> {
        for field in fields {
            field.check()?;
            let is_variable = Variable::parse(&field.name).is_some_and(|own| own.unit() == field.unit);
            if is_variable && field.kind == FieldKind::Number {
                continue;
            }
            for name in [&field.name, &field.code].into_iter().filter(|name| !name.is_empty()) {
                if self.find(name).is_some() {
                    return Err(FieldError::Duplicate(name.clone()));
                }
            }
            self.fields.push(field.clone());
        }
        let count: usize = self.fields.iter().map(|field| 1 + field.columns.len()).sum();
        if count > FIELDS_MAX { Err(FieldError::TooMany) } else { Ok(self) }
    }

    /// The declared inputs.
    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The declaration of an input.
    pub(super) fn field(&self, source: &Source) -> Option<&Field> {
        match source {
            Source::Field(name) => self.fields.iter().find(|field| field.name == *name),
            _ => None,
        }
    }

    /// The value the tariff gives.
    pub(super) fn constant(&self, source: &Source) -> Option<Decimal> {
        match source {
            Source::Constant(name) => self.constants.get(name).map(|constant| constant.value),
            Source::Variable(variable) => self.set.get(variable).copied(),
            Source::Field(_) => None,
        }
    }

    pub(super) const fn purpose(&self) -> Purpose {
        self.purpose
    }

    pub(super) fn find(&self, name: &str) -> Option<Found<'_>> {
        if let Some(variable) = Variable::parse(name) {
            return Some(Found::Variable(variable));
        }
        if let Some(field) = self.fields.iter().find(|field| field.is_named(name)) {
            return Some(Found::Field(field));
        }
        self.constants.get_key_value(name).map(|(name, constant)| Found::Constant(name, *constant))
    }

    /// The known name closest to a misspelt one; the locals are what the formula itself has defined so far.
    pub(super) fn nearest<'n>(&'n self, name: &str, locals: impl Iterator<Item = &'n str>) -> Option<String> {
        let fixed = Variable::ALL.iter().flat_map(|one| [one.name(), one.code()]);
        let fields = self.fields.iter().flat_map(|field| [field.name.as_str(), field.code.as_str()]);
        nearest(name, fixed.chain(fields).chain(self.constants.keys().map(String::as_str)).chain(locals))
    }
}

/// The column closest to a misspelt one.
pub(super) fn nearest_column(table: &Field, name: &str) -> Option<String> {
    nearest(name, table.columns.iter().map(|column| column.name.as_str()))
}

/// The known function closest to a misspelt one.
pub(super) fn nearest_function(name: &str) -> Option<String> {
    nearest(name, Function::all().flat_map(|one| one.names().iter().copied()))
}

/// Names longer than this are not compared.
const COMPARED_CHARS_MAX: usize = 32;

fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<String> {
    let wanted: Vec<char> = name.to_lowercase().chars().collect();
    if wanted.len() > COMPARED_CHARS_MAX {
        return None;
    }
    known
        .filter(|candidate| !candidate.is_empty())
        .filter_map(|candidate| {
            let letters: Vec<char> = candidate.chars().collect();
            let longer = wanted.len().max(letters.len());
            let contained = wanted.len() >= 2 && (candidate.contains(name) || name.contains(candidate));
            let apart = distance(&wanted, &letters);
            (contained || apart <= longer.div_ceil(3).min(longer.saturating_sub(1))).then_some((apart, candidate))
        })
        .min_by_key(|(apart, _)| *apart)
        .map(|(_, candidate)| candidate.to_owned())
}

/// Edit distance: insertions, deletions and replacements of one character.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, one) in left.iter().enumerate() {
        let mut diagonal = line;
        let mut before = line + 1;
        for (cell, other) in row.iter_mut().skip(1).zip(right) {
            let above = *cell;
            before = (diagonal + usize::from(one != other)).min(above + 1).min(before + 1);
            diagonal = above;
            *cell = before;
        }
    }
    match left.len() {
        0 => right.len(),
        lines => row.get(1..).and_then(<[usize]>::last).copied().unwrap_or(lines),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_is_found_under_both_names_and_stands_in_its_place() {
        for (place, variable) in Variable::ALL.into_iter().enumerate() {
            assert_eq!(variable as usize, place);
            assert_eq!(Variable::parse(variable.name()), Some(variable));
            assert_eq!(Variable::parse(variable.code()), Some(variable));
            assert_eq!(Variable::parse(&variable.code().to_uppercase()), Some(variable));
        }
    }

    #[test]
    fn the_distance_between_words_is_what_an_editor_would_count() {
        let apart = |a: &str, b: &str| distance(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        assert_eq!(apart("kitten", "sitting"), 3);
        assert_eq!(apart("建筑面基", "建筑面积"), 1);
        assert_eq!(apart("", "单价"), 2);
        assert_eq!(apart("单价", ""), 2);
        assert_eq!(apart("months", "months"), 0);
    }

    #[test]
    fn a_near_miss_is_answered_with_the_name_and_nonsense_with_nothing() {
        let names = Names::standard();
        let nearest_to = |name: &str| names.nearest(name, std::iter::empty());
        assert_eq!(nearest_to("建筑面基").as_deref(), Some("建筑面积"));
        assert_eq!(nearest_to("unit_prise").as_deref(), Some("unit_price"));
        assert_eq!(nearest_to("月数").as_deref(), Some("计费月数"));
        assert_eq!(nearest_to("电梯"), None);
        assert_eq!(nearest_function("四舍六入").as_deref(), Some("四舍五入"));
    }
}
