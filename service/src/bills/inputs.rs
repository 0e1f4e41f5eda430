//! Where the inputs of formulas come from. Each source answers for a page of houses in one query; what one has said, a
//! later one does not change. A new source is a line in [`offered`] and a line in [`gather`].

use std::collections::{BTreeMap, HashMap};

use chrono::Datelike;
use domain::billing::Tariff;
use domain::formula::{Field, FieldKind, Unit};
use domain::ids::TariffId;
use domain::period::Period;
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::house_fields;
use crate::store::StoreError;
use crate::tenancy::ProjectTx;

/// Who answers for an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InputSource {
    /// A field the company keeps of its houses.
    HouseField,
    /// The house itself.
    House,
    /// The period that is billed.
    Period,
}

/// An input every formula of the project may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OfferedInput {
    /// Its declaration: `{"name": "空置", "kind": "flag"}`.
    #[schema(value_type = Object)]
    pub field: Field,
    /// Who answers for it.
    pub source: InputSource,
}

/// States of a house as formulas name them, beside the stored words.
const STATES: [(&str, &str); 5] =
    [("occupied", "自住"), ("let", "出租"), ("vacant", "空置"), ("fitting_out", "装修"), ("not_handed_over", "未交房")];

const FLOOR: &str = "楼层";
const IS_VACANT: &str = "空置";
const STATE: &str = "房屋状态";
const MONTHS: &str = "月数";
const MONTH: &str = "所属月份";
const FIRST_DAY: &str = "账期起日";
const LAST_DAY: &str = "账期止日";

/// What every house says of itself.
fn of_house() -> [Field; 3] {
    let floor = Field { may_be_negative: true, ..Field::number(FLOOR, Unit::Number) };
    let options = STATES.iter().map(|(_, words)| (*words).to_owned()).collect();
    let state = Field { options, ..Field::new(STATE, FieldKind::Choice, Unit::Number) };
    [floor, Field::new(IS_VACANT, FieldKind::Flag, Unit::Number), state]
}

/// What every period says of itself.
fn of_period() -> [Field; 4] {
    [
        Field { is_positive: true, ..Field::number(MONTHS, Unit::Number) },
        Field { is_positive: true, ..Field::number(MONTH, Unit::Number) },
        Field::new(FIRST_DAY, FieldKind::Day, Unit::Number),
        Field::new(LAST_DAY, FieldKind::Day, Unit::Number),
    ]
}

/// Every input formulas of the project may use without declaring it, the company's own first: a field of the company
/// that has the name of another goes before it.
///
/// # Errors
/// [`StoreError`].
pub async fn offered(tx: &ProjectTx<'_>) -> Result<Vec<OfferedInput>, StoreError> {
    let of = |source| move |field| OfferedInput { field, source };
    let mut all: Vec<OfferedInput> = Vec::new();
    let own = house_fields::declared(tx).await?.into_iter().map(of(InputSource::HouseField));
    let house = of_house().into_iter().map(of(InputSource::House));
    for one in own.chain(house).chain(of_period().into_iter().map(of(InputSource::Period))) {
        if !all.iter().any(|known| known.field.is_named(&one.field.name)) {
            all.push(one);
        }
    }
    Ok(all)
}

/// The inputs that the tariffs of a run use, by name; the first declaration of a name says what it is.
#[derive(Debug, Default)]
pub(super) struct Wanted(BTreeMap<String, Field>);

impl Wanted {
    pub(super) fn of(tariffs: &[Tariff<TariffId>]) -> Self {
        let mut wanted = BTreeMap::new();
        for tariff in tariffs {
            for name in tariff.inputs_used() {
                let Some(field) = tariff.formula().offered().iter().find(|field| field.name == name) else { continue };
                wanted.entry(name.to_owned()).or_insert_with(|| field.clone());
            }
        }
        Self(wanted)
    }

    /// These and others.
    pub(super) fn with(&self, other: &Self) -> Self {
        let mut all = other.0.clone();
        all.extend(self.0.iter().map(|(name, field)| (name.clone(), field.clone())));
        Self(all)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of these is wanted, and is of that kind.
    fn has(&self, field: &Field) -> bool {
        self.0.get(&field.name).is_some_and(|wanted| wanted.kind == field.kind)
    }
}

/// What the houses of a page give, by house.
#[derive(Debug, Default)]
pub(super) struct Given(HashMap<Uuid, Map<String, Value>>);

impl Given {
    pub(super) fn of(&self, house: Uuid) -> Option<&Map<String, Value>> {
        self.0.get(&house)
    }

    /// Takes a value that nobody gave before.
    fn take(&mut self, house: Uuid, name: &str, value: Value) {
        let values = self.0.entry(house).or_default();
        if !values.contains_key(name) {
            values.insert(name.to_owned(), value);
        }
    }
}

/// Asks every source for the houses between two ids; nobody when nothing is wanted.
pub(super) async fn gather(
    tx: &ProjectTx<'_>,
    wanted: &Wanted,
    period: &Period,
    first: Uuid,
    last: Uuid,
) -> Result<Given, StoreError> {
    let mut given = Given::default();
    if wanted.is_empty() {
        return Ok(given);
    }
    for (house, name, value) in house_fields::values_of(tx, period, first, last).await? {
        if wanted.0.contains_key(&name) {
            given.take(house, &name, value);
        }
    }
    for (house, floor, occupancy) in states(tx, first, last).await? {
        say_house(wanted, &mut given, house, floor.as_deref(), &occupancy);
        say_period(wanted, &mut given, house, period);
    }
    Ok(given)
}

#[derive(sea_orm::FromQueryResult)]
struct StateRow {
    id: Uuid,
    floor: Option<String>,
    occupancy: String,
}

/// The houses of the page; the caller's page bounds them.
async fn states(
    tx: &ProjectTx<'_>,
    first: Uuid,
    last: Uuid,
) -> Result<Vec<(Uuid, Option<String>, String)>, StoreError> {
    let sql = "SELECT id, floor, occupancy FROM house WHERE id >= $1 AND id <= $2";
    let rows: Vec<StateRow> = tx.rows(sql, vec![first.into(), last.into()]).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.floor, row.occupancy)).collect())
}

/// A state nobody knows is missing, and not "lived in".
fn say_house(wanted: &Wanted, given: &mut Given, house: Uuid, floor: Option<&str>, occupancy: &str) {
    let [floor_field, vacant_field, state_field] = of_house();
    if wanted.has(&floor_field)
        && let Some(floor) = floor.and_then(floor_number)
    {
        given.take(house, FLOOR, json!(floor));
    }
    let Some((word, state)) = STATES.iter().find(|(word, _)| *word == occupancy) else { return };
    if wanted.has(&vacant_field) {
        given.take(house, IS_VACANT, json!(*word == "vacant"));
    }
    if wanted.has(&state_field) {
        given.take(house, STATE, json!(state));
    }
}

fn say_period(wanted: &Wanted, given: &mut Given, house: Uuid, period: &Period) {
    let values = [
        json!(period.months()),
        json!(period.start().month()),
        json!(period.start().to_string()),
        json!(period.end().to_string()),
    ];
    for (field, value) in of_period().iter().zip(values) {
        if wanted.has(field) {
            given.take(house, &field.name, value);
        }
    }
}

/// `3`, `-1`, `B1`: the storeys below the ground are negative.
fn floor_number(text: &str) -> Option<i64> {
    let text = text.trim();
    match text.strip_prefix(['B', 'b']) {
        Some(below) => below.parse::<u8>().ok().map(|number| -i64::from(number)),
        None => text.parse::<i16>().ok().map(i64::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storeys_are_numbers_and_what_is_none_is_missing() {
        assert_eq!(["3", "-1", "B2", " 12 "].map(floor_number), [Some(3), Some(-1), Some(-2), Some(12)]);
        assert_eq!(["夹层", "", "B", "1-2"].map(floor_number), [None; 4]);
    }

    #[test]
    fn a_name_that_is_declared_as_something_else_is_left_alone() {
        let wanted = Wanted(BTreeMap::from([(FLOOR.to_owned(), Field::new(FLOOR, FieldKind::Flag, Unit::Number))]));
        let mut given = Given::default();
        say_house(&wanted, &mut given, Uuid::nil(), Some("3"), "vacant");
        assert_eq!(given.of(Uuid::nil()), None);
    }
}
