//! The channels of this installation: how a notice becomes a WeChat card, a text or a call of the project's own account.

mod cloud;
mod fail_over;
mod notify;
mod sms;
mod spoken;
mod subscribe;
mod template;
mod voice;
mod wechat;
mod wording;

pub use cloud::CloudVendors;
pub use notify::NotifyChannel;
pub use sms::SmsChannel;
pub use spoken::SpokenError;
pub use subscribe::SubscribeChannel;
pub use template::TemplateChannel;
pub use voice::VoiceChannel;
pub use wording::FieldsError;
pub(crate) use wording::{Fields, TemplateOwner};

#[cfg(test)]
mod stories;
