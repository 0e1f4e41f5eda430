//! Rows of fee items and tariffs, parsed.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::billing::{FeeRule, Prorate, Scope, Tariff};
use domain::calendar::{day_of_number, instant_of_ms};
use domain::formula::{Constants, Field, Formula, Names, Purpose};
use domain::holidays::HolidayCalendar;
use domain::ids::{FeeItemId, HouseId, TariffId};
use domain::money::Rounding;
use uuid::Uuid;

use super::view::{FeeItemView, TariffView};
use crate::store::StoreError;
use crate::tenancy::ProjectTx;

/// Fee items of one project.
const ITEMS_MAX: i64 = 200;

/// A fee item with what decides its bills.
#[derive(Debug, Clone)]
pub struct FeeItem {
    /// The fee item.
    pub id: FeeItemId,
    /// Stable within the project.
    pub code: String,
    /// The name on bills.
    pub name: String,
    /// 1, 3, 6 or 12.
    pub period_months: u32,
    /// Rounding and proration.
    pub rule: FeeRule,
    /// Days from the bill day to the due day.
    pub due_after_days: u64,
    /// No longer billed.
    pub is_retired: bool,
}

impl FeeItem {
    /// As staff see it.
    #[must_use]
    pub fn view(&self) -> FeeItemView {
        FeeItemView {
            id: self.id.uuid(),
            code: self.code.clone(),
            name: self.name.clone(),
            period_months: self.period_months,
            rounding: rounding_word(self.rule.rounding).to_owned(),
            prorate: self.rule.prorate.as_str().to_owned(),
            due_after_days: self.due_after_days,
            is_retired: self.is_retired,
        }
    }
}

/// The stored word of a rounding.
pub(super) const fn rounding_word(rounding: Rounding) -> &'static str {
    match rounding {
        Rounding::FenHalfUp => "fen_half_up",
        Rounding::YuanHalfUp => "yuan_half_up",
        Rounding::FenDown => "fen_down",
    }
}

fn parse_rounding(word: &str) -> Option<Rounding> {
    [Rounding::FenHalfUp, Rounding::YuanHalfUp, Rounding::FenDown].into_iter().find(|one| rounding_word(*one) == word)
}

#[derive(sea_orm::FromQueryResult)]
struct ItemRow {
    id: Uuid,
    code: String,
    name: String,
    period_months: i64,
    rounding: String,
    prorate: String,
    due_after_days: i64,
    retired_at_ms: Option<i64>,
}

impl ItemRow {
    fn parse(self) -> Result<FeeItem, StoreError> {
        let id = self.id;
        let bad = |column: &str| StoreError::bad_row("fee_item", format!("{id} {column}"));
        Ok(FeeItem {
            id: FeeItemId(id),
            code: self.code,
            name: self.name,
            period_months: u32::try_from(self.period_months).map_err(|_| bad("period_months"))?,
            rule: FeeRule {
                rounding: parse_rounding(&self.rounding).ok_or_else(|| bad("rounding"))?,
                prorate: Prorate::parse(&self.prorate).ok_or_else(|| bad("prorate"))?,
            },
            due_after_days: u64::try_from(self.due_after_days).map_err(|_| bad("due_after_days"))?,
            is_retired: self.retired_at_ms.is_some(),
        })
    }
}

const ITEM_COLUMNS: &str = "id, code, name, period_months, rounding, prorate, due_after_days, retired_at_ms";

/// The fee item, locked against a second tariff or run being made at the same time.
pub(super) async fn lock_item(tx: &ProjectTx<'_>, id: FeeItemId) -> Result<Option<FeeItem>, StoreError> {
    let sql = format!("SELECT {ITEM_COLUMNS} FROM fee_item WHERE id = $1{}", tx.for_update());
    let row: Option<ItemRow> = tx.row(&sql, vec![id.uuid().into()]).await?;
    row.map(ItemRow::parse).transpose()
}

pub(super) async fn item(tx: &ProjectTx<'_>, id: FeeItemId) -> Result<Option<FeeItem>, StoreError> {
    let sql = format!("SELECT {ITEM_COLUMNS} FROM fee_item WHERE id = $1");
    let row: Option<ItemRow> = tx.row(&sql, vec![id.uuid().into()]).await?;
    row.map(ItemRow::parse).transpose()
}

pub(super) async fn items(tx: &ProjectTx<'_>) -> Result<Vec<FeeItem>, StoreError> {
    let sql = format!("SELECT {ITEM_COLUMNS} FROM fee_item ORDER BY created_at_ms, id LIMIT {ITEMS_MAX}");
    let rows: Vec<ItemRow> = tx.rows(&sql, vec![]).await?;
    rows.into_iter().map(ItemRow::parse).collect()
}

/// A tariff as stored.
#[derive(sea_orm::FromQueryResult)]
pub(super) struct TariffRow {
    pub id: Uuid,
    pub fee_item_id: Uuid,
    pub house_kind: Option<String>,
    pub formula: String,
    pub constants: String,
    pub version: i64,
    pub effective_from_day: i64,
    pub effective_until_day: Option<i64>,
    pub created_at_ms: i64,
    pub purpose: String,
    pub inputs: String,
    pub building: Option<String>,
    pub house_id: Option<Uuid>,
    pub template: Option<String>,
}

const TARIFF_COLUMNS: &str = "id, fee_item_id, house_kind, formula, constants, version, effective_from_day, \
     effective_until_day, created_at_ms, purpose, inputs, building, house_id, template";

/// The stored word of what a tariff's formula is for.
pub(super) const fn purpose_word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Monthly => "monthly",
        Purpose::Once => "once",
        Purpose::Settlement => "settlement",
        Purpose::Weight => "weight",
    }
}

impl TariffRow {
    fn bad(&self, column: &str) -> StoreError {
        StoreError::bad_row("tariff", format!("{} {column}", self.id))
    }

    fn days(&self) -> Result<(chrono::NaiveDate, Option<chrono::NaiveDate>), StoreError> {
        let from = day_of_number(self.effective_from_day).map_err(|_| self.bad("effective_from_day"))?;
        let until = self.effective_until_day.map(day_of_number).transpose();
        Ok((from, until.map_err(|_| self.bad("effective_until_day"))?))
    }

    /// As staff see it.
    pub(super) fn view(&self) -> Result<TariffView, StoreError> {
        let (effective_from, effective_until) = self.days()?;
        let constants: BTreeMap<String, String> =
            serde_json::from_str(&self.constants).map_err(|_| self.bad("constants"))?;
        Ok(TariffView {
            id: self.id,
            fee_item_id: self.fee_item_id,
            house_kind: self.house_kind.clone(),
            formula: self.formula.clone(),
            constants,
            building: self.building.clone(),
            house_id: self.house_id,
            purpose: self.purpose.clone(),
            inputs: self.fields()?,
            template: self.template.clone(),
            version: self.version,
            effective_from,
            effective_until,
            created_at: instant_of_ms(self.created_at_ms).map_err(|_| self.bad("created_at_ms"))?,
        })
    }

    fn fields(&self) -> Result<Vec<Field>, StoreError> {
        serde_json::from_str(&self.inputs).map_err(|_| self.bad("inputs"))
    }

    /// The houses it is for.
    pub(super) fn scope(&self) -> Scope {
        Scope { kind: self.house_kind.clone(), building: self.building.clone(), house: self.house_id.map(HouseId) }
    }

    /// Ready to compute bills.
    pub(super) fn compile(&self, calendar: &Arc<HolidayCalendar>) -> Result<Tariff<TariffId>, StoreError> {
        let (from, until) = self.days()?;
        let constants = Constants::parse(&self.constants).map_err(|_| self.bad("constants"))?;
        let mut purposes = [Purpose::Monthly, Purpose::Once].into_iter();
        let purpose = purposes.find(|one| purpose_word(*one) == self.purpose);
        let purpose = purpose.ok_or_else(|| self.bad("purpose"))?;
        let names = Names::with(&constants).for_purpose(purpose).with_fields(&self.fields()?);
        let names = names.map_err(|_| self.bad("inputs"))?;
        let formula = Formula::compile(&self.formula, &names).map_err(|_| self.bad("formula"))?;
        let tariff = Tariff::new(TariffId(self.id), formula, &constants, self.scope(), from, until);
        Ok(tariff.for_purpose(purpose).with_calendar(calendar))
    }
}

/// All tariffs of a fee item, the oldest version first.
pub(super) async fn tariffs(tx: &ProjectTx<'_>, item: FeeItemId) -> Result<Vec<TariffRow>, StoreError> {
    let limit = domain::billing::TARIFFS_MAX;
    let sql = format!("SELECT {TARIFF_COLUMNS} FROM tariff WHERE fee_item_id = $1 ORDER BY version LIMIT {limit}");
    tx.rows(&sql, vec![item.uuid().into()]).await
}
