//! WeChat Pay v3 for direct merchants and service providers.

pub(crate) mod abnormal;
pub(crate) mod authorization;
pub(crate) mod barcode;
pub(crate) mod bill;
pub(crate) mod bill_file;
pub(crate) mod certificate;
pub(crate) mod flow;
pub(crate) mod http;
pub(crate) mod keys;
pub(crate) mod merchant;
pub(crate) mod notify;
pub(crate) mod order;
pub(crate) mod party;
pub(crate) mod payment;
pub(crate) mod prepay;
pub(crate) mod refund;
pub(crate) mod refund_request;
pub(crate) mod refusal;
pub(crate) mod v2;
