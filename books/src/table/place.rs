//! Building and unit, filled down (rule G5), and the house key of a row (rule G7).

use super::draft::Draft;
use crate::cell::Value;
use crate::finding::Reason;
use crate::grid::Cell;
use crate::header::Field;
use crate::key::{self, Entrance, HouseKey, KeyError, Place, RoomText, TwoParts};
use crate::text;

/// The building and unit last seen on a sheet.
#[derive(Debug, Default)]
pub(crate) struct Filled {
    building: Option<Box<str>>,
    entrance: Option<Box<str>>,
    /// The building the sheet is named after.
    sheet_building: Option<Box<str>>,
}

impl Filled {
    /// Nothing seen yet on a sheet, which may be named after its building.
    pub fn on_sheet(sheet_building: Option<Box<str>>) -> Self {
        Self { sheet_building, ..Self::default() }
    }

    /// What the row's building and unit cells say, blanks filled from above. Refuses what is no building or unit.
    pub fn place(&mut self, draft: &mut Draft<'_>) -> Place {
        let mut place = Place::default();
        match self.read(draft, Field::Building, key::parse_building) {
            Said::Value(said) => {
                if said.building != self.building {
                    self.entrance = None;
                }
                self.building.clone_from(&said.building);
                place = said;
            }
            Said::Blank | Said::Nothing => place.building.clone_from(&self.building),
            Said::MergedBlank | Said::Wrong => {}
        }
        if place.entrance == Entrance::Unsaid {
            place.entrance = match self.read(draft, Field::Entrance, key::parse_entrance) {
                Said::Value(entrance) => entrance,
                Said::Nothing => Entrance::None,
                Said::Blank => self.entrance.clone().map_or(Entrance::Unsaid, Entrance::Some),
                Said::MergedBlank | Said::Wrong => Entrance::Unsaid,
            };
        }
        self.entrance = match &place.entrance {
            Entrance::Some(known) => Some(known.clone()),
            Entrance::None => None,
            Entrance::Unsaid => self.entrance.take(),
        };
        place
    }

    fn read<T>(&self, draft: &mut Draft<'_>, field: Field, parse: impl Fn(&str) -> Result<T, KeyError>) -> Said<T> {
        let Some(column) = draft.layout.column_of(field) else { return Said::MergedBlank };
        let cell = draft.cell(column);
        if cell.is_blank() {
            let merged = draft.sheet.is_merged(draft.row, column);
            return if merged { Said::MergedBlank } else { Said::Blank };
        }
        match Value::of(cell) {
            Value::Blank => Said::Nothing,
            value @ (Value::Text(_) | Value::Number(_)) => {
                let typed = value.to_text();
                parse(&typed).map_or_else(
                    |_| {
                        draft.refuse(field, Reason::InvalidHouseNo, &typed, "无法识别");
                        Said::Wrong
                    },
                    Said::Value,
                )
            }
            other => {
                draft.refuse(field, Reason::InvalidHouseNo, &other.to_text(), "无法识别");
                Said::Wrong
            }
        }
    }

    /// The key of a row, with the word of decoration its room cell may hold.
    pub fn key(&mut self, draft: &mut Draft<'_>) -> Option<(HouseKey, RoomText)> {
        let mut place = self.place(draft);
        let field = if draft.layout.column_of(Field::Room).is_some() { Field::Room } else { Field::EntranceRoom };
        let two_parts = if field == Field::Room { TwoParts::BuildingRoom } else { TwoParts::EntranceRoom };
        let cell = draft.layout.column_of(field).map_or(&Cell::Empty, |column| draft.cell(column));
        let typed = match Value::of(cell) {
            Value::Blank => {
                draft.refuse(field, Reason::MissingHouseNo, "", "没有房号");
                return None;
            }
            value @ (Value::Text(_) | Value::Number(_)) => value.to_text().into_owned(),
            other => {
                let what = if matches!(other, Value::Date(_)) { "被存成了日期" } else { "无法识别" };
                draft.refuse(field, Reason::InvalidHouseNo, &other.to_text(), what);
                return None;
            }
        };
        // A minus sign before a number is no dash between parts.
        let negative = matches!(cell, Cell::Number(_)) && typed.starts_with('-');
        let room = if negative { Err(KeyError::Invalid) } else { key::parse_room(&typed, two_parts) };
        let room = match room {
            Ok(room) => room,
            Err(error) => {
                refuse_key(draft, field, error, &typed, &place);
                return None;
            }
        };
        if place.building.is_none() && room.building.is_none() {
            place.building.clone_from(&self.sheet_building);
        }
        match key::join(&place, &room) {
            Ok(key) => Some((key, room)),
            Err(error) => {
                // A building that could not be read has been refused already.
                if draft.problems.is_empty() {
                    refuse_key(draft, field, error, &typed, &place);
                }
                None
            }
        }
    }
}

/// What a building or unit cell says.
enum Said<T> {
    Value(T),
    /// A placeholder: 无, /.
    Nothing,
    /// Blank, to be filled from above.
    Blank,
    /// Blank within a merged range, or no such column: stays unknown.
    MergedBlank,
    /// Refused.
    Wrong,
}

fn refuse_key(draft: &mut Draft<'_>, field: Field, error: KeyError, typed: &str, place: &Place) {
    match error {
        KeyError::MissingRoom => draft.refuse(field, Reason::MissingHouseNo, typed, "里没有房间号"),
        KeyError::MissingBuilding => draft.refuse(field, Reason::MissingBuilding, typed, "没有写明楼栋"),
        KeyError::Invalid => draft.refuse(field, Reason::InvalidHouseNo, typed, "不是一套房的房号"),
        KeyError::Conflict => {
            let building = place.building.as_deref().map(|b| format!("{b}栋")).unwrap_or_default();
            let entrance = if let Entrance::Some(e) = &place.entrance { format!("{e}单元") } else { String::new() };
            let what = format!("与所在的{building}{entrance}不一致");
            draft.refuse(field, Reason::HouseConflict, text::squeeze(typed).as_ref(), &what);
        }
    }
}
