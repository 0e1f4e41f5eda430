//! What a bill run did, or would do.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::billing::BillException;
use serde::Serialize;
use uuid::Uuid;

use super::compute::ReadyBill;

/// Exceptions listed; the counts are exact.
const EXCEPTIONS_MAX: usize = 1_000;

/// A house without a bill, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RunException {
    /// The house.
    pub house_id: Uuid,
    /// `1-1-101`.
    pub house_key: String,
    /// Stable code: `no_payer`, `no_tariff`, `zero_amount`, …
    pub code: &'static str,
    /// What is wrong.
    pub words: String,
    /// What to do.
    pub remedy: String,
}

/// A bill that is much more than the last one: to be looked at before it is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct UnusualBill {
    /// The house.
    pub house_id: Uuid,
    /// `1-1-101`.
    pub house_key: String,
    /// The last bill, fen.
    pub last_fen: i64,
    /// This one, fen.
    pub total_fen: i64,
}

/// How many houses have one kind of exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ExceptionCount {
    /// Stable code.
    pub code: &'static str,
    /// Houses.
    pub houses: u64,
}

/// Bills of a building.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BuildingTotal {
    /// The building.
    pub building: String,
    /// Bills.
    pub bills: u64,
    /// Their sum, fen.
    pub total_fen: i64,
}

/// What a bill run did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct RunReport {
    /// The run; none for a dry run and where there was nothing to issue.
    pub run_id: Option<Uuid>,
    /// First day of the period.
    pub period_start: NaiveDate,
    /// Last day of the period.
    pub period_end: NaiveDate,
    /// The day the bills are due.
    pub due_day: NaiveDate,
    /// Bills issued.
    pub bills: u64,
    /// Their sum, fen.
    pub total_fen: i64,
    /// Houses that had their bill before.
    pub already_billed: u64,
    /// Houses whose facts changed while the run went on: they get their bill with the next one.
    pub left_for_next_run: u64,
    /// By building, in the order people count them; adds up to the whole.
    pub buildings: Vec<BuildingTotal>,
    /// The first thousand houses without a bill.
    pub exceptions: Vec<RunException>,
    /// All of them by code.
    pub exception_counts: Vec<ExceptionCount>,
    /// The first thousand bills of at least twice the last one. They are issued unless unusual ones are held.
    pub unusual: Vec<UnusualBill>,
    /// All of them.
    pub unusual_total: u64,
}

/// Why a house has no bill: a rule of money, or nobody to bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Obstacle {
    NoPayer,
    NotHandedOver,
    Unusual { last_fen: i64, total_fen: i64 },
    Rule(BillException),
}

impl Obstacle {
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::NoPayer => "no_payer",
            Self::NotHandedOver => "not_handed_over",
            Self::Unusual { .. } => "twice_the_last",
            Self::Rule(exception) => exception.code(),
        }
    }

    pub(super) fn words(&self) -> String {
        match self {
            Self::NoPayer => "房屋没有付款人".to_owned(),
            Self::NotHandedOver => "房屋尚未交付，没有交房日期".to_owned(),
            Self::Unusual { last_fen, total_fen } => {
                format!("本期 {} 元，上期 {} 元，达到上期的两倍", yuan(*total_fen), yuan(*last_fen))
            }
            Self::Rule(exception) => exception.to_string(),
        }
    }

    pub(super) fn remedy(&self) -> String {
        match self {
            Self::NoPayer => "请为该房屋登记业主或指定付款人，然后再次出账".to_owned(),
            Self::NotHandedOver => "交房后请填写交房日期，然后再次出账".to_owned(),
            Self::Unusual { .. } => "请核对读数、面积和单价；确认无误后，再按“全部出账”出账".to_owned(),
            Self::Rule(exception) => exception.remedy(),
        }
    }
}

/// Adds up a run as it goes.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub bills: u64,
    pub total_fen: i64,
    pub already_billed: u64,
    pub left: u64,
    buildings: BTreeMap<(usize, String), (u64, i64)>,
    exceptions: Vec<RunException>,
    counts: BTreeMap<&'static str, u64>,
    unusual: Vec<UnusualBill>,
    unusual_total: u64,
}

/// Fen as yuan for people.
fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

impl Tally {
    pub(super) fn except(&mut self, house_id: Uuid, house_key: &str, obstacle: &Obstacle) {
        *self.counts.entry(obstacle.code()).or_default() += 1;
        if self.exceptions.len() < EXCEPTIONS_MAX {
            self.exceptions.push(RunException {
                house_id,
                house_key: house_key.to_owned(),
                code: obstacle.code(),
                words: obstacle.words(),
                remedy: obstacle.remedy(),
            });
        }
    }

    pub(super) fn bill(&mut self, building: &str, total_fen: i64) {
        self.bills += 1;
        self.total_fen = self.total_fen.saturating_add(total_fen);
        // Shorter names first, so that 2 comes before 10.
        let sum = self.buildings.entry((building.len(), building.to_owned())).or_default();
        sum.0 += 1;
        sum.1 = sum.1.saturating_add(total_fen);
    }

    /// Remembers a bill that is much more than the last one.
    pub(super) fn unusual(&mut self, bill: &ReadyBill) {
        let Some(last_fen) = bill.unusual_beside_fen else { return };
        self.unusual_total += 1;
        if self.unusual.len() < EXCEPTIONS_MAX {
            let (house_id, house_key) = (bill.house_id, bill.house_key.clone());
            self.unusual.push(UnusualBill { house_id, house_key, last_fen, total_fen: bill.total.get() });
        }
    }

    pub(super) fn exceptions_total(&self) -> u64 {
        self.counts.values().sum()
    }

    pub(super) fn exception_counts(&self) -> Vec<ExceptionCount> {
        self.counts.iter().map(|(code, houses)| ExceptionCount { code, houses: *houses }).collect()
    }

    pub(super) fn report(self, run_id: Option<Uuid>, period: &domain::period::Period, due_day: NaiveDate) -> RunReport {
        let exception_counts = self.exception_counts();
        RunReport {
            run_id,
            period_start: period.start(),
            period_end: period.end(),
            due_day,
            bills: self.bills,
            total_fen: self.total_fen,
            already_billed: self.already_billed,
            left_for_next_run: self.left,
            buildings: self
                .buildings
                .into_iter()
                .map(|((_, building), (bills, total_fen))| BuildingTotal { building, bills, total_fen })
                .collect(),
            exceptions: self.exceptions,
            exception_counts,
            unusual: self.unusual,
            unusual_total: self.unusual_total,
        }
    }
}
