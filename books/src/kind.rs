//! What sort of house it is.

use serde::Serialize;

/// The sort of a house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HouseKind {
    /// 住宅
    Residence,
    /// 商铺
    Shop,
    /// 储藏室
    Storage,
    /// 办公
    Office,
    /// Anything else that has a house number.
    Other,
}

/// Words for each sort; the first that a text contains decides.
const WORDS: &[(&str, HouseKind)] = &[
    ("商住", HouseKind::Other),
    ("住宅", HouseKind::Residence),
    ("住房", HouseKind::Residence),
    ("公寓", HouseKind::Residence),
    ("别墅", HouseKind::Residence),
    ("洋房", HouseKind::Residence),
    ("高层", HouseKind::Residence),
    ("多层", HouseKind::Residence),
    ("商铺", HouseKind::Shop),
    ("店铺", HouseKind::Shop),
    ("商业", HouseKind::Shop),
    ("门面", HouseKind::Shop),
    ("门市", HouseKind::Shop),
    ("底商", HouseKind::Shop),
    ("储藏", HouseKind::Storage),
    ("储物", HouseKind::Storage),
    ("杂物", HouseKind::Storage),
    ("地下室", HouseKind::Storage),
    ("办公", HouseKind::Office),
    ("写字楼", HouseKind::Office),
];

impl HouseKind {
    /// What it is called.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Residence => "住宅",
            Self::Shop => "商铺",
            Self::Storage => "储藏室",
            Self::Office => "办公",
            Self::Other => "其他",
        }
    }

    /// Reads a cell of a kind column; none for a word the table does not know.
    #[must_use]
    pub fn read(tidy_text: &str) -> Option<Self> {
        WORDS.iter().find(|(word, _)| tidy_text.contains(word)).map(|(_, kind)| *kind)
    }

    /// The one sort a sheet's name speaks of; none when it names several or none.
    #[must_use]
    pub fn of_sheet_name(name: &str) -> Option<Self> {
        let mut kinds = WORDS.iter().filter(|(word, _)| name.contains(word)).map(|(_, kind)| *kind);
        let first = kinds.next()?;
        kinds.all(|kind| kind == first).then_some(first)
    }
}
