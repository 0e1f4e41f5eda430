//! SMS and voice vendors: Tencent Cloud and Alibaba Cloud.

pub(crate) mod acs3;
pub(crate) mod aliyun;
pub(crate) mod fate;
pub(crate) mod limits;
pub(crate) mod receipt;
pub(crate) mod tc3;
pub(crate) mod tencent;
pub(crate) mod vendor;
