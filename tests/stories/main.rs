//! Stories on the whole system, with the outside world simulated.
//!
//! | module | about |
//! |---|---|
//! | [`callbacks`] | what WeChat Pay tells us: repeated, early, lost, forged, unbookable |
//! | [`orders`] | one tap, two taps, stale pages, orders in each other's way |
//! | [`refunds`] | money that goes back: by whom, how far, and what the payer sees |
//! | [`shipping`] | what WeChat is told of paid orders |
//! | [`paid_reminders`], [`reminders`], [`ladder`] | who gets a message, once, and who no longer does |
//! | [`campaigns`] | messages that staff send, their effect, the history and the evidence as files |
//! | [`channels`] | second accounts, calls, what may leave |
//! | [`desk`] | money over the counter, and the shift around it |
//! | [`faults`] | what the engine must survive, and that each fault has its test |
//! | [`linking`] | who turns out to be whom, and what owners say to their bills |
//! | [`journey`] | from a workbook to a receipt |
//! | [`tariffs`] | from a template to a bill the owner can follow |
//! | [`meters`] | what was used, and what all pay together |
//! | [`home`] | what the mini program opens with |
//! | [`tenancy`], [`staff`], [`secrecy`], [`rotation`] | who may see what, and what is sealed |
//! | [`oracle`] | that a story cannot end well when something is wrong |
//! | [`schema`], [`architecture`], [`licences`] | what the code promises about itself |
//! | [`killed`], [`many`], [`redis`] | real processes, killed, many, and without Redis |
//! | [`seeded`] | a day of real processes, vendors' mischief and people, drawn from a seed |
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story stops at the first surprise"
)]

mod architecture;
mod callbacks;
mod campaigns;
mod channels;
mod desk;
mod faults;
mod home;
mod journey;
mod killed;
mod ladder;
mod licences;
mod linking;
mod many;
mod meters;
mod oracle;
mod orders;
mod paid_reminders;
mod redis;
mod refunds;
mod reminders;
mod rotation;
mod schema;
mod secrecy;
mod seeded;
mod shipping;
mod staff;
mod tariffs;
mod tenancy;
