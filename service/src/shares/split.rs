//! Weights and parts: rules only, no database.

use std::collections::HashMap;

use domain::billing::area_of_centi;
use domain::formula::{Constants, Formula, Names, Purpose, Variable};
use domain::ids::FeeItemId;
use domain::money::{self, Amount, Fen};
use domain::period::Period;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;
use uuid::Uuid;

use super::ShareError;

/// Decimals of a weight that count.
const WEIGHT_PLACES: u32 = 6;
/// A weight in units of its last decimal.
const WEIGHT_SCALE: i64 = 1_000_000;

/// By what a cost is split.
#[derive(Debug, Clone)]
pub enum ShareBasis {
    /// By built-up area.
    Area,
    /// Every house alike.
    Household,
    /// By coefficients, house by house; houses without one take no part.
    Coefficient(HashMap<Uuid, Decimal>),
    /// By a formula of purpose `weight`, such as `如果(建筑面积 > 144㎡, 144㎡, 建筑面积)`.
    Formula(String),
}

impl ShareBasis {
    /// The stored word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Area => "area",
            Self::Household => "household",
            Self::Coefficient(_) => "coefficient",
            Self::Formula(_) => "formula",
        }
    }
}

/// What is split.
#[derive(Debug, Clone)]
pub enum ShareSource {
    /// A sum.
    Sum(Amount),
    /// What public meters used in the month, at a price a unit in yuan; rounded to the fen once, half up.
    Meters {
        /// The meters.
        meters: Vec<Uuid>,
        /// Yuan a unit.
        unit_price: Decimal,
    },
}

/// A cost to be split.
#[derive(Debug, Clone)]
pub struct ShareRequest {
    /// What it is charged as.
    pub fee_item: FeeItemId,
    /// The month it is of.
    pub month: Period,
    /// Only houses of this building; without, of the whole project.
    pub building: Option<String>,
    /// By what.
    pub basis: ShareBasis,
    /// How much.
    pub source: ShareSource,
}

/// One house's part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SharePart {
    /// The house.
    pub house_id: Uuid,
    /// Its key.
    pub house_key: String,
    /// Its weight, a decimal.
    pub weight: String,
    /// Its part.
    pub amount_fen: i64,
}

/// A split, published or tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ShareReport {
    /// The share as published; none for a dry run.
    pub share_id: Option<Uuid>,
    /// `2026年10月`.
    pub period: String,
    /// What was split; the parts add up to it.
    pub total_fen: i64,
    /// What the public meters used, a decimal; none for a plain sum.
    pub usage: Option<String>,
    /// Houses that have a part.
    pub houses: usize,
    /// Houses without a weight, which pay nothing: the first thousand.
    pub left_out: Vec<String>,
    /// The parts in the order of the houses, the first thousand.
    pub parts: Vec<SharePart>,
}

/// A house that may take part.
#[derive(Debug, Clone, sea_orm::FromQueryResult)]
pub(super) struct ShareHouse {
    pub id: Uuid,
    pub house_key: String,
    pub area_centi: i64,
    pub inner_area_centi: Option<i64>,
}

/// The weight of each house, in their order.
pub(super) fn weights(basis: &ShareBasis, houses: &[ShareHouse]) -> Result<Vec<Decimal>, ShareError> {
    match basis {
        ShareBasis::Area => Ok(houses.iter().map(|house| area_of_centi(house.area_centi)).collect()),
        ShareBasis::Household => Ok(vec![Decimal::ONE; houses.len()]),
        ShareBasis::Coefficient(given) => {
            if given.values().any(|weight| weight.is_sign_negative() && !weight.is_zero()) {
                return Err(ShareError::Invalid { field: "coefficients", words: "系数不能小于 0" });
            }
            Ok(houses.iter().map(|house| given.get(&house.id).copied().unwrap_or_default()).collect())
        }
        ShareBasis::Formula(text) => by_formula(text, houses),
    }
}

fn by_formula(text: &str, houses: &[ShareHouse]) -> Result<Vec<Decimal>, ShareError> {
    let names = Names::standard().for_purpose(Purpose::Weight);
    let formula = Formula::compile(text, &names).map_err(ShareError::Formula)?;
    let bound = formula.bind_constants(&Constants::default());
    let weigh = |house: &ShareHouse| {
        let mut inputs = bound.clone();
        formula.set(&mut inputs, Variable::BuildingArea, Some(area_of_centi(house.area_centi)));
        formula.set(&mut inputs, Variable::InnerArea, house.inner_area_centi.map(area_of_centi));
        let weight = formula.evaluate(&inputs);
        weight.map_err(|cause| ShareError::Weight { house: house.house_key.clone(), cause })
    };
    houses.iter().map(weigh).collect()
}

/// Splits a sum by weights: largest remainder, so that the parts add up.
pub(super) fn parts(total: Amount, weights: &[Decimal]) -> Result<Vec<Fen>, ShareError> {
    let whole = |weight: &Decimal| {
        let scaled = weight.round_dp(WEIGHT_PLACES).checked_mul(Decimal::from(WEIGHT_SCALE)).and_then(|w| w.to_u64());
        scaled.ok_or(ShareError::Invalid { field: "weights", words: "权重超出范围" })
    };
    let weights: Vec<u64> = weights.iter().map(whole).collect::<Result<_, _>>()?;
    if weights.iter().all(|weight| *weight == 0) {
        return Err(ShareError::NoWeights);
    }
    Ok(money::split(total, &weights)?)
}
