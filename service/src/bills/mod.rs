//! Bills: issuing them for a period, catching up with houses that came late, voiding and showing them.

mod batch;
mod cancel;
mod catch_up;
mod compute;
mod correct;
mod effect;
pub(crate) mod inputs;
mod publish;
mod repo;
mod report;
mod run;
mod runs;
#[cfg(test)]
pub(crate) mod tests;
mod trial;
mod view;
mod void;

pub use cancel::{CancelReport, cancel_run};
pub use catch_up::{CatchUpReport, catch_up};
pub use correct::{Correction, correct};
pub use effect::{HouseChange, RunForecast, TariffEffect, tariff_effect};
pub use inputs::{InputSource, OfferedInput, offered as offered_inputs};
pub use repo::{BILLS_PAGE_MAX, BillFilter, HOUSES_PER_QUERY_MAX, bill, bills_of_houses};
pub use report::{BuildingTotal, ExceptionCount, RunException, RunReport, UnusualBill};
pub use run::{RunMode, RunOrigin, RunRequest, run};
pub use runs::{one_run, runs};
pub use trial::{TRIAL_HOUSES_MAX, TrialHouse, TrialLine, trial};
pub use view::{BillDetail, BillLineView, BillPage, BillState, BillTotals, BillView, RunDetail, RunView};
pub use void::void;

use domain::ledger::LedgerError;
use domain::money::MoneyError;

use crate::fees::FeesError;
use crate::ledger::LedgerStoreError;
use crate::store::StoreError;

/// Why bills could not be issued, voided or shown.
#[derive(Debug, thiserror::Error)]
pub enum BillsError {
    /// No such bill in this project.
    #[error("没有这张账单")]
    NotFound,
    /// The period is not one of the fee item.
    #[error("收费项目按 {months} 个月出账，账期不符")]
    WrongPeriod {
        /// Months of a period of the fee item.
        months: u32,
    },
    /// The fee item was retired.
    #[error("收费项目已停用，不能出账")]
    Retired,
    /// No such run in this project.
    #[error("没有这个出账批次")]
    RunNotFound,
    /// The run was cancelled while it went on.
    #[error("出账批次已取消")]
    RunCancelled,
    /// The bill was voided before.
    #[error("账单已作废")]
    Voided,
    /// A correction that would leave the house without a bill: voiding says so plainly.
    #[error("按现在的资料出不了新账单：{words}。{remedy}；如不应再收，请直接作废")]
    NoNewBill {
        /// Stable, as among the exceptions of a run.
        code: &'static str,
        /// What is in the way.
        words: String,
        /// What to do about it.
        remedy: String,
    },
    /// No tariff is in force on any day of the period.
    #[error("账期内没有生效的收费标准，请先添加")]
    NoTariff,
    /// A bill with money on it cannot be voided.
    #[error("账单已收款，不能作废；请先退款")]
    Paid,
    /// A payment order holds the bill.
    #[error("账单正在支付中，请等待支付结束或先关闭支付单")]
    Reserved,
    /// A void needs a reason.
    #[error("请填写作废原因，最多 200 个字")]
    ReasonMissing,
    /// More houses than one question may name.
    #[error("一次最多查询 {} 套房屋", repo::HOUSES_PER_QUERY_MAX)]
    TooManyHouses,
    /// Another run issues bills for the same fee item and period.
    #[error("同一账期正在出账，请稍后重试")]
    Busy,
    /// The fee item or its tariffs.
    #[error(transparent)]
    Fees(#[from] FeesError),
    /// A sum outside the range of money.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The books refused.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Computing was cut off: the program is stopping.
    #[error("系统正在关闭，请稍后重试")]
    Stopped,
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
}

impl BillsError {
    /// The stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "bill_not_found",
            Self::WrongPeriod { .. } => "wrong_period",
            Self::Retired => "fee_item_retired",
            Self::RunNotFound => "bill_run_not_found",
            Self::RunCancelled => "bill_run_cancelled",
            Self::Voided => "bill_voided",
            Self::NoNewBill { code, .. } => code,
            Self::NoTariff => "no_tariff",
            Self::Paid => "bill_paid",
            Self::Reserved => "bill_reserved",
            Self::ReasonMissing => "reason_missing",
            Self::TooManyHouses => "too_many_houses",
            Self::Busy => "bill_run_busy",
            Self::Fees(error) => error.code(),
            Self::Money(_) => "amount_out_of_range",
            Self::Stopped => "stopping",
            Self::Ledger(_) | Self::Store(_) => "internal",
        }
    }
}

impl From<StoreError> for BillsError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { .. } => Self::Busy,
            other => Self::Store(other),
        }
    }
}

impl From<LedgerStoreError> for BillsError {
    fn from(error: LedgerStoreError) -> Self {
        match error {
            LedgerStoreError::Store(store) => store.into(),
            LedgerStoreError::Ledger(ledger) => Self::Ledger(ledger),
        }
    }
}
