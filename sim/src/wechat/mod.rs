//! `api.weixin.qq.com`: mini programs and service accounts.

pub(crate) mod app;
pub(crate) mod event;
pub(crate) mod field;
pub(crate) mod follower;
pub(crate) mod http;
pub(crate) mod link;
pub(crate) mod login;
pub(crate) mod push;
pub(crate) mod qr;
pub(crate) mod quota;
pub(crate) mod shipping;
pub(crate) mod subscribe;
pub(crate) mod template;
pub(crate) mod token;
pub(crate) mod user;
