//! Network: the only holder of an HTTP client.
//!
//! This crate knows the wire of each vendor and nothing of rows. A call that moves money or rings a phone does not
//! return a `Result`: each of its ends is an outcome, and "we do not know" is one of them.
//!
//! - [`http`] — the one shared client, its limits, and where a vendor lives;
//! - [`wechat`] — mini-program login, tokens, followers and their codes, messages of three kinds, message push;
//! - [`wechat_pay`] — WeChat Pay v3, orders, queries, refunds, and the verification of everything it says;
//! - [`sms`] — short messages through Tencent Cloud or Alibaba Cloud;
//! - [`voice`] — read-out calls through the same two;
//! - [`cloud`] — the request signatures of those two clouds.
//!
//! Nothing here reads the clock: what must be stamped takes a [`Now`].

use std::sync::Arc;

use chrono::{DateTime, Utc};

pub mod cloud;
pub mod http;
mod mask;
pub mod sms;
pub mod voice;
pub mod wechat;
pub mod wechat_pay;
mod xml_entity;

/// Tells the time: signatures carry it, and tests move it.
pub type Now = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;
