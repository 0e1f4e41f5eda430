//! Which houses a tariff is for: all, those of a kind or a building, or a single one.

use crate::ids::HouseId;

/// The houses a tariff is for: the more it names, the more special it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// Only this kind of house.
    pub kind: Option<String>,
    /// Only houses of this building.
    pub building: Option<String>,
    /// Only this house.
    pub house: Option<HouseId>,
}

impl Scope {
    /// Whether it covers that house.
    #[must_use]
    pub fn covers(&self, house: HouseId, building: &str, kind: &str) -> bool {
        self.house.is_none_or(|own| own == house)
            && self.building.as_deref().is_none_or(|own| own == building)
            && self.kind.as_deref().is_none_or(|own| own == kind)
    }

    /// How special it is: a house before a kind in a building, before either alone, before the project. Of two that
    /// are in force for one house the higher one holds; two of the same height contradict each other.
    #[must_use]
    pub const fn rank(&self) -> u8 {
        match (self.house.is_some(), self.building.is_some(), self.kind.is_some()) {
            (true, _, _) => 3,
            (false, true, true) => 2,
            (false, true, false) | (false, false, true) => 1,
            (false, false, false) => 0,
        }
    }

    /// The houses of both, where neither is more special: a kind and a building. None when there can be none.
    #[must_use]
    pub fn crossing<'s>(&'s self, other: &'s Self) -> Option<(&'s str, &'s str)> {
        if self.rank() != 1 || other.rank() != 1 {
            return None;
        }
        let kind = self.kind.as_deref().or(other.kind.as_deref())?;
        let building = self.building.as_deref().or(other.building.as_deref())?;
        Some((building, kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn scope(building: Option<&str>, kind: Option<&str>) -> Scope {
        Scope { kind: kind.map(str::to_owned), building: building.map(str::to_owned), house: None }
    }

    #[test]
    fn the_more_a_scope_names_the_more_special_it_is() {
        let house = Scope { house: Some(HouseId(Uuid::nil())), ..Scope::default() };
        let scopes = [scope(None, None), scope(None, Some("shop")), scope(Some("1"), Some("shop")), house];
        assert!(scopes.is_sorted_by_key(Scope::rank));
        assert_eq!(scope(Some("1"), None).rank(), scope(None, Some("shop")).rank());
        assert!(scopes.iter().all(|one| one.covers(HouseId(Uuid::nil()), "1", "shop")));
        assert!(!scopes[2].covers(HouseId(Uuid::nil()), "2", "shop"));
        assert!(!scopes[1].covers(HouseId(Uuid::nil()), "1", "office"));
    }

    #[test]
    fn a_building_and_a_kind_cross_and_nothing_else_does() {
        let (building, kind) = (scope(Some("1"), None), scope(None, Some("shop")));
        assert_eq!(building.crossing(&kind), Some(("1", "shop")));
        assert_eq!(kind.crossing(&building), Some(("1", "shop")));
        assert_eq!(building.crossing(&scope(Some("2"), None)), None);
        assert_eq!(building.crossing(&scope(Some("1"), Some("shop"))), None);
        assert_eq!(kind.crossing(&scope(None, None)), None);
    }
}
