//! A month of reminders from a seed.
//!
//! A small town with two projects, its payers, phones and consents; four nodes over the same databases, which take
//! turns as the seed decides and die where it says; vendors with a book and faults of their own; and an oracle that
//! looks at the vendors' book and the raw rows, and shares no rule with the product.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a simulation stops at the first surprise"
)]

pub mod databases;
pub mod desk;
pub mod dice;
pub mod month;
pub mod nodes;
pub mod oracle;
mod people;
pub mod rules;
pub mod run;
pub mod seed;
pub mod sql;
pub mod strings;
pub mod town;
pub mod vendors;
