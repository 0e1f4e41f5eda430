//! A tariff before it is saved: its formula compiled with everything it may name, and the houses it is for.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::billing::Scope;
use domain::formula::{Constants, FIELDS_MAX, Field, Formula, Names, Purpose, Source, Template};
use domain::ids::HouseId;

use super::FeesError;

/// Kinds a tariff can be for, as houses name them.
const KINDS: [&str; 5] = ["residence", "shop", "storage", "office", "other"];

/// What is needed for a price.
#[derive(Debug, Clone, Default)]
pub struct NewTariff {
    /// `residence`, `shop`, `storage`, `office`, `other`; none for every kind without a tariff of its own.
    pub house_kind: Option<String>,
    /// Only this building; with a kind, only that kind in it.
    pub building: Option<String>,
    /// Only this house.
    pub house: Option<HouseId>,
    /// [`Purpose::Monthly`] for the amount of one month, [`Purpose::Once`] for an amount as it is.
    pub purpose: Purpose,
    /// The text.
    pub formula: String,
    /// The constants of the formula.
    pub constants: BTreeMap<String, String>,
    /// Inputs of its own, beside those every formula of the project may use.
    pub inputs: Vec<Field>,
    /// The template it was made from.
    pub template: Option<String>,
    /// First day in force.
    pub effective_from: NaiveDate,
}

/// A tariff that could be saved.
pub(crate) struct Draft {
    pub formula: Formula,
    pub constants: Constants,
    pub scope: Scope,
    /// The declarations of what the formula uses.
    pub inputs: Vec<Field>,
}

impl NewTariff {
    /// A tariff from a template: its text, purpose and inputs, and its constants where none are given.
    ///
    /// # Errors
    /// [`FeesError::NoTemplate`], [`FeesError::Template`].
    pub fn from_template(id: &str, constants: BTreeMap<String, String>) -> Result<Self, FeesError> {
        let template = Template::all()?.into_iter().find(|one| one.id == id).ok_or(FeesError::NoTemplate)?;
        let defaults = template.constants.iter().map(|one| (one.name.clone(), one.value.clone()));
        let mut all: BTreeMap<String, String> = defaults.collect();
        all.extend(constants);
        Ok(Self {
            purpose: template.purpose,
            formula: template.text(),
            constants: all,
            inputs: template.inputs,
            template: Some(template.id),
            ..Self::default()
        })
    }

    /// Compiles it with what formulas of the project may use beside its own declarations.
    pub(crate) fn compile(&self, offered: &[Field]) -> Result<Draft, FeesError> {
        if !matches!(self.purpose, Purpose::Monthly | Purpose::Once) {
            return Err(FeesError::Invalid {
                field: "purpose",
                words: "收费标准的公式只能给出每月金额（monthly）或一次金额（once）",
            });
        }
        let scope = self.scope()?;
        let constants = Constants::try_from(self.constants.clone())?;
        let names = names(&self.formula, self.purpose, &self.inputs, &constants, offered)?;
        let formula = Formula::compile(&self.formula, &names).map_err(FeesError::Formula)?;
        let inputs = used(&formula);
        Ok(Draft { formula, constants, scope, inputs })
    }

    fn scope(&self) -> Result<Scope, FeesError> {
        if self.house_kind.as_deref().is_some_and(|kind| !KINDS.contains(&kind)) {
            return Err(FeesError::Invalid { field: "house_kind", words: "没有这种房屋类型" });
        }
        if self.house.is_some() && (self.house_kind.is_some() || self.building.is_some()) {
            return Err(FeesError::Invalid {
                field: "house", words: "指定了房屋，就不必再选楼栋或类型"
            });
        }
        Ok(Scope { kind: self.house_kind.clone(), building: self.building.clone(), house: self.house })
    }
}

/// The names a formula may use: its own declarations first, then its constants, then what the project offers, what the
/// text speaks of before the rest.
pub(crate) fn names(
    text: &str,
    purpose: Purpose,
    own: &[Field],
    constants: &Constants,
    offered: &[Field],
) -> Result<Names, FeesError> {
    let taken =
        |field: &&Field| constants.get(&field.name).is_some() || own.iter().any(|one| one.is_named(&field.name));
    let mut more: Vec<&Field> = offered.iter().filter(|field| !taken(field)).collect();
    more.sort_by_key(|field| !text.contains(&field.name));
    let columns = |field: &Field| 1 + field.columns.len();
    let mut room = FIELDS_MAX.saturating_sub(own.iter().map(columns).sum());
    let fits = |field: &&&Field| {
        let fits = columns(field) <= room;
        room = room.saturating_sub(columns(field));
        fits
    };
    let fields: Vec<Field> = own.iter().chain(more.iter().filter(fits).copied()).cloned().collect();
    Ok(Names::with(constants).for_purpose(purpose).with_fields(&fields)?)
}

/// The declarations of the inputs a formula uses.
pub(crate) fn used(formula: &Formula) -> Vec<Field> {
    let is_used = |field: &&Field| {
        formula.variables().iter().any(|(source, _)| matches!(source, Source::Field(name) if *name == field.name))
            || formula.tables().iter().any(|table| table.name == field.name)
    };
    formula.offered().iter().filter(is_used).cloned().collect()
}
