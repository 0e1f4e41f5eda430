//! The ledger of a project: appending postings in one order, and checking everything afterwards.

mod append;
mod verify;

pub use append::{LedgerStoreError, append, lock_head};
pub use verify::{Finding, VerifyReport, verify};
