//! Money that goes back by WeChat Pay.
//!
//! A refund is committed with its own number before WeChat hears of it, and that number never changes: sending it again
//! is never a second refund. What it takes is held from then on, and leaves the books in one transaction when WeChat
//! says that the payer has it: the bill is owed again, or the surplus no longer is; the receipt is reversed; reminders
//! go on as for any open bill. Above a limit a second person has to agree before anything is sent.

mod abnormal;
mod available;
mod book;
mod decide;
mod error;
mod notice;
mod policy;
mod repo;
mod request;
mod reversal;
mod send;
mod sweep;
#[cfg(test)]
mod tests;
mod view;

pub use abnormal::{AbnormalWay, send_another_way};
pub use decide::{approve, reject};
pub use error::RefundError;
pub use notice::{RefundTold, take_notice};
pub use policy::{RefundPolicy, policy, set_policy};
pub use request::{NewPart, NewRefund, request};
pub use send::{RefundContext, advance};
pub use sweep::{RefundSweepReport, sweep_refunds};
pub use view::{
    PaymentPartView, PaymentView, RefundEventView, RefundPartView, RefundTimeline, RefundView, list_refunds, mchid_of,
    payment_of_order, payment_view, refund_timeline,
};
