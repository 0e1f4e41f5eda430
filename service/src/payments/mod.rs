//! Money that comes in by WeChat Pay.
//!
//! An order is committed with its own number before WeChat hears of it, its bills reserved. The network is called
//! between transactions, never inside one. Whatever tells us that an order is paid (a callback, an answer to our
//! question, the janitor) goes through [`settle`], the one door through which money enters the books; the first one
//! books, the rest are told that it was done.

mod anomaly;
mod aside;
mod ask;
mod checkout;
mod confirmation;
mod janitor;
mod merchant;
mod notice;
mod number;
mod order;
mod prepay;
mod receipt;
mod repo;
mod settle;
#[cfg(test)]
pub(crate) mod tests;
mod timeline;
mod view;

pub use anomaly::{AnomalyAct, AnomalyError, AnomalyView, list_anomalies, resolve};
pub use ask::{AskError, ask, close_or_settle};
pub use checkout::{Checkout, CheckoutError, checkout};
pub use confirmation::{Confirmation, ConfirmationError, ConfirmationSource};
pub use janitor::{JanitorReport, sweep_orders};
pub use merchant::{MerchantError, Merchants};
pub use notice::{NOTICE_BYTES_MAX, NoticeError, NoticeOutcome, receive_notice};
pub(crate) use number::{is_number_of_project, our_number};
pub use order::{NewOrder, OrderError, PlacedOrder, place};
pub use prepay::{PayContext, PrepareError, Prepared, prepare};
pub(crate) use receipt::{Share, issue_receipts};
pub(crate) use repo::{note_on_order, remark as remark_on_order};
pub(crate) use settle::{Part, allocate};
pub use settle::{SettleError, Settled, settle};
pub use timeline::{OrderTimeline, TimelineEntry, list_orders, timeline};
pub(crate) use view::receipts_of_payment;
pub use view::{
    OrderListRow, OrderView, Payer, ReceiptLine, ReceiptView, order_view, receipts_of_houses, receipts_of_order,
};
