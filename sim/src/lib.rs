//! The outside world: WeChat, WeChat Pay, SMS and voice vendors, with mischief.
//!
//! State first: `World` behind one lock, with plain methods on [`Sim`]. HTTP second: a thin skin with a port
//! for each host, so that signed paths are the real ones. It shares no code with the system under test: one
//! misreading of the wire cannot hide in both. What it can do wrong on demand is listed in [`Trick`].

mod accepted;
mod book;
mod clock;
mod control;
mod crypto;
#[cfg(test)]
mod crypto_vectors;
mod error;
mod http;
mod mischief;
mod nonces;
mod outbox;
mod pay;
mod people;
mod server;
mod sms;
mod wechat;
mod world;

pub use accepted::{AcceptedFilter, AcceptedMessage, CountBy, DeliveryState};
pub use book::{Book, Channel, InboxItem, Line, MessageEntry, MoneyEntry, MoneyKind, ShippingEntry, TelecomEntry};
pub use clock::Clock;
pub use crypto::MerchantKeys;
pub use error::SimError;
pub use mischief::{Endpoint, MischiefDesk, Rule, Trick};
pub use outbox::{Delivery, Family};
pub use pay::merchant::{MerchantConfig, SignMode};
pub use pay::notify::SignedNotify;
pub use pay::order::{OrderState, OrderView};
pub use pay::payment::Paid;
pub use pay::refund::{RefundState, RefundView};
pub use people::{Person, PersonId};
pub use server::{Sim, SimConfig, SimUrls};
pub use sms::limits::Limits;
pub use sms::vendor::{AliyunAccount, TencentAccount, Vendor};
pub use wechat::app::{AppConfig, AppKind, Template, TemplateField};
pub use wechat::link::LinkTarget;
pub use wechat::push::{PushConfig, PushFormat, PushMode};
