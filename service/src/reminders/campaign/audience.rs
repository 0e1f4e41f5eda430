//! Whom a campaign is for, as a condition over sets of bills.

use sea_orm::sea_query::Value;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::CampaignError;
use crate::reminders::rows::{numbered, tuples};
use crate::store::Values;

/// Buildings, entrances or fee items that may be named.
const NAMES_MAX: usize = 500;
/// Houses or house keys that may be named.
const HOUSES_MAX: usize = 5_000;
/// Characters of a building, an entrance or a house key.
const NAME_CHARS_MAX: usize = 40;
/// The largest sum a range may name: 100 million yuan.
const ARREARS_FEN_MAX: i64 = 10_000_000_000;
/// The most days overdue a range may name.
const OVERDUE_DAYS_MAX: i64 = 3_650;

/// From, to, both included; what is missing does not bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Range {
    /// At least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<i64>,
    /// At most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
}

/// An entrance (单元) of a building.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Entrance {
    /// The building, by its name.
    #[schema(max_length = 40)]
    pub building: String,
    /// The entrance, by its name.
    #[schema(max_length = 40)]
    pub entrance: String,
}

/// Whom a campaign is for: the open bills that meet everything that is said here. Nothing said: all open bills.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Audience {
    /// In one of these buildings, at most 500.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub buildings: Vec<String>,
    /// At one of these entrances, at most 500.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entrances: Vec<Entrance>,
    /// Of one of these houses, at most 5,000.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub houses: Vec<Uuid>,
    /// Of one of these houses, by the keys that staff paste, at most 5,000.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub house_keys: Vec<String>,
    /// What the payer owes in all on the bills that meet the rest, in fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrears_fen: Option<Range>,
    /// Days after the due date; a range without a beginning begins with 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overdue_days: Option<Range>,
    /// For one of these fee items, at most 500.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fee_items: Vec<Uuid>,
}

/// Which bills a statement is about, by its parameters from [`Matching::values`] on.
pub(super) struct Matching {
    /// `matched` and `audience` (`id`, `payer_party_id`, `owed_fen`), to stand behind a WITH.
    pub with: String,
    pub values: Values,
}

impl Audience {
    /// Blanks, empty lines and repeats of what was pasted, put aside.
    pub(super) fn tidied(mut self) -> Self {
        for names in [&mut self.buildings, &mut self.house_keys] {
            let trimmed = names.iter().map(|name| name.trim()).filter(|name| !name.is_empty());
            *names = unique(trimmed.map(str::to_owned).collect());
        }
        self.houses = unique(self.houses);
        self.fee_items = unique(self.fee_items);
        self
    }

    /// Says what cannot be used.
    pub(super) fn check(&self) -> Result<(), CampaignError> {
        let lists = [
            ("audience.buildings", self.buildings.len(), NAMES_MAX),
            ("audience.entrances", self.entrances.len(), NAMES_MAX),
            ("audience.fee_items", self.fee_items.len(), NAMES_MAX),
            ("audience.houses", self.houses.len(), HOUSES_MAX),
            ("audience.house_keys", self.house_keys.len(), HOUSES_MAX),
        ];
        for (field, length, most) in lists {
            if length > most {
                return Err(CampaignError::invalid(field, format!("最多 {most} 个，现有 {length} 个")));
            }
        }
        let entrances = self.entrances.iter().flat_map(|one| [&one.building, &one.entrance]);
        let mut names = self.buildings.iter().chain(&self.house_keys).chain(entrances);
        if names.any(|name| name.chars().count() > NAME_CHARS_MAX) {
            return Err(CampaignError::invalid("audience", format!("楼栋、单元和房号最多 {NAME_CHARS_MAX} 个字")));
        }
        check_range("audience.arrears_fen", self.arrears_fen, ARREARS_FEN_MAX)?;
        check_range("audience.overdue_days", self.overdue_days, OVERDUE_DAYS_MAX)
    }

    /// Whether only bills past their due date can match.
    pub(super) fn is_overdue_only(&self) -> bool {
        self.overdue_days.is_some_and(|days| days.from.unwrap_or(1) >= 1)
    }

    /// The bills that match on that day, of these payers or of all. The first parameters of the statement are the
    /// caller's `values`.
    pub(super) fn matching(&self, today: i64, values: Values, payers: Option<&[Uuid]>) -> Matching {
        let mut on = On { conditions: Vec::new(), values };
        on.one_of("h.building", self.buildings.iter().map(|name| name.as_str().into()));
        on.one_of("h.house_key", self.house_keys.iter().map(|key| key.as_str().into()));
        on.one_of("h.id", self.houses.iter().map(|id| (*id).into()));
        on.one_of("b.fee_item_id", self.fee_items.iter().map(|id| (*id).into()));
        on.one_of("b.payer_party_id", payers.unwrap_or_default().iter().map(|id| (*id).into()));
        if !self.entrances.is_empty() {
            let pairs = tuples(on.values.len() + 1, 2, self.entrances.len());
            on.values.extend(
                self.entrances.iter().flat_map(|one| [&one.building, &one.entrance].map(|t| t.as_str().into())),
            );
            on.conditions.push(format!("(h.building, h.entrance) IN (VALUES {pairs})"));
        }
        if let Some(days) = self.overdue_days {
            on.compare("b.due_day <=", today - days.from.unwrap_or(1));
            if let Some(to) = days.to {
                on.compare("b.due_day >=", today - to);
            }
        }
        let rest: String = on.conditions.iter().map(|condition| format!(" AND {condition}")).collect();
        let sum = self.arrears_fen.map(|range| on.sum(range)).unwrap_or_default();
        let with = format!(
            "matched AS (SELECT b.id, b.payer_party_id, b.total_fen - b.paid_fen AS owed_fen FROM bill b \
             JOIN house h ON h.id = b.house_id WHERE b.settled_at_ms IS NULL AND b.voided_at_ms IS NULL{rest}), \
             audience AS (SELECT m.id, m.payer_party_id, m.owed_fen FROM matched m WHERE m.owed_fen > 0{sum})"
        );
        Matching { with, values: on.values }
    }
}

/// Conditions with the values they speak of.
struct On {
    conditions: Vec<String>,
    values: Values,
}

impl On {
    fn one_of(&mut self, column: &str, values: impl Iterator<Item = Value>) {
        let first = self.values.len() + 1;
        self.values.extend(values);
        let count = self.values.len() + 1 - first;
        if count > 0 {
            self.conditions.push(format!("{column} IN ({})", numbered(first, count)));
        }
    }

    fn bind(&mut self, value: i64) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    fn compare(&mut self, left: &str, value: i64) {
        let at = self.bind(value);
        self.conditions.push(format!("{left} {at}"));
    }

    /// Payers whose matched bills together owe so much.
    fn sum(&mut self, range: Range) -> String {
        let from = self.bind(range.from.unwrap_or(0));
        let to = self.bind(range.to.unwrap_or(i64::MAX));
        format!(
            " AND m.payer_party_id IN (SELECT payer_party_id FROM matched GROUP BY payer_party_id \
             HAVING CAST(SUM(owed_fen) AS BIGINT) BETWEEN {from} AND {to})"
        )
    }
}

fn check_range(field: &'static str, range: Option<Range>, most: i64) -> Result<(), CampaignError> {
    let Some(Range { from, to }) = range else { return Ok(()) };
    if from.is_none() && to.is_none() {
        return Err(CampaignError::invalid(field, "请填写范围的起点或终点"));
    }
    if [from, to].into_iter().flatten().any(|end| !(0..=most).contains(&end)) {
        return Err(CampaignError::invalid(field, format!("应在 0 至 {most} 之间")));
    }
    match (from, to) {
        (Some(from), Some(to)) if from > to => Err(CampaignError::invalid(field, "起点不能大于终点")),
        _ => Ok(()),
    }
}

fn unique<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort();
    items.dedup();
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_pasted_is_tidied() {
        let keys = [" 1-101 ", "", "1-102", "1-101"].map(str::to_owned).to_vec();
        let audience = Audience { house_keys: keys, ..Audience::default() }.tidied();
        assert_eq!(audience.house_keys, ["1-101", "1-102"]);
    }

    #[test]
    fn a_range_that_cannot_be_is_refused_with_its_field() {
        let refused = |arrears: Range| {
            let audience = Audience { arrears_fen: Some(arrears), ..Audience::default() };
            audience.check().map_err(|error| error.to_string())
        };
        assert_eq!(refused(Range { from: Some(5), to: Some(5) }), Ok(()));
        assert_eq!(refused(Range { from: Some(6), to: Some(5) }), Err("起点不能大于终点".to_owned()));
        assert_eq!(refused(Range { from: Some(-1), to: None }), Err("应在 0 至 10000000000 之间".to_owned()));
        assert_eq!(refused(Range::default()), Err("请填写范围的起点或终点".to_owned()));
        let many = Audience { buildings: vec![String::new(); 501], ..Audience::default() };
        assert_eq!(many.check().unwrap_err().code(), "campaign_invalid");
    }

    #[test]
    fn only_a_range_that_begins_after_the_due_date_is_overdue() {
        let overdue = |range| Audience { overdue_days: range, ..Audience::default() }.is_overdue_only();
        assert!(!overdue(None));
        assert!(!overdue(Some(Range { from: Some(0), to: None })));
        assert!(overdue(Some(Range { from: None, to: Some(30) })));
    }

    #[test]
    fn an_audience_of_one_condition_is_stored_as_that_alone() {
        let audience = Audience { buildings: vec!["1".to_owned()], ..Audience::default() };
        let json = serde_json::to_string(&audience).unwrap();
        assert_eq!(json, r#"{"buildings":["1"]}"#);
        assert_eq!(serde_json::from_str::<Audience>(&json).unwrap(), audience);
        assert!(serde_json::from_str::<Audience>(r#"{"buildngs":["1"]}"#).is_err(), "a slip must not mean everybody");
    }
}
