//! Rules of the house: money, ledger, formulas, bills, reminders.
//!
//! Nothing here reads a clock, a file, a database or the network: every rule takes what it needs as an
//! argument, so every rule can be tested by calling it.

pub mod applied;
pub mod billing;
pub mod calendar;
pub mod counter;
pub mod formula;
pub mod holidays;
pub mod ids;
pub mod ledger;
pub mod meter;
pub mod money;
pub mod notice;
pub mod order;
pub mod period;
pub mod person;
pub mod refund;
pub mod reminder;
pub mod template_field;
