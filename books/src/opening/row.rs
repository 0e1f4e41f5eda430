//! One data row into debts, prepayments or deposits.

use chrono::NaiveDate;
use domain::money::Fen;

use super::columns::Section;
use super::record::{ArrearsLine, DepositLine, PrepaymentLine};
use crate::cell::Value;
use crate::date::{self, DateError, Side};
use crate::finding::Reason;
use crate::header::{Column, Field, Layout};
use crate::item;
use crate::key::HouseKey;
use crate::money;
use crate::readings::KnownHouses;
use crate::span::{self, Span};
use crate::table::{Draft, Filled, Source};
use crate::text;

/// One accepted line.
pub(super) enum Line {
    Arrears(ArrearsLine),
    Prepayment(PrepaymentLine),
    Deposit(DepositLine),
}

impl Line {
    /// What makes it the same line as another.
    pub(super) fn mark(&self) -> String {
        match self {
            Self::Arrears(line) => {
                let start = line.span.start.map(|month| month.to_string()).unwrap_or_default();
                format!("a|{}|{}|{start}|{}|{}", line.house, line.item, line.span.end, line.amount)
            }
            Self::Prepayment(line) => {
                let receipt = line.receipt_no.as_deref().unwrap_or_default();
                format!("p|{}|{}|{:?}|{receipt}|{}", line.house, line.purpose, line.day, line.amount)
            }
            Self::Deposit(line) => {
                format!("d|{}|{}|{:?}|{}", line.house, line.deposit_type, line.day, line.amount)
            }
        }
    }

    pub(super) const fn amount(&self) -> Fen {
        match self {
            Self::Arrears(line) => line.amount,
            Self::Prepayment(line) => line.amount,
            Self::Deposit(line) => line.amount,
        }
    }
}

/// The columns of a sheet that hold amounts: those named after what they are for, or else the one of amounts.
pub(super) fn amount_columns(layout: &Layout) -> impl Iterator<Item = &Column> {
    let is_wide = layout.columns.iter().any(is_named_amount);
    layout.columns.iter().filter(
        move |column| {
            if is_wide { is_named_amount(column) } else { column.field == Some(Field::Amount) }
        },
    )
}

fn is_named_amount(column: &Column) -> bool {
    matches!(column.field, Some(Field::ItemAmount | Field::DepositAmount))
}

/// Reads a row; none when something in it refuses it, which is then in `draft.problems`.
pub(super) fn read(
    draft: &mut Draft<'_>,
    filled: &mut Filled,
    section: Section,
    houses: &KnownHouses,
) -> Option<Vec<Line>> {
    let house = read_house(draft, filled, houses);
    let amounts = read_amounts(draft);
    let lines = match section {
        Section::Arrears => arrears(draft, house.as_ref(), amounts),
        Section::Prepayments => prepayments(draft, house.as_ref(), amounts),
        Section::Deposits => deposits(draft, house.as_ref(), amounts),
    };
    draft.problems.is_empty().then_some(lines)
}

fn read_house(draft: &mut Draft<'_>, filled: &mut Filled, houses: &KnownHouses) -> Option<HouseKey> {
    let (key, _) = filled.key(draft)?;
    if houses.contains(key.as_str()) {
        return Some(key);
    }
    draft.refuse(Field::Room, Reason::HouseNotFound, key.as_str(), "不在房屋资料里");
    None
}

/// Each amount with the header of its column. In a sheet with a column for each item, blank and 0 are no line.
fn read_amounts(draft: &mut Draft<'_>) -> Vec<(String, Fen)> {
    let layout = draft.layout;
    let mut found = Vec::new();
    for column in amount_columns(layout) {
        let (wide, field) = (is_named_amount(column), column.field.unwrap_or(Field::Amount));
        let value = Value::of(draft.cell(column.index));
        match money::read(&value) {
            Ok(Some(amount)) if amount > Fen::ZERO => found.push((column.header.clone(), amount)),
            Ok(Some(amount)) if amount < Fen::ZERO => {
                draft.refuse(field, Reason::NegativeAmount, &value.to_text(), "小于 0");
            }
            Ok(_) if wide => {}
            Ok(Some(_)) => draft.refuse(field, Reason::ZeroAmount, &value.to_text(), "是 0"),
            Ok(None) => draft.refuse(field, Reason::InvalidAmount, "", "没有金额"),
            Err(_) if matches!(value, Value::Unreadable(_)) => {
                draft.refuse(field, Reason::UnreadableCell, &value.to_text(), "无法读取");
            }
            Err(_) => draft.refuse(field, Reason::InvalidAmount, &value.to_text(), "不是金额"),
        }
    }
    found
}

fn arrears(draft: &mut Draft<'_>, house: Option<&HouseKey>, amounts: Vec<(String, Fen)>) -> Vec<Line> {
    let span = read_span(draft);
    let is_wide = draft.layout.column_of(Field::ItemAmount).is_some();
    let named = item::fee_item(&draft.value(Field::FeeItem).to_text());
    if !is_wide && named.is_empty() {
        draft.refuse(Field::FeeItem, Reason::MissingFeeItem, "", "没有费用项目");
    }
    let remark = draft.free_text(Field::Remark);
    let (Some(house), Some(span)) = (house, span) else { return Vec::new() };
    let line = |(header, amount): (String, Fen)| {
        Line::Arrears(ArrearsLine {
            house: house.clone(),
            item: if is_wide { item::fee_item(&text::tidy(&header)) } else { named.clone() },
            span,
            amount,
            remark: remark.clone(),
            source: source(draft),
        })
    };
    amounts.into_iter().map(line).collect()
}

fn read_span(draft: &mut Draft<'_>) -> Option<Span> {
    let value = draft.value(Field::Span);
    match span::read(&value) {
        Ok(Some(span)) => Some(span),
        Ok(None) => {
            draft.refuse(Field::Span, Reason::InvalidPeriod, "", "没有欠费期间");
            None
        }
        Err(_) => {
            draft.refuse(Field::Span, Reason::InvalidPeriod, &value.to_text(), "不是真实的期间");
            None
        }
    }
}

fn prepayments(draft: &mut Draft<'_>, house: Option<&HouseKey>, amounts: Vec<(String, Fen)>) -> Vec<Line> {
    let day = read_day(draft);
    let purpose = item::purpose(&draft.value(Field::Purpose).to_text());
    let receipt_no = draft.free_text(Field::ReceiptNo);
    let Some(house) = house else { return Vec::new() };
    let line = |(_, amount): (String, Fen)| {
        Line::Prepayment(PrepaymentLine {
            house: house.clone(),
            purpose: purpose.clone(),
            amount,
            day,
            receipt_no: receipt_no.clone(),
            source: source(draft),
        })
    };
    amounts.into_iter().map(line).collect()
}

fn deposits(draft: &mut Draft<'_>, house: Option<&HouseKey>, amounts: Vec<(String, Fen)>) -> Vec<Line> {
    let day = read_day(draft);
    let is_wide = draft.layout.column_of(Field::DepositAmount).is_some();
    let named = item::fee_item(&draft.value(Field::Purpose).to_text());
    if !is_wide && named.is_empty() {
        draft.refuse(Field::Purpose, Reason::MissingFeeItem, "", "没有押金类型");
    }
    let remark = draft.free_text(Field::Remark);
    let Some(house) = house else { return Vec::new() };
    let line = |(header, amount): (String, Fen)| {
        Line::Deposit(DepositLine {
            house: house.clone(),
            deposit_type: if is_wide { item::fee_item(&text::tidy(&header)) } else { named.clone() },
            amount,
            day,
            remark: remark.clone(),
            source: source(draft),
        })
    };
    amounts.into_iter().map(line).collect()
}

/// The day money was taken; only for information, and yet an impossible one is refused (rule G8).
fn read_day(draft: &mut Draft<'_>) -> Option<NaiveDate> {
    let value = draft.value(Field::PaidDay);
    match date::read(&value, Side::Start, draft.period_year) {
        Ok(found) => found.map(|found| found.day),
        Err(DateError::Invalid) => {
            draft.refuse(Field::PaidDay, Reason::InvalidDate, &value.to_text(), "不是真实的日期");
            None
        }
        Err(DateError::OutOfRange) => {
            draft.refuse(Field::PaidDay, Reason::DateOutOfRange, &value.to_text(), "超出合理范围");
            None
        }
    }
}

fn source(draft: &Draft<'_>) -> Source {
    Source { sheet: draft.name.clone(), row: draft.row + 1 }
}
