//! WeChat Pay v3 for direct merchants.

pub(crate) mod authorization;
pub(crate) mod bill;
pub(crate) mod certificate;
pub(crate) mod http;
pub(crate) mod keys;
pub(crate) mod merchant;
pub(crate) mod notify;
pub(crate) mod order;
pub(crate) mod payment;
pub(crate) mod prepay;
pub(crate) mod refund;
pub(crate) mod refusal;
