//! The older API of WeChat Pay, for what v3 has no settled answer to: barcode pay (付款码).
//!
//! XML, one flat element; a shared key of 32 characters signs both ways; an answer has three layers, each of which can
//! fail by itself: `return_code` (was the request understood), `result_code` (was it done), `trade_state` (what became
//! of the order).
//!
//! - [`keys`] — the key, and the client that carries the API certificate;
//! - [`sign`] — MD5 and HMAC-SHA256 over sorted fields;
//! - [`xml`] — the flat document;
//! - [`exchange`] — one call and what its answer is worth;
//! - [`barcode`] — pay, query, reverse.

pub(super) mod barcode;
mod exchange;
pub mod keys;
mod sign;
mod xml;

pub use keys::{ApiV2Key, V2Keys, V2SignType};
