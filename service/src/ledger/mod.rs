//! The ledger of a project: appending postings in one order, and checking everything afterwards.

mod alarm;
mod append;
mod desk;
mod invariants;
mod verify;

pub use alarm::raise_alarm;
pub use append::{LedgerStoreError, append, lock_head};
pub use verify::{Finding, VerifyReport, verify};
