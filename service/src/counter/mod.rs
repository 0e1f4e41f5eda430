//! The counter: cashiers take money in shifts, over the bills that are owed.
//!
//! A payment over the desk is one transaction under the lock of the ledger's head, as every movement of money is: payment,
//! allocations, posting, receipts, the silence of reminders and the audit line are all there or none. Before it, WeChat
//! orders over the same bills are ended at WeChat, between transactions; and what looks like a mistake is asked about once.

mod book;
mod checkout;
mod error;
mod facts;
mod policy;
mod print;
mod reserved;
mod search;
mod shift;
mod shift_view;
#[cfg(test)]
mod tests;
mod view;
mod void;

pub use checkout::{Desk, DeskCheckout, Overruled, checkout};
pub use error::CounterError;
pub use policy::{DeskPolicy, policy, put_policy};
pub use print::{PrintedReceipt, print_receipt};
pub use search::{DeskHouse, DeskOwed, owed, search};
pub use shift::{ShiftClose, close_shift, lock_shift, open_shift};
pub use shift_view::{ShiftFigures, ShiftLine, ShiftView, my_shift, shift_view, shifts};
pub use view::{DeskPaymentView, payment_view};
pub use void::{VoidBy, void_payment};
