//! The channels of this installation: how a notice becomes a template message or an SMS of the project's own account.

mod sms;
mod template;
mod wording;

pub use sms::{SmsChannel, SmsVendors};
pub use template::TemplateChannel;
