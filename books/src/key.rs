//! House keys (rule G7): building-unit-room, or building-room where a house has no unit.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::kind::HouseKind;
use crate::text::{self, DASHES};

/// Characters of one part of a key.
const PART_CHARS_MAX: usize = 16;
/// Parts a typed key may have: building, unit, room.
const PARTS_MAX: usize = 3;

/// What tells one house from another within a community. Each part is trimmed of decoration and leading zeros, and
/// no part holds a dash, so the text `1-1-101` is the key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HouseKey(Box<str>);

/// Why cells do not make a house key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No room.
    #[error("没有房号")]
    MissingRoom,
    /// No building anywhere.
    #[error("没有楼栋")]
    MissingBuilding,
    /// The room cell contradicts the building or unit column.
    #[error("房号里的楼栋或单元与所在列不一致")]
    Conflict,
    /// Not a single house: several rooms, a floor, a date.
    #[error("房号无法识别")]
    Invalid,
}

impl HouseKey {
    /// The whole key, as shown: `1-1-101`, `6-S01`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The building, such as `1`.
    #[must_use]
    pub fn building(&self) -> &str {
        self.0.split_once('-').map_or("", |(building, _)| building)
    }

    /// The unit (单元), where the house has one.
    #[must_use]
    pub fn entrance(&self) -> Option<&str> {
        let (_, rest) = self.0.split_once('-')?;
        rest.split_once('-').map(|(entrance, _)| entrance)
    }

    /// The room, such as `101`, `3A01` or `S05`.
    #[must_use]
    pub fn room(&self) -> &str {
        self.0.rsplit_once('-').map_or("", |(_, room)| room)
    }
}

/// `1-1-101`, `6-S01`; parses back to the same key.
impl fmt::Display for HouseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for HouseKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl FromStr for HouseKey {
    type Err = KeyError;

    /// Reads a whole key in any of the spellings of rule G7: `1-1-101`, `1栋1单元101室`, `1#2-1601`, `6-S01`.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        join(&Place::default(), &parse_room(&text::tidy(text), TwoParts::BuildingRoom)?)
    }
}

/// What the building and unit columns say about a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The building, where the column says one.
    pub building: Option<Box<str>>,
    /// The unit.
    pub entrance: Entrance,
}

/// What is known of a unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Entrance {
    /// Nothing was said.
    #[default]
    Unsaid,
    /// The house has none: `/`, `无`, 0.
    None,
    /// Its number.
    Some(Box<str>),
}

/// What a room cell says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoomText {
    /// The building, when the cell holds more than a room.
    pub building: Option<Box<str>>,
    /// The unit.
    pub entrance: Entrance,
    /// The room.
    pub room: Box<str>,
    /// A word such as 储藏室 beside the number.
    pub kind: Option<HouseKind>,
}

/// What two unmarked parts mean, which the column's header decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TwoParts {
    /// 房号: building and room (rule G7).
    #[default]
    BuildingRoom,
    /// 单元-房号 beside a building column: unit and room.
    EntranceRoom,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    None,
    Building,
    Entrance,
}

/// Words of decoration, longest first, and what they say of the part before them.
const DECORATION: &[(&str, Mark, Option<HouseKind>)] = &[
    ("储藏室", Mark::None, Some(HouseKind::Storage)),
    ("储藏间", Mark::None, Some(HouseKind::Storage)),
    ("商铺", Mark::None, Some(HouseKind::Shop)),
    ("号楼", Mark::Building, None),
    ("单元", Mark::Entrance, None),
    ("栋", Mark::Building, None),
    ("幢", Mark::Building, None),
    ("座", Mark::Building, None),
    ("#", Mark::Building, None),
    ("室", Mark::None, None),
    ("号", Mark::None, None),
];

#[derive(Debug, Default)]
struct Parts {
    list: Vec<(Box<str>, Option<Mark>)>,
    kind: Option<HouseKind>,
}

impl Parts {
    fn end(&mut self, current: &mut String, mark: Mark) {
        if !current.is_empty() {
            self.list.push((trim_zeros(current), Some(mark)));
            current.clear();
        }
    }
}

/// Cuts a text at dashes and decoration.
fn cut(tidy_text: &str) -> Result<Parts, KeyError> {
    let plain = text::squeeze(tidy_text);
    let mut rest: &str = &plain;
    let mut parts = Parts::default();
    let mut current = String::new();
    while let Some(c) = rest.chars().next() {
        if let Some((word, mark, kind)) = DECORATION.iter().find(|(word, ..)| rest.starts_with(word)) {
            parts.end(&mut current, *mark);
            parts.kind = parts.kind.or(*kind);
            rest = rest.get(word.len()..).unwrap_or_default();
            continue;
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        if DASHES.contains(&c) {
            parts.end(&mut current, Mark::None);
        } else if c.is_alphanumeric() && !matches!(c, '层' | '楼') {
            current.extend(c.to_uppercase());
        } else {
            return Err(KeyError::Invalid);
        }
    }
    parts.end(&mut current, Mark::None);
    let too_long = parts.list.iter().any(|(part, _)| part.chars().nth(PART_CHARS_MAX).is_some());
    if parts.list.len() > PARTS_MAX || too_long { Err(KeyError::Invalid) } else { Ok(parts) }
}

fn trim_zeros(part: &str) -> Box<str> {
    let trimmed = part.trim_start_matches('0');
    if trimmed.is_empty() { "0".into() } else { trimmed.into() }
}

/// Buildings and units are also counted in Chinese numerals.
fn arabic(part: Box<str>) -> Box<str> {
    text::chinese_number(&part).map_or(part, |number| number.to_string().into())
}

fn entrance_of(part: Box<str>) -> Entrance {
    if &*part == "0" { Entrance::None } else { Entrance::Some(arabic(part)) }
}

/// Reads a building cell: `1栋`, `4#`, `A座`, `3号楼`; with `1栋2单元` the unit comes along.
///
/// # Errors
/// [`KeyError::Invalid`].
pub fn parse_building(tidy_text: &str) -> Result<Place, KeyError> {
    let text = tidy_text.strip_suffix('楼').filter(|rest| !rest.ends_with('号')).unwrap_or(tidy_text);
    let mut parts = cut(text)?.list.into_iter();
    match (parts.next(), parts.next(), parts.next()) {
        (Some((building, mark)), None, _) if mark != Some(Mark::Entrance) => {
            Ok(Place { building: Some(arabic(building)), entrance: Entrance::Unsaid })
        }
        (Some((building, _)), Some((entrance, Some(Mark::Entrance))), None) => {
            Ok(Place { building: Some(arabic(building)), entrance: entrance_of(entrance) })
        }
        _ => Err(KeyError::Invalid),
    }
}

/// The building a sheet is named after, as in 3栋 or 5号楼; none for any other name.
#[must_use]
pub fn building_of_sheet_name(name: &str) -> Option<Box<str>> {
    let tidy = text::tidy(name);
    if !tidy.ends_with(['栋', '幢', '座', '楼', '#']) {
        return None;
    }
    let building = parse_building(&tidy).ok()?.building?;
    building.bytes().all(|b| b.is_ascii_alphanumeric()).then_some(building)
}

/// Reads a unit cell: `1单元`, `01`, `0`.
///
/// # Errors
/// [`KeyError::Invalid`].
pub fn parse_entrance(tidy_text: &str) -> Result<Entrance, KeyError> {
    let mut parts = cut(tidy_text)?.list.into_iter();
    match (parts.next(), parts.next(), parts.next()) {
        (Some((entrance, mark)), None, _) if mark != Some(Mark::Building) => Ok(entrance_of(entrance)),
        (Some((_, Some(Mark::Building))), Some((entrance, Some(Mark::Entrance))), None) => Ok(entrance_of(entrance)),
        _ => Err(KeyError::Invalid),
    }
}

/// Reads a room cell: a bare room or a whole key.
///
/// # Errors
/// [`KeyError::MissingRoom`] when only a building or unit is there, [`KeyError::Invalid`].
pub fn parse_room(tidy_text: &str, two_parts: TwoParts) -> Result<RoomText, KeyError> {
    let parts = cut(tidy_text)?;
    let kind = parts.kind;
    let mut list = parts.list.into_iter();
    let found = match (list.next(), list.next(), list.next()) {
        (Some((room, Some(Mark::None))), None, _) => RoomText { room, kind, ..RoomText::default() },
        (Some((first, mark)), Some((room, Some(Mark::None))), None) => {
            let unit_first =
                mark == Some(Mark::Entrance) || (two_parts == TwoParts::EntranceRoom && mark == Some(Mark::None));
            if unit_first {
                RoomText { building: None, entrance: entrance_of(first), room, kind }
            } else {
                RoomText { building: Some(arabic(first)), entrance: Entrance::Unsaid, room, kind }
            }
        }
        (Some((building, first)), Some((entrance, second)), Some((room, Some(Mark::None))))
            if first != Some(Mark::Entrance) && second != Some(Mark::Building) =>
        {
            RoomText { building: Some(arabic(building)), entrance: entrance_of(entrance), room, kind }
        }
        (Some(_), _, None) | (None, _, _) => return Err(KeyError::MissingRoom),
        _ => return Err(KeyError::Invalid),
    };
    if &*found.room == "0" { Err(KeyError::Invalid) } else { Ok(found) }
}

/// Puts the columns and the room cell together.
///
/// # Errors
/// [`KeyError::Conflict`] when they contradict each other, [`KeyError::MissingBuilding`].
pub fn join(place: &Place, room: &RoomText) -> Result<HouseKey, KeyError> {
    let building: &str = match (&place.building, &room.building) {
        (Some(column), Some(cell)) if column != cell => return Err(KeyError::Conflict),
        (Some(known), _) | (None, Some(known)) => known,
        (None, None) => return Err(KeyError::MissingBuilding),
    };
    let entrance = match (&place.entrance, &room.entrance) {
        (Entrance::Some(column), Entrance::Some(cell)) if column != cell => return Err(KeyError::Conflict),
        (Entrance::None, Entrance::Some(_)) | (Entrance::Some(_), Entrance::None) => return Err(KeyError::Conflict),
        (Entrance::Some(known), _) | (_, Entrance::Some(known)) => Some(&**known),
        _ => None,
    };
    let parts = [Some(building), entrance, Some(&*room.room)];
    let mut text = String::with_capacity(building.len() + room.room.len() + entrance.map_or(0, str::len) + 2);
    for part in parts.into_iter().flatten() {
        if !text.is_empty() {
            text.push('-');
        }
        text.push_str(part);
    }
    Ok(HouseKey(text.into()))
}
