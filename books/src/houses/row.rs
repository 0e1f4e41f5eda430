//! One data row into a house.

use super::people;
use super::record::HouseRecord;
use crate::area::{self, AreaError};
use crate::date::{self, DateError, ReadDate, Side};
use crate::finding::{Caution, Reason};
use crate::header::Field;
use crate::kind::HouseKind;
use crate::occupancy::Occupancy;
use crate::price::{self, PriceError};
use crate::table::{Draft, Filled, Source};
use crate::text;

/// Storeys a building can have, above or below ground.
const FLOOR_MAX: i32 = 200;

/// Reads a row; none when something in it refuses it, which is then in `draft.problems`.
pub(super) fn read(draft: &mut Draft<'_>, filled: &mut Filled, sheet_kind: Option<HouseKind>) -> Option<HouseRecord> {
    let key = filled.key(draft);
    let area = read_area(draft, Field::Area);
    let inner = read_area(draft, Field::InnerArea).filter(|centi| *centi > 0);
    let unit_price_e4 = read_price(draft);
    let handover = read_handover(draft);
    let owners = people::owners(draft);
    let lessees = people::lessees(draft);
    let (key, room) = key?;
    if !draft.problems.is_empty() {
        return None;
    }
    let area_centi = area.unwrap_or(0);
    if area_centi == 0 {
        draft.warn(Field::Area, Caution::AreaZero, "");
    } else if let Some(inner) = inner.filter(|inner| *inner > area_centi) {
        draft.warn(Field::InnerArea, Caution::InnerAreaLarger, &format!("{}.{:02}", inner / 100, inner % 100));
    }
    Some(HouseRecord {
        key,
        kind: read_kind(draft, room.kind.or(sheet_kind)),
        floor: read_floor(draft),
        area_centi,
        inner_area_centi: inner,
        unit_price_e4,
        handover,
        occupancy: read_occupancy(draft),
        owners,
        lessees,
        contact: draft.free_text(Field::Contact),
        remark: draft.free_text(Field::Remark),
        source: Source { sheet: draft.name.clone(), row: draft.row + 1 },
    })
}

fn read_area(draft: &mut Draft<'_>, field: Field) -> Option<i64> {
    let value = draft.value(field);
    match area::read(&value) {
        Ok(centi) => centi,
        Err(AreaError::Negative) => {
            draft.refuse(field, Reason::NegativeArea, &value.to_text(), "小于 0");
            None
        }
        Err(AreaError::Invalid) => {
            draft.refuse(field, Reason::InvalidArea, &value.to_text(), "不是面积");
            None
        }
    }
}

fn read_price(draft: &mut Draft<'_>) -> Option<i64> {
    let value = draft.value(Field::UnitPrice);
    match price::read(&value, draft.layout.price_months) {
        Ok(price) => price,
        Err(PriceError::Negative) => {
            draft.refuse(Field::UnitPrice, Reason::NegativeAmount, &value.to_text(), "小于 0");
            None
        }
        Err(PriceError::Invalid) => {
            draft.refuse(Field::UnitPrice, Reason::InvalidAmount, &value.to_text(), "不是每月单价");
            None
        }
    }
}

fn read_handover(draft: &mut Draft<'_>) -> Option<ReadDate> {
    let value = draft.value(Field::Handover);
    match date::read(&value, Side::Start, draft.period_year) {
        Ok(found) => {
            if found.is_some_and(|day| day.ambiguous) {
                draft.warn(Field::Handover, Caution::DateAmbiguous, &value.to_text());
            }
            found
        }
        Err(DateError::Invalid) => {
            draft.refuse(Field::Handover, Reason::InvalidDate, &value.to_text(), "不是真实的日期");
            None
        }
        Err(DateError::OutOfRange) => {
            draft.refuse(Field::Handover, Reason::DateOutOfRange, &value.to_text(), "超出合理范围");
            None
        }
    }
}

fn read_kind(draft: &mut Draft<'_>, hint: Option<HouseKind>) -> HouseKind {
    let value = draft.value(Field::Kind);
    if value.is_blank() {
        return hint.unwrap_or(HouseKind::Residence);
    }
    let typed = value.to_text();
    HouseKind::read(&text::squeeze(&typed)).unwrap_or_else(|| {
        draft.warn(Field::Kind, Caution::KindUnknown, &typed);
        HouseKind::Other
    })
}

fn read_occupancy(draft: &mut Draft<'_>) -> Occupancy {
    let value = draft.value(Field::Occupancy);
    if value.is_blank() {
        return Occupancy::Unknown;
    }
    let typed = value.to_text();
    let bare = text::squeeze(text::without_end_remark(&typed));
    Occupancy::read(&bare).unwrap_or_else(|| {
        draft.warn(Field::Occupancy, Caution::OccupancyUnknown, &typed);
        Occupancy::Unknown
    })
}

fn read_floor(draft: &mut Draft<'_>) -> Option<i32> {
    let value = draft.value(Field::Floor);
    if value.is_blank() {
        return None;
    }
    let typed = value.to_text();
    let floor = parse_floor(&text::squeeze(&typed));
    if floor.is_none() {
        draft.warn(Field::Floor, Caution::FloorUnreadable, &typed);
    }
    floor
}

/// `16层`, `-1`, `负一层`, `B2`, `地下一层`.
fn parse_floor(typed: &str) -> Option<i32> {
    let bare = typed.trim_end_matches(['层', '楼', 'F', 'f']).trim_start_matches('第');
    let (below, number) = ["-", "负", "地下", "B", "b"]
        .iter()
        .find_map(|sign| bare.strip_prefix(sign))
        .map_or((false, bare), |rest| (true, rest));
    let count = text::chinese_number(number).and_then(|n| i32::try_from(n).ok()).or_else(|| {
        let plain = number.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| number.parse().ok()).flatten()
    })?;
    (count <= FLOOR_MAX).then_some(if below { -count } else { count })
}
