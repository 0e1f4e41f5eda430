//! What the outside world tells us. Nobody is signed in here: each message carries its own proof.

pub mod sms;
pub mod voice;
pub mod wechat;
pub mod wechat_pay;
