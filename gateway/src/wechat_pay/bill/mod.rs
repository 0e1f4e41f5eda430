//! Bills of a day: what WeChat Pay says it took and gave back (trade bill), and what it did to the merchant's account
//! (fund-flow bill).
//!
//! First [`BillGateway::ask_bill`] for a link, then [`BillGateway::download_bill`] at once: the file is unpacked, hashed
//! and written away as it comes, and is good only if the hash is. Then [`TradeBill`] or [`FundFlowBill`] reads it row by
//! row in constant memory, and ends in an error when the file is short or its own totals do not hold. So nothing is
//! acted on before the last row is read.
//!
//! - [`request`] — which bill, and the link to it;
//! - [`file`] — the download, unpacked and hashed;
//! - [`record`] — cells of a row, whatever people wrote into them;
//! - [`amount`] — yuan as text;
//! - [`trade`], [`flow`] — rows and totals.

use async_trait::async_trait;

use super::MerchantKeys;

mod amount;
mod client;
pub mod file;
pub mod flow;
mod record;
pub mod request;
pub mod trade;

pub use file::{BillFile, DownloadError};
pub use flow::{FlowDirection, FlowRow, FlowSummary, FundFlowBill};
pub use record::BillError;
pub use request::{BillKind, BillLink, BillOutcome, BillRequest, FundAccount, TradeBillKind};
pub use trade::{TradeBill, TradeKind, TradeRefund, TradeRow, TradeSummary};

/// The bills of WeChat Pay.
#[async_trait]
pub trait BillGateway: Send + Sync {
    /// Asks for the bill of a day; it is there from about 10:00 of the next, for three months.
    async fn ask_bill(&self, keys: &MerchantKeys, request: &BillRequest) -> BillOutcome;

    /// Downloads a bill into `to`, unpacked. What was written counts only if this says so.
    ///
    /// # Errors
    /// [`DownloadError`]. A link is short-lived: ask for another.
    async fn download_bill(
        &self,
        keys: &MerchantKeys,
        link: &BillLink,
        to: &mut (dyn std::io::Write + Send),
    ) -> Result<BillFile, DownloadError>;
}
