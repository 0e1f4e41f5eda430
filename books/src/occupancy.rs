//! Who lives there (rule H8).

use serde::Serialize;

/// The state of a house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Occupancy {
    /// The owner lives there.
    Occupied,
    /// Let to somebody.
    Let,
    /// Empty.
    Vacant,
    /// Being fitted out.
    FittingOut,
    /// Not yet handed over to an owner.
    NotHandedOver,
    /// The book does not say.
    #[default]
    Unknown,
}

const WORDS: &[(&str, Occupancy)] = &[
    ("已入住", Occupancy::Occupied),
    ("入住", Occupancy::Occupied),
    ("自住", Occupancy::Occupied),
    ("已住", Occupancy::Occupied),
    ("自用", Occupancy::Occupied),
    ("出租", Occupancy::Let),
    ("已出租", Occupancy::Let),
    ("租住", Occupancy::Let),
    ("空置", Occupancy::Vacant),
    ("空关", Occupancy::Vacant),
    ("未入住", Occupancy::Vacant),
    ("未住", Occupancy::Vacant),
    ("装修", Occupancy::FittingOut),
    ("装修中", Occupancy::FittingOut),
    ("在装修", Occupancy::FittingOut),
    ("未售", Occupancy::NotHandedOver),
    ("未交付", Occupancy::NotHandedOver),
    ("未收房", Occupancy::NotHandedOver),
    ("未交房", Occupancy::NotHandedOver),
    ("未接房", Occupancy::NotHandedOver),
];

impl Occupancy {
    /// Stable code: `occupied`, `let`, …
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Occupied => "occupied",
            Self::Let => "let",
            Self::Vacant => "vacant",
            Self::FittingOut => "fitting_out",
            Self::NotHandedOver => "not_handed_over",
            Self::Unknown => "unknown",
        }
    }

    /// Reads a word; none for one the table does not know.
    #[must_use]
    pub fn read(tidy_text: &str) -> Option<Self> {
        WORDS.iter().find(|(word, _)| *word == tidy_text).map(|(_, state)| *state)
    }
}
