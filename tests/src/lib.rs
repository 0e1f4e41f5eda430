//! The harness of the stories: a whole installation with the outside world simulated, on a clock that stands still.
//!
//! - [`World`]: databases, simulator, API server and jobs engine; [`World::finish`] asks the [`oracle`] about everything;
//! - [`Node`]: one more node over the same databases; [`process`]: the real program as a process of its own;
//! - [`Owner`]: somebody with a phone, through the real HTTP API; [`Client`]: that API, typed as far as stories need;
//! - [`oracle`]: what must hold after every story, in its own SQL: it shares no rule with the product.
//!
//! `LINLI_TEST_DB=postgres` (with `LINLI_TEST_PG_URL`, a superuser's URL) puts every database on PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a story stops at the first surprise"
)]

pub mod client;
pub mod community;
pub mod databases;
pub mod description;
pub mod households;
pub mod node;
pub mod oracle;
pub mod outside;
pub mod owner;
pub mod ports;
pub mod process;
pub mod proxy;
pub mod raw;
pub mod world;

pub use client::{Client, Staff};
pub use community::Community;
pub use households::{Bill, House};
pub use node::Node;
pub use owner::Owner;
pub use raw::Raw;
pub use world::{World, WorldBuilder};
