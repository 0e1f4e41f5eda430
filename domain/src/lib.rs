//! Rules of the house: money, ledger, formulas, bills, reminders.
//!
//! Nothing here reads a clock, a file, a database or the network: every rule takes what it needs as an
//! argument, so every rule can be tested by calling it.

pub mod money;
pub mod applied;
pub mod ids;
pub mod ledger;
pub mod notice;
pub mod order;
pub mod person;
pub mod reminder;
pub mod formula;
pub mod period;
pub mod calendar;
pub mod billing;
