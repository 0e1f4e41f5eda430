//! Use cases: the only opener of transactions.
//!
//! A use case takes what it works on (a [`tenancy::ProjectDb`], a [`tenancy::ControlDb`]), what it is told, and the
//! time. It opens its transactions by name, calls the network only between them, and answers a type that says what
//! happened. Each noun has its own module, with its SQL beside it.

pub mod audit;
pub mod bills;
pub mod channels;
pub mod clock;
pub mod counter;
pub mod edge;
pub mod fees;
pub mod formulas;
pub mod holidays;
pub mod house_fields;
pub mod houses;
mod imports;
pub mod installation;
pub mod job_runs;
pub mod ledger;
pub mod meters;
pub mod opening;
pub mod owners;
pub mod payments;
pub mod refunds;
pub mod reminders;
pub mod rotation;
pub mod setup;
pub mod shared;
pub mod shares;
pub mod shipping;
pub mod sms_reports;
pub mod staff;
pub mod store;
pub mod tasks;
pub mod tenancy;
pub mod vault;
pub mod vendor_report;
pub mod voice_reports;
pub mod wechat_apps;
pub mod wechat_login;
pub mod wechat_push;

#[cfg(test)]
mod fixture;
